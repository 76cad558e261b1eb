package io.pnet.packetdrill;

/**
 * How the numbers of a script relate to those on the wire, for one connection or pair of ports. The script's side takes
 * its sequence numbers as it writes them; ours begin where the stack chose to, and so do our time stamps.
 */
final class Flow
{
    final int localPort;
    final int remotePort;
    /** What to add to a sequence number of ours in the script to get the one on the wire. */
    private int seqOffset;
    private boolean hasSeqOffset;
    private int timestampOffset;
    private boolean hasTimestampOffset;
    /** The script has not sent its SYN yet: a listening port. */
    boolean isListening;
    private int mss = 536;

    Flow(final int localPort, final int remotePort)
    {
        this.localPort = localPort;
        this.remotePort = remotePort;
    }

    /** The first SYN of ours that the script expects fixes what its numbers mean. */
    void learnSequence(final long scriptSeq, final int wireSeq)
    {
        if (!hasSeqOffset)
        {
            hasSeqOffset = true;
            seqOffset = wireSeq - (int)scriptSeq;
        }
    }

    /** Takes the largest segment that the script's side says it takes. */
    void learnMss(final PacketSpec syn)
    {
        if (syn.options != null)
        {
            for (final PacketSpec.OptionSpec option : syn.options)
            {
                mss = option.name().equals("mss") ? (int)option.value(0) : mss;
            }
        }
    }

    /** The largest segment that the script's side takes. */
    int mss()
    {
        return mss;
    }

    int toWire(final long scriptSeq)
    {
        return (int)scriptSeq + seqOffset;
    }

    int toScript(final int wireSeq)
    {
        return wireSeq - seqOffset;
    }

    /** The first time stamp of ours that the script expects fixes the offset of those that follow. */
    void learnTimestamp(final long scriptValue, final int wireValue)
    {
        if (!hasTimestampOffset)
        {
            hasTimestampOffset = true;
            timestampOffset = wireValue - (int)scriptValue;
        }
    }

    boolean knowsTimestamps()
    {
        return hasTimestampOffset;
    }

    /** An echo of one of our time stamps as it is on the wire; 0 stands for none. */
    int timestampToWire(final long scriptValue)
    {
        return scriptValue == 0 && !hasTimestampOffset ? 0 : (int)scriptValue + timestampOffset;
    }

    int timestampToScript(final int wireValue)
    {
        return wireValue - timestampOffset;
    }

    @Override
    public String toString()
    {
        return localPort + " to " + remotePort;
    }
}
