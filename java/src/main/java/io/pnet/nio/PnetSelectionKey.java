package io.pnet.nio;

import java.nio.channels.spi.AbstractSelectionKey;

/** A registration with a selector of ours. */
abstract class PnetSelectionKey extends AbstractSelectionKey
{
    /** Operations may have become ready. Any thread. */
    abstract void signal(int ops);

    /** The channel's kernel channels have changed. Any thread. */
    abstract void kernelChanged();
}
