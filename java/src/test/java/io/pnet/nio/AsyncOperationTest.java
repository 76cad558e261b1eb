package io.pnet.nio;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

import java.nio.channels.SelectableChannel;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** One operation, and several threads that advance it. */
@Timeout(60)
final class AsyncOperationTest
{
    /** What waits for the operation while the one that begins it is at it gets in before that one can tell. */
    @RepeatedTest(200)
    void whatSucceededIsNotTriedAgain() throws Exception
    {
        final AsyncOperation.Slot slot = new AsyncOperation.Slot();
        final AtomicInteger tries = new AtomicInteger();
        final Thread other = new Thread(slot::advance);
        final Future<Integer> result = new AsyncOperation<Integer>(null, new OpenMember(), slot, () ->
        {
            if (tries.incrementAndGet() == 1)
            {
                other.start();
                while (other.getState() != Thread.State.BLOCKED)
                {
                    Thread.onSpinWait();
                }
            }
            return tries.get();
        }, null, null).begin(0, TimeUnit.NANOSECONDS, IllegalStateException::new);
        other.join();
        assertEquals(1, tries.get());
        assertEquals(1, result.get());
    }

    private static final class OpenMember implements AsyncGroup.Member
    {
        @Override
        public SelectableChannel selectable()
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public int wantedOps()
        {
            return 0;
        }

        @Override
        public void onReady(final int ops)
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onFailed(final AsyncOperation.Slot slot)
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isOpen()
        {
            return true;
        }

        @Override
        public void closeQuietly()
        {
            throw new UnsupportedOperationException();
        }
    }
}
