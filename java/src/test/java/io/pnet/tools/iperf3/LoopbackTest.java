package io.pnet.tools.iperf3;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pnet.tools.CommandException;
import io.pnet.tools.net.KernelNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Whole tests over the kernel's loopback: our client and server with each other, and each with the real iperf3. */
@Timeout(60)
class LoopbackTest
{
    private static boolean hasIperf3;

    private final List<Process> processes = new ArrayList<>();
    private final ByteArrayOutputStream serverOut = new ByteArrayOutputStream();
    private Iperf3Server server;
    private CompletableFuture<Void> serving;

    @BeforeAll
    static void findIperf3()
    {
        hasIperf3 = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .anyMatch(folder -> new File(folder, "iperf3").canExecute());
    }

    private static void needIperf3()
    {
        assumeTrue(hasIperf3, "iperf3 is not installed: ci/setup installs it");
    }

    @AfterEach
    void endEverything()
    {
        if (server != null)
        {
            server.close();
        }
        processes.forEach(Process::destroyForcibly);
    }

    private int startServer(final boolean isOneOff)
    {
        final InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        final PrintStream out = new PrintStream(serverOut, true, StandardCharsets.UTF_8);
        server = new Iperf3Server(
            new KernelNetwork(), any, Lane.BLOCKING, new JsonReport(out, "test"), out, 0.25, isOneOff);
        serving = CompletableFuture.runAsync(server::run);
        return server.port();
    }

    private static Iperf3 client(final int port, final String options)
    {
        final Iperf3 client = new Iperf3();
        client.host = "127.0.0.1";
        client.server = InetAddress.getLoopbackAddress();
        client.port = port;
        client.json = true;
        client.intervalSeconds = 0.25;
        client.bytes = 3 << 20;
        client.udp = options.contains("-u");
        client.bitrate = client.udp ? 80_000_000 : 200_000_000;
        client.blockSize = client.udp ? 1_400 : 0;
        client.reverse = options.contains("-R");
        client.bidirectional = options.contains("--bidir");
        client.streams = options.contains("-P 2") ? 2 : 1;
        return client;
    }

    private static JsonObject run(final Iperf3 client)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        client.run(new KernelNetwork(), print, print, action ->
        {
        });
        return JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private static JsonObject end(final JsonObject report, final String name)
    {
        final JsonObject end = report.getAsJsonObject("end").getAsJsonObject(name);
        assertTrue(end != null, () -> "no " + name + " in " + report);
        return end;
    }

