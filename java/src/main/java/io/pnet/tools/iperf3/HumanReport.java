package io.pnet.tools.iperf3;

import io.pnet.tools.net.Addresses;
import io.pnet.tools.net.StreamInfo;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** iperf3's lines for people. */
final class HumanReport implements Report
{
    private static final String RULE = "-----------------------------------------------------------";
    private static final String SEPARATOR = "- - - - - - - - - - - - - - - - - - - - - - - - -";

    private final PrintStream out;
    private final boolean isVerbose;
    private TestInfo info;
    private boolean isFirstInterval;

    HumanReport(final PrintStream out, final boolean isVerbose)
    {
        this.out = out;
        this.isVerbose = isVerbose;
    }

    @Override
    public void connecting(final String host, final int port)
    {
        print("Connecting to host %s, port %d", host, port);
    }

    @Override
    public void listening(final int port, final int testNumber)
    {
        print(RULE);
        print("Server listening on %d (test #%d)", port, testNumber);
        print(RULE);
        out.flush();
    }

    @Override
    public void accepted(final InetSocketAddress client)
    {
        print("Accepted connection from %s, port %d", Addresses.text(client.getAddress()), client.getPort());
    }

    @Override
    public void started(final TestInfo of, final List<TestStream> streams)
    {
        info = of;
        isFirstInterval = true;
        final Settings settings = of.settings();
        if (settings.reverse && !of.isServer())
        {
            print("Reverse mode, remote host %s is sending", Addresses.text(of.control().getAddress()));
        }
        if (isVerbose)
        {
            print("      Cookie: %s", of.cookie());
        }
        for (final TestStream stream : streams)
        {
            final InetSocketAddress local = stream.localAddress();
            final InetSocketAddress remote = stream.remoteAddress();
            print("[%3d] local %s port %d connected to %s port %d", stream.number,
                Addresses.text(local.getAddress()), local.getPort(),
                Addresses.text(remote.getAddress()), remote.getPort());
        }
        if (isVerbose)
        {
            print("Starting Test: protocol: %s, %d streams, %d byte blocks, omitting %d seconds, %s",
                settings.udp ? "UDP" : "TCP", settings.streams, settings.blockSize, settings.omitSeconds,
                settings.bytes > 0 ? settings.bytes + " bytes to send" :
                settings.blocks > 0 ? settings.blocks + " blocks to send" : settings.seconds + " second test");
        }
        out.flush();
    }

    @Override
    public void interval(final List<Interval> intervals)
    {
        if (isFirstInterval)
        {
            header(intervals);
            isFirstInterval = false;
        }
        else if (intervals.size() > 1 && !info.settings().bidirectional || info.settings().streams > 1)
        {
            print(SEPARATOR);
        }
        final boolean first = intervals.get(0).stream().isSender;
        direction(intervals, first);
        if (info.settings().bidirectional)
        {
            direction(intervals, !first);
        }
        out.flush();
    }

    private void header(final List<Interval> intervals)
    {
        final String role = info.settings().bidirectional ? "[ ID][Role]" : "[ ID]";
        final String columns;
        if (info.settings().udp)
        {
            final boolean onlySends = intervals.stream().allMatch(interval -> interval.stream().isSender);
            columns = onlySends ? "Total Datagrams" : "Jitter    Lost/Total Datagrams";
        }
        else
        {
            columns = intervals.stream().anyMatch(interval -> interval.retransmits() >= 0) ? "Retr  Cwnd" : "";
        }
        final String lane = info.lane() == Lane.BLOCKING ? "" : "  [" + info.lane().text() + "]";
        print(strip(role + " Interval           Transfer     Bitrate         " + columns) + lane);
    }

    private void direction(final List<Interval> all, final boolean isSender)
    {
        final List<Interval> intervals = new ArrayList<>(all);
        intervals.removeIf(interval -> interval.stream().isSender != isSender);
        for (final Interval interval : intervals)
        {
            line(id(interval.stream()) + info.role(isSender), interval, interval.info());
        }
        if (intervals.size() > 1)
        {
            line("[SUM]" + info.role(isSender), sum(intervals), null);
        }
    }

    private void line(final String name, final Interval interval, final StreamInfo tcp)
    {
        final String note = interval.omitted() ? "(omitted)" : "";
        final String rate = rate(name, interval.start(), interval.end(), interval.bytes(), interval.seconds());
        if (info.settings().udp)
        {
            if (interval.stream().isSender)
            {
                final String gap = info.settings().bidirectional ? "          " : "";
                print("%s  %s%d  %s", rate, gap, interval.packets(), note);
            }
            else
            {
                print("%s  %s  %s", rate,
                    losses(interval.jitterSeconds(), interval.lost(), interval.packets()), note);
            }
        }
        else if (interval.retransmits() < 0)
        {
            print("%s                  %s", rate, note);
        }
        else if (tcp == null)
        {
            print("%s  %3d             %s", rate, interval.retransmits(), note);
        }
        else
        {
            print("%s  %3d   %s       %s", rate, interval.retransmits(), Units.bytes(tcp.cwnd()), note);
        }
    }

