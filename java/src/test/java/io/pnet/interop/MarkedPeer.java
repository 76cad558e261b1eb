package io.pnet.interop;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.link.Marking;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.util.SplittableRandom;

/**
 * {@link HttpPeer} behind a queue that marks some of the ECN-capable frames, in both directions. Says what was marked
 * and what TCP made of it when it is ended.
 *
 * <p>Arguments: link, share of frames marked, addresses with prefix lengths.
 */
final class MarkedPeer
{
    private MarkedPeer()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final double share = Double.parseDouble(args[1]);
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 128L << 20), new Counters());
        final Marking link = new Marking(
            Links.open(args[0], new LinkOptions().macSeed(77), context), new SplittableRandom(1), share, share);
        final var builder = IpProcess.builder().link(link, context);
        for (int i = 2; i < args.length; i++)
        {
            builder.address(args[i]);
        }
        final IpProcess process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() ->
        {
            final Counters counters = process.counters();
            System.out.println("marked " + link.marked() +
                " connections " + counters.get(Counter.TCP_ECN_CONNECTIONS) +
                " arrived " + counters.get(Counter.TCP_ECN_CE) +
                " reductions " + counters.get(Counter.TCP_ECN_REDUCTIONS) +
                " timeouts " + counters.get(Counter.TCP_RTO_TIMEOUTS) + " end");
            System.out.flush();
            process.close();
        }));
        HttpPeer.serve(process);
    }
}
