package io.pnet.nio;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.channels.Channel;

/** Stands for {@code sun.nio.ch.SelChImpl} when {@link TransferTarget} is compiled; see there. */
interface JdkChannel extends Channel
{
    FileDescriptor getFD();

    int getFDVal();

    boolean translateAndUpdateReadyOps(int ops, JdkKey key);

    boolean translateAndSetReadyOps(int ops, JdkKey key);

    int translateInterestOps(int ops);

    void kill() throws IOException;
}
