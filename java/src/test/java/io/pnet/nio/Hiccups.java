package io.pnet.nio;

/** Notes when the machine stood still: what was late then is no lost wake-up. */
final class Hiccups extends Thread implements AutoCloseable
{
    private static final long STALL_NS = 100_000_000L;

    private volatile long lastStallNs = Long.MIN_VALUE;
    private volatile boolean isOver;

    Hiccups()
    {
        super("hiccups");
        setDaemon(true);
        setPriority(MIN_PRIORITY);
        start();
    }

    @Override
    public void run()
    {
        long beforeNs = System.nanoTime();
        while (!isOver)
        {
            try
            {
                Thread.sleep(5);
            }
            catch (final InterruptedException ex)
            {
                return;
            }
            final long nowNs = System.nanoTime();
            if (nowNs - beforeNs > STALL_NS)
            {
                lastStallNs = nowNs;
            }
            beforeNs = nowNs;
        }
    }

    /** Whether the machine stood still at some time since then. */
    boolean since(final long startNs)
    {
        return lastStallNs != Long.MIN_VALUE && lastStallNs - startNs > 0;
    }

    @Override
    public void close()
    {
        isOver = true;
    }
}
