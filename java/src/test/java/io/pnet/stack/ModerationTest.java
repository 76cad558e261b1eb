package io.pnet.stack;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** When a driver pauses before it waits for the link. */
final class ModerationTest
{
    private final Moderation moderation = new Moderation();
    private long nowNs = 1_000_000_000L;
    private long received;

    @Test
    void pausesWhileAStreamLasts()
    {
        sleepsAfter(10_000_000, 0);
        for (int i = 0; i < 100; i++)
        {
            assertTrue(sleepsAfter(80_000, 80_000), "10 Gbit/s");
        }
        assertTrue(sleepsAfter(1_000_000, 250_000), "2 Gbit/s");
        assertFalse(sleepsAfter(Moderation.PAUSE_NS, 0), "nothing came in the pause: now it waits for the link");
    }

    @Test
    void neverKeepsRequestsOrAShapedLinkWaiting()
    {
        sleepsAfter(10_000_000, 0);
        for (int i = 0; i < 100; i++)
        {
            assertFalse(sleepsAfter(8_000, 64), "round trips of 8 us");
            assertFalse(sleepsAfter(8_000, 1_514), "frames of the MTU, each with a wait");
            assertFalse(sleepsAfter(524_000, 65_500), "GSO frames at 1 Gbit/s");
            assertFalse(sleepsAfter(5_000_000, 1 << 20), "a megabyte, and then a long time nothing");
        }
    }

    private boolean sleepsAfter(final long ns, final int bytes)
    {
        nowNs += ns;
        received += bytes;
        return moderation.isStreaming(nowNs, received);
    }
}
