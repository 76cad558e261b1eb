package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import javax.tools.ToolProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * {@code pnet run}: programs that know nothing of Pnet ({@link RunProgram}) on an address of their own, against the
 * kernel's clients. On the JDK that runs the test.
 */
@Tag("interop")
class RunInteropTest
{
    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String CLASSES = InteropWire.TOP.resolve("java/target/test-classes").toString();
    private static final Path AGENT = agent();
    static final String STARTED = "pnet: 10.77.0.1/24 on packet:veth0, Pnet ";

    /** Times three from the other host: so many that all of them at one stack would be a chance of one in 10^13. */
    private static final int CONNECTIONS = 15;
    /** What a capture has when several connections came there; each is a thousand bytes or so. */
    private static final long BYTES_OF_SEVERAL = 4_000;

    private static Path agent()
    {
        try (var files = Files.list(InteropWire.TOP.resolve("java/target")))
        {
            return files.filter(file -> file.toString().endsWith("-agent.jar")).findAny().orElseThrow();
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    static InteropWire wire() throws Exception
    {
        final InteropWire wire = new InteropWire("ring");
        wire.start("left", List.of("ip", "link", "set", "lo", "up")).awaitEnd().ok();
        return wire;
    }

    static List<String> program(final String... arguments)
    {
        final List<String> command = new ArrayList<>(List.of("-cp", CLASSES, RunProgram.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    /** A program by {@code pnet run -- java}. */
    static InteropWire.Running run(final InteropWire wire, final String... arguments) throws IOException
    {
        return run(wire, List.of(), JAVA, program(arguments));
    }

    static InteropWire.Running run(
        final InteropWire wire, final List<String> options, final String java, final List<String> arguments)
        throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(
            InteropWire.PNET, "run", "--link", wire.link, "--ip", InteropWire.PNET_V4 + "/24"));
        command.addAll(options);
        command.addAll(List.of("--", java));
        command.addAll(arguments);
        return wire.start("left", command);
    }

    static void script(final Path file, final String text) throws IOException
    {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private static String curl(final InteropWire wire, final String side, final String url) throws Exception
    {
        return wire.start(side, List.of("curl", "-sS", "-m", "10", url)).awaitEnd().ok().out();
    }

    private static void assertServes(final InteropWire wire) throws Exception
    {
        assertEquals("http 10.77.0.1\n", curl(wire, "right", "http://10.77.0.1:8080/"));
        assertEquals("http 127.0.0.1\n", curl(wire, "left", "http://127.0.0.1:8080/"));
        assertEquals("HELLO\n", wire.kernel("bash", "-c", "echo hello | nc -N -w 10 10.77.0.1 8081").ok().out());
        assertEquals("hello\n", wire.kernel("bash", "-c", "echo hello | nc -N -w 10 10.77.0.1 8082").ok().out());
    }

    // ---- serving

    @Test
    void serversOfEveryKindServeOnTheirOwnAddressAndOnLoopback() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final InteropWire.Running server = run(wire, "serve").awaitWord("serving").awaitWord(STARTED);
            assertServes(wire);
            // And once more at once, on the same port.
            server.terminate();
            assertEquals(143, server.awaitEnd().exit());
            run(wire, "serve").awaitWord("serving");
            assertServes(wire);
        }
    }

    /** Each stack has a capture of its own: connections of every kind of server are at both. */
    @Test
    void aProgramHasAsManyStacksAsItIsTold() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final Path capture = wire.folder().resolve("stacks.pcap");
            final InteropWire.Running server = run(
                wire, List.of("--stacks", "2", "--huge-pages", "--pcap", capture.toString()), JAVA, program("serve"));
            server.awaitWord("serving");
            for (int i = 0; i < CONNECTIONS; i++)
            {
                assertServes(wire);
            }
            server.terminate();
            assertEquals(143, server.awaitEnd().exit());
            assertTrue(Files.size(capture) > BYTES_OF_SEVERAL, () -> "nothing came to the first stack");
            assertTrue(
                Files.size(Path.of(capture + ".1")) > BYTES_OF_SEVERAL, () -> "nothing came to the second stack");
        }
    }

