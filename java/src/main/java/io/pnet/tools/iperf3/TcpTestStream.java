package io.pnet.tools.iperf3;

import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamInfo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A TCP connection full of blocks in one direction. */
final class TcpTestStream extends TestStream
{
    private final Stream stream;

    TcpTestStream(final int index, final boolean isSender, final Settings settings, final Stream stream)
    {
        super(index, isSender, settings);
        this.stream = stream;
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
        final ByteBuffer block = noise(blockSize);
        final Pacer pacer = run.pacer(settings);
        long sent = 0;
        while (run.isRunning())
        {
            if (!pacer.awaitStep(sent))
            {
                continue;
            }
            if (!run.mayStillSend(blockSize))
            {
                return;
            }
            block.clear();
            stream.write(block);
            sent += blockSize;
            count(blockSize);
        }
    }

    private void receive(final TestRun run) throws IOException
    {
        final ByteBuffer block = ByteBuffer.allocateDirect(settings.blockSize);
        while (run.isRunning())
        {
            block.clear();
            final int length = stream.read(block);
            if (length < 0)
            {
                return;
            }
            if (run.isRunning())
            {
                count(length);
                run.onReceived(length);
            }
        }
    }

    @Override
    InetSocketAddress localAddress()
    {
        return stream.localAddress();
    }

    @Override
    InetSocketAddress remoteAddress()
    {
        return stream.remoteAddress();
    }

    @Override
    StreamInfo info()
    {
        return stream.info();
    }

    @Override
    public void close()
    {
        stream.close();
    }
}
