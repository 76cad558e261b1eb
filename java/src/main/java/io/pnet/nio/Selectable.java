package io.pnet.nio;

import java.nio.channels.SelectableChannel;
import java.util.List;

/** What a selector asks of a channel. */
interface Selectable
{
    /**
     * Operations that are ready on Pnet's side now, by level, of all that the channel knows. Any thread; no lock, no
     * allocation.
     */
    int readyOps();

    /** The kernel's channels behind this one: none, one, or a server's loopback listeners. Any thread. */
    List<SelectableChannel> kernelChannels();

    /** The keys to tell when {@link #readyOps} may have grown or {@link #kernelChannels} have changed. */
    KeyRing keys();
}
