package io.pnet.bench.compare;

import com.sun.management.OperatingSystemMXBean;

import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/** What it costs on this machine that one thread wakes another and goes to sleep: two of them take turns. */
final class Handover
{
    private static final int WARM_UP = 5_000;
    private static final int TURNS = 20_000;

    private volatile int turn;

    private Handover()
    {
    }

    /** Nanoseconds of CPU of a wake-up with the context switch that it brings. */
    static double costNs() throws InterruptedException
    {
        return new Handover().measure();
    }

    private double measure() throws InterruptedException
    {
        final Thread first = Thread.currentThread();
        final Thread second = new Thread(() -> takeTurns(1, first));
        second.setDaemon(true);
        second.start();
        final OperatingSystemMXBean system = (OperatingSystemMXBean)ManagementFactory.getOperatingSystemMXBean();
        long beforeNs = 0;
        for (int i = 0; i < TURNS; i++)
        {
            if (i == WARM_UP)
            {
                beforeNs = system.getProcessCpuTime();
            }
            hand(0, second);
        }
        final long spentNs = system.getProcessCpuTime() - beforeNs;
        turn = -1;
        LockSupport.unpark(second);
        second.join();
        return spentNs / (2.0 * (TURNS - WARM_UP));
    }

    private void takeTurns(final int mine, final Thread other)
    {
        while (turn >= 0)
        {
            if (turn == mine)
            {
                turn = 1 - mine;
                LockSupport.unpark(other);
            }
            else
            {
                LockSupport.park(this);
            }
        }
    }

    /** Gives the turn away and sleeps until it is back. */
    private void hand(final int mine, final Thread other)
    {
        turn = 1 - mine;
        LockSupport.unpark(other);
        while (turn != mine)
        {
            LockSupport.park(this);
        }
    }
}
