package io.pnet.tools.iperf3;

import io.pnet.tools.net.Datagrams;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;

/** A UDP flow in one direction. */
final class UdpTestStream extends TestStream
{
    private static final int CONNECT_TIMEOUT_SECONDS = 30;

    private final Datagrams socket;
    private final UdpArrivals arrivals = new UdpArrivals();

    UdpTestStream(final int index, final boolean isSender, final Settings settings, final Datagrams socket)
    {
        super(index, isSender, settings);
        this.socket = socket;
    }

    /** The client's half of making the flow known: say something and wait for the answer. */
    static void greet(final Datagrams socket) throws IOException
    {
        final ByteBuffer message = ByteBuffer.allocateDirect(4).order(ByteOrder.LITTLE_ENDIAN);
        message.putInt(0, UdpHeader.CONNECT);
        socket.send(message);

        message.clear();
        socket.receiveTimeout(Duration.ofSeconds(CONNECT_TIMEOUT_SECONDS));
        final int length = socket.receive(message);
        final int reply = message.getInt(0);
        if (length < 4 || (reply != UdpHeader.CONNECT_REPLY && reply != UdpHeader.LEGACY_CONNECT_REPLY))
        {
            throw new IOException("unable to create a new stream: the server's datagram is no iperf3 reply");
        }
        socket.receiveTimeout(Duration.ZERO);
    }

    /** The server's half, after the client's first datagram. */
    static void answer(final Datagrams socket) throws IOException
    {
        final ByteBuffer message = ByteBuffer.allocateDirect(4).order(ByteOrder.LITTLE_ENDIAN);
        message.putInt(0, UdpHeader.CONNECT_REPLY);
        socket.send(message);
    }

    @Override
    void start(final TestRun run)
    {
        run.onThread(this, () -> run(run));
    }

    private void run(final TestRun run) throws IOException
    {
        if (isSender)
        {
            send(run);
        }
        else
        {
            receive(run);
        }
    }

    private void send(final TestRun run) throws IOException
    {
        final int blockSize = settings.blockSize;
        final int burst = Math.max(1, settings.burst);
        final ByteBuffer block = noise(blockSize);
        final Pacer pacer = run.pacer(settings);
        long number = 0;
        while (run.isRunning())
        {
            if (!pacer.awaitStep(number * blockSize))
            {
                continue;
            }
            for (int i = 0; i < burst; i++)
            {
                if (!run.mayStillSend(blockSize))
                {
                    return;
                }
                block.clear();
                UdpHeader.write(block, nowUs(), ++number, settings.udpCounters64Bit);
                try
                {
                    socket.send(block);
                }
                catch (final PortUnreachableException ex)
                {
                    // An answer to an earlier datagram. The control connection says whether the peer still lives.
                    continue;
                }
                count(blockSize);
            }
        }
    }

    private void receive(final TestRun run) throws IOException
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(Math.max(settings.blockSize, UdpHeader.LENGTH_64_BIT));
        final int least = settings.udpCounters64Bit ? UdpHeader.LENGTH_64_BIT : UdpHeader.LENGTH;
        while (run.isRunning())
        {
            block.clear();
            final int length;
            try
            {
                length = socket.receive(block);
            }
            catch (final PortUnreachableException ex)
            {
                continue;
            }
            if (length < least || !run.isRunning())
            {
                continue;
            }
            arrivals.onDatagram(
                UdpHeader.number(block, settings.udpCounters64Bit), UdpHeader.sentUs(block), nowUs());
            count(length);
            run.onReceived(length);
        }
    }

    private static long nowUs()
    {
        final Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    @Override
    InetSocketAddress localAddress()
    {
        return socket.localAddress();
    }

    @Override
    InetSocketAddress remoteAddress()
    {
        return socket.remoteAddress();
    }

    @Override
    UdpArrivals arrivals()
    {
        return isSender ? null : arrivals;
    }

    @Override
    public void close()
    {
        socket.close();
    }
}
