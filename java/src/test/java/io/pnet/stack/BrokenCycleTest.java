package io.pnet.stack;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpPacket;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.transport.Transport;
import io.pnet.transport.TransportContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.time.Duration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A duty cycle that ends by an exception, whatever it is and whoever runs it, leaves a stack that runs. */
@Timeout(60)
final class BrokenCycleTest
{
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PROTOCOL = 253;

    private final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 4L << 20), new Counters());
    private final LinkContext far = new LinkContext(new ChunkPool(ChunkPool.LARGE, 4L << 20), new Counters());
    private final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), context, far);
    private final Broken broken = new Broken();
    private volatile boolean isHandlerBroken;
    private IpProcess process;

    @AfterEach
    void close()
    {
        assertTimeoutPreemptively(PATIENCE, process::close);
        pipe.right().close();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARED", "OWN_THREAD"})
    void whatHandlersDoWithErrorsOfTheirOwnLeavesTheStackFree(final RunMode mode) throws Exception
    {
        start(mode);
        isHandlerBroken = true;
        breakDown(new IllegalStateException("in a transport"));
        assertGoesOn();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARED", "OWN_THREAD"})
    void anErrorOfTheMachineLeavesTheStackFree(final RunMode mode) throws Exception
    {
        start(mode);
        breakDown(new StackOverflowError("in a transport"));
        assertGoesOn();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARED", "OWN_THREAD"})
    void aTransportThatCannotSayWhenItIsDueLeavesTheStackFree(final RunMode mode) throws Exception
    {
        start(mode);
        broken.isDeadlineBroken = true;
        breakDown(new IllegalStateException("of a deadline"));
        assertGoesOn();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARED", "OWN_THREAD"})
    void aTransportThatCannotBeClosedKeepsNothingOpen(final RunMode mode) throws Exception
    {
        start(mode);
        broken.isCloseBroken = true;
        assertTimeoutPreemptively(PATIENCE, process::close);
        assertEquals(1, process.counters().get(Counter.STACK_INTERNAL_ERRORS));
        for (final Thread each : Thread.getAllStackTraces().keySet())
        {
            assertFalse(each.getName().equals("pnet-10.0.0.1"), "its thread runs");
        }
    }

    private void start(final RunMode mode) throws IOException
    {
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        process = IpProcess.builder().link(pipe.left(), context).address("10.0.0.1/24").ip(settings).runMode(mode)
            .linger(Duration.ZERO).errorHandler(ex ->
            {
                if (isHandlerBroken)
                {
                    throw new IllegalStateException("the error handler fails, too", ex);
                }
            }).start();
        process.exclusively(() ->
        {
            process.stack().add(broken);
            return null;
        });
    }

    private void breakDown(final Throwable failure) throws InterruptedException
    {
        broken.failure = failure;
        final Thread thread = new Thread(process.driver()::wakeup);
        thread.start();
        for (final long endNs = System.nanoTime() + PATIENCE.toNanos(); broken.failure != null; )
        {
            assertTrue(System.nanoTime() < endNs, "nobody runs the stack");
            process.driver().wakeup();
            Thread.sleep(1);
        }
    }

    private void assertGoesOn()
    {
        assertEquals(1, process.counters().get(Counter.STACK_INTERNAL_ERRORS));
        final long cycles = process.counters().get(Counter.STACK_CYCLES);
        assertTimeoutPreemptively(PATIENCE, () ->
        {
            assertEquals(PROTOCOL, process.exclusively(broken::protocol));
            // Not by this thread alone.
            process.driver().wakeup();
            while (process.counters().get(Counter.STACK_CYCLES) < cycles + 2)
            {
                Thread.sleep(1);
            }
        });
    }

    /** Fails once when it is told to. */
    private static final class Broken implements Transport
    {
        private volatile Throwable failure;
        private volatile boolean isDeadlineBroken;
        private volatile boolean isCloseBroken;

        @Override
        public int protocol()
        {
            return PROTOCOL;
        }

        @Override
        public void start(final TransportContext context)
        {
        }

        @Override
        public int doWork(final long nowNs)
        {
            if (!isDeadlineBroken)
            {
                fail();
            }
            return 0;
        }

        @Override
        public long nextDeadlineNs()
        {
            if (isDeadlineBroken)
            {
                fail();
            }
            return Long.MAX_VALUE;
        }

        private void fail()
        {
            final Throwable due = failure;
            if (due != null)
            {
                failure = null;
                if (due instanceof Error error)
                {
                    throw error;
                }
                throw (RuntimeException)due;
            }
        }

        @Override
        public void onPacket(final IpPacket packet, final long nowNs)
        {
        }

        @Override
        public void onIcmpError(final IcmpError error, final long nowNs)
        {
        }

        @Override
        public void close(final long nowNs)
        {
            if (isCloseBroken)
            {
                throw new IllegalStateException("cannot be closed");
            }
        }
    }
}
