package io.pnet.sim;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A connection over which one side sends without end, or as much as it is told, and the other counts. */
final class Bulk implements TcpHandler
{
    private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(64 << 10));
    private long left;
    Connection connection;
    long received;

    Bulk(
        final Network network,
        final Network.Node from,
        final Network.Node to,
        final int port,
        final TcpSettings settings,
        final long bytes) throws IOException
    {
        left = bytes;
        to.stack().tcp().listen(IpAddress.ANY, port, 16, null, connection -> new TcpHandler()
        {
            @Override
            public int onReceive(
                final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
            {
                received += length;
                return length;
            }

            @Override
            public void onReadable(final Connection connection)
            {
                for (int n = 1; n > 0; received += n)
                {
                    n = connection.read(block, 0, block.capacity());
                }
            }
        });
        connection = from.stack().tcp().connect(
            IpAddress.ANY, 0, to.address(), port, settings, this, network.nowNs());
    }

    @Override
    public void onConnected(final Connection connection)
    {
        onWritable(connection);
    }

    /** Sends more. */
    void send(final long bytes)
    {
        left += bytes;
        onWritable(connection);
    }

    @Override
    public int onReceive(final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
    {
        return length;
    }

    @Override
    public void onWritable(final Connection connection)
    {
        int taken = 1;
        while (left > 0 && taken > 0)
        {
            taken = connection.write(block, 0, (int)Math.min(left, block.capacity()));
            left -= taken;
        }
    }

    @Override
    public void onClosed(final Connection connection, final CloseReason reason)
    {
        if (reason != CloseReason.STACK_CLOSED)
        {
            throw new AssertionError("closed: " + reason);
        }
    }
}
