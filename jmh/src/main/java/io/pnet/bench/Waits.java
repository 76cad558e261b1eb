package io.pnet.bench;

/** How an end waits for its next message. */
public enum Waits
{
    /** A thread in a blocking read: the kernel's sleeps at once, Pnet's drives the stack and polls a while first. */
    BLOCK("in a blocking read"),
    /** A thread that never sleeps: reads a non-blocking channel again and again, and runs Pnet's stack in between. */
    SPIN("busy polling"),
    /** A thread in a selector over non-blocking channels: the kernel's epoll, or Pnet's. */
    SELECT("in a selector");

    private final String words;

    Waits(final String words)
    {
        this.words = words;
    }

    /** As in "it waits busy polling". */
    public String words()
    {
        return words;
    }
}
