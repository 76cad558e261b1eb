package io.pnet.packetdrill;

/** A system call that may have to wait: it is tried again whenever something has happened. */
interface Attempt
{
    /** Returns what it came to, or null when it would block. */
    Reply attempt();

    /** When it gives up waiting, as the script knows time. */
    default long deadlineNs()
    {
        return Long.MAX_VALUE;
    }
}
