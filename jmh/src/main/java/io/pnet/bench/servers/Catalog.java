package io.pnet.bench.servers;

import io.pnet.bench.servers.Server.Command;
import io.pnet.bench.servers.Server.Protocol;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The servers, each by the command line that its own people give. */
final class Catalog
{
    private Catalog()
    {
    }

    static List<Server> all()
    {
        return List.of(
            // By themselves the command takes 200 connections and the server keeps 200 idle ones; the test has 5,000.
            Server.http("jdk", "JDK's web server", 8000, "/hello.txt", (base, tools) ->
                command(tools.data(), tools, "-Djdk.httpserver.maxConnections=10000",
                    "-Dsun.net.httpserver.maxIdleConnections=10000", "-m", "jdk.httpserver", "-b", "0.0.0.0", "-p",
                    "8000", "-o", "none")).downloads("/big.bin").loaded(),
            Server.http("netty", "Netty, hello world", 8080, "/", (base, tools) ->
                netty(base, tools, "http.helloworld.HttpHelloWorldServer")).loaded()
                .against(nettyOnEpoll()),
            Server.http("netty-files", "Netty, files", 8080, "/hello.txt", (base, tools) ->
                netty(tools.data(), tools, "http.file.HttpStaticFileServer")).downloads("/big.bin"),
            Server.of(Protocol.ECHO, "netty-echo", "Netty, echo", 8007, (base, tools) ->
                netty(base, tools, "echo.EchoServer")),
            // No large file: this example reads one into its heap as a whole.
            new Server("netty-h2", "Netty, HTTP/2 with TLS", Protocol.HTTP2_TLS, 8443, "/hello.txt", "", "",
                true, null, (base, tools) ->
                netty(tools.data(), tools, "http2.file.Http2StaticFileServer", "-Dssl=true")),
            Server.http("tomcat", "Tomcat", 8080, "/hello.txt", Bases::tomcat)
                .downloads("/big.bin").uploads("/digest.jsp").loaded(),
            Server.http("jetty", "Jetty", 8080, "/hello.txt", Bases::jetty)
                .downloads("/big.bin").uploads("/digest.jsp").loaded(),
            Server.of(Protocol.ZOOKEEPER, "zookeeper", "ZooKeeper", 2181, Bases::zooKeeper),
            // Armeria, which this fat jar serves with, takes Netty's epoll by itself; that is not Java's NIO.
            Server.http("boot", "Spring Boot fat jar (Zipkin)", 9411, "/health", (base, tools) ->
                command(base, tools, "-Dcom.linecorp.armeria.transportType=nio", "-jar",
                    Bases.only(tools.artifacts().resolve("zipkin"), "zipkin-server-.*-exec\\.jar").toString())));
    }

    /** Netty's own transport of the kernel's sockets is native code; it is fetched for the usual machine only. */
    private static Server nettyOnEpoll()
    {
        return System.getProperty("os.arch").equals("amd64") ?
            Server.http("netty-epoll", "epoll", 8081, "/", Bases::nettyOnEpoll) : null;
    }

    private static Command netty(
        final Path folder, final Tools tools, final String example, final String... flags)
    {
        final List<String> words = new ArrayList<>(List.of(flags));
        words.addAll(List.of("-cp", tools.jars("netty"), "io.netty.example." + example));
        return command(folder, tools, words.toArray(String[]::new));
    }

    static Command command(final Path folder, final Tools tools, final String... arguments)
    {
        final List<String> words = new ArrayList<>(List.of(tools.java().toString(), "-Xmx1g"));
        words.addAll(List.of(arguments));
        return new Command(folder, words);
    }
}
