package io.pnet.link;

/**
 * One end of a wire in memory: what one end sends, the other receives, in order and without delay.
 *
 * <p>Each end has one owner; the two owners may be two threads. Between one thread's ends everything is deterministic.
 * Frames that find the receiver's queue full are dropped and counted by the sender, as a switch would. There is no
 * descriptor: an owner that sleeps is woken through {@link #onFrames}.
 */
public final class Pipe extends MemoryLink
{
    private static final long LEFT_MAC_ADDRESS = 0x0250_4E00_0001L;

    private Pipe peer;

    /** The two ends of one wire. */
    public record Pair(Pipe left, Pipe right) implements AutoCloseable
    {
        /** Closes both ends. Only when both owners are quiet. */
        @Override
        public void close()
        {
            left.close();
            right.close();
        }
    }

    private Pipe(final MemoryLinkOptions options, final LinkContext context, final long madeUpMacAddress)
    {
        super(options, context, madeUpMacAddress);
    }

    /** A wire whose ends behave alike. Their MAC addresses are made up: the options' would stand at both. */
    public static Pair pair(final MemoryLinkOptions options, final LinkContext left, final LinkContext right)
    {
        return pair(options, left, options, right);
    }

    /**
     * A wire with ends of their own kind.
     *
     * @throws IllegalArgumentException when both ends are given the same MAC address.
     */
    public static Pair pair(
        final MemoryLinkOptions leftOptions,
        final LinkContext leftContext,
        final MemoryLinkOptions rightOptions,
        final LinkContext rightContext)
    {
        final Pipe left = new Pipe(leftOptions, leftContext, LEFT_MAC_ADDRESS);
        final Pipe right = new Pipe(rightOptions, rightContext, LEFT_MAC_ADDRESS + 1);
        if (left.capabilities().macAddress() == right.capabilities().macAddress())
        {
            throw new IllegalArgumentException("both ends of a pipe have one MAC address: give each its own, or none");
        }
        left.peer = right;
        right.peer = left;
        return new Pair(left, right);
    }

    @Override
    void route(final TxFrame frame)
    {
        peer.inbound().stage(frame, offload(), this);
    }
}
