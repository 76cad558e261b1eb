package io.pnet.stack;

/** Who runs a stack's duty cycle. */
public enum RunMode
{
    /**
     * Whoever waits: a thread in a blocking call drives the stack itself, so that a packet wakes its consumer without a
     * second thread in between. A keeper thread takes over within a millisecond when nobody drives.
     */
    SHARED,
    /** A thread of the stack's own, which spins a while and then blocks in the kernel. */
    OWN_THREAD,
    /** The application's loop calls {@link Stack#doWork}; no thread is started. */
    EMBEDDED
}
