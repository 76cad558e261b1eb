package io.pnet.dns;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** To name servers that only the kernel reaches, such as 127.0.0.53, through the channels of its provider. */
final class KernelExchange implements Exchange
{
    private static final int MAX_DATAGRAM = 65_535;

    private final SelectorProvider kernel;

    KernelExchange(final SelectorProvider kernel)
    {
        this.kernel = kernel;
    }

    @Override
    public boolean datagrams(
        final InetSocketAddress server,
        final List<byte[]> queries,
        final long timeoutNs,
        final Predicate<byte[]> answers)
        throws IOException
    {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        try (DatagramChannel channel = kernel.openDatagramChannel())
        {
            channel.connect(server);
            for (final byte[] query : queries)
            {
                channel.write(ByteBuffer.wrap(query));
            }
            final DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
            while (true)
            {
                // The adaptor, since a channel's own receive knows no time-out.
                channel.socket().setSoTimeout(leftMs(deadlineNs));
                packet.setLength(MAX_DATAGRAM);
                channel.socket().receive(packet);
                if (answers.test(Arrays.copyOf(packet.getData(), packet.getLength())))
                {
                    return true;
                }
            }
        }
        catch (final SocketTimeoutException ex)
        {
            return false;
        }
    }

    @Override
    public byte[] stream(final InetSocketAddress server, final byte[] query, final long timeoutNs) throws IOException
    {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        try (SocketChannel channel = kernel.openSocketChannel())
        {
            final Socket socket = channel.socket();
            socket.connect(server, leftMs(deadlineNs));
            final ByteBuffer request = ByteBuffer.allocate(2 + query.length);
            channel.write(request.putShort((short)query.length).put(query).flip());
            socket.setSoTimeout(leftMs(deadlineNs));
            final DataInputStream input = new DataInputStream(socket.getInputStream());
            final byte[] answer = new byte[input.readUnsignedShort()];
            socket.setSoTimeout(leftMs(deadlineNs));
            input.readFully(answer);
            return answer;
        }
    }

    private static int leftMs(final long deadlineNs) throws SocketTimeoutException
    {
        final long leftNs = deadlineNs - System.nanoTime();
        if (leftNs <= 0)
        {
            throw new SocketTimeoutException("timed out");
        }
        return (int)Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNs));
    }
}
