package io.pnet.tools.iperf3;

import java.util.ArrayList;
import java.util.List;

/**
 * Both sides' results of a test.
 *
 * @param info   the test.
 * @param meters our streams' meters.
 * @param local  our results.
 * @param remote the peer's; null on a server (which reports its own view only, as iperf3 does) and when the test was
 *               cut short.
 */
record Summary(TestInfo info, List<StreamMeter> meters, Results local, Results remote)
{
    private static final StreamResult NOTHING = new StreamResult(0, 0, -1, 0, 0, 0, 0, 0);

    /** A stream seen from both sides. */
    record Line(StreamMeter meter, StreamResult sent, StreamResult received, double sentSeconds, double receivedSeconds)
    {
        boolean isSender()
        {
            return meter.stream.isSender;
        }

        long lostTotal()
        {
            return received.packets() == 0 ? sent.packets() : received.packets();
        }
    }

    List<Line> lines()
    {
        final List<Line> lines = new ArrayList<>();
        for (final StreamMeter meter : meters)
        {
            final StreamResult ours = local.streams().get(meter.stream.id);
            final StreamResult theirs =
                remote == null ? NOTHING : remote.streams().getOrDefault(meter.stream.id, NOTHING);
            final StreamResult sent = meter.stream.isSender ? ours : theirs;
            final StreamResult received = meter.stream.isSender ? theirs : ours;
            lines.add(new Line(meter, sent, received, secondsOf(sent, ours), secondsOf(received, ours)));
        }
        return lines;
    }

    private static double secondsOf(final StreamResult result, final StreamResult ours)
    {
        return result.seconds() > 0 ? result.seconds() : ours.seconds();
    }

    /** The lines that flow one way, as this side sees it. */
    List<Line> lines(final boolean isSender)
    {
        final List<Line> lines = new ArrayList<>(lines());
        lines.removeIf(line -> line.isSender() != isSender);
        return lines;
    }

    /** Whether this side is first said to send: a client unless reversed. */
    boolean firstIsSender()
    {
        return info.settings().bidirectional ? !info.isServer() : info.settings().reverse == info.isServer();
    }

    /** All of them as one. */
    static Line sum(final List<Line> lines)
    {
        final Line first = lines.get(0);
        return new Line(
            first.meter(),
            sumOfResults(lines.stream().map(Line::sent).toList()),
            sumOfResults(lines.stream().map(Line::received).toList()),
            first.sentSeconds(),
            first.receivedSeconds());
    }

    private static StreamResult sumOfResults(final List<StreamResult> results)
    {
        long bytes = 0;
        long retransmits = -1;
        double jitter = 0;
        long errors = 0;
        long packets = 0;
        long outOfOrder = 0;
        for (final StreamResult result : results)
        {
            bytes += result.bytes();
            jitter += result.jitterSeconds() / results.size();
            errors += result.errors();
            packets += result.packets();
            outOfOrder += result.outOfOrder();
            if (result.retransmits() >= 0)
            {
                retransmits = Math.max(0, retransmits) + result.retransmits();
            }
        }
        return new StreamResult(0, bytes, retransmits, jitter, errors, packets, outOfOrder, results.get(0).seconds());
    }
}
