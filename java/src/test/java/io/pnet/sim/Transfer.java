package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection over which both sides send a pseudo-random stream, check every byte they receive by its offset, and
 * close.
 */
final class Transfer
{
    private final long seed;
    private final long bytes;
    final Side client;
    final Side server;

    final class Side implements TcpHandler
    {
        private final String name;
        private final long salt;
        private final long peerSalt;
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(16 << 10));
        Connection connection;
        long sent;
        long received;
        boolean isPeerClosed;
        CloseReason reason;

        private Side(final String name, final long salt, final long peerSalt)
        {
            this.name = name;
            this.salt = salt;
            this.peerSalt = peerSalt;
        }

        @Override
        public void onConnected(final Connection connection)
        {
            this.connection = connection;
            fill();
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            check(buffer, offset, length);
            return length;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            // Bytes that were put in order by reassembly come this way.
            while (true)
            {
                final int n = connection.read(block, 0, block.capacity());
                if (n == 0)
                {
                    return;
                }
                check(block, 0, n);
            }
        }

        @Override
        public void onWritable(final Connection connection)
        {
            fill();
        }

        @Override
        public void onPeerClosed(final Connection connection)
        {
            isPeerClosed = true;
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            this.reason = reason;
        }

        private void check(final UnsafeBuffer buffer, final int offset, final int length)
        {
            for (int i = 0; i < length; i++)
            {
                if (buffer.getByte(offset + i) != byteAt(peerSalt, received + i))
                {
                    throw new AssertionError("seed " + seed + ": " + name + " got a wrong byte at " + (received + i));
                }
            }
            received += length;
        }

        private void fill()
        {
            while (sent < bytes)
            {
                final int n = (int)Math.min(block.capacity(), bytes - sent);
                for (int i = 0; i < n; i++)
                {
                    block.putByte(i, byteAt(salt, sent + i));
                }
                final int taken = connection.write(block, 0, n);
                sent += taken;
                if (taken < n)
                {
                    return;
                }
            }
            if (sent == bytes)
            {
                sent++;
                connection.shutdownOutput();
            }
        }

        boolean isDone()
        {
            return received == bytes && isPeerClosed;
        }

        @Override
        public String toString()
        {
            return name + " received " + received + " of " + bytes + ", peer closed " + isPeerClosed + ", " + reason +
                (connection == null ? "" : ", " + connection.info());
        }
    }

    Transfer(
        final Network network,
        final Network.Node from,
        final Network.Node to,
        final IpAddress address,
        final int port,
        final long bytes,
        final TcpSettings settings)
        throws IOException
    {
        this.seed = network.seed();
        this.bytes = bytes;
        client = new Side("client", seed, ~seed);
        server = new Side("server", ~seed, seed);
        to.stack().tcp().listen(IpAddress.ANY, port, 16, settings, connection ->
        {
            server.connection = connection;
            return server;
        });
        client.connection = from.stack().tcp().connect(
            IpAddress.ANY, 0, address, port, settings, client, network.nowNs());
    }

    boolean isDone()
    {
        return client.isDone() && server.isDone();
    }

    private static byte byteAt(final long salt, final long offset)
    {
        long x = (offset >>> 3) * 0x9E3779B97F4A7C15L + salt;
        x = (x ^ x >>> 32) * 0xD6E8FEB86659FD93L;
        return (byte)(x >>> ((offset & 7) * 8));
    }

    @Override
    public String toString()
    {
        return "seed " + seed + ": " + client + "; " + server;
    }
}
