package io.pnet.tools.iperf3;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pnet.tools.net.Addresses;
import io.pnet.tools.net.StreamInfo;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** iperf3's JSON: one object a test, printed when the test is over. */
final class JsonReport implements Report
{
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final PrintStream out;
    private final String version;
    private final Gson gson = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private JsonObject start = new JsonObject();
    private JsonArray intervals = new JsonArray();
    private JsonObject end = new JsonObject();
    private String error;
    private boolean isEmpty = true;
    private TestInfo info;

    JsonReport(final PrintStream out, final String version)
    {
        this.out = out;
        this.version = version;
    }

    @Override
    public void connecting(final String host, final int port)
    {
        isEmpty = false;
        final JsonObject to = new JsonObject();
        to.addProperty("host", host);
        to.addProperty("port", port);
        begin();
        start.add("connecting_to", to);
    }

    @Override
    public void listening(final int port, final int testNumber)
    {
        start = new JsonObject();
        intervals = new JsonArray();
        end = new JsonObject();
        error = null;
        isEmpty = true;
        // Beside the JSON, not in it: whoever started the server has to know when a client may come.
        System.err.println("Server listening on " + port);
    }

    @Override
    public void accepted(final InetSocketAddress client)
    {
        isEmpty = false;
        final JsonObject from = new JsonObject();
        from.addProperty("host", Addresses.text(client.getAddress()));
        from.addProperty("port", client.getPort());
        begin();
        start.add("accepted_connection", from);
    }

    private void begin()
    {
        final Instant now = Instant.now();
        final JsonObject timestamp = new JsonObject();
        timestamp.addProperty("time", TIME.format(now));
        timestamp.addProperty("timesecs", now.getEpochSecond());
        start.add("connected", new JsonArray());
        start.addProperty("version", version);
        start.addProperty("system_info", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " +
            System.getProperty("os.arch") + " Java " + System.getProperty("java.version"));
        start.add("timestamp", timestamp);
    }

    @Override
    public void started(final TestInfo of, final List<TestStream> streams)
    {
        info = of;
        for (final TestStream stream : streams)
        {
            final JsonObject connected = new JsonObject();
            connected.addProperty("socket", stream.number);
            connected.addProperty("local_host", Addresses.text(stream.localAddress().getAddress()));
            connected.addProperty("local_port", stream.localAddress().getPort());
            connected.addProperty("remote_host", Addresses.text(stream.remoteAddress().getAddress()));
            connected.addProperty("remote_port", stream.remoteAddress().getPort());
            start.getAsJsonArray("connected").add(connected);
        }
        final Settings settings = of.settings();
        start.addProperty("pnet_lane", of.lane().text());
        start.addProperty("cookie", of.cookie());
        start.addProperty("target_bitrate", settings.bitrate);
        final JsonObject test = new JsonObject();
        test.addProperty("protocol", settings.udp ? "UDP" : "TCP");
        test.addProperty("num_streams", settings.streams);
        test.addProperty("blksize", settings.blockSize);
        test.addProperty("omit", settings.omitSeconds);
        test.addProperty("duration", settings.isTimed() ? settings.seconds : 0);
        test.addProperty("bytes", settings.bytes);
        test.addProperty("blocks", settings.blocks);
        test.addProperty("reverse", settings.reverse ? 1 : 0);
        test.addProperty("bidir", settings.bidirectional ? 1 : 0);
        test.addProperty("tos", 0);
        test.addProperty("target_bitrate", settings.bitrate);
        start.add("test_start", test);
    }

    @Override
    public void interval(final List<Interval> all)
    {
        final JsonArray streams = new JsonArray();
        for (final Interval interval : all)
        {
            streams.add(stream(interval));
        }
        final JsonObject json = new JsonObject();
        json.add("streams", streams);
        final boolean first = all.get(0).stream().isSender;
        json.add("sum", sum(all, first));
        if (info.settings().bidirectional)
        {
            json.add("sum_bidir_reverse", sum(all, !first));
        }
        intervals.add(json);
    }

