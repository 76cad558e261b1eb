package io.pnet.stack;

import io.pnet.link.KernelWait;
import io.pnet.link.Link;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * How a thread sleeps until a link has something to do: in the kernel on the link's descriptor, or parked where the
 * link has none. One thread at a time awaits; any thread signals.
 */
abstract class LinkWait implements AutoCloseable
{
    /**
     * Sleeps.
     *
     * @param watch     what else ends it; null for nothing.
     * @param timeoutNs negative for ever.
     */
    abstract void await(boolean forWrite, DescriptorWatch watch, long timeoutNs);

    /** Sleeps for so many ns, or until there is a signal, or the watch is ready; deaf to the link. */
    abstract void pause(DescriptorWatch watch, long ns);

    abstract void signal();

    @Override
    public abstract void close();

    static LinkWait forLink(final Link link) throws IOException
    {
        return link.fd() >= 0 ? new InKernel(link) : new Parked();
    }

    private static final class InKernel extends LinkWait
    {
        private final KernelWait kernelWait = new KernelWait();
        private final Link link;

        InKernel(final Link link) throws IOException
        {
            this.link = link;
        }

        @Override
        void await(final boolean forWrite, final DescriptorWatch watch, final long timeoutNs)
        {
            final int fd = link.fd();
            if (fd < 0)
            {
                return;
            }
            await(fd, forWrite, watch, timeoutNs);
        }

        @Override
        void pause(final DescriptorWatch watch, final long ns)
        {
            await(-1, false, watch, ns);
        }

        private void await(final int fd, final boolean forWrite, final DescriptorWatch watch, final long timeoutNs)
        {
            final int ready =
                kernelWait.await(fd, forWrite, watch == null ? -1 : watch.fd(), false, timeoutNs);
            if ((ready & KernelWait.OTHER) != 0)
            {
                watch.ready();
            }
        }

        @Override
        void signal()
        {
            kernelWait.signal();
        }

        @Override
        public void close()
        {
            kernelWait.close();
        }
    }

    private static final class Parked extends LinkWait
    {
        private volatile Thread thread;
        private volatile DescriptorWatch watched;
        private volatile boolean isSignalled;

        @Override
        void await(final boolean forWrite, final DescriptorWatch watch, final long timeoutNs)
        {
            thread = Thread.currentThread();
            watched = watch;
            try
            {
                if (!isSignalled)
                {
                    if (watch != null)
                    {
                        watch.await(timeoutNs);
                    }
                    else if (timeoutNs < 0)
                    {
                        LockSupport.park(this);
                    }
                    else
                    {
                        LockSupport.parkNanos(this, timeoutNs);
                    }
                }
                isSignalled = false;
            }
            finally
            {
                watched = null;
                thread = null;
            }
        }

        @Override
        void pause(final DescriptorWatch watch, final long ns)
        {
            await(false, watch, ns);
        }

        @Override
        void signal()
        {
            isSignalled = true;
            final Thread sleeper = thread;
            final DescriptorWatch watch = watched;
            if (watch != null)
            {
                watch.signal();
            }
            else if (sleeper != null)
            {
                LockSupport.unpark(sleeper);
            }
        }

        @Override
        public void close()
        {
            signal();
        }
    }
}
