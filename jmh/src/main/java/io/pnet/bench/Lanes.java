package io.pnet.bench;

import io.pnet.link.LinkOptions;
import io.pnet.socket.TcpSocket;
import io.pnet.stack.IpProcess;
import io.pnet.tcp.TcpSettings;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The ways a byte can take between a connection's buffers and a packet ring, each measured with everything that TCP
 * owes: data is copied in and out by an ordinary user of the blocking API and kept until it is acknowledged. The peer
 * is the kernel. {@code ci/lanes} runs this.
 *
 * <pre>
 * Lanes serve PORT                 the peer: takes what comes, or sends
 * Lanes measure LANE out|in PORT   one figure
 * </pre>
 */
public final class Lanes
{
    private static final int BLOCK = 128 << 10;
    private static final int SLOT = 68 << 10;
    private static final long WARM_UP_NS = 1_500_000_000L;
    private static final long MEASURE_NS = 2_500_000_000L;

    private enum Lane
    {
        /** JDK channels on the kernel's TCP. */
        KERNEL(false, options ->
        {
        }),
        /** The default: slots of 2 KiB, large frames through the queue; what is sent is gathered from its chunks. */
        GATHER(false, options ->
        {
        }),
        /** Received as GATHER; what is sent is copied next to its headers into a scratch. */
        COPY(true, options -> options.txRing(2_048, 0)),
        /** Received and sent in slots of 68 KiB, 16 to send and 240 to receive. */
        SLOTS(true, options -> options.rxRing(SLOT, 240).copyLarge(false).txRing(SLOT, 15)),
        /** As GATHER, but no frame is larger than the MTU. */
        MTU(false, options -> options.offload(false));

        private final boolean isCopying;
        private final Consumer<LinkOptions> options;

        Lane(final boolean isCopying, final Consumer<LinkOptions> options)
        {
            this.isCopying = isCopying;
            this.options = options;
        }
    }

    private Lanes()
    {
    }

    /** Runs one role. */
    public static void main(final String[] arguments) throws IOException
    {
        if (arguments.length == 2 && arguments[0].equals("serve"))
        {
            serve(Integer.parseInt(arguments[1]));
        }
        else if (arguments.length == 4 && arguments[0].equals("measure"))
        {
            final Lane lane = Lane.valueOf(arguments[1].toUpperCase(Locale.ROOT));
            measure(lane, arguments[2].equals("out"), Integer.parseInt(arguments[3]));
        }
        else
        {
            System.err.println("usage: Lanes serve PORT | Lanes measure LANE out|in PORT");
            System.exit(2);
        }
    }

    private interface Stream
    {
        int transfer(ByteBuffer block) throws IOException;
    }

    private static void serve(final int port) throws IOException
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try (ServerSocketChannel server = ServerSocketChannel.open())
        {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(new InetSocketAddress(port));
            while (true)
            {
                try (SocketChannel channel = server.accept())
                {
                    block.clear().limit(1);
                    channel.read(block);
                    final boolean isOut = block.get(0) == 'o';
                    while (true)
                    {
                        block.clear();
                        if (isOut ? channel.read(block) < 0 : channel.write(block) < 0)
                        {
                            break;
                        }
                    }
                }
                catch (final IOException ex)
                {
                    // The client has what it wants and is gone; the next one comes.
                }
            }
        }
    }

    private static void measure(final Lane lane, final boolean isOut, final int port) throws IOException
    {
        final InetSocketAddress peer = new InetSocketAddress("10.77.0.1", port);
        final ByteBuffer hello = ByteBuffer.wrap(new byte[]{(byte)(isOut ? 'o' : 'i')});
        if (lane == Lane.KERNEL)
        {
            try (SocketChannel channel = SocketChannel.open(peer))
            {
                channel.write(hello);
                report(isOut ? channel::write : channel::read);
            }
            return;
        }
        final TcpSettings settings = new TcpSettings();
        if (lane.isCopying)
        {
            settings.copyLimit = 1 << 16;
        }
        try (IpProcess process = IpProcess.builder().link("packet:veth0").address("10.77.0.2/24").tcp(settings)
            .linkOptions(lane.options).linger(Duration.ZERO).start();
            TcpSocket socket = TcpSocket.connect(process, peer, Duration.ofSeconds(5)))
        {
            socket.write(hello);
            report(isOut ?
                block ->
                {
                    socket.write(block);
                    return block.limit();
                } :
                socket::read);
            socket.abort();
        }
    }

    private static void report(final Stream stream) throws IOException
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        final long startNs = System.nanoTime();
        long measuredFromNs = 0;
        long bytes = 0;
        while (true)
        {
            final long nowNs = System.nanoTime();
            if (measuredFromNs == 0 && nowNs - startNs >= WARM_UP_NS)
            {
                measuredFromNs = nowNs;
                bytes = 0;
            }
            if (measuredFromNs != 0 && nowNs - measuredFromNs >= MEASURE_NS)
            {
                System.out.printf(Locale.ROOT, "%.2f%n", bytes * 8.0 / (nowNs - measuredFromNs));
                return;
            }
            block.clear();
            bytes += Math.max(0, stream.transfer(block));
        }
    }
}
