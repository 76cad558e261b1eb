package io.pnet.link;

/** Which processor a thread runs on. */
public final class Cpu
{
    private Cpu()
    {
    }

    /**
     * Keeps the calling thread on one CPU from now on (sched_setaffinity(2)).
     *
     * @param cpu counted from 0.
     * @throws LinkException one line, when this process may not run there.
     */
    public static void pin(final int cpu) throws LinkException
    {
        NativeLibrary.ensureAvailable();
        final int result = Native.pnet_pin_thread(cpu);
        if (result < 0)
        {
            throw new LinkException(
                "cannot pin a thread to CPU " + cpu + ": sched_setaffinity failed with " +
                Native.pnet_errno_name(-result) + ": this process has no such CPU; see: taskset -pc $$");
        }
    }
}
