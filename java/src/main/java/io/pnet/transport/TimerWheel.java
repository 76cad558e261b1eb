package io.pnet.transport;

/**
 * A hierarchical timing wheel (Varghese and Lauck) with occupancy bits: scheduling, cancelling and finding the next
 * deadline are O(1) in the number of timers, and an idle wheel is advanced over any span without a scan.
 *
 * <p>Six levels of 64 slots over ticks of 2^17 ns (131 us) reach 104 days; what lies beyond is looked at again then. A
 * timer fires at the first {@link #advance} at or after its deadline's tick has begun, never before its deadline: one
 * that shares its tick with now but is not yet due stays. Owned by the stack's owner.
 */
public final class TimerWheel
{
    private static final int TICK_SHIFT = 17;
    private static final int LEVEL_SHIFT = 6;
    private static final int SLOTS = 1 << LEVEL_SHIFT;
    private static final int LEVELS = 6;

    private final Timer[] heads = new Timer[LEVELS * SLOTS];
    private final long[] occupied = new long[LEVELS];
    private long currentTick;
    private long startNs;
    private boolean isStarted;
    private int size;

    /** Sets where time starts; before any timer is scheduled. */
    public void start(final long nowNs)
    {
        startNs = nowNs;
        currentTick = 0;
        isStarted = true;
    }

    /** Schedules, or moves, a timer. A deadline that has passed fires at the next {@link #advance}. */
    public void schedule(final Timer timer, final long deadlineNs)
    {
        if (timer.slot >= 0)
        {
            unlink(timer);
        }
        timer.deadlineNs = deadlineNs;
        link(timer);
        size++;
    }

    /** Takes a timer out; one that is not scheduled is left alone. */
    public void cancel(final Timer timer)
    {
        if (timer.slot >= 0)
        {
            unlink(timer);
        }
        timer.deadlineNs = Timer.IDLE;
    }

    /** Timers that are scheduled. */
    public int size()
    {
        return size;
    }

    /**
     * Fires every timer whose deadline is at or before now.
     *
     * @return how many fired.
     */
    public int advance(final long nowNs)
    {
        if (!isStarted)
        {
            start(nowNs);
        }
        final long nowTick = tickOf(nowNs);
        int fired = 0;
        while (true)
        {
            fired += fireCurrent(nowNs);
            if (currentTick >= nowTick)
            {
                return fired;
            }
            currentTick = Math.min(nowTick, nextOccupiedTick());
            cascade();
        }
    }

    /**
     * When {@link #advance} is next needed: the earliest deadline when it lies in the lowest level, else a time by
     * which a higher level must be looked at; {@link Timer#IDLE} without timers.
     */
    public long nextDeadlineNs()
    {
        if (size == 0)
        {
            return Timer.IDLE;
        }
        final int here = (int)(currentTick & (SLOTS - 1));
        final long upcoming = Long.rotateRight(occupied[0], here);
        if (upcoming != 0)
        {
            final long tick = currentTick + Long.numberOfTrailingZeros(upcoming);
            final long boundary = nextHigherBoundary();
            if (tick <= boundary)
            {
                long earliest = Timer.IDLE;
                for (Timer timer = heads[(int)(tick & (SLOTS - 1))]; timer != null; timer = timer.next)
                {
                    earliest = Math.min(earliest, timer.deadlineNs);
                }
                return earliest;
            }
            return timeOf(boundary);
        }
        return timeOf(nextHigherBoundary());
    }

    private int fireCurrent(final long nowNs)
    {
        Timer firstDue = null;
        Timer lastDue = null;
        Timer timer = heads[(int)(currentTick & (SLOTS - 1))];
        while (timer != null)
        {
            final Timer next = timer.next;
            if (timer.deadlineNs <= nowNs)
            {
                unlink(timer);
                timer.nextDue = null;
                if (lastDue == null)
                {
                    firstDue = timer;
                }
                else
                {
                    lastDue.nextDue = timer;
                }
                lastDue = timer;
            }
            timer = next;
        }

        int fired = 0;
        try
        {
            while (firstDue != null)
            {
                final Timer due = firstDue;
                firstDue = due.nextDue;
                due.nextDue = null;
                // One that fired before in this batch may have moved or cancelled this one.
                if (due.slot < 0 && due.deadlineNs != Timer.IDLE)
                {
                    due.deadlineNs = Timer.IDLE;
                    due.onTimer(nowNs);
                    fired++;
                }
            }
        }
        finally
        {
            putBack(firstDue);
        }
        return fired;
    }

