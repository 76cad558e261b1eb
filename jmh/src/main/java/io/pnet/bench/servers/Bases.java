package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.servers.Server.Command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Folders that servers are configured by: what their releases ship, and one web application. */
final class Bases
{
    /** Answers with the digest of what is posted to it, on any server with JSP. */
    private static final String DIGEST_JSP = """
        <%@ page import="java.io.InputStream, java.security.MessageDigest, java.util.HexFormat"
            contentType="text/plain" session="false" trimDirectiveWhitespaces="true" %>
        <%
          MessageDigest digest = MessageDigest.getInstance("SHA-256");
          byte[] bytes = new byte[65536];
          InputStream in = request.getInputStream();
          for (int length = in.read(bytes); length >= 0; length = in.read(bytes))
          {
            digest.update(bytes, 0, length);
          }
          out.print(HexFormat.of().formatHex(digest.digest()));
        %>
        """;

    /** Netty's hello world as it is, but for its transport. */
    private static final String HELLO_ON_EPOLL = """
        import io.netty.bootstrap.ServerBootstrap;
        import io.netty.channel.ChannelOption;
        import io.netty.channel.MultiThreadIoEventLoopGroup;
        import io.netty.channel.epoll.EpollIoHandler;
        import io.netty.channel.epoll.EpollServerSocketChannel;
        import io.netty.example.http.helloworld.HttpHelloWorldServerInitializer;
        public class HelloOnEpoll
        {
            public static void main(String[] args) throws InterruptedException
            {
                new ServerBootstrap().option(ChannelOption.SO_BACKLOG, 1024)
                    .group(new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory()))
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(new HttpHelloWorldServerInitializer(null))
                    .bind(8081).sync().channel().closeFuture().sync();
            }
        }
        """;

    private Bases()
    {
    }

    static Command nettyOnEpoll(final Path base, final Tools tools) throws IOException
    {
        final Path source = Files.writeString(base.resolve("HelloOnEpoll.java"), HELLO_ON_EPOLL);
        return Catalog.command(base, tools, "-cp", tools.jars("netty"), source.toString());
    }

    /** What {@code catalina.sh run} runs, with the configuration of the release. */
    static Command tomcat(final Path base, final Tools tools) throws IOException
    {
        final Path home = only(tools.artifacts().resolve("tomcat"), "apache-tomcat-.*");
        if (!Files.exists(base.resolve("conf")))
        {
            for (final String folder : List.of("conf", "logs", "temp", "work"))
            {
                Files.createDirectories(base.resolve(folder));
            }
            try (Stream<Path> files = Files.list(home.resolve("conf")))
            {
                for (final Path file : files.toList())
                {
                    Files.copy(file, base.resolve("conf").resolve(file.getFileName()));
                }
            }
            application(base, tools);
        }
        return Catalog.command(base, tools,
            "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
            "-Dcatalina.home=" + home, "-Dcatalina.base=" + base, "-Djava.io.tmpdir=" + base.resolve("temp"),
            "-cp", home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
            "org.apache.catalina.startup.Bootstrap", "start");
    }

    /** {@code java -jar start.jar} in a base that {@code start.jar} made. */
    static Command jetty(final Path base, final Tools tools) throws IOException, InterruptedException
    {
        final Path start = only(tools.artifacts().resolve("jetty"), "jetty-home-[0-9.]*[0-9]").resolve("start.jar");
        if (!Files.exists(base.resolve("webapps")))
        {
            final Process process = new ProcessBuilder(
                tools.java().toString(), "-jar", start.toString(), "--add-modules=server,http,ee10-deploy,ee10-jsp")
                .directory(base.toFile()).redirectErrorStream(true).start();
            final String said = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0)
            {
                throw new CellFailure("Jetty's start.jar made no base: " + said.strip());
            }
            application(base, tools);
        }
        return Catalog.command(base, tools, "-jar", start.toString());
    }

    static Command zooKeeper(final Path base, final Tools tools) throws IOException
    {
        Files.writeString(base.resolve("zoo.cfg"), """
            tickTime=2000
            dataDir=data
            clientPort=2181
            maxClientCnxns=0
            admin.enableServer=false
            """);
        return Catalog.command(base, tools, "-Dlogback.configurationFile=" + quiet(base), "-cp",
            tools.jars("zookeeper"), "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zoo.cfg");
    }

    /** A logging configuration that says what goes wrong, and no more. */
    static Path quiet(final Path folder) throws IOException
    {
        return Files.writeString(folder.resolve("logback.xml"), """
            <configuration>
              <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
                <encoder><pattern>%d{HH:mm:ss.SSS} %level %logger{0} %msg%n</pattern></encoder>
              </appender>
              <root level="WARN"><appender-ref ref="console"/></root>
            </configuration>
            """);
    }

    /** The one entry of a folder whose name matches. */
    static Path only(final Path folder, final String pattern) throws IOException
    {
        try (Stream<Path> entries = Files.list(folder))
        {
            return entries.filter(entry -> entry.getFileName().toString().matches(pattern)).findFirst()
                .orElseThrow(() -> new CellFailure("no " + pattern + " in " + folder + "; ci/servers fetches it"));
        }
    }

    private static void application(final Path base, final Tools tools) throws IOException
    {
        final Path root = Files.createDirectories(base.resolve("webapps/ROOT"));
        for (final String name : List.of("hello.txt", "big.bin"))
        {
            Files.createLink(root.resolve(name), tools.data().resolve(name));
        }
        Files.writeString(root.resolve("digest.jsp"), DIGEST_JSP);
    }
}
