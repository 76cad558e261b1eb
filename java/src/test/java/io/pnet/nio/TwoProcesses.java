package io.pnet.nio;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two processes, 10.0.0.1 and 10.0.0.2, joined by a pipe, with real threads and the real clock. No privileges. */
final class TwoProcesses implements AutoCloseable
{
    static final String CLIENT = "10.0.0.1";
    static final String SERVER = "10.0.0.2";

    final IpProcess client;
    final IpProcess server;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

    TwoProcesses() throws IOException
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
        client = process(pipe.left(), left, CLIENT + "/24");
        server = process(pipe.right(), right, SERVER + "/24");
    }

    /** Each of several stacks. */
    TwoProcesses(final int stacks) throws IOException
    {
        final GroupWire wire = new GroupWire(stacks);
        client = wire.startLeft(builder(CLIENT + "/24"));
        server = wire.startRight(builder(SERVER + "/24"));
    }

    private IpProcess process(final Pipe link, final LinkContext context, final String address) throws IOException
    {
        final IpProcess process = builder(address).link(link, context).start();
        link.onFrames(process.driver()::wakeup);
        return process;
    }

    private IpProcessBuilder builder(final String address)
    {
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        return IpProcess.builder()
            .address(address).ip(settings).linger(Duration.ZERO).errorHandler(failures::add);
    }

    PnetSelectorProvider clientProvider()
    {
        return new PnetSelectorProvider(client);
    }

    PnetSelectorProvider serverProvider()
    {
        return new PnetSelectorProvider(server);
    }

    /** Ends both; no handler may have failed. */
    @Override
    public void close()
    {
        client.close();
        server.close();
        assertTrue(failures.isEmpty(), () -> "failures: " + failures);
    }
}
