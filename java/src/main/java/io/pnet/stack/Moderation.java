package io.pnet.stack;

/**
 * Whether a driver that has nothing to do pauses first, deaf to the link, as network cards moderate their interrupts.
 * While data streams in at gigabits a second the next frame is microseconds away, and whoever sends it would have the
 * work of waking the driver up, for each frame or two: a pause is ended by a timer, and then there is a batch.
 *
 * <p>On a veth, into one connection, with two processors for both ends, this was 1.52 of the kernel's goodput with 64
 * KiB frames and 1.11 with MTU-sized ones, instead of 0.88 and 0.86 ({@code ci/compare --targets --only unshaped,mtu},
 * commits 5ce31d6 and 6e99359). Below that rate nobody pauses: neither requests and their answers are late for it, nor
 * is a shaped link's next batch.
 *
 * <p><b>Two speeds.</b> With 64 KiB frames what such a stream reaches is up to how far apart the two processors are,
 * which changes every few seconds on a virtual machine, presumably because its host moves them. Where a cache line goes
 * to the other one and back in 50 ns (as within one last-level cache) a median of 48.6 Gbit/s came in, 1.6 of the
 * kernel's 30.3 in the slices of 3 s between; where that takes 310 ns, 18.4, and 16.2. In the slow mode the sender's
 * processor copies the application's bytes into its segments at 210 us a MB instead of 48, more than half of its time,
 * and the receiver sleeps more often for want of work. Windows, sizes of frames, who runs where as the guest sees it,
 * its free pages, stolen time and the speed of memory for a single processor do not tell the modes apart, so that
 * nothing here could choose. Two programs can be compared in one mode only.
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
