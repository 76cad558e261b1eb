package io.pnet.tools.iperf3;

import io.pnet.tools.net.StreamInfo;

/** Turns a stream's running totals into intervals and a result. The reporting thread's. */
final class StreamMeter
{
    final TestStream stream;

    private long lastBytes;
    private long lastPackets;
    private long lastRetransmits;
    private long lastLost;
    private long lastOutOfOrder;
    private long packetsAtStart;
    private long retransmitsAtStart;
    private long lostAtStart;
    private long outOfOrderAtStart;
    private boolean knowsInfo;

    long maxCwnd;
    long maxSndWnd;
    long maxRttUs;
    long minRttUs;
    private long sumRttUs;
    private int rttSamples;

    StreamMeter(final TestStream stream)
    {
        this.stream = stream;
        final StreamInfo info = stream.info();
        if (info != null)
        {
            knowsInfo = true;
            retransmitsAtStart = info.retransmits();
            lastRetransmits = retransmitsAtStart;
        }
    }

    Interval take(final double start, final double end, final boolean omitted)
    {
        final long bytes = stream.bytes();
        final UdpArrivals arrivals = stream.arrivals();
        final long packets = packetTotal();
        final long lost = arrivals == null ? 0 : arrivals.lost();
        final long outOfOrder = arrivals == null ? 0 : arrivals.outOfOrder();
        final StreamInfo info = stream.isSender ? stream.info() : null;
        final long retransmits = info == null ? lastRetransmits : info.retransmits();
        if (info != null)
        {
            sample(info);
        }

        final Interval interval = new Interval(
            stream,
            start,
            end,
            bytes - lastBytes,
            packets - lastPackets,
            info == null ? -1 : retransmits - lastRetransmits,
            info,
            lost - lastLost,
            outOfOrder - lastOutOfOrder,
            arrivals == null ? 0 : arrivals.jitterSeconds(),
            omitted);
        lastBytes = bytes;
        lastPackets = packets;
        lastLost = lost;
        lastOutOfOrder = outOfOrder;
        lastRetransmits = retransmits;
        return interval;
    }

    /** What came before was warming up: totals begin again at zero. */
    void omitSoFar()
    {
        stream.omitSoFar();
        lastBytes = 0;
        packetsAtStart = lastPackets;
        lostAtStart = lastLost;
        outOfOrderAtStart = lastOutOfOrder;
        retransmitsAtStart = lastRetransmits;
        maxCwnd = 0;
        maxSndWnd = 0;
        maxRttUs = 0;
        minRttUs = 0;
        sumRttUs = 0;
        rttSamples = 0;
    }

    private long packetTotal()
    {
        final UdpArrivals arrivals = stream.arrivals();
        return arrivals == null ? stream.blocks() + packetsAtStart : arrivals.highest();
    }

    private void sample(final StreamInfo info)
    {
        knowsInfo = true;
        maxCwnd = Math.max(maxCwnd, info.cwnd());
        maxSndWnd = Math.max(maxSndWnd, info.sndWnd());
        maxRttUs = Math.max(maxRttUs, info.rttUs());
        minRttUs = rttSamples == 0 ? info.rttUs() : Math.min(minRttUs, info.rttUs());
        sumRttUs += info.rttUs();
        rttSamples++;
    }

    long meanRttUs()
    {
        return rttSamples == 0 ? 0 : sumRttUs / rttSamples;
    }

    /** What goes to the peer and into the summary, as of the last {@link #take}. */
    StreamResult result(final double seconds)
    {
        final UdpArrivals arrivals = stream.arrivals();
        return new StreamResult(
            stream.id,
            lastBytes,
            stream.isSender && knowsInfo ? lastRetransmits - retransmitsAtStart : -1,
            arrivals == null ? 0 : arrivals.jitterSeconds(),
            lastLost - lostAtStart,
            stream.settings.udp ? lastPackets - packetsAtStart : 0,
            lastOutOfOrder - outOfOrderAtStart,
            seconds);
    }
}