    private static Interval sum(final List<Interval> intervals)
    {
        long bytes = 0;
        long packets = 0;
        long retransmits = -1;
        long lost = 0;
        double jitter = 0;
        for (final Interval interval : intervals)
        {
            bytes += interval.bytes();
            packets += interval.packets();
            lost += interval.lost();
            jitter += interval.jitterSeconds() / intervals.size();
            if (interval.retransmits() >= 0)
            {
                retransmits = Math.max(0, retransmits) + interval.retransmits();
            }
        }
        final Interval first = intervals.get(0);
        return new Interval(first.stream(), first.start(), first.end(), bytes, packets, retransmits, null, lost, 0,
            jitter, first.omitted());
    }

    @Override
    public void summary(final Summary summary)
    {
        final List<Summary.Line> lines = summary.lines();
        if (isVerbose)
        {
            print("Test Complete. Summary Results:");
        }
        final String role = info.settings().bidirectional ? "[ ID][Role]" : "[ ID]";
        final boolean hasRetransmits = lines.stream().anyMatch(line -> line.sent().retransmits() >= 0);
        print(SEPARATOR);
        print(strip(role + " Interval           Transfer     Bitrate         " +
            (info.settings().udp ? "Jitter    Lost/Total Datagrams" : hasRetransmits ? "Retr" : "")));
        final boolean first = summary.firstIsSender();
        summaryOf(summary, first);
        if (info.settings().bidirectional)
        {
            summaryOf(summary, !first);
        }
        if (isVerbose && summary.remote() != null)
        {
            print("CPU Utilization: local %.1f%% (%.1f%%u/%.1f%%s), remote %.1f%% (%.1f%%u/%.1f%%s)",
                summary.local().cpu().total(), summary.local().cpu().user(), summary.local().cpu().system(),
                summary.remote().cpu().total(), summary.remote().cpu().user(), summary.remote().cpu().system());
        }
        if (!info.isServer() && summary.remote() != null)
        {
            print("");
            print("iperf Done.");
        }
        out.flush();
    }

    private void summaryOf(final Summary summary, final boolean isSender)
    {
        final List<Summary.Line> lines = summary.lines(isSender);
        for (final Summary.Line line : lines)
        {
            both(id(line.meter().stream) + info.role(isSender), line, summary.remote() != null);
        }
        if (lines.size() > 1)
        {
            both("[SUM]" + info.role(isSender), Summary.sum(lines), summary.remote() != null);
        }
    }

    private void both(final String name, final Summary.Line line, final boolean knowsPeer)
    {
        if (line.isSender() || knowsPeer)
        {
            final StreamResult sent = line.sent();
            final String rate = rate(name, 0, line.sentSeconds(), sent.bytes(), line.sentSeconds());
            if (info.settings().udp)
            {
                print("%s  %s  sender", rate, losses(0, 0, sent.packets()));
            }
            else if (sent.retransmits() >= 0)
            {
                print("%s  %3d             sender", rate, sent.retransmits());
            }
            else
            {
                print("%s                  sender", rate);
            }
        }
        if (!line.isSender() || knowsPeer)
        {
            final StreamResult received = line.received();
            final String rate = rate(name, 0, line.receivedSeconds(), received.bytes(), line.receivedSeconds());
            if (info.settings().udp)
            {
                print("%s  %s  receiver", rate,
                    losses(received.jitterSeconds(), received.errors(), line.lostTotal()));
            }
            else
            {
                print("%s                  receiver", rate);
            }
        }
    }

    @Override
    public void failed(final String message)
    {
        // The command prints it.
    }

    @Override
    public void finish()
    {
        out.flush();
    }

    private static String id(final TestStream stream)
    {
        return String.format(Locale.ROOT, "[%3d]", stream.number);
    }

    private static String rate(
        final String name, final double start, final double end, final long bytes, final double seconds)
    {
        return String.format(Locale.ROOT, "%s %6.2f-%-6.2f sec  %s  %s", name, start, end, Units.bytes(bytes),
            Units.bitsPerSecond(seconds > 0 ? bytes * 8 / seconds : 0));
    }

    private static String losses(final double jitterSeconds, final long lost, final long total)
    {
        return String.format(Locale.ROOT, "%5.3f ms  %d/%d (%s%%)",
            jitterSeconds * 1e3, lost, total, percent(total > 0 ? 100.0 * lost / total : 0));
    }

    /** Two significant digits, as C's {@code %.2g} writes them. */
    static String percent(final double percent)
    {
        if (percent == 0)
        {
            return "0";
        }
        if (percent >= 99.5)
        {
            return "1e+02";
        }
        final int digits = percent < 1e-4 ? 1 : 2;
        final String text = new java.math.BigDecimal(percent)
            .round(new java.math.MathContext(digits, java.math.RoundingMode.HALF_EVEN))
            .stripTrailingZeros().toPlainString();
        return text;
    }

    private static String strip(final String line)
    {
        return line.stripTrailing();
    }

    private void print(final String format, final Object... args)
    {
        out.print(args.length == 0 ? format : String.format(Locale.ROOT, format, args));
        out.print('\n');
    }
}