    /** After one that has thrown: those that were due behind it are at the next {@link #advance}. */
    private void putBack(final Timer firstDue)
    {
        Timer due = firstDue;
        while (due != null)
        {
            final Timer next = due.nextDue;
            due.nextDue = null;
            if (due.slot < 0 && due.deadlineNs != Timer.IDLE)
            {
                link(due);
                size++;
            }
            due = next;
        }
    }

    private long nextOccupiedTick()
    {
        long best = nextHigherBoundary();
        final int here = (int)(currentTick & (SLOTS - 1));
        final long upcoming = Long.rotateRight(occupied[0], here) & ~1L;
        if (upcoming != 0)
        {
            best = Math.min(best, currentTick + Long.numberOfTrailingZeros(upcoming));
        }
        return Math.max(best, currentTick + 1);
    }

    /** The first tick after the current one at which a slot of a higher level has to be taken apart. */
    private long nextHigherBoundary()
    {
        long best = Long.MAX_VALUE;
        for (int level = 1; level < LEVELS; level++)
        {
            if (occupied[level] != 0)
            {
                final int shift = level * LEVEL_SHIFT;
                final long position = currentTick >>> shift;
                final long upcoming = Long.rotateRight(occupied[level], (int)(position & (SLOTS - 1)));
                final long laps = (upcoming & ~1L) != 0 ? Long.numberOfTrailingZeros(upcoming & ~1L) : SLOTS;
                best = Math.min(best, (position + laps) << shift);
            }
        }
        return best;
    }

    /** Moves what the tick that was just entered opens on the higher levels down to where it belongs now. */
    private void cascade()
    {
        for (int level = 1; level < LEVELS; level++)
        {
            final int shift = level * LEVEL_SHIFT;
            if ((currentTick & ((1L << shift) - 1)) != 0)
            {
                return;
            }
            final int index = (int)((currentTick >>> shift) & (SLOTS - 1));
            Timer timer = heads[level * SLOTS + index];
            while (timer != null)
            {
                final Timer next = timer.next;
                unlink(timer);
                link(timer);
                size++;
                timer = next;
            }
        }
    }

    private void link(final Timer timer)
    {
        final long tick = Math.max(currentTick, tickOf(timer.deadlineNs));
        final long distance = tick ^ currentTick;
        int level = distance == 0 ? 0 : (63 - Long.numberOfLeadingZeros(distance)) / LEVEL_SHIFT;
        long slotTick = tick;
        if (level >= LEVELS)
        {
            level = LEVELS - 1;
            // Beyond the horizon: the slot furthest away, to be looked at again from there. What is near but behind the
            // top level's turn has a slot of its own.
            slotTick = Math.min(tick, currentTick + ((long)(SLOTS - 1) << (level * LEVEL_SHIFT)));
        }
        final int slot = level * SLOTS + (int)((slotTick >>> (level * LEVEL_SHIFT)) & (SLOTS - 1));
        timer.slot = slot;
        timer.previous = null;
        timer.next = heads[slot];
        if (timer.next != null)
        {
            timer.next.previous = timer;
        }
        heads[slot] = timer;
        occupied[level] |= 1L << (slot & (SLOTS - 1));
    }

    private void unlink(final Timer timer)
    {
        final int slot = timer.slot;
        if (timer.previous != null)
        {
            timer.previous.next = timer.next;
        }
        else
        {
            heads[slot] = timer.next;
            if (timer.next == null)
            {
                occupied[slot >> LEVEL_SHIFT] &= ~(1L << (slot & (SLOTS - 1)));
            }
        }
        if (timer.next != null)
        {
            timer.next.previous = timer.previous;
        }
        timer.previous = null;
        timer.next = null;
        timer.slot = -1;
        size--;
    }

    private long tickOf(final long timeNs)
    {
        return timeNs == Timer.IDLE ? Long.MAX_VALUE >>> TICK_SHIFT : Math.max(0, timeNs - startNs) >>> TICK_SHIFT;
    }

    private long timeOf(final long tick)
    {
        return tick == Long.MAX_VALUE || tick >= (Long.MAX_VALUE >>> TICK_SHIFT) ?
            Timer.IDLE : startNs + (tick << TICK_SHIFT);
    }
}
