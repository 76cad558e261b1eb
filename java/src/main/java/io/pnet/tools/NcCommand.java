package io.pnet.tools;

import io.pnet.tools.net.DatagramServer;
import io.pnet.tools.net.Datagrams;
import io.pnet.tools.net.Network;
import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamOptions;
import io.pnet.tools.net.StreamServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code pnet nc}: joins the standard input and output to a connection. The end of the input is passed on as the end of
 * what we send; the command ends when the peer has ended too.
 */
@Command(
    name = "nc",
    description = "Pipe the standard input and output through a connection.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class NcCommand implements Callable<Integer>
{
    private static final int TCP_BUFFER = 128 << 10;
    private static final int UDP_BUFFER = 65_507;

    @Mixin
    private CommonOptions common;

    @Option(names = "-l", description = "Listen, and serve the first who comes.")
    private boolean listen;

    @Option(names = "-u", description = "UDP: each read of the input is a datagram.")
    private boolean udp;

    @Option(names = "-N", description = "End what we send when the input ends (always done; accepted for scripts).")
    private boolean ignored;

    @Option(
        names = "-w",
        paramLabel = "SECONDS",
        description = "Connecting takes at most this long (30); UDP: ends after that much silence (1).")
    private Double seconds;

    @Option(names = "-4", description = "Only IPv4.")
    private boolean only4;

    @Option(names = "-6", description = "Only IPv6.")
    private boolean only6;

    @Parameters(arity = "1..2", paramLabel = "[HOST] PORT", description = "The peer; with -l, where to listen.")
    private List<String> target;

    private volatile IOException inputFailure;

    @Override
    public Integer call() throws IOException, InterruptedException
    {
        if (target.size() > 2 || target.size() < 2 && !listen)
        {
            throw common.usage("nc takes HOST PORT, or -l [HOST] PORT");
        }
        if (seconds != null && !(seconds > 0 && seconds <= 86_400))
        {
            throw common.usage("-w " + seconds + " is out of range: more than 0, up to 86400");
        }
        if (only4 && only6)
        {
            throw common.usage("-4 and -6 exclude each other");
        }
        final int port = OptionCheck.port(common, target.get(target.size() - 1));
        common.validate();
        final Hosts.Version version = only4 ? Hosts.Version.V4 : only6 ? Hosts.Version.V6 : Hosts.Version.ANY;
        final InetAddress host =
            target.size() == 2 ? Hosts.resolve(target.get(0), version) : Hosts.wildcard(version);
        final InetSocketAddress address = new InetSocketAddress(host, port);
        // Not ours to close: they are the JVM's.
        final ReadableByteChannel in = new FileInputStream(FileDescriptor.in).getChannel();
        final WritableByteChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
        try (NetworkScope scope = new NetworkScope(common))
        {
            if (udp)
            {
                datagrams(scope, address, in, out);
            }
            else
            {
                stream(scope, address, in, out);
            }
        }
        catch (final IOException ex)
        {
            throw new CommandException("nc: " + ex.getMessage(), ex);
        }
        return Main.OK;
    }

    private Duration patience(final double otherwise)
    {
        return Duration.ofNanos((long)((seconds == null ? otherwise : seconds) * 1e9));
    }

    private void stream(
        final NetworkScope scope,
        final InetSocketAddress address,
        final ReadableByteChannel in,
        final WritableByteChannel out) throws IOException, InterruptedException
    {
        try (Stream stream = open(scope.network(), address))
        {
            final Thread sender = start("nc input", () ->
            {
                copy(in, stream);
                stream.shutdownOutput();
            }, stream::abort);
            final ByteBuffer buffer = ByteBuffer.allocateDirect(TCP_BUFFER);
            try
            {
                while (stream.read(buffer.clear()) >= 0)
                {
                    buffer.flip();
                    while (buffer.hasRemaining())
                    {
                        out.write(buffer);
                    }
                }
            }
            catch (final IOException ex)
            {
                throw inputFailure != null ? inputFailure : ex;
            }
            sender.join();
            if (inputFailure != null)
            {
                throw inputFailure;
            }
        }
    }

    private Stream open(final Network network, final InetSocketAddress address) throws IOException
    {
        if (!listen)
        {
            return network.connect(null, address, StreamOptions.DEFAULT, patience(30));
        }
        try (StreamServer server = network.listen(address, 1))
        {
            return server.accept();
        }
    }

    private static void copy(final ReadableByteChannel in, final Stream stream) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(TCP_BUFFER);
        while (in.read(buffer.clear()) >= 0)
        {
            stream.write(buffer.flip());
        }
    }

    private void datagrams(
        final NetworkScope scope,
        final InetSocketAddress address,
        final ReadableByteChannel in,
        final WritableByteChannel out) throws IOException, InterruptedException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(UDP_BUFFER);
        if (!listen)
        {
            try (Datagrams socket = scope.network().connectDatagrams(null, address))
            {
                exchange(socket, buffer, in, out);
            }
            return;
        }
        try (DatagramServer server = scope.network().listenDatagrams(address);
            Datagrams socket = server.accept(buffer, Duration.ofDays(10)))
        {
            out.write(buffer.flip());
            exchange(socket, buffer, in, out);
        }
    }

    private void exchange(
        final Datagrams socket, final ByteBuffer buffer, final ReadableByteChannel in, final WritableByteChannel out)
        throws IOException, InterruptedException
    {
        final Thread sender = start("nc input", () ->
        {
            final ByteBuffer input = ByteBuffer.allocateDirect(UDP_BUFFER);
            while (in.read(input.clear()) >= 0)
            {
                socket.send(input.flip());
            }
        }, socket::close);
        socket.receiveTimeout(patience(1));
        while (true)
        {
            try
            {
                socket.receive(buffer.clear());
                out.write(buffer.flip());
            }
            catch (final SocketTimeoutException ex)
            {
                // UDP has no end: silence after our own is taken for one.
                if (!sender.isAlive())
                {
                    break;
                }
            }
            catch (final IOException ex)
            {
                throw inputFailure != null ? inputFailure : ex;
            }
        }
        if (inputFailure != null)
        {
            throw inputFailure;
        }
    }

    private interface Work
    {
        void run() throws IOException;
    }

    private Thread start(final String name, final Work work, final Runnable onFailure)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                work.run();
            }
            catch (final IOException ex)
            {
                inputFailure = ex;
                onFailure.run();
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
