package io.pnet.nio;

import io.pnet.counters.Counters;
import io.pnet.ip.FlowHash;
import io.pnet.link.ChunkPool;
import io.pnet.link.FrameHandler;
import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.link.TxFrame;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Joins two processes of several stacks each in memory: a pipe from every stack to every one of the other process, and
 * a link for each stack that puts each frame into the pipe which the other side's hash says.
 */
public final class GroupWire
{
    private static final long MAC_ADDRESS = 0x0250_4E02_0000L;
    private static final long CHUNK_BYTES = 64L << 20;

    private final List<Share> left;
    private final List<Share> right;

    /** A wire for processes of so many stacks each. */
    public GroupWire(final int stacks)
    {
        final FlowHash leftHash = new FlowHash(1, stacks);
        final FlowHash rightHash = new FlowHash(2, stacks);
        left = shares(leftHash, rightHash);
        right = shares(rightHash, leftHash);
        for (final Share one : left)
        {
            for (final Share other : right)
            {
                final Pipe.Pair pipe = Pipe.pair(options(1), one.context, options(2), other.context);
                one.pipes.add(pipe.left());
                other.pipes.add(pipe.right());
            }
        }
    }

    private static List<Share> shares(final FlowHash own, final FlowHash peers)
    {
        final List<Share> shares = new ArrayList<>();
        for (int i = 0; i < own.stacks(); i++)
        {
            shares.add(new Share(own, peers));
        }
        return shares;
    }

    private static MemoryLinkOptions options(final int side)
    {
        return new MemoryLinkOptions().macAddress(MAC_ADDRESS + side).txOffload(true).rxGso(true);
    }

    /** Starts the process at the left end. */
    public IpProcess startLeft(final IpProcessBuilder builder) throws IOException
    {
        return start(builder, left);
    }

    /** Starts the process at the right end. */
    public IpProcess startRight(final IpProcessBuilder builder) throws IOException
    {
        return start(builder, right);
    }

    private static IpProcess start(final IpProcessBuilder builder, final List<Share> links) throws IOException
    {
        final List<LinkContext> contexts = links.stream().map(share -> share.context).toList();
        final IpProcess process = builder.stacks(links.size())
            .links(List.copyOf(links), contexts, links.get(0).own).start();
        process.homes().forEach(home -> links.get(home.index()).onFrames(home.driver()::wakeup));
        return process;
    }

    /** One stack's link; its owner's. */
    private static final class Share implements Link
    {
        private final LinkContext context =
            new LinkContext(new ChunkPool(ChunkPool.LARGE, CHUNK_BYTES), new Counters());
        private final List<Pipe> pipes = new ArrayList<>();
        private final FlowHash own;
        private final FlowHash peers;

        private Share(final FlowHash own, final FlowHash peers)
        {
            this.own = own;
            this.peers = peers;
        }

        private void onFrames(final Runnable hook)
        {
            pipes.forEach(pipe -> pipe.onFrames(hook));
        }

        @Override
        public LinkCapabilities capabilities()
        {
            return pipes.get(0).capabilities();
        }

        @Override
        public int poll(final FrameHandler handler, final int limit, final long nowNs)
        {
            int count = 0;
            for (final Pipe pipe : pipes)
            {
                count += pipe.poll(handler, limit - count, nowNs);
            }
            return count;
        }

        @Override
        public TxFrame claim(final int headLength, final boolean gathered)
        {
            return pipes.get(0).claim(headLength, gathered);
        }

        @Override
        public void commit(final TxFrame frame)
        {
            pipes.get(peers.frame(frame.buffer(), frame.offset(), frame.headLength())).commit(frame);
        }

        @Override
        public int flush(final long nowNs)
        {
            return pipes.stream().mapToInt(pipe -> pipe.flush(nowNs)).sum();
        }

        @Override
        public boolean isCongested()
        {
            return false;
        }

        @Override
        public int fd()
        {
            return -1;
        }

        @Override
        public long nextDeadlineNs()
        {
            return pipes.stream().mapToLong(Pipe::nextDeadlineNs).min().orElse(NO_DEADLINE);
        }

        @Override
        public void close()
        {
            pipes.forEach(Pipe::close);
        }
    }
}
