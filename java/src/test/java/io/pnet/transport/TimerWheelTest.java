package io.pnet.transport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The wheel against a list of deadlines. */
final class TimerWheelTest
{
    private static final long DAY_NS = 86_400_000_000_000L;

    private static final class Probe extends Timer
    {
        private long wantedNs = IDLE;
        private long firedNs = -1;

        @Override
        protected void onTimer(final long nowNs)
        {
            assertTrue(wantedNs <= nowNs, () -> "fired " + (wantedNs - nowNs) + " ns early");
            assertFalse(isScheduled());
            firedNs = nowNs;
            wantedNs = IDLE;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 })
    void firesWhatAListOfDeadlinesWouldFire(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final TimerWheel wheel = new TimerWheel();
        long nowNs = random.nextLong(1L << 50);
        wheel.start(nowNs);
        final Probe[] probes = new Probe[50];
        for (int i = 0; i < probes.length; i++)
        {
            probes[i] = new Probe();
        }
        for (int step = 0; step < 20_000; step++)
        {
            final Probe probe = probes[random.nextInt(probes.length)];
            switch (random.nextInt(4))
            {
                case 0:
                case 1:
                    probe.wantedNs = Math.max(0, nowNs + random.nextLong(1L << random.nextInt(10, 55)) - 1_000);
                    wheel.schedule(probe, probe.wantedNs);
                    break;
                case 2:
                    wheel.cancel(probe);
                    probe.wantedNs = Timer.IDLE;
                    break;
                default:
                    // Short steps, steps to the next deadline, and long jumps.
                    final int kind = random.nextInt(3);
                    final long nextNs = wheel.nextDeadlineNs();
                    if (kind == 0 && nextNs != Timer.IDLE)
                    {
                        nowNs = Math.max(nowNs, nextNs);
                    }
                    else
                    {
                        nowNs += random.nextLong(1L << (kind == 1 ? 20 : random.nextInt(10, 54)));
                    }
                    advance(wheel, probes, nowNs);
                    break;
            }
            check(wheel, probes, nowNs);
        }
    }

    private static void advance(final TimerWheel wheel, final Probe[] probes, final long nowNs)
    {
        int due = 0;
        for (final Probe probe : probes)
        {
            due += probe.wantedNs <= nowNs ? 1 : 0;
        }
        assertEquals(due, wheel.advance(nowNs));
        for (final Probe probe : probes)
        {
            assertTrue(probe.wantedNs > nowNs, "a timer is overdue");
        }
    }

    private static void check(final TimerWheel wheel, final Probe[] probes, final long nowNs)
    {
        long earliestNs = Timer.IDLE;
        int scheduled = 0;
        for (final Probe probe : probes)
        {
            earliestNs = Math.min(earliestNs, probe.wantedNs);
            scheduled += probe.wantedNs != Timer.IDLE ? 1 : 0;
            assertEquals(probe.wantedNs != Timer.IDLE, probe.isScheduled());
        }
        assertEquals(scheduled, wheel.size());
        assertTrue(wheel.nextDeadlineNs() <= earliestNs,
            "the wheel would sleep over a deadline: " + wheel.nextDeadlineNs() + " at " + nowNs);
        assertEquals(earliestNs == Timer.IDLE, wheel.nextDeadlineNs() == Timer.IDLE);
    }

    @Test
    void firesInTimeAcrossTheTopLevelsTurn()
    {
        final TimerWheel wheel = new TimerWheel();
        wheel.start(0);
        // 2^36 ticks of 2^17 ns: 104 days.
        final long turnNs = 1L << 53;
        wheel.advance(turnNs - 100_000_000);
        final Probe probe = new Probe();
        probe.wantedNs = turnNs + 100_000_000;
        wheel.schedule(probe, probe.wantedNs);
        long nowNs = turnNs - 100_000_000;
        while (probe.firedNs < 0 && nowNs < turnNs + DAY_NS)
        {
            nowNs = Math.max(nowNs + 1, wheel.nextDeadlineNs());
            wheel.advance(nowNs);
        }
        assertTrue(
            probe.firedNs >= 0 && probe.firedNs - turnNs < 101_000_000,
            () -> "fired at the turn + " + (probe.firedNs - turnNs));
    }

    @Test
    void firesWithinATickOfTheDeadlineWhenDrivenByIt()
    {
        final TimerWheel wheel = new TimerWheel();
        wheel.start(0);
        final SplittableRandom random = new SplittableRandom(9);
        long nowNs = 0;
        for (int i = 0; i < 1_000; i++)
        {
            final Probe probe = new Probe();
            final long deadlineNs = nowNs + random.nextLong(1L << random.nextInt(1, 50));
            probe.wantedNs = deadlineNs;
            wheel.schedule(probe, deadlineNs);
            int looks = 0;
            while (probe.firedNs < 0)
            {
                nowNs = Math.max(nowNs, wheel.nextDeadlineNs());
                wheel.advance(nowNs);
                assertTrue(++looks < 10, "too many looks for one timer");
            }
            assertEquals(Math.max(deadlineNs, nowNs), probe.firedNs);
        }
    }

    @Test
    void aTimerMayCancelOrMoveAnotherThatIsDueWithIt()
    {
        final TimerWheel wheel = new TimerWheel();
        wheel.start(0);
        final List<String> fired = new ArrayList<>();
        final Probe cancelled = new Probe();
        final Probe moved = new Probe();
        final Timer first = new Timer()
        {
            @Override
            protected void onTimer(final long nowNs)
            {
                fired.add("first");
                wheel.cancel(cancelled);
                moved.wantedNs = 5_000_000;
                wheel.schedule(moved, 5_000_000);
                wheel.schedule(this, 7_000_000);
            }
        };
        // Last in, first out within a slot: the first to fire is the one that was scheduled last.
        cancelled.wantedNs = 1_000_000;
        wheel.schedule(cancelled, 1_000_000);
        moved.wantedNs = 1_000_000;
        wheel.schedule(moved, 1_000_000);
        wheel.schedule(first, 1_000_000);
        assertEquals(1, wheel.advance(1_000_000));
        assertEquals(-1, cancelled.firedNs);
        assertEquals(-1, moved.firedNs);
        assertEquals(1, wheel.advance(5_000_000));
        assertEquals(5_000_000, moved.firedNs);
        assertEquals(1, fired.size());
    }

    @Test
    void aTimerThatThrowsTakesNoneWithItThatIsDueAtTheSameTime()
    {
        final TimerWheel wheel = new TimerWheel();
        wheel.start(0);
        final Probe other = new Probe();
        other.wantedNs = 1_000_000;
        final Probe cancelled = new Probe();
        final Timer broken = new Timer()
        {
            @Override
            protected void onTimer(final long nowNs)
            {
                wheel.cancel(cancelled);
                throw new IllegalStateException("broken");
            }
        };
        wheel.schedule(other, 1_000_000);
        wheel.schedule(cancelled, 1_000_000);
        wheel.schedule(broken, 1_000_000);
        assertThrows(IllegalStateException.class, () -> wheel.advance(1_000_000));
        assertEquals(1, wheel.size());
        assertEquals(1, wheel.advance(1_000_000));
        assertEquals(1_000_000, other.firedNs);
        assertEquals(0, wheel.size());
    }
}
