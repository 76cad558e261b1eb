package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How a JVM under {@code pnet run} ends, and how it says why it does not start. */
@Tag("interop")
class RunEndInteropTest
{
    // ---- ends

    /** As over the kernel: who has written may go, and what a shutdown hook writes counts as well. */
    @ParameterizedTest
    @CsvSource({"exit, 7", "channel, 0", "main, 0", "hook, 0", "hook-term, 143"})
    void thePeerHasEveryByteOfAProgramThatWritesAndEnds(final String how, final int exit) throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final Path got = wire.folder().resolve("got");
            final InteropWire.Running peer =
                wire.start("right", List.of("bash", "-c", "exec nc -l -N 7000 </dev/null >" + got));
            Thread.sleep(300);
            final InteropWire.Running program =
                RunInteropTest.run(wire, "send", InteropWire.KERNEL_V4, "7000", how);
            if (how.equals("hook-term"))
            {
                program.awaitWord("ready");
                program.terminate();
            }
            final InteropWire.Outcome outcome = program.awaitEnd();
            assertEquals(exit, outcome.exit(), outcome::toString);
            assertEquals(1, outcome.err().lines().count(), outcome::toString);
            peer.awaitEnd().ok();
            assertArrayEquals(RunProgram.data(RunProgram.LENGTH), Files.readAllBytes(got));
        }
    }

    @Test
    void aPeerThatDoesNotReadHoldsUpTheEndForAsLongAsItWasTold() throws Exception
    {
        final String stuck = """
            import socket, time
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            server.bind(("10.77.0.2", 7000))
            server.listen()
            print("listening", flush=True)
            peer = server.accept()[0]
            time.sleep(6)
            try:
                while peer.recv(4096):
                    pass
                print("ended")
            except ConnectionResetError:
                print("reset")
            """;
        try (InteropWire wire = RunInteropTest.wire())
        {
            final InteropWire.Running peer =
                wire.start("right", List.of("python3", "-c", stuck)).awaitWord("listening");
            final InteropWire.Running program = RunInteropTest.run(
                wire, List.of("--linger", "1500ms"), RunInteropTest.JAVA,
                RunInteropTest.program("send", InteropWire.KERNEL_V4, "7000", "stuck"));
            program.awaitWord(RunInteropTest.STARTED);
            final long startNs = System.nanoTime();
            assertEquals(7, program.awaitEnd().exit());
            final double tookS = (System.nanoTime() - startNs) / 1e9;
            assertTrue(tookS > 1 && tookS < 4, tookS + " s");
            assertEquals("listening\nreset\n", peer.awaitEnd().ok().out());
        }
    }

    @Test
    void aDaemonThreadThatWaitsForTheNetworkDoesNotKeepTheJvm() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final InteropWire.Outcome outcome = RunInteropTest.run(wire, "idle", "daemon").awaitEnd().ok();
            // It does not even hear of the end, as it would not over the kernel.
            assertEquals(1, outcome.err().lines().count(), outcome::toString);
        }
    }

    @Test
    void anotherThreadThatWaitsForTheNetworkKeepsTheJvm() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final InteropWire.Running program = RunInteropTest.run(wire, "idle", "user");
            program.awaitWord(RunInteropTest.STARTED);
            Thread.sleep(1_000);
            assertEquals("at last\n",
                wire.kernel("bash", "-c", "nc -N -w 10 10.77.0.1 8081 </dev/null").ok().out());
            program.awaitEnd().ok();
        }
    }

    // ---- errors

    static void assertOneLine(final InteropWire.Running running, final int exit, final String start) throws Exception
    {
        final InteropWire.Outcome outcome = running.awaitEnd();
        assertEquals(exit, outcome.exit(), outcome::toString);
        assertEquals("", outcome.out(), outcome::toString);
        assertTrue(outcome.err().startsWith("pnet: " + start), outcome::toString);
        assertEquals(1, outcome.err().lines().count(), outcome::toString);
    }

    private static void assertOneLine(
        final InteropWire wire, final int exit, final String start, final String... command) throws Exception
    {
        final List<String> all = new ArrayList<>(Arrays.asList(command));
        if (all.contains("--"))
        {
            all.add(RunInteropTest.JAVA);
            all.addAll(RunInteropTest.program("hello"));
        }
        assertOneLine(wire.start("left", all), exit, start);
    }

    @Test
    void whatTheNetworkDoesNotAllowIsToldInOneLine() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final String pnet = InteropWire.PNET;
            assertOneLine(wire, 1,
                "cannot open packet:nosuch: ioctl(SIOCGIFINDEX) failed with ENODEV: no such interface",
                pnet, "run", "--link", "packet:nosuch", "--ip", "10.77.0.1/24", "--");
            assertOneLine(wire, 1, "address 10.77.0.2 is already in use on packet:veth0 by ",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.2/24", "--");
            assertOneLine(wire, 1, "cannot open packet:veth0: socket(AF_PACKET) failed with EPERM: ",
                "setpriv", "--bounding-set=-all", "--inh-caps=-all",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24", "--");
            assertOneLine(wire, 1, "'10.77.0.1' has no prefix length",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1", "--");
            assertOneLine(wire, 1, "bad number of stacks 65: it is 1 to 64",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24", "--stacks", "65", "--");
            assertOneLine(wire, 1, "\"fd:7\" serves one stack; several need ",
                pnet, "run", "--link", "fd:7", "--ip", "10.77.0.1/24", "--stacks", "2", "--");
            assertOneLine(wire, 1, "bad number of CPUs 1: there is one for each stack, and there are 2",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24", "--stacks=2", "--pin=0", "--");
            assertOneLine(wire, 1, "bad mtu 'huge'",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24", "--mtu=huge", "--");
        }
    }

    @Test
    void aCommandLineThatMakesNoSenseIsToldInOneLine() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final String pnet = InteropWire.PNET;
            assertOneLine(wire, 2, "run: which command?",
                pnet, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24");
            assertOneLine(wire, 2, "run: missing --link", pnet, "run", "--ip", "10.77.0.1/24", "--");
            assertOneLine(wire, 2, "run: missing --ip", pnet, "run", "--link", "packet:veth0", "--");
            assertOneLine(wire, 2, "run: there is no option --speed", pnet, "run", "--speed", "1", "--");
            assertOneLine(wire, 2, "run: --mtu needs a value", pnet, "run", "--mtu", "--");
            assertOneLine(wire, 2, "run: what is 'java'?", pnet, "run", "java");
        }
    }

    @Test
    void anOldJavaIsToldSo() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final Path jdk = wire.folder().resolve("jdk");
            final Path java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
            Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
            RunInteropTest.script(java, "#!/bin/sh\necho started\n");
            final List<String> arguments = RunInteropTest.program("hello");
            assertOneLine(RunInteropTest.run(wire, List.of(), java.toString(), arguments), 1,
                "needs Java 17 or newer, and " + java + " is Java 11");
            wire.kernel("rm", "-r", jdk.toString()).ok();
        }
    }

    @Test
    void explainsTheRules() throws Exception
    {
        try (InteropWire wire = RunInteropTest.wire())
        {
            final List<String> command = List.of(
                "env", "PNET_LOOPBACK=off", "PNET_STACKS=3", InteropWire.PNET, "run", "--exclude", "192.0.2.0/24",
                "--stacks", "2", "--pin", "1,0", "--explain");
            final InteropWire.Outcome outcome = wire.start("left", command).awaitEnd().ok();
            assertTrue(outcome.out().contains("192.0.2.0/24: kernel (excluded)\n"), outcome::toString);
            assertTrue(outcome.out().contains("servers on the wildcard: Pnet only\n"), outcome::toString);
            assertTrue(outcome.out().endsWith(": 0 on CPU 1, 1 on CPU 0\n"), outcome::toString);
        }
    }
}
