package io.pnet.link;

/**
 * A way for Ethernet frames to enter and leave the process.
 *
 * <p>One owner at a time calls every method; {@link #close()} too. Time comes in as an argument, so that links which
 * delay frames run on a virtual clock.
 *
 * <p><b>In.</b> {@link #poll} shows frames in place. The bytes belong to the link and are gone when the handler
 * returns, unless the handler {@linkplain RxFrame#takeChunk() takes the chunk} they lie in.
 *
 * <p><b>Out.</b> {@link #claim} gives room for the head of a frame: all of a small one, the headers of a large one,
 * whose payload is {@linkplain TxFrame#append appended} by reference. {@link #commit} queues the frame, {@link #flush}
 * hands everything queued to the kernel in one batch. Appended payload must stay unchanged until {@code flush} has
 * returned with the frame sent; the order of commits is the order on the wire.
 */
public interface Link extends AutoCloseable
{
    /** What {@link #nextDeadlineNs()} says when the link waits for nothing but frames. */
    long NO_DEADLINE = Long.MAX_VALUE;

    /** What this link can do; constant over its life. */
    LinkCapabilities capabilities();

    /**
     * Shows up to {@code limit} frames that have arrived.
     *
     * @param nowNs monotonic time.
     * @return the number of frames taken from the link, shown or dropped.
     */
    int poll(FrameHandler handler, int limit, long nowNs);

    /**
     * Room for the head of one frame.
     *
     * @param headLength bytes from the Ethernet header on that will be written in place; at most
     *                   {@link LinkCapabilities#maxHead()} when {@code gathered}, else at most
     *                   {@link LinkCapabilities#maxFrame()}.
     * @param gathered   whether payload will be appended by reference.
     * @return the frame to fill and {@link #commit}, reset to carry nothing but the head; null when the link is full:
     *     flush, and try again when the descriptor is writable.
     */
    TxFrame claim(int headLength, boolean gathered);

    /** Queues the frame that the last {@link #claim} returned. A claim that is not committed is void. */
    void commit(TxFrame frame);

    /**
     * Hands everything committed to the kernel (or the peer) in one batch.
     *
     * @return the number of frames that left.
     */
    int flush(long nowNs);

    /** Whether frames are still queued after {@link #flush} because the kernel would not take them yet. */
    boolean isCongested();

    /**
     * The descriptor that polls readable when frames are there and writable when a congested link has room; -1: none.
     */
    int fd();

    /** When the link next has something to do by itself (a delayed frame), or {@link #NO_DEADLINE}. */
    long nextDeadlineNs();

    /** Releases everything. Views that leaked read zeros afterwards, they never fault. Closing twice does nothing. */
    @Override
    void close();
}
