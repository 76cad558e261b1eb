package io.pnet.tools.iperf3;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A test between TEST_RUNNING and TEST_END on one side: the streams, the clock, the limits, the intervals.
 *
 * <p>One thread, the reporting one, calls {@link #start}, {@link #await} and {@link #finish}; streams call what
 * says so, each on its own thread or on the stack's.
 */
final class TestRun
{
    /** Why {@link #await} came back. */
    enum Cause
    {
        /** The time is over. */
        TIME,
        /** Everything that was to be sent has been. */
        LIMIT,
        /** The peer sent a state. */
        STATE,
        /** The control connection broke. */
        CONTROL_FAILED,
        /** A stream broke. */
        STREAM_FAILED,
        /** The user wants to end. */
        INTERRUPTED
    }

    /** An event: the state for {@link Cause#STATE}, the failure for the failed ones. */
    record Event(Cause cause, byte state, IOException failure)
    {
    }

    private final Settings settings;
    private final List<TestStream> streams;
    private final List<StreamMeter> meters = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Report report;
    private final long intervalNs;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final AtomicLong budgetBytes = new AtomicLong();
    private final AtomicLong budgetBlocks = new AtomicLong();
    private final AtomicLong sendersLeft = new AtomicLong();
    private final AtomicLong receivedBytes = new AtomicLong();
    private final AtomicLong receivedBlocks = new AtomicLong();
    private volatile boolean isRunning;
    private volatile boolean hasLimit;

    private long startNs;
    private double intervalStart;
    private volatile boolean isOmitting;
    private CpuUsage.Mark cpuAtStart;
    private CpuUsage cpu = CpuUsage.NONE;
    private double seconds;

    /**
     * @param settings        what to do.
     * @param streams         in the order of their ids.
     * @param report          hears of every interval.
     * @param intervalSeconds between reports; 0 for one at the end only.
     */
    TestRun(
        final Settings settings, final List<TestStream> streams, final Report report, final double intervalSeconds)
    {
        this.settings = settings;
        this.streams = streams;
        this.report = report;
        this.intervalNs = (long)(intervalSeconds * 1e9);
    }

    /** Starts the streams' threads and the clock, and listens for the peer's next state. */
    void start(final Control control)
    {
        hasLimit = !settings.isTimed();
        budgetBytes.set(settings.bytes);
        budgetBlocks.set(settings.blocks);
        sendersLeft.set(streams.stream().filter(stream -> stream.isSender).count());
        isOmitting = settings.omitSeconds > 0;
        isRunning = true;
        cpuAtStart = CpuUsage.Mark.now();
        startNs = System.nanoTime();
        for (final TestStream stream : streams)
        {
            meters.add(new StreamMeter(stream));
            stream.start(this);
        }
        start("control", () -> awaitState(control));
    }

    private void start(final String name, final Runnable work)
    {
        final Thread thread = new Thread(work, "iperf3 " + name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** What a stream does on a thread of its own. */
    interface Work
    {
        /** Sends until the limit or the end, or receives until the end. */
        void run() throws IOException;
    }

    /** A stream that starts: gives it a thread. */
    void onThread(final TestStream stream, final Work work)
    {
        start("stream " + stream.number, () -> run(stream, work));
    }

    private void run(final TestStream stream, final Work work)
    {
        try
        {
            work.run();
            if (stream.isSender)
            {
                onSent();
            }
        }
        catch (final IOException ex)
        {
            onFailed(ex);
        }
        catch (final RuntimeException ex)
        {
            events.add(new Event(Cause.STREAM_FAILED, (byte)0, new IOException(ex)));
        }
    }

    private void awaitState(final Control control)
    {
        try
        {
            events.add(new Event(Cause.STATE, control.readState(), null));
        }
        catch (final IOException ex)
        {
            events.add(new Event(Cause.CONTROL_FAILED, (byte)0, ex));
        }
    }

    /** A sending stream, after its last block: the test ends with the last stream, so that all blocks are counted. */
    void onSent()
    {
        if (hasLimit && sendersLeft.decrementAndGet() == 0)
        {
            events.add(new Event(Cause.LIMIT, (byte)0, null));
        }
    }

    /** A stream broke. */
    void onFailed(final IOException failure)
    {
        if (isRunning)
        {
            events.add(new Event(Cause.STREAM_FAILED, (byte)0, failure));
        }
    }

    /** Any thread: whether data still counts. */
    boolean isRunning()
    {
        return isRunning;
    }

    /** A sending stream. */
    Pacer pacer(final Settings of)
    {
        return new Pacer(of.bitrate, of.pacingUs * 1_000L, System.nanoTime());
    }

    /** A sending stream, before each block: whether the limits leave room for it. */
    boolean mayStillSend(final int blockSize)
    {
        if (!hasLimit || isOmitting)
        {
            return true;
        }
        return settings.bytes > 0 ? budgetBytes.getAndAdd(-blockSize) > 0 : budgetBlocks.getAndDecrement() > 0;
    }

    /** A receiving stream, after each read. */
    void onReceived(final int length)
    {
        if (hasLimit && !isOmitting)
        {
            final long bytes = receivedBytes.addAndGet(length);
            final long blocks = receivedBlocks.incrementAndGet();
            if (settings.bytes > 0 ? bytes >= settings.bytes : settings.udp ? blocks >= settings.blocks :
                bytes >= settings.blocks * settings.blockSize)
            {
                events.add(new Event(Cause.LIMIT, (byte)0, null));
            }
        }
    }

    /** Any thread: the user wants to end. */
    void interrupt()
    {
        events.add(new Event(Cause.INTERRUPTED, (byte)0, null));
    }

    /**
     * Reports intervals until something happens.
     *
     * @param limitSeconds  the test's length after what is omitted; infinity for none.
     * @param obeysLimits   whether {@link Cause#LIMIT} ends the wait: the client decides, the server is told.
     */
    Event await(final double limitSeconds, final boolean obeysLimits)
    {
        while (true)
        {
            final double now = elapsed();
            if (isOmitting && now >= settings.omitSeconds)
            {
                endOmitting(now);
                continue;
            }
            if (!isOmitting && now >= limitSeconds)
            {
                return new Event(Cause.TIME, (byte)0, null);
            }
            double next = isOmitting ? settings.omitSeconds : limitSeconds;
            if (intervalNs > 0)
            {
                final double tick = nextTick();
                // A tick at the very end is the last interval, which finish() reports.
                if (now >= tick && tick < next)
                {
                    tick(now);
                    continue;
                }
                next = Math.min(next, tick);
            }
            final Event event = poll(next - now);
            if (event != null && (event.cause() != Cause.LIMIT || obeysLimits))
            {
                return event;
            }
        }
    }

    /** After {@link #finish}: waits for the state that answers ours. */
    Event awaitAnswer(final double limitSeconds)
    {
        final long untilNs = System.nanoTime() + (long)(limitSeconds * 1e9);
        while (true)
        {
            final long leftNs = untilNs - System.nanoTime();
            if (leftNs <= 0)
            {
                return new Event(Cause.TIME, (byte)0, null);
            }
            final Event event = poll(leftNs / 1e9);
            if (event != null && (event.cause() == Cause.STATE || event.cause() == Cause.CONTROL_FAILED))
            {
                return event;
            }
        }
    }

    private Event poll(final double waitSeconds)
    {
        try
        {
            final double bounded = Math.min(Math.max(waitSeconds, 0), 3_600);
            return events.poll((long)(bounded * 1e9) + 1, TimeUnit.NANOSECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            return new Event(Cause.INTERRUPTED, (byte)0, null);
        }
    }

    private double elapsed()
    {
        return (System.nanoTime() - startNs) / 1e9;
    }

    private double nextTick()
    {
        final double interval = intervalNs / 1e9;
        return (Math.floor(intervalStart / interval + 0.5) + 1) * interval;
    }

    private void tick(final double now)
    {
        final List<Interval> intervals = new ArrayList<>(meters.size());
        for (final StreamMeter meter : meters)
        {
            intervals.add(meter.take(intervalStart, now, isOmitting));
        }
        intervalStart = now;
        report.interval(intervals);
    }

    private void endOmitting(final double now)
    {
        if (intervalNs > 0)
        {
            tick(now);
        }
        else
        {
            meters.forEach(meter -> meter.take(intervalStart, now, true));
        }
        meters.forEach(StreamMeter::omitSoFar);
        startNs += (long)(now * 1e9);
        intervalStart = 0;
        isOmitting = false;
        cpuAtStart = CpuUsage.Mark.now();
    }

    /** Stops counting and reports the last interval. */
    void finish()
    {
        if (!isRunning)
        {
            return;
        }
        seconds = elapsed();
        isRunning = false;
        cpu = CpuUsage.between(cpuAtStart, CpuUsage.Mark.now());

        final List<Interval> intervals = new ArrayList<>(meters.size());
        boolean isWorthIt = intervalStart == 0 || seconds - intervalStart >= 0.1 * intervalNs / 1e9;
        for (final StreamMeter meter : meters)
        {
            final Interval interval = meter.take(intervalStart, seconds, isOmitting);
            isWorthIt |= interval.bytes() > 0;
            intervals.add(interval);
        }
        if (intervalNs > 0 && isWorthIt)
        {
            report.interval(intervals);
        }
    }

    /** Closes the streams and waits for their threads a moment. */
    void close()
    {
        isRunning = false;
        streams.forEach(TestStream::close);
        try
        {
            for (final Thread thread : threads)
            {
                if (thread != Thread.currentThread() && thread.getName().startsWith("iperf3 stream"))
                {
                    thread.join(1_000);
                }
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }

    List<StreamMeter> meters()
    {
        return meters;
    }

    /** How long the test took, without what was omitted. */
    double seconds()
    {
        return seconds;
    }

    /** This side's results, after {@link #finish}. */
    Results results(final String congestion)
    {
        final List<StreamResult> results = new ArrayList<>(meters.size());
        boolean isSender = false;
        for (final StreamMeter meter : meters)
        {
            results.add(meter.result(seconds));
            isSender |= meter.stream.isSender;
        }
        return Results.of(cpu, congestion, isSender, results);
    }
}
