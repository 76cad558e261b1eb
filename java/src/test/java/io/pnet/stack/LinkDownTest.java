package io.pnet.stack;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.tcp.TcpSettings;
import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Who runs a server hears of its interface before its users do. */
final class LinkDownTest
{
    private int told;

    @Test
    void isToldOnceEachTime()
    {
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters());
        final Stack stack = new Stack(
            context, new ChunkPool(ChunkPool.SMALL, 1 << 20), new IpSettings(), new TcpSettings(),
            new SplittableRandom(1), ex ->
            {
                throw new AssertionError(ex);
            }, () ->
            {
            }, 0);
        stack.onLinkDown(() -> told++);
        stack.doWork(1);
        assertEquals(0, told);
        for (int times = 1; times <= 3; times++)
        {
            context.counters().increment(Counter.LINK_DOWN);
            stack.doWork(2 * times);
            stack.doWork(2 * times + 1);
            assertEquals(times, told);
        }
    }
}
