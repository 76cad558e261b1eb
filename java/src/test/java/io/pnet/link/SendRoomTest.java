package io.pnet.link;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SendRoomTest
{
    private static final int MOST = 256 << 10;
    private static final long MS = 1_000_000L;

    private final SendRoom room = new SendRoom(MOST);
    private long nowNs = -5;

    @Test
    void startsWithTheMost()
    {
        assertEquals(MOST, room.limitBytes());
        assertFalse(room.isTight());
    }

    @Test
    void isLessWhenTheLinkWasNeverNearlyEmpty()
    {
        for (int i = 0; i < 40; i++)
        {
            refillFor(100, room.limitBytes() - 1);
        }
        assertEquals(SendRoom.LEAST_BYTES, room.limitBytes());
        assertTrue(room.isTight());
    }

    @Test
    void staysWhenAQuarterIsLeft()
    {
        for (int i = 0; i < 40; i++)
        {
            refillFor(100, room.limitBytes() / 4);
        }
        assertEquals(MOST, room.limitBytes());
    }

    @Test
    void followsTheLeastOfAnInterval()
    {
        refillFor(99, MOST - 1);
        refillFor(1, MOST / 4 + 1_000);
        refillFor(1, MOST - 1);
        assertEquals(MOST - 500, room.limitBytes());
    }

    @Test
    void growsAtOnceWhenFoundEmptyAndNeverBeyondTheMost()
    {
        for (int i = 0; i < 40; i++)
        {
            refillFor(100, room.limitBytes() - 1);
        }
        assertTrue(room.onRoom(0, nowNs));
        assertEquals(SendRoom.LEAST_BYTES * 3 / 2, room.limitBytes());
        for (int i = 0; i < 20; i++)
        {
            room.onRoom(0, nowNs);
        }
        assertEquals(MOST, room.limitBytes());
        assertFalse(room.onRoom(0, nowNs));
    }

    /** Refills once a millisecond, each time finding so much. */
    private void refillFor(final int ms, final int waiting)
    {
        for (int i = 0; i < ms; i++)
        {
            nowNs += MS;
            room.onRoom(waiting, nowNs);
        }
    }
}
