package io.pnet.tcp;

/**
 * What a connection needs only while something of its is on its way, or out of order, kept between one use and the next
 * by whichever connection: idle ones hold nothing of it, and busy ones allocate nothing. Owned by the stack's owner.
 */
final class Spares
{
    /** Entries of sent segments that are kept at most, some 8 MB; beyond that they are left to the collector. */
    private static final int MAX_ENTRIES = 1 << 17;
    /** Reassemblies that are kept at most. */
    private static final int MAX_REASSEMBLIES = 1 << 13;

    private SentSegments sent;
    private int entries;
    private Reassembly reassembly;
    private int reassemblies;

    SentSegments takeSent()
    {
        final SentSegments taken = sent;
        if (taken == null)
        {
            return new SentSegments();
        }
        sent = taken.nextSpare;
        taken.nextSpare = null;
        entries -= taken.capacity();
        return taken;
    }

    /** Takes back an empty one. */
    void give(final SentSegments empty)
    {
        if (entries + empty.capacity() <= MAX_ENTRIES)
        {
            entries += empty.capacity();
            empty.reset();
            empty.nextSpare = sent;
            sent = empty;
        }
    }

    Reassembly takeReassembly(final TcpTransport tcp)
    {
        final Reassembly taken = reassembly;
        if (taken == null)
        {
            return new Reassembly(tcp.largeChunks, tcp.smallChunks);
        }
        reassembly = taken.nextSpare;
        taken.nextSpare = null;
        reassemblies--;
        return taken;
    }

    /** Takes back one that holds nothing and has nothing to report. */
    void give(final Reassembly idle)
    {
        if (reassemblies < MAX_REASSEMBLIES)
        {
            reassemblies++;
            idle.nextSpare = reassembly;
            reassembly = idle;
        }
    }
}