    private JsonObject stream(final Interval interval)
    {
        final JsonObject json = new JsonObject();
        json.addProperty("socket", interval.stream().number);
        amount(json, interval.start(), interval.end(), interval.seconds(), interval.bytes());
        if (info.settings().udp)
        {
            packets(json, interval.stream().isSender, interval.jitterSeconds(), interval.lost(), interval.packets());
        }
        else if (interval.retransmits() >= 0)
        {
            json.addProperty("retransmits", interval.retransmits());
        }
        final StreamInfo tcp = interval.info();
        if (tcp != null)
        {
            json.addProperty("snd_cwnd", tcp.cwnd());
            json.addProperty("snd_wnd", tcp.sndWnd());
            json.addProperty("rtt", tcp.rttUs());
            json.addProperty("rttvar", tcp.rttVarUs());
            json.addProperty("pmtu", tcp.pathMtu());
        }
        json.addProperty("omitted", interval.omitted());
        json.addProperty("sender", interval.stream().isSender);
        return json;
    }

    private JsonObject sum(final List<Interval> all, final boolean isSender)
    {
        final List<Interval> intervalsOf = new ArrayList<>(all);
        intervalsOf.removeIf(interval -> interval.stream().isSender != isSender);
        long bytes = 0;
        long packets = 0;
        long lost = 0;
        long retransmits = -1;
        double jitter = 0;
        for (final Interval interval : intervalsOf)
        {
            bytes += interval.bytes();
            packets += interval.packets();
            lost += interval.lost();
            jitter += interval.jitterSeconds() / intervalsOf.size();
            if (interval.retransmits() >= 0)
            {
                retransmits = Math.max(0, retransmits) + interval.retransmits();
            }
        }
        final Interval first = intervalsOf.get(0);
        final JsonObject json = new JsonObject();
        amount(json, first.start(), first.end(), first.seconds(), bytes);
        if (info.settings().udp)
        {
            packets(json, isSender, jitter, lost, packets);
        }
        else if (retransmits >= 0)
        {
            json.addProperty("retransmits", retransmits);
        }
        json.addProperty("omitted", first.omitted());
        json.addProperty("sender", isSender);
        return json;
    }

    @Override
    public void summary(final Summary summary)
    {
        final JsonArray streams = new JsonArray();
        for (final Summary.Line line : summary.lines())
        {
            streams.add(info.settings().udp ? udpStream(line) : tcpStream(line));
        }
        end.add("streams", streams);
        final boolean first = summary.firstIsSender();
        totals(summary.lines(first), first, "");
        if (info.settings().bidirectional)
        {
            totals(summary.lines(!first), !first, "_bidir_reverse");
        }

        final CpuUsage host = summary.local().cpu();
        final CpuUsage remote = summary.remote() == null ? CpuUsage.NONE : summary.remote().cpu();
        final JsonObject cpu = new JsonObject();
        cpu.addProperty("host_total", host.total());
        cpu.addProperty("host_user", host.user());
        cpu.addProperty("host_system", host.system());
        cpu.addProperty("remote_total", remote.total());
        cpu.addProperty("remote_user", remote.user());
        cpu.addProperty("remote_system", remote.system());
        end.add("cpu_utilization_percent", cpu);
        if (!info.settings().udp)
        {
            final String ours = summary.local().congestion();
            final String theirs = summary.remote() == null ? null : summary.remote().congestion();
            addIfKnown("sender_tcp_congestion", first ? ours : theirs);
            addIfKnown("receiver_tcp_congestion", first ? theirs : ours);
        }
    }

    private void addIfKnown(final String name, final String value)
    {
        if (value != null)
        {
            end.addProperty(name, value);
        }
    }

