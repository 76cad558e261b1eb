package io.pnet.tools.iperf3;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import io.pnet.stack.RunMode;
import io.pnet.tools.CommandException;
import io.pnet.tools.net.PnetNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests whose streams are handlers, between two IP processes on a wire in memory, and mixed with blocking ones. */
@Timeout(60)
class HandlerLaneTest
{
    private static final long TOTAL = 24 << 20;

    private final ByteArrayOutputStream serverOut = new ByteArrayOutputStream();
    private IpProcess left;
    private IpProcess right;
    private Iperf3Server server;
    private CompletableFuture<Void> serving;

    @BeforeEach
    void joinTwoProcesses() throws IOException
    {
        final LinkContext leftContext = LinkContext.standalone();
        final LinkContext rightContext = LinkContext.standalone();
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext);
        left = IpProcess.builder()
            .link(pipe.left(), leftContext).address("fd00::1/64").runMode(RunMode.OWN_THREAD).start();
        right = IpProcess.builder()
            .link(pipe.right(), rightContext).address("fd00::2/64").runMode(RunMode.OWN_THREAD).start();
        pipe.left().onFrames(left.driver()::wakeup);
        pipe.right().onFrames(right.driver()::wakeup);
    }

    @AfterEach
    void endEverything()
    {
        if (server != null)
        {
            server.close();
        }
        left.close();
        right.close();
    }

    private void startServer(final Lane lane) throws IOException
    {
        final PrintStream out = new PrintStream(serverOut, true, StandardCharsets.UTF_8);
        server = new Iperf3Server(
            new PnetNetwork(right),
            new InetSocketAddress(InetAddress.getByName("::"), 5201),
            lane, new JsonReport(out, "test"), out, 0.25, true);
        serving = CompletableFuture.runAsync(server::run);
    }

    private Iperf3 client(final boolean handlers, final String options) throws IOException
    {
        final Iperf3 client = new Iperf3();
        client.host = "fd00::2";
        client.server = InetAddress.getByName(client.host);
        client.json = true;
        client.handlers = handlers;
        client.intervalSeconds = 0.25;
        client.bytes = TOTAL;
        client.reverse = options.contains("-R");
        client.bidirectional = options.contains("--bidir");
        client.streams = options.contains("-P 3") ? 3 : 1;
        client.blockSize = options.contains("-l 1001") ? 1_001 : 0;
        return client;
    }

    private JsonObject run(final Iperf3 client)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        client.run(new PnetNetwork(left), print, print, action ->
        {
        });
        return JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private JsonObject serversReport() throws Exception
    {
        serving.get(10, TimeUnit.SECONDS);
        return JsonParser.parseString(serverOut.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private static long bytes(final JsonObject report, final String name)
    {
        return report.getAsJsonObject("end").getAsJsonObject(name).get("bytes").getAsLong();
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, ''", "true, true, -R", "true, true, --bidir -P 3", "true, true, -P 3 -l 1001",
        "true, false, ''", "true, false, -R -P 3", "true, false, --bidir",
        "false, true, ''", "false, true, -R -l 1001", "false, true, --bidir -P 3"})
    void whatIsSentArrives(final boolean ours, final boolean theirs, final String options) throws Exception
    {
        startServer(theirs ? Lane.HANDLERS : Lane.BLOCKING);
        final JsonObject report = run(client(ours, options));
        final JsonObject start = report.getAsJsonObject("start");
        assertEquals(ours ? "handlers" : "blocking", start.get("pnet_lane").getAsString());
        assertEquals("fd00::1",
            start.getAsJsonArray("connected").get(0).getAsJsonObject().get("local_host").getAsString());
        final long sent = bytes(report, "sum_sent");
        final long received = bytes(report, "sum_received");
        assertTrue(received > 0, report::toString);
        if (options.isEmpty() || options.startsWith("-P"))
        {
            // The sender decides when it is over: a whole number of blocks, one more at most.
            assertTrue(sent >= TOTAL && sent < TOTAL + Settings.DEFAULT_TCP_BLOCK, () -> "sent " + sent);
            assertTrue(received <= sent, () -> received + " of " + sent);
        }
        final JsonObject seen = serversReport();
        assertEquals(theirs ? "handlers" : "blocking", seen.getAsJsonObject("start").get("pnet_lane").getAsString());
    }

    @Test
    void aRateIsKeptWithoutAThreadToSleepOn() throws Exception
    {
        startServer(Lane.HANDLERS);
        final Iperf3 client = client(true, "");
        client.bytes = 0;
        client.seconds = 1;
        client.bitrate = 80_000_000;
        final long sent = bytes(run(client), "sum_sent");
        // The first block goes at once, so that there may be one too many; how late the last is depends on the machine.
        assertTrue(sent <= 10_000_000 + Settings.DEFAULT_TCP_BLOCK, () -> "sent " + sent);
        assertTrue(sent >= 2_000_000, () -> "sent " + sent);
        serversReport();
    }

    @Test
    void aServerOfHandlersRefusesUdp() throws Exception
    {
        startServer(Lane.HANDLERS);
        final Iperf3 client = client(false, "");
        client.udp = true;
        client.bitrate = 1_000_000;
        assertThrows(CommandException.class, () -> run(client));
        final Exception failure = assertThrows(Exception.class, () -> serving.get(10, TimeUnit.SECONDS));
        assertTrue(failure.getMessage().contains("--handlers is for TCP"), failure::toString);
    }
}
