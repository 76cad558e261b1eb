package io.pnet.stack;

/**
 * Whether a driver that has nothing to do pauses first, deaf to the link, as network cards moderate their interrupts.
 * While data streams in at gigabits a second the next frame is microseconds away, and whoever sends it would have the
 * work of waking the driver up, for each frame or two: a pause is ended by a timer, and then there is a batch.
 *
 * <p>On a veth, into one connection, with two processors for both ends, this was 1.52 of the kernel's goodput with 64
 * KiB frames and 1.11 with MTU-sized ones, instead of 0.88 and 0.86 ({@code ci/compare --targets --only unshaped,mtu},
 * commits 5ce31d6 and 6e99359; with 64 KiB frames there are runs at half of that, before it as well as with it).
 * Below that rate nobody pauses: neither requests and their answers are late for it, nor is a shaped link's next
 * batch.
 *
 * <p>Owned by the one who drives.
 */
final class Moderation
{
    /** A timer of the kernel's adds 50 us to that at most. */
    static final long PAUSE_NS = 30_000;
    /** What makes a stream: 2 Gbit/s, for more than a few frames. */
    private static final long NS_PER_BYTE = 4;
    private static final int LEAST_BYTES = 16 << 10;

    private long lastNs;
    private long lastBytes;

    /**
     * Asked before each sleep.
     *
     * @param receivedBytes that the links have received since the stack began.
     * @return whether they came at a stream's rate since this was last asked.
     */
    boolean isStreaming(final long nowNs, final long receivedBytes)
    {
        final long bytes = receivedBytes - lastBytes;
        final long tookNs = nowNs - lastNs;
        lastBytes = receivedBytes;
        lastNs = nowNs;
        return bytes >= LEAST_BYTES && bytes * NS_PER_BYTE >= tookNs;
    }
}
