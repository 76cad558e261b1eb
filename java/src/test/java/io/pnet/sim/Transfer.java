package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;

/**
 * A connection over which both sides send a pseudo-random stream, check every byte they receive by its offset, and
 * close.
 */
final class Transfer
{
    /** How a side takes what arrives. */
    enum Reading
    {
        /** All of it where it lies. */
        IN_PLACE,
        /** Nothing in place: everything through the connection's queue, at once. */
        QUEUED,
        /** Some in place, the rest through the queue, and that only when the test's clock says so. */
        SLOW
    }

    private static final int BLOCK = 16 << 10;

    private final long seed;
    private final long bytes;
    private final BooleanSupplier mayEnd;
    private final Connector connector;
    final Side client;
    final Side server;

    private interface Connector
    {
        Connection connect() throws IOException;
    }

    final class Side implements TcpHandler
    {
        private final String name;
        private final long salt;
        private final long peerSalt;
        private final Reading reading;
        private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(BLOCK));
        private long blockAt = -1;
        private int turn;
        Connection connection;
        long sent;
        long received;
        boolean isFinished;
        boolean isPeerClosed;
        CloseReason reason;

        private Side(final String name, final long salt, final long peerSalt, final Reading reading)
        {
            this.name = name;
            this.salt = salt;
            this.peerSalt = peerSalt;
            this.reading = reading;
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
            final int taken = reading == Reading.IN_PLACE ? length :
                reading == Reading.QUEUED ? 0 : (int)(++turn * 0x9E3779B9L % (length + 1));
            final int n = Math.abs(taken);
            check(buffer, offset, n);
            return n;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            // Bytes that were put in order by reassembly come this way even when reading is in place.
            if (reading != Reading.SLOW)
            {
                drain(Integer.MAX_VALUE);
            }
        }

        /** Reads up to so many bytes of what is queued. */
        void drain(final int limit)
        {
            int left = limit;
            while (left > 0)
            {
                final int n = connection.read(block, 0, Math.min(left, block.capacity()));
                blockAt = -1;
                if (n == 0)
                {
                    return;
                }
                check(block, 0, n);
                left -= n;
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
            int i = 0;
            while (i < length)
            {
                final long at = received + i;
                final int inWord = (int)(at & 7);
                final int n = Math.min(8 - inWord, length - i);
                long word = wordAt(peerSalt, at >>> 3) >>> (inWord * 8);
                if (n == 8 && buffer.getLong(offset + i, ByteOrder.LITTLE_ENDIAN) == word)
                {
                    i += 8;
                    continue;
                }
                for (int j = 0; j < n; j++)
                {
                    if (buffer.getByte(offset + i + j) != (byte)word)
                    {
                        throw new AssertionError(
                            "seed " + seed + ": " + name + " got a wrong byte at " + (at + j));
                    }
                    word >>>= 8;
                }
                i += n;
            }
            received += length;
        }

        /** Writes while there is room; ends the stream when it is long enough. */
        void fill()
        {
            while (!isFinished)
            {
                if (sent >= bytes)
                {
                    if (mayEnd.getAsBoolean())
                    {
                        isFinished = true;
                        connection.shutdownOutput();
                        return;
                    }
                    if (connection.unacknowledged() > 8 * BLOCK)
                    {
                        return;
                    }
                }
                final long start = sent & ~7L;
                if (blockAt != start)
                {
                    for (int i = 0; i < BLOCK; i += 8)
                    {
                        block.putLong(i, wordAt(salt, start + i >>> 3), ByteOrder.LITTLE_ENDIAN);
                    }
                    blockAt = start;
                }
                final int skip = (int)(sent - start);
                final int n = (int)Math.min(BLOCK - skip, sent < bytes ? bytes - sent : BLOCK);
                final int taken = connection.write(block, skip, n);
                sent += taken;
                if (taken < n)
                {
                    return;
                }
            }
        }

        @Override
        public String toString()
        {
            return name + " sent " + sent + (isFinished ? " (all)" : "") + ", received " + received +
                ", peer closed " + isPeerClosed + ", " + reason +
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
        this(network, from, to, address, port, 0, bytes, settings, settings, Reading.IN_PLACE, Reading.IN_PLACE,
            () -> true);
    }

    /**
     * Connects and starts.
     *
     * @param clientPort the client's, or 0 for any.
     * @param bytes      each side sends at least so many.
     * @param mayEnd     asked when they are sent; while it says no, more is.
     */
    Transfer(
        final Network network,
        final Network.Node from,
        final Network.Node to,
        final IpAddress address,
        final int port,
        final int clientPort,
        final long bytes,
        final TcpSettings clientSettings,
        final TcpSettings serverSettings,
        final Reading clientReading,
        final Reading serverReading,
        final BooleanSupplier mayEnd)
        throws IOException
    {
        this.seed = network.seed();
        this.bytes = bytes;
        this.mayEnd = mayEnd;
        client = new Side("client", seed, ~seed, clientReading);
        server = new Side("server", ~seed, seed, serverReading);
        to.stack().tcp().listen(IpAddress.ANY, port, 16, serverSettings, connection ->
        {
            server.connection = connection;
            return server;
        });
        this.connector = () -> from.stack().tcp().connect(
            IpAddress.ANY, clientPort, address, port, clientSettings, client, network.nowNs());
        connect();
    }

    /** Connects, for example again after all requests for the peer's address were lost. */
    void connect() throws IOException
    {
        client.reason = null;
        client.sent = 0;
        client.isFinished = false;
        client.connection = connector.connect();
    }

    boolean isDone()
    {
        return isDone(client, server) && isDone(server, client);
    }

    /** What moves while the transfer is alive. */
    long progress()
    {
        return client.received + server.received + client.sent + server.sent +
            (client.isPeerClosed ? 1 : 0) + (server.isPeerClosed ? 1 : 0);
    }

    private static boolean isDone(final Side receiver, final Side sender)
    {
        return sender.isFinished && receiver.received == sender.sent && receiver.isPeerClosed;
    }

    private static long wordAt(final long salt, final long index)
    {
        long x = index * 0x9E3779B97F4A7C15L + salt;
        x = (x ^ x >>> 32) * 0xD6E8FEB86659FD93L;
        return x ^ x >>> 29;
    }

    @Override
    public String toString()
    {
        return "seed " + seed + ": " + client + "; " + server;
    }
}
