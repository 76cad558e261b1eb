package io.pnet.stack;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.Delegate;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.Loopback;
import io.pnet.tcp.TcpSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What the one who sleeps waits for, and what becomes of it while that one lies down. */
@Timeout(60)
final class DrivingPlaceTest
{
    private static final int ROUNDS = 200_000;
    private static final int MOST_SPINS = 64;
    private static final RuntimeException REFUSAL = new IllegalStateException("no memory");

    private final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters());
    private final FullLink link = new FullLink(new Loopback(context));
    private final DutyCycle cycle = new DutyCycle(link, System::nanoTime);
    private final FakeWait wait = new FakeWait();
    private final DrivingPlace place = new DrivingPlace(cycle, wait);
    private volatile int begun;
    private volatile int done;

    /** The kernel may have no memory for a wait, or the link's descriptor may have been closed from elsewhere. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whereTheKernelRefusesToWaitTheKeeperGoesOnAndTellsOnce(final boolean isAlone) throws InterruptedException
    {
        final List<Throwable> told = new CopyOnWriteArrayList<>();
        cycle.start(stack(told));
        wait.isRefused = true;
        final WaitingThreads waiting = new WaitingThreads();
        final Keeper keeper = new Keeper(cycle, place, new Ownership(cycle, place), waiting, 0);
        waiting.guestComes(Thread.currentThread());
        keeper.start("keeper", isAlone, () ->
        {
        });
        awaitCycles(20);
        assertEquals(List.of(REFUSAL), told);
        wait.isRefused = false;
        awaitCycles(20);
        wait.isRefused = true;
        awaitCycles(20);
        assertEquals(List.of(REFUSAL, REFUSAL), told);
        place.close();
        keeper.join();
    }

    private void awaitCycles(final int cycles) throws InterruptedException
    {
        for (final long end = context.counters().get(Counter.STACK_CYCLES) + cycles;
            context.counters().get(Counter.STACK_CYCLES) < end; )
        {
            Thread.sleep(1);
        }
    }

    private Stack stack(final List<Throwable> told)
    {
        return new Stack(
            context, new ChunkPool(ChunkPool.SMALL, 1 << 20), new IpSettings(), new TcpSettings(),
            new SplittableRandom(1), told::add, () ->
            {
            }, System.nanoTime());
    }

    @Test
    void aLinkThatIsFullMeanwhileIsWaitedForOrTheSleeperSignalled() throws InterruptedException
    {
        final List<Throwable> told = new CopyOnWriteArrayList<>();
        cycle.start(stack(told));
        final Thread other = new Thread(this::fill, "other");
        other.start();
        final SplittableRandom random = new SplittableRandom(2);
        for (int round = 1; round <= ROUNDS; round++)
        {
            link.isFull = false;
            cycle.run();
            wait.isSignalled = false;
            begun = round;
            spin(random.nextInt(MOST_SPINS));
            place.sleep(() -> false, null, Long.MAX_VALUE);
            awaitDone(round);
        }
        other.join();
        assertEquals(List.of(), told);
        assertEquals(0, wait.lost, "times asleep with nobody to say that there is room again");
    }

    /** Another thread runs a cycle in each round, and leaves the link full. */
    private void fill()
    {
        final SplittableRandom random = new SplittableRandom(3);
        for (int round = 1; round <= ROUNDS; round++)
        {
            while (begun < round)
            {
                Thread.onSpinWait();
            }
            spin(random.nextInt(MOST_SPINS));
            link.isFull = true;
            cycle.run();
            place.signalMistaken();
            done = round;
        }
    }

    private void awaitDone(final int round)
    {
        while (done < round)
        {
            Thread.onSpinWait();
        }
    }

    private static void spin(final int times)
    {
        for (int i = 0; i < times; i++)
        {
            Thread.onSpinWait();
        }
    }

    /** Sleeps until the other thread is done, and looks what would wake it then. */
    private final class FakeWait extends LinkWait
    {
        private volatile boolean isSignalled;
        private volatile boolean isRefused;
        private int lost;

        @Override
        void await(final boolean forWrite, final DescriptorWatch watch, final long timeoutNs)
        {
            if (isRefused)
            {
                throw REFUSAL;
            }
            awaitDone(begun);
            lost += forWrite || isSignalled ? 0 : 1;
        }

        @Override
        void pause(final DescriptorWatch watch, final long ns)
        {
            throw new AssertionError("nothing streams in");
        }

        @Override
        void signal()
        {
            isSignalled = true;
        }

        @Override
        public void close()
        {
        }
    }

    /** Is full when it is told to be. */
    private static final class FullLink extends Delegate
    {
        private volatile boolean isFull;

        private FullLink(final Link inner)
        {
            super(inner);
        }

        @Override
        public boolean isCongested()
        {
            return isFull;
        }
    }
}