    private JsonObject tcpStream(final Summary.Line line)
    {
        final JsonObject sender = new JsonObject();
        sender.addProperty("socket", line.meter().stream.number);
        amount(sender, 0, line.sentSeconds(), line.sentSeconds(), line.sent().bytes());
        if (line.sent().retransmits() >= 0)
        {
            sender.addProperty("retransmits", line.sent().retransmits());
            sender.addProperty("max_snd_cwnd", line.meter().maxCwnd);
            sender.addProperty("max_snd_wnd", line.meter().maxSndWnd);
            sender.addProperty("max_rtt", line.meter().maxRttUs);
            sender.addProperty("min_rtt", line.meter().minRttUs);
            sender.addProperty("mean_rtt", line.meter().meanRttUs());
        }
        sender.addProperty("sender", line.isSender());

        final JsonObject receiver = new JsonObject();
        receiver.addProperty("socket", line.meter().stream.number);
        amount(receiver, 0, line.receivedSeconds(), line.receivedSeconds(), line.received().bytes());
        receiver.addProperty("sender", line.isSender());

        final JsonObject json = new JsonObject();
        json.add("sender", sender);
        json.add("receiver", receiver);
        return json;
    }

    private static JsonObject udpStream(final Summary.Line line)
    {
        final JsonObject udp = new JsonObject();
        udp.addProperty("socket", line.meter().stream.number);
        amount(udp, 0, line.sentSeconds(), line.sentSeconds(), line.sent().bytes());
        packets(udp, false, line.received().jitterSeconds(), line.received().errors(), line.lostTotal());
        udp.addProperty("out_of_order", line.received().outOfOrder());
        udp.addProperty("sender", line.isSender());
        final JsonObject json = new JsonObject();
        json.add("udp", udp);
        return json;
    }

    private void totals(final List<Summary.Line> lines, final boolean isSender, final String suffix)
    {
        final Summary.Line sum = Summary.sum(lines);
        final JsonObject sent = new JsonObject();
        amount(sent, 0, sum.sentSeconds(), sum.sentSeconds(), sum.sent().bytes());
        final JsonObject received = new JsonObject();
        amount(received, 0, sum.receivedSeconds(), sum.receivedSeconds(), sum.received().bytes());
        if (info.settings().udp)
        {
            final JsonObject both = new JsonObject();
            amount(both, 0, sum.receivedSeconds(), sum.receivedSeconds(), sum.sent().bytes());
            packets(both, false, sum.received().jitterSeconds(), sum.received().errors(), sum.lostTotal());
            both.addProperty("sender", isSender);
            end.add("sum" + suffix, both);
            packets(sent, false, 0, 0, sum.sent().packets());
            packets(received, false, sum.received().jitterSeconds(), sum.received().errors(),
                sum.received().packets());
            sent.addProperty("sender", true);
            received.addProperty("sender", false);
        }
        else
        {
            if (sum.sent().retransmits() >= 0)
            {
                sent.addProperty("retransmits", sum.sent().retransmits());
            }
            sent.addProperty("sender", isSender);
            received.addProperty("sender", isSender);
        }
        end.add("sum_sent" + suffix, sent);
        end.add("sum_received" + suffix, received);
    }

    private static void amount(
        final JsonObject json, final double start, final double end, final double seconds, final long bytes)
    {
        json.addProperty("start", start);
        json.addProperty("end", end);
        json.addProperty("seconds", seconds);
        json.addProperty("bytes", bytes);
        json.addProperty("bits_per_second", seconds > 0 ? bytes * 8 / seconds : 0);
    }

    private static void packets(
        final JsonObject json, final boolean onlyCount, final double jitterSeconds, final long lost, final long packets)
    {
        if (onlyCount)
        {
            json.addProperty("packets", packets);
            return;
        }
        json.addProperty("jitter_ms", jitterSeconds * 1e3);
        json.addProperty("lost_packets", lost);
        json.addProperty("packets", packets);
        json.addProperty("lost_percent", packets > 0 ? 100.0 * lost / packets : 0);
    }

    @Override
    public void failed(final String message)
    {
        isEmpty = false;
        error = message;
    }

    @Override
    public void finish()
    {
        if (isEmpty)
        {
            return;
        }
        final JsonObject json = new JsonObject();
        json.add("start", start);
        json.add("intervals", intervals);
        json.add("end", end);
        if (error != null)
        {
            json.addProperty("error", error);
        }
        out.print(gson.toJson(json));
        out.print('\n');
        out.flush();
        isEmpty = true;
    }
}
