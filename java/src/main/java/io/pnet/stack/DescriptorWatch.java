package io.pnet.stack;

import io.pnet.link.KernelWait;
import io.pnet.link.LinkException;

/**
 * A descriptor that one waiting thread watches besides the link: what makes a selector of the kernel's channels part of
 * {@link StackDriver#await(java.util.function.BooleanSupplier, long, DescriptorWatch)}.
 *
 * <p>A thread that waits for the link waits for its descriptor in the same call. One that finds another thread there
 * waits for its descriptor alone, and is woken by {@link StackDriver#unpark(Thread, DescriptorWatch)}.
 *
 * <p>For the thread that waits; {@link #isReady} is for any.
 */
public final class DescriptorWatch implements AutoCloseable
{
    private final int fd;
    private final KernelWait alone;
    private volatile boolean isReady;

    /**
     * Watches a descriptor, which stays its owner's.
     *
     * @param fd polls readable when its owner has something to do.
     * @throws LinkException        when the process has no descriptor left for the wake-up event.
     * @throws UnsatisfiedLinkError when there is no native library.
     */
    public DescriptorWatch(final int fd) throws LinkException
    {
        this.fd = fd;
        alone = new KernelWait();
    }

    /** Whether the descriptor was readable when it was last looked at. */
    public boolean isReady()
    {
        return isReady;
    }

    /** Its owner looks now. */
    public void clear()
    {
        isReady = false;
    }

    /**
     * Waits for the descriptor, or until somebody {@linkplain #signal signals}.
     *
     * @param timeoutNs 0 just looks, negative waits for ever.
     */
    public void await(final long timeoutNs)
    {
        if ((alone.await(fd, false, timeoutNs) & (KernelWait.READABLE | KernelWait.ERROR)) != 0)
        {
            isReady = true;
        }
    }

    /** Ends the wait that is going on in {@link #await}, or the next one. Any thread. */
    public void signal()
    {
        alone.signal();
    }

    int fd()
    {
        return fd;
    }

    void ready()
    {
        isReady = true;
    }

    /** Gives the wake-up event back; nobody may wait. */
    @Override
    public void close()
    {
        alone.close();
    }
}
