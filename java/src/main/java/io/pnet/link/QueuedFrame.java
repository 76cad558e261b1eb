package io.pnet.link;

/** A frame that waits in a chunk, with what is known of it. Reused; owned by whoever holds it. */
final class QueuedFrame
{
    final FrameQueue queue;
    Chunk chunk;
    int length;
    int csumStart;
    int csumOffset;
    int gsoType;
    int gsoSize;

    QueuedFrame(final FrameQueue queue)
    {
        this.queue = queue;
    }

    void plain(final Chunk chunk, final int length)
    {
        this.chunk = chunk;
        this.length = length;
        csumStart = 0;
        csumOffset = 0;
        gsoType = RxFrame.GSO_NONE;
        gsoSize = 0;
    }
}