    private static void assertPlausible(final JsonObject report, final String options)
    {
        final long sent = end(report, "sum_sent").get("bytes").getAsLong();
        final long received = end(report, "sum_received").get("bytes").getAsLong();
        assertFalse(report.has("error"), report::toString);
        assertTrue(sent >= 1 << 20, () -> "sent " + sent);
        // A sender's last block may have been on its way when the end came, one a stream.
        final long late = 2L * Settings.DEFAULT_TCP_BLOCK;
        assertTrue(received > 0 && received <= sent + late, () -> received + " of " + sent);
        assertTrue(report.getAsJsonArray("intervals").size() >= 1);
        assertTrue(report.getAsJsonObject("end").has("cpu_utilization_percent"));
        assertEquals(options.contains("--bidir"), report.getAsJsonObject("end").has("sum_sent_bidir_reverse"));
        final int streams = (options.contains("-P 2") ? 2 : 1) * (options.contains("--bidir") ? 2 : 1);
        assertEquals(streams, report.getAsJsonObject("end").getAsJsonArray("streams").size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-R", "--bidir", "-P 2", "-P 2 --bidir", "-u", "-u -R", "-u --bidir -P 2"})
    void ourClientAndServerUnderstandEachOther(final String options) throws Exception
    {
        final int port = startServer(true);
        assertPlausible(run(client(port, options)), options);
        serving.get(10, TimeUnit.SECONDS);
        final JsonObject seen =
            JsonParser.parseString(serverOut.toString(StandardCharsets.UTF_8)).getAsJsonObject();
        final String ours = options.contains("-R") ? "sum_sent" : "sum_received";
        assertTrue(end(seen, ours).get("bytes").getAsLong() > 0, seen::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "-b 200M", "-b 200M -R", "-b 200M --bidir", "-b 200M -P 2 -R", "-u -b 80M", "-u -b 80M -R"})
    void theRealClientUnderstandsOurServer(final String options) throws Exception
    {
        needIperf3();
        final int port = startServer(true);
        final List<String> command =
            new ArrayList<>(List.of("iperf3", "-c", "127.0.0.1", "-J", "-n", "3M", "-p", String.valueOf(port)));
        if (!options.isEmpty())
        {
            command.addAll(List.of(options.split(" ")));
        }
        final Process process = start(command);
        final String text = read(process.getInputStream());
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), text);
        assertPlausible(JsonParser.parseString(text).getAsJsonObject(), options);
        serving.get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-R", "--bidir", "-P 2 -R", "-u", "-u -R"})
    void ourClientUnderstandsTheRealServer(final String options) throws Exception
    {
        needIperf3();
        final int port;
        try (ServerSocket free = new ServerSocket(0))
        {
            port = free.getLocalPort();
        }
        final Process process =
            start(List.of("iperf3", "-s", "-1", "--forceflush", "-p", String.valueOf(port)));
        final InputStream lines = process.getInputStream();
        // Its second line says that it listens.
        for (int newlines = 0; newlines < 2; )
        {
            final int c = lines.read();
            assertTrue(c >= 0, "iperf3 ended early");
            newlines += c == '\n' ? 1 : 0;
        }
        final JsonObject report = run(client(port, options));
        assertPlausible(report, options);
        if (options.equals("-R"))
        {
            assertTrue(end(report, "sum_sent").has("retransmits"), report::toString);
        }
        read(lines);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());
    }

    @Test
    void aServerServesOneClientAfterTheOtherAndSendsASecondOneAway() throws Exception
    {
        final int port = startServer(false);
        try (Socket first = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            first.getOutputStream().write(Cookie.encode(Cookie.random()));
            assertEquals(State.PARAM_EXCHANGE, first.getInputStream().read());
            final CommandException busy = assertThrows(CommandException.class, () -> run(client(port, "")));
            assertTrue(busy.getMessage().contains("busy"), busy.getMessage());
        }
        JsonObject report = null;
        for (int i = 0; report == null && i < 100; i++)
        {
            try
            {
                report = run(client(port, ""));
            }
            catch (final CommandException ex)
            {
                // Until it has noticed that the first one left.
                Thread.sleep(20);
            }
        }
        assertPlausible(report, "");
        assertPlausible(run(client(port, "-R")), "-R");
    }

    @Test
    void aClientThatTalksNonsenseIsToldSo() throws IOException
    {
        final int port = startServer(false);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            client.getOutputStream().write(Cookie.encode(Cookie.random()));
            assertEquals(State.PARAM_EXCHANGE, client.getInputStream().read());
            client.getOutputStream().write(new byte[]{0, 0, 0, 2, '{', ']'});
            assertEquals(State.SERVER_ERROR, (byte)client.getInputStream().read());
        }
    }

    @Test
    void aSilentConnectionKeepsNobodyOut() throws IOException
    {
        final int port = startServer(true);
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            assertTrue(silent.isConnected());
            assertPlausible(run(client(port, "")), "");
        }
    }

    @Test
    void aTimedTestReportsEveryInterval()
    {
        final int port = startServer(true);
        final Iperf3 client = client(port, "");
        client.bytes = 0;
        client.seconds = 1;
        client.bitrate = 50_000_000;
        final JsonObject report = run(client);
        assertEquals(4, report.getAsJsonArray("intervals").size(), report::toString);
    }

    private Process start(final List<String> command) throws IOException
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    private static String read(final InputStream in) throws IOException
    {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