    /** It asks for the version first, and has a helper, as start scripts do. */
    @Test
    void aStartScriptsServerGetsTheNetworkAndItsHelpersDoNot() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final Path script = wire.folder().resolve("start server.sh");
            script(script, "#!/bin/sh\nset -e\n'" + JAVA + "' -version 2>&1 | grep -c 'version \"'\n'" + JAVA +
                "' -cp '" + CLASSES + "' io.pnet.interop.RunProgram hello helper\nexec '" + JAVA + "' \"$@\"\n");
            final InteropWire.Running server = run(wire, List.of(), script.toString(), program("serve"));
            server.awaitWord("serving");
            assertServes(wire);
            server.terminate();
            final InteropWire.Outcome outcome = server.awaitEnd();
            assertTrue(outcome.out().startsWith("1\nhello helper\nserving\n"), outcome::toString);
            assertEquals(1, outcome.err().split(STARTED, -1).length - 1, outcome::toString);
        }
    }

    @Test
    void theAgentAloneTakesOptionsWithQuotesAndTheEnvironment() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final Path capture = wire.folder().resolve("a capture, with a comma.pcap");
            final List<String> command = new ArrayList<>(List.of(
                "env", "PNET_IP=10.77.0.1/24 fd77::1/64", JAVA,
                "-javaagent:" + AGENT + "=link=packet:veth0,impair='delay=1ms,seed=7',pcap=\"" + capture + "\""));
            command.addAll(program("serve"));
            wire.start("left", command)
                .awaitWord("serving").awaitWord("pnet: 10.77.0.1/24, fd77::1/64 on packet:veth0, Pnet ");
            assertServes(wire);
            assertEquals("http fd77:0:0:0:0:0:0:1\n", curl(wire, "right", "http://[fd77::1]:8080/"));
            // A capture is written at least once a second.
            final long endNs = System.nanoTime() + 10_000_000_000L;
            while (Files.size(capture) <= 1_000 && System.nanoTime() - endNs < 0)
            {
                Thread.sleep(50);
            }
            assertTrue(Files.size(capture) > 1_000, () -> "the capture holds nothing after 10 s");
        }
    }

    /** Whoever starts the launcher opens the socket, and it reaches the JVM. */
    @Test
    void aDescriptorIsInherited() throws Exception
    {
        final String open = """
            import os, socket, sys
            link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            link.bind(("veth0", 3))
            os.dup2(link.fileno(), 7, inheritable=True)
            os.execvp(sys.argv[1], sys.argv[1:])
            """;
        try (InteropWire wire = wire())
        {
            final List<String> command = new ArrayList<>(List.of(
                "python3", "-c", open, "setpriv", "--bounding-set=-all", "--inh-caps=-all",
                InteropWire.PNET, "run", "--link", "fd:7", "--ip", "10.77.0.1/24", "--", JAVA));
            command.addAll(program("serve"));
            wire.start("left", command).awaitWord("serving").awaitWord("10.77.0.1/24 on fd:7");
            assertServes(wire);
        }
    }

    // ---- beside other code

    /** An application with an Agrona and a JavaCPP of its own, in a folder or inside a jar with a loader of its own. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theApplicationSeesItsOwnLibrariesAndNoneOfOurs(final boolean isNested) throws Exception
    {
        try (InteropWire wire = wire())
        {
            final Path app = wire.folder().resolve("app");
            final Path inside = Files.createDirectories(isNested ? app.resolve("BOOT-INF/classes") : app);
            compile(inside, "package org.agrona;public interface DirectBuffer" +
                "{static String whose(){return \"the application's Agrona\";}}", "DirectBuffer");
            compile(inside, "package org.bytedeco.javacpp;public final class Loader" +
                "{public static String whose(){return \"the application's JavaCPP\";}}", "Loader");
            copyProgram(inside);
            final Path temporary = Files.createDirectory(wire.folder().resolve("tmp"));
            final List<String> arguments = new ArrayList<>(List.of(
                "-Djava.io.tmpdir=" + temporary, "-Duser.home=" + temporary,
                "-Dorg.bytedeco.javacpp.cachedir=/the/application's"));
            if (isNested)
            {
                compile(app, """
                    public final class Boot
                    {
                        public static void main(String[] a) throws Exception
                        {
                            java.net.URL jar = Boot.class.getProtectionDomain().getCodeSource().getLocation();
                            ClassLoader inner = new java.net.URLClassLoader(
                                new java.net.URL[]{new java.net.URL("jar:" + jar + "!/BOOT-INF/classes/")});
                            Thread.currentThread().setContextClassLoader(inner);
                            inner.loadClass(a[0]).getMethod("main", String[].class)
                                .invoke(null, (Object)java.util.Arrays.copyOfRange(a, 1, a.length));
                        }
                    }
                    """, "Boot");
                final Path jar = wire.folder().resolve("app.jar");
                wire.kernel(Path.of(JAVA).resolveSibling("jar").toString(), "--create", "--file", jar.toString(),
                    "--main-class", "Boot", "-C", app.toString(), ".").ok();
                arguments.addAll(List.of("-jar", jar.toString(), RunProgram.class.getName(), "whose"));
            }
            else
            {
                arguments.addAll(List.of("-cp", app.toString(), RunProgram.class.getName(), "whose"));
            }
            final InteropWire.Outcome outcome = run(wire, List.of(), JAVA, arguments).awaitEnd().ok();
            assertEquals("on 8081\nthe application's Agrona\nthe application's JavaCPP\n/the/application's\n" +
                "no runtime on the class path\n", outcome.out());
            assertTrue(outcome.err().startsWith(STARTED) && outcome.err().lines().count() == 1, outcome::toString);
            try (var left = Files.list(temporary))
            {
                assertEquals(List.of(), left.toList());
            }
            wire.kernel("rm", "-r", app.toString(), temporary.toString()).ok();
        }
    }

    private static void compile(final Path folder, final String source, final String name) throws IOException
    {
        final Path file = Files.writeString(folder.resolve(name + ".java"), source);
        final int result = ToolProvider.getSystemJavaCompiler().run(
            null, null, null, "-nowarn", "-d", folder.toString(), file.toString());
        assertEquals(0, result);
    }

    private static void copyProgram(final Path folder) throws IOException
    {
        final Path target = Files.createDirectories(folder.resolve("io/pnet/interop"));
        final Path program = Path.of(CLASSES, "io/pnet/interop/RunProgram.class");
        Files.copy(program, target.resolve(program.getFileName()));
    }

    // ---- one process owns an address

    @Test
    void aChildThatInheritsTheSettingsKeepsToTheKernel() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final Path script = wire.folder().resolve("start.sh");
            script(script, "#!/bin/sh\n'" + JAVA + "' \"$@\"\n");
            final List<String> arguments = program("parent");
            arguments.add(JAVA);
            arguments.addAll(program("loopback"));
            for (int i = 0; i < 2; i++)
            {
                // Twice: the address is free when the first family has ended.
                final InteropWire.Outcome outcome =
                    run(wire, List.of(), script.toString(), arguments).awaitEnd().ok();
                assertTrue(outcome.out().contains("parent on 8081\n"), outcome::toString);
                assertTrue(outcome.out().contains("over loopback: true\nchild ended with 0\n"), outcome::toString);
                assertEquals(1, outcome.err().split(STARTED, -1).length - 1, outcome::toString);
                assertEquals(2, outcome.err().split("10.77.0.1 belongs to process \\d+: this JVM", -1).length,
                    outcome::toString);
            }
        }
    }

    @Test
    void aStrangerCannotHaveTheSameAddress() throws Exception
    {
        try (InteropWire wire = wire())
        {
            final InteropWire.Running first = run(wire, "serve").awaitWord("serving");
            RunEndInteropTest.assertOneLine(
                run(wire, "hello"), 1, "address 10.77.0.1 on packet:veth0 is in use by process ");
            first.terminate();
            first.awaitEnd();
            final InteropWire.Outcome quiet = run(wire, List.of("--quiet"), JAVA, program("hello", "a b")).awaitEnd();
            assertEquals("hello a b\n", quiet.ok().out());
            assertEquals("", quiet.err());
        }
    }
}
