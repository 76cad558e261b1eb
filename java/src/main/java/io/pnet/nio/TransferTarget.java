package io.pnet.nio;

import java.io.FileDescriptor;
import java.net.ProtocolFamily;
import java.nio.channels.IllegalSelectorException;

/**
 * A socket channel to which {@link java.nio.channels.FileChannel#transferTo} transfers as to the JDK's own.
 *
 * <p>To a channel that it does not trust, the JDK copies through a buffer of 8 KiB. To one that implements its
 * interface {@code sun.nio.ch.SelChImpl} and has no descriptor it maps the file, up to 8 MiB at a time, and has it
 * written in one {@code write}: one copy from the page cache into the send buffer, in frames as large as TCP wants
 * them. So on 17 and on 25.
 *
 * <p>That interface is not ours to compile against. This class is compiled against {@link JdkChannel} and
 * {@link JdkKey}, which look alike, and never loaded as it is: {@link SocketChannels} defines a copy whose constants
 * say the JDK's names, where {@code sun.nio.ch} is exported to us. The rest of the interface is for the JDK's
 * selectors, which cannot select what has no descriptor, and say so.
 */
final class TransferTarget extends PnetSocketChannel implements JdkChannel
{
    TransferTarget(final PnetSelectorProvider provider, final ProtocolFamily family, final TcpStream stream)
    {
        super(provider, family, stream);
    }

    @Override
    public FileDescriptor getFD()
    {
        return null;
    }

    @Override
    public int getFDVal()
    {
        throw new IllegalSelectorException();
    }

    @Override
    public boolean translateAndUpdateReadyOps(final int ops, final JdkKey key)
    {
        throw new IllegalSelectorException();
    }

    @Override
    public boolean translateAndSetReadyOps(final int ops, final JdkKey key)
    {
        throw new IllegalSelectorException();
    }

    @Override
    public int translateInterestOps(final int ops)
    {
        throw new IllegalSelectorException();
    }

    @Override
    public void kill()
    {
        // A kernel's descriptor would be closed here once no selector has it.
    }
}
