package io.pnet.tools;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Mistakes of users: each is one clear line and an exit code. */
class MainTest
{
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(final String... args)
    {
        return Main.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            args);
    }

    private void assertOneLine(final String part)
    {
        final String text = err.toString(StandardCharsets.UTF_8);
        assertTrue(text.startsWith("pnet: "), text);
        assertTrue(text.contains(part), text);
        assertEquals(text.length() - 1, text.indexOf('\n'), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo", "iperf3", "nc", "packetdrill", "ping", "relay", "selftest"})
    void everyCommandHasHelp(final String command)
    {
        assertEquals(Main.OK, run(command, "--help"), () -> err.toString(StandardCharsets.UTF_8));
        assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("Usage: pnet " + command));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ping 10.0.0.1                                            | missing --link",
        "ping --link packet:x 10.0.0.1                            | missing --ip",
        "ping --link x --ip 10.0.0.2/24 10.0.0.1                  | is no link",
        "ping --link packet:x --ip 10.0.0.2 10.0.0.1              | no prefix length",
        "ping --link packet:x --ip 10.0.0.2/33 10.0.0.1           | bad prefix length: it is 1 to 32",
        "ping --link packet:x --ip fd00::2/129 10.0.0.1           | bad prefix length: it is 1 to 128",
        "ping --link packet:x --ip 10.0.0/24 10.0.0.1             | no IP address",
        "ping --link packet:x --ip 224.0.0.1/24 10.0.0.1          | not an address that one process can have",
        "ping --link packet:x --ip 10.0.0.2/24 --gateway g h      | no IP address",
        "ping --link packet:x --ip 10.0.0.2/24 --gateway 10.0.1.1 h | not on a network of ours",
        "ping --link packet:x --ip 10.0.0.2/24 --gateway fe80::1 h | not on a network of ours",
        "ping --link packet:x --ip fd00::2/68 --gateway fd00::1000:0:0:1 h | not on a network of ours",
        "ping --link packet:x --ip 10.0.0.2/32 --gateway 10.0.1.1 --mtu 100 h | out of range: 576 to 65535",
        "echo --link packet:x --ip 10.0.0.2/24 --congestion vegas 7 | neither newreno, cubic, cubic-abe nor bbr",
        "echo --link packet:x --ip 10.0.0.2/24 --congestion java.lang.String 7 | does not implement CongestionControl",
        "echo --link kernel --congestion nothing 7                | not what the kernel uses",
        "iperf3 -c h --link packet:x --ip 10.0.0.2/24 -C io.pnet.samples.Vegas | a class is for --congestion",
        "iperf3 --handlers -s --link kernel                       | give a --link other than kernel",
        "iperf3 --handlers -u -c h --link packet:x --ip 10.0.0.2/24 | --handlers is for TCP",
        "ping --link packet:x --ip 10.0.0.2/24 --mac 1 h          | no MAC address",
        "ping --link packet:x --ip 10.0.0.2/24 --mac 01:0:0:0:0:0 h | no MAC address",
        "ping --link packet:x --ip 10.0.0.2/24 --mac 03:00:00:00:00:01 h | first byte must be even",
        "ping --link packet:x --ip 10.0.0.2/24 --mtu 100 h        | out of range: 576 to 65535",
        "ping --link packet:x --ip fd00::2/64 --mtu 1000 h        | out of range: 1280 to 65535",
        "ping --link packet:x --ip 10.0.0.2/24 --impair loss=x h  | --impair",
        "relay                                                    | give --link twice",
        "relay --link packet:x                                    | give --link twice",
        "relay --link packet:x --link packet:x                    | a wire has two ends",
        "relay --link packet:x --link kernel                      | is no link",
        "relay --link packet:x --link packet:y --impair loos=1%   | the keys are loss, burst",
        "relay --link packet:x --link packet:y --impair seed=1 --seed 2 | seed is given twice",
        "relay --link packet:x --link packet:y --time 0           | more than 0",
        "ping --link kernel --ip 10.0.0.2/24 h                    | ping needs a link of its own",
        "echo --link kernel --ip 10.0.0.2/24 7                    | leave out --ip",
        "echo --link kernel --ecn 7                               | --pin and --huge-pages",
        "echo --link kernel 70000                                 | out of range: 1 to 65535",
        "nc --link kernel 7                                       | nc takes HOST PORT",
        "iperf3 --link kernel                                     | say -s to be the server",
        "iperf3 --link kernel -s -t 3                             | leave out all options for clients",
        "iperf3 --link kernel -c h -R --bidir                     | exclude each other",
        "iperf3 --link kernel -c h -t 1 -n 5                      | exclude each other",
        "iperf3 --link kernel -c h -b fast                        | is no rate",
        "iperf3 --link kernel -c h -l 0                           | out of range: 1 to 1048576",
        "iperf3 --link kernel -c h -u -l 4                        | out of range: 16 to 65507",
        "iperf3 --link kernel -c h -P 129                         | out of range: 1 to 128",
        "run --stacks 65 --explain                                | bad number of stacks 65: it is 1 to 64",
        "run --stacks 2 --pin 0 --explain                         | bad number of CPUs 1: there is one for each stack",
        "run --pin 0,1 --explain                                  | and there are 1",
        "run --loopback maybe --explain                           | bad loopback 'maybe': it is on or off",
        "frobnicate                                               | frobnicate",
    })
    void aMistakeInTheCommandLineIsOneLineAndExitCode2(final String line, final String part)
    {
        assertEquals(Main.USAGE, run(line.strip().split("\\s+")));
        assertOneLine(part);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "run --explain                      | stacks: 1",
        "run --explain --pin 3              | stacks: 1, on CPU 3",
        "run --stacks 2 --explain           | stacks: 2, each on a thread of its own",
        "run --stacks=2 --pin=3,1 --explain | stacks: 2, each on a thread of its own: 0 on CPU 3, 1 on CPU 1",
    })
    void explainsHowManyStacksThereWouldBe(final String line, final String last)
    {
        assertEquals(Main.OK, run(line.strip().split("\\s+")), () -> err.toString(StandardCharsets.UTF_8));
        final String[] lines = out.toString(StandardCharsets.UTF_8).split("\n");
        assertEquals("127.0.0.0/8, ::1: kernel", lines[0]);
        assertEquals(last, lines[lines.length - 1]);
    }

    @Test
    void explainsTheOptionsAsTheLauncherWouldHandThemOn()
    {
        assertEquals(
            Main.OK,
            run("run", "--explain", "--exclude", "192.0.2.0/24", "--exclude=198.51.100.7", "--loopback=off", "--ecn"));
        assertEquals(
            List.of(
                "127.0.0.0/8, ::1: kernel",
                "192.0.2.0/24: kernel (excluded)",
                "198.51.100.7/32: kernel (excluded)",
                "Unix-domain sockets: kernel",
                "everything else (own addresses, wildcard, multicast, remote hosts): Pnet",
                "servers on the wildcard: Pnet only",
                "stacks: 1"),
            out.toString(StandardCharsets.UTF_8).lines().toList());
        out.reset();
        assertEquals(Main.OK, run("run", "--explain", "--link", "kernel"));
        assertEquals("everything: kernel (--link kernel)", out.toString(StandardCharsets.UTF_8).strip());
    }

    @Test
    void aPeerThatRefusesIsOneLineAndExitCode1() throws IOException
    {
        final int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))
        {
            port = taken.getLocalPort();
        }
        assertEquals(Main.FAILED, run("nc", "--link", "kernel", "127.0.0.1", String.valueOf(port)));
        assertOneLine("refused");
    }

    @Test
    void aPortInUseIsOneLineAndExitCode1() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(0))
        {
            final String port = String.valueOf(taken.getLocalPort());
            assertEquals(Main.FAILED, run("echo", "--link", "kernel", port));
            assertOneLine("in use");
        }
    }

    @Test
    void aWrongInterfaceIsOneLineAndExitCode1()
    {
        assertEquals(
            Main.FAILED, run("ping", "--link", "packet:nosuchif", "--ip", "10.0.0.2/24", "-c", "1", "10.0.0.1"));
        assertOneLine("packet:nosuchif");
    }

    @Test
    void aCaptureThatCannotBeginIsOneLineAndExitCode1()
    {
        assertEquals(Main.FAILED, run(
            "ping", "--link", "packet:lo", "--ip", "10.0.0.2/24", "--pcap", "/nonexistent/x.pcap", "10.0.0.1"));
        assertOneLine("/nonexistent/x.pcap: there is no such directory");
    }

    @Test
    void theVersionIsToldOnRequest()
    {
        assertEquals(Main.OK, run("--version"));
        assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("pnet "), out.toString(StandardCharsets.UTF_8));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }
}
