package io.pnet.nio;

import io.pnet.stack.StackDriver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A socket channel that is Pnet's or the kernel's, which {@code connect}, or {@code bind} to an address, decides. Until
 * then it remembers options and a bind to the wildcard. Its contract is {@link SocketChannel}'s. Reading and writing is
 * {@link StreamChannel}'s, binding and connecting {@link ConnectingChannel}'s; half close, end and options are here.
 */
class PnetSocketChannel extends ConnectingChannel implements Selectable
{
    private Socket socket;

    /** For {@link SocketChannels#make}, which everybody else calls. */
    PnetSocketChannel(
        final PnetSelectorProvider provider, final ProtocolFamily family, final TcpStream stream)
    {
        super(provider, family, stream);
    }

    /** Undecided; {@code family} null for both. */
    static PnetSocketChannel open(final PnetSelectorProvider provider, final ProtocolFamily family)
    {
        return SocketChannels.make(provider, family, new TcpStream(provider.process().homes().get(0), new KeyRing()));
    }

    /** A connection that a listener on Pnet has got. */
    static PnetSocketChannel accepted(final PnetSelectorProvider provider, final TcpStream stream)
    {
        final PnetSocketChannel channel = SocketChannels.make(provider, null, stream);
        channel.local = stream.connection().localAddress();
        channel.remote = stream.connection().remoteAddress();
        channel.state = State.CONNECTED;
        return channel;
    }

    /** A connection that a listener on the kernel's loopback has got. */
    static PnetSocketChannel accepted(final PnetSelectorProvider provider, final SocketChannel kernel)
        throws IOException
    {
        final PnetSocketChannel channel = open(provider, null);
        channel.kernel = kernel;
        channel.showKernel();
        channel.local = (InetSocketAddress)kernel.getLocalAddress();
        channel.remote = (InetSocketAddress)kernel.getRemoteAddress();
        channel.state = State.CONNECTED;
        return channel;
    }

    // ---- half close

    @Override
    public SocketChannel shutdownInput() throws IOException
    {
        stateLock.lock();
        try
        {
            ensureOpen();
            requireConnected();
            if (kernel != null)
            {
                kernel.shutdownInput();
            }
            else if (!stream.isInputShut())
            {
                stream.shutdownInput();
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException
    {
        stateLock.lock();
        try
        {
            ensureOpen();
            requireConnected();
            if (kernel != null)
            {
                kernel.shutdownOutput();
            }
            else if (!stream.isOutputShut())
            {
                stream.shutdownOutput();
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    // ---- the end

    @Override
    protected void implConfigureBlocking(final boolean isBlocking) throws IOException
    {
        stream.readLock.lock();
        stream.writeLock.lock();
        try
        {
            if (kernel != null)
            {
                // Those of our keys that were cancelled; else the kernel's channel would refuse.
                keys.cancelKernelKeys();
                kernel.configureBlocking(isBlocking);
            }
        }
        finally
        {
            stream.writeLock.unlock();
            unlockRead();
        }
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException
    {
        stream.beginClose(options.lingerS() == 0);
        stateLock.lock();
        try
        {
            state = State.CLOSED;
            if (kernel != null)
            {
                kernel.close();
            }
            releasePort();
        }
        finally
        {
            stateLock.unlock();
        }
        keys().closed();
        final int lingerS = options.lingerS();
        if (stream.finishClose() && lingerS > 0 && isBlocking())
        {
            stream.linger(lingerS * 1_000_000_000L);
        }
    }

    // ---- addresses and options

    @Override
    public SocketAddress getLocalAddress() throws IOException
    {
        ensureOpen();
        return local;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException
    {
        ensureOpen();
        return remote;
    }

    /** Also when closed. */
    InetSocketAddress local()
    {
        return local;
    }

    /** Also when closed. */
    InetSocketAddress remote()
    {
        return remote;
    }

    @Override
    public boolean isConnected()
    {
        return state == State.CONNECTED;
    }

    @Override
    public boolean isConnectionPending()
    {
        return state == State.PENDING;
    }

    @Override
    public <T> SocketChannel setOption(final SocketOption<T> name, final T value) throws IOException
    {
        options.check(name);
        stateLock.lock();
        try
        {
            ensureOpen();
            final boolean isNews = options.set(name, value);
            if (kernel != null)
            {
                options.applyTo(kernel, name);
            }
            else if (isNews && stream.connection() != null)
            {
                options.apply(name, stream.home(), stream.connection());
            }
        }
        finally
        {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public <T> T getOption(final SocketOption<T> name) throws IOException
    {
        options.check(name);
        stateLock.lock();
        try
        {
            ensureOpen();
            return kernel != null ? kernel.getOption(name) :
                options.get(name, process.stack().tcp().settings(), stream.connection());
        }
        finally
        {
            stateLock.unlock();
        }
    }

    @Override
    public Set<SocketOption<?>> supportedOptions()
    {
        return TcpOptionTable.OF_CHANNELS;
    }

    @Override
    public Socket socket()
    {
        stateLock.lock();
        try
        {
            if (socket == null)
            {
                socket = PnetSocketAdaptor.of(this);
            }
            return socket;
        }
        finally
        {
            stateLock.unlock();
        }
    }

    private void requireConnected()
    {
        if (state != State.CONNECTED)
        {
            throw new NotYetConnectedException();
        }
    }

    @Override
    void ensureOpenAndConnected() throws ClosedChannelException
    {
        if (state == State.CLOSED)
        {
            throw new ClosedChannelException();
        }
        requireConnected();
    }

    // ---- for selectors and adaptors

    @Override
    public int readyOps()
    {
        return kernel != null ? 0 : stream.readyOps();
    }

    @Override
    public List<SelectableChannel> kernelChannels()
    {
        return kernelChannels;
    }

    @Override
    public KeyRing keys()
    {
        return keys;
    }

    /** Bytes that a read would give now. */
    int available() throws IOException
    {
        ensureOpenAndConnected();
        return kernel != null ? kernel.socket().getInputStream().available() : stream.available();
    }

    /** Sends a byte of urgent data, if there is room for it. Only where the channel is ours. */
    boolean writeUrgent(final byte data) throws IOException
    {
        stream.writeLock.lock();
        try
        {
            ensureOpenAndConnected();
            return stream.writeUrgent(data);
        }
        finally
        {
            stream.writeLock.unlock();
        }
    }

    boolean isInputShut()
    {
        return kernel != null ? kernel.socket().isInputShutdown() : stream.isInputShut();
    }

    boolean isOutputShut()
    {
        return kernel != null ? kernel.socket().isOutputShutdown() : stream.isOutputShut();
    }

    /** The kernel's channel behind this one, or null. */
    SocketChannel kernel()
    {
        return kernel;
    }

    TcpOptionTable options()
    {
        return options;
    }

    StackDriver driver()
    {
        return driver;
    }

    @Override
    public String toString()
    {
        // Not the class's own name, which may be the copy's that SocketChannels defines.
        return "PnetSocketChannel[" + (state == State.CLOSED ? "closed" :
            "local=" + local + " remote=" + remote + " " + state.name().toLowerCase(Locale.ROOT) +
            (kernel != null ? " kernel" : "")) + "]";
    }
}
