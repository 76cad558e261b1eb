package io.pnet.link;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Blocks one thread in the kernel until a link has something to do, somebody signals, or time is up. Every waiting
 * thread has an instance of its own.
 *
 * <p>{@link #await} and {@link #close} are for that thread; {@link #signal} is for any.
 */
public final class KernelWait implements AutoCloseable
{
    /** {@link #await}: the descriptor is readable. */
    public static final int READABLE = 1;
    /** {@link #await}: the descriptor is writable. */
    public static final int WRITABLE = 2;
    /** {@link #await}: the descriptor reports an error, which polling the link clears. */
    public static final int ERROR = 4;
    /** {@link #await}: somebody has signalled. */
    public static final int WOKEN = 8;
    /** {@link #await(int, boolean, int, boolean, long)}: the second descriptor is one of those that are ready. */
    public static final int OTHER = 16;

    private static final int AWAKE = 0;
    private static final int WAITING = 1;
    private static final int SIGNALLED = 2;

    private final AtomicInteger state = new AtomicInteger(AWAKE);
    private final Object closing = new Object();
    private final int eventFd;
    private volatile boolean isClosed;

    /**
     * Makes a wake-up event.
     *
     * @throws LinkException        when the process has no descriptor left.
     * @throws UnsatisfiedLinkError when there is no {@linkplain NativeLibrary native library}.
     */
    public KernelWait() throws LinkException
    {
        NativeLibrary.ensureAvailable();
        eventFd = Native.pnet_event_create();
        if (eventFd < 0)
        {
            throw new LinkException("no wake-up event: eventfd failed with " + Native.pnet_errno_name(-eventFd) +
                "; look at ulimit -n");
        }
    }

    /**
     * Waits. A signal that came since the last wait ends this one at once.
     *
     * @param fd        {@link Link#fd()}, or -1 to wait for a signal only.
     * @param forWrite  whether room to write ends the wait as well as something to read ({@link Link#isCongested()}).
     * @param timeoutNs at most this long; 0 just looks, negative waits for ever.
     * @return bits of {@link #READABLE} and the others; 0 when the time is up.
     * @throws IllegalStateException when {@code fd} is closed, or this is.
     */
    public int await(final int fd, final boolean forWrite, final long timeoutNs)
    {
        return await(fd, forWrite, -1, false, timeoutNs);
    }

    /**
     * Waits for either of two descriptors, otherwise as {@link #await(int, boolean, long)}; what is returned is of
     * both, with {@link #OTHER} when the second has a part in it.
     *
     * @throws IllegalStateException when a descriptor is closed, or this is.
     */
    public int await(
        final int fd,
        final boolean forWrite,
        final int otherFd,
        final boolean otherForWrite,
        final long timeoutNs)
    {
        if (isClosed)
        {
            throw new IllegalStateException("the wait is closed");
        }
        int woken = 0;
        long timeout = timeoutNs;
        if (!state.compareAndSet(AWAKE, WAITING))
        {
            // Signalled while this thread was awake: no event was written for it.
            state.set(WAITING);
            woken = WOKEN;
            timeout = 0;
        }
        final int result = Native.pnet_wait_two(
            fd, forWrite ? 1 : 0, otherFd, otherForWrite ? 1 : 0, eventFd, timeout);
        if (state.getAndSet(AWAKE) == SIGNALLED)
        {
            // The event itself may still be on its way; it then ends the next wait early, which does no harm.
            woken = WOKEN;
        }
        if (result < 0)
        {
            throw new IllegalStateException(
                "waiting on descriptor " + fd + (otherFd < 0 ? "" : " or " + otherFd) + " failed with " +
                Native.pnet_errno_name(-result) + "; is its link closed?");
        }
        return result | woken;
    }

    /** Ends the wait that is going on, or the next one. Any thread; costs a system call only if somebody waits. */
    public void signal()
    {
        if (state.getAndSet(SIGNALLED) == WAITING)
        {
            synchronized (closing)
            {
                if (!isClosed)
                {
                    Native.pnet_event_signal(eventFd);
                }
            }
        }
    }

    /** Releases the event; signals do nothing from then on. Closing twice does nothing. */
    @Override
    public void close()
    {
        synchronized (closing)
        {
            if (!isClosed)
            {
                isClosed = true;
                Native.pnet_close(eventFd);
            }
        }
    }
}
