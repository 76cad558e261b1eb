package io.pnet.nio;

import io.pnet.stack.StackDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Races between threads that make channels ready and threads that go to sleep on them, over and over: no wake-up may be
 * lost. One token is under way at a time, so that nothing but its own signal can bring it home; a signal that is lost
 * shows by the second that a waiting thread sleeps at most. {@code -Dpnet.nio.seconds=N} runs each test for so long.
 */
@Timeout(600)
final class HandOverStressTest
{
    private static final long DURATION_NS = Long.getLong("pnet.nio.seconds", 1) * 1_000_000_000L;
    private static final long SEED = Long.getLong("pnet.nio.seed", 4);
    private static final long LOST_NS = 800_000_000L;
    private static final SelectorProvider KERNEL = SelectorProvider.provider();

    private final AtomicLong received = new AtomicLong();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Hiccups hiccups = new Hiccups();
    private TwoProcesses processes;
    private StackDriver driver;
    private volatile boolean isOver;

    private interface Body
    {
        void run() throws Exception;
    }

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        driver = processes.client.driver();
    }

    @AfterEach
    void stop()
    {
        hiccups.close();
        processes.close();
    }

    private Selector open(final boolean isDescriptorWatched)
    {
        return new PnetSelector(KERNEL, KERNEL, driver, isDescriptorWatched);
    }

    private void thread(final Body body)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                body.run();
            }
            catch (final Throwable ex)
            {
                failures.add(ex);
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void end(final Selector... selectors) throws InterruptedException
    {
        isOver = true;
        for (final Thread thread : threads)
        {
            for (final Selector each : selectors)
            {
                each.wakeup();
            }
            thread.join(10_000);
            assertTrue(!thread.isAlive(), () -> thread + " still runs");
        }
        assertTrue(failures.isEmpty(), () -> "failures: " + failures);
    }

    /** Does something and waits for its effect; soon or later after the last, so that sleep is at any depth. */
    private void expect(final Runnable cause, final long count)
    {
        final int pauseNs = random.nextInt(4) == 0 ? random.nextInt(300_000) : random.nextInt(2_000);
        final long pauseUntilNs = System.nanoTime() + pauseNs;
        while (System.nanoTime() < pauseUntilNs)
        {
            Thread.onSpinWait();
        }
        final long startNs = System.nanoTime();
        cause.run();
        while (received.get() < count)
        {
            final long tookNs = System.nanoTime() - startNs;
            assertTrue(failures.isEmpty(), () -> "failures: " + failures);
            assertTrue(
                tookNs < LOST_NS || hiccups.since(startNs) && tookNs < 20 * LOST_NS,
                () -> "lost after " + count + " with seed " + SEED);
            if (tookNs > 100_000)
            {
                LockSupport.parkNanos(20_000);
            }
            else
            {
                Thread.onSpinWait();
            }
        }
    }

    private void consume(final Selector selector) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(64);
        int round = 0;
        while (!isOver)
        {
            final boolean wasEmpty = (round++ & 7) == 0 ?
                selector.select(key -> take(key, buffer), 500) == 0 : selector.select(key -> take(key, buffer)) == 0;
            if (wasEmpty && round % 100 == 0)
            {
                Thread.onSpinWait();
            }
        }
    }

    private void take(final SelectionKey key, final ByteBuffer buffer)
    {
        try
        {
            if (key.channel() instanceof TestChannel channel)
            {
                received.addAndGet(channel.takeTokens());
            }
            else
            {
                buffer.clear();
                received.addAndGet(((Pipe.SourceChannel)key.channel()).read(buffer));
            }
        }
        catch (final IOException ex)
        {
            failures.add(ex);
        }
    }

    @Test
    void noSignalIsLostBetweenSeveralSelectorsOfOneStack() throws Exception
    {
        final Selector[] selectors = {open(true), open(false), open(true), open(true)};
        final List<TestChannel> channels = new ArrayList<>();
        final List<Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < selectors.length; i++)
        {
            final Selector selector = selectors[i];
            for (int k = 0; k < 2; k++)
            {
                final TestChannel channel = new TestChannel();
                channel.register(selector, SelectionKey.OP_READ);
                channels.add(channel);
            }
            if (i < 3)
            {
                final Pipe pipe = Pipe.open();
                TestChannel.nonBlocking(pipe.source()).register(selector, SelectionKey.OP_READ);
                pipes.add(pipe);
            }
            thread(() -> consume(selector));
        }
        final long endNs = System.nanoTime() + 2 * DURATION_NS;
        for (long count = 1; System.nanoTime() < endNs; count++)
        {
            final TestChannel channel = channels.get(random.nextInt(channels.size()));
            final Pipe pipe = pipes.get(random.nextInt(pipes.size()));
            switch (random.nextInt(3))
            {
                case 0 -> expect(channel::give, count);
                case 1 -> expect(() -> giveAsOwner(channel), count);
                default -> expect(() -> write(pipe), count);
            }
        }
        end(selectors);
        for (final Selector each : selectors)
        {
            each.close();
        }
        for (final Pipe pipe : pipes)
        {
            pipe.source().close();
            pipe.sink().close();
        }
    }

    private void giveAsOwner(final TestChannel channel)
    {
        driver.exclusively(() ->
        {
            channel.give();
            return null;
        });
    }

    private static void write(final Pipe pipe)
    {
        try
        {
            assertEquals(1, pipe.sink().write(ByteBuffer.wrap(new byte[1])));
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    @Test
    void noWakeupIsLost() throws Exception
    {
        try (Selector selector = open(true); Selector other = open(true))
        {
            thread(() ->
            {
                while (!isOver)
                {
                    selector.select();
                    received.incrementAndGet();
                }
            });
            // Somebody else who waits on the same stack.
            thread(() -> consume(other));
            final long endNs = System.nanoTime() + DURATION_NS;
            for (long count = 1; System.nanoTime() < endNs; count++)
            {
                expect(selector::wakeup, count);
                assertEquals(count, received.get(), "one wake-up ends one selection");
            }
            end(selector, other);
        }
    }

    @Test
    void noSignalIsLostWhileInterestChanges() throws Exception
    {
        try (Selector selector = open(true))
        {
            final TestChannel channel = new TestChannel();
            final SelectionKey key = channel.register(selector, 0);
            thread(() -> consume(selector));
            thread(() ->
            {
                while (!isOver)
                {
                    key.interestOpsAnd(0);
                    key.interestOpsOr(SelectionKey.OP_WRITE);
                    key.interestOps(SelectionKey.OP_READ);
                    LockSupport.parkNanos(1_000);
                }
            });
            final long endNs = System.nanoTime() + DURATION_NS;
            for (long count = 1; System.nanoTime() < endNs; count++)
            {
                expect(channel::give, count);
            }
            end(selector);
        }
    }

    @Test
    void registrationsCancellationsAndClosesLeaveNothing() throws Exception
    {
        try (Selector selector = open(true))
        {
            thread(() ->
            {
                while (!isOver)
                {
                    selector.select(this::takeOnce);
                }
            });
            final long endNs = System.nanoTime() + DURATION_NS;
            for (long count = 1; System.nanoTime() < endNs; count++)
            {
                final TestChannel channel = new TestChannel();
                final boolean isGivenFirst = random.nextBoolean();
                expect(() -> register(channel, selector, isGivenFirst), count);
                if (random.nextBoolean())
                {
                    channel.close();
                }
            }
            end(selector);
            selector.selectNow();
            assertEquals(0, selector.keys().size());
        }
    }

    private static void register(final TestChannel channel, final Selector selector, final boolean isGivenFirst)
    {
        try
        {
            if (isGivenFirst)
            {
                channel.give();
            }
            channel.register(selector, SelectionKey.OP_READ);
            if (!isGivenFirst)
            {
                channel.give();
            }
        }
        catch (final ClosedChannelException ex)
        {
            throw new AssertionError(ex);
        }
    }

    private void takeOnce(final SelectionKey key)
    {
        try
        {
            key.interestOps(0);
            key.cancel();
            received.addAndGet(((TestChannel)key.channel()).takeTokens());
        }
        catch (final CancelledKeyException ex)
        {
            failures.add(ex);
        }
    }
}
