package io.pnet.nio;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The contract of {@link Selector} and {@link SelectionKey}, over channels that are ready for what the test says. */
@Timeout(30)
final class SelectorTest
{
    private TwoProcesses processes;
    private Selector selector;
    private TestChannel channel;

    @BeforeEach
    void start() throws IOException
    {
        processes = new TwoProcesses();
        selector = open();
        channel = new TestChannel();
    }

    @AfterEach
    void stop() throws IOException
    {
        selector.close();
        processes.close();
    }

    private Selector open()
    {
        final SelectorProvider kernel = SelectorProvider.provider();
        return new PnetSelector(kernel, kernel, processes.client.driver());
    }

    /** Runs something on a thread of its own, and gives it time to block. */
    private static <T> CompletableFuture<T> blocked(final Callable<T> body) throws InterruptedException
    {
        final CompletableFuture<T> result = new CompletableFuture<>();
        final Thread thread = new Thread(() ->
        {
            try
            {
                result.complete(body.call());
            }
            catch (final Throwable ex)
            {
                result.completeExceptionally(ex);
            }
        });
        thread.setDaemon(true);
        thread.start();
        Thread.sleep(30);
        return result;
    }

    private static <T> T get(final CompletableFuture<T> result) throws Exception
    {
        return result.get(10, TimeUnit.SECONDS);
    }

    // ---- keys

    @Test
    void showsItsKeysAndLetsNobodyChangeThem() throws IOException
    {
        assertEquals(Set.of(), selector.keys());
        final SelectionKey key = channel.register(selector, OP_READ, "attachment");
        assertEquals(Set.of(key), selector.keys());
        assertSame(key, channel.keyFor(selector));
        assertSame(channel, key.channel());
        assertSame(selector, key.selector());
        assertEquals("attachment", key.attachment());
        assertEquals(OP_READ, key.interestOps());
        assertEquals(0, key.readyOps());
        assertThrows(UnsupportedOperationException.class, () -> selector.keys().add(key));
        assertThrows(UnsupportedOperationException.class, () -> selector.keys().remove(key));
        assertThrows(UnsupportedOperationException.class, () -> selector.keys().clear());
    }

    @Test
    void registeringAgainChangesTheKey() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ, "one");
        assertSame(key, channel.register(selector, OP_WRITE, "two"));
        assertEquals(OP_WRITE, key.interestOps());
        assertEquals("two", key.attachment());
        assertSame(key, channel.register(selector, OP_READ));
        assertNull(key.attachment());
        assertEquals(1, selector.keys().size());
    }

    @Test
    void selectedKeysMayBeRemovedButNotAdded() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        channel.become(OP_READ);
        assertEquals(1, selector.selectNow());
        assertTrue(selector.selectedKeys().contains(key));
        assertThrows(UnsupportedOperationException.class, () -> selector.selectedKeys().add(key));
        assertThrows(UnsupportedOperationException.class, () -> selector.selectedKeys().addAll(Set.of(key)));
        assertTrue(selector.selectedKeys().remove(key));
        assertFalse(selector.selectedKeys().remove(key));
        assertEquals(1, selector.selectNow());
        selector.selectedKeys().clear();
        assertEquals(1, selector.selectNow());
        final Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        assertSame(key, keys.next());
        keys.remove();
        assertThrows(IllegalStateException.class, keys::remove);
        assertFalse(keys.hasNext());
        assertEquals(Set.of(), selector.selectedKeys());
    }

    @Test
    void removingWhileIteratingShowsEveryKeyOnce() throws IOException
    {
        final Set<SelectionKey> registered = new HashSet<>();
        for (int i = 0; i < 200; i++)
        {
            final TestChannel each = new TestChannel();
            registered.add(each.register(selector, OP_READ, i));
            each.become(OP_READ);
        }
        assertEquals(200, selector.select());
        final Set<SelectionKey> seen = new HashSet<>();
        final Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext())
        {
            final SelectionKey key = keys.next();
            assertTrue(seen.add(key));
            if ((int)key.attachment() % 3 != 0)
            {
                keys.remove();
            }
        }
        assertEquals(registered, seen);
        assertEquals(67, selector.selectedKeys().size());
        assertEquals(133, selector.selectNow());
        assertEquals(registered, selector.selectedKeys());
    }

    @Test
    void anIteratorFailsWhenTheSetChangesBehindIt() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        channel.become(OP_READ);
        selector.selectNow();
        final Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        selector.selectedKeys().remove(key);
        selector.selectNow();
        assertThrows(ConcurrentModificationException.class, keys::next);
    }

    @Test
    void refusesOperationsThatTheChannelDoesNotHave() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        assertThrows(IllegalArgumentException.class, () -> key.interestOps(1 << 10));
        assertThrows(IllegalArgumentException.class, () -> key.interestOpsOr(1 << 10));
        assertThrows(IllegalArgumentException.class, () -> channel.register(selector, 1 << 10));
        assertEquals(OP_READ, key.interestOpsOr(OP_WRITE));
        assertEquals(OP_READ | OP_WRITE, key.interestOpsAnd(~OP_READ));
        assertEquals(OP_WRITE, key.interestOps());
    }

    // ---- ready sets and counts

    @Test
    void countsKeysWhoseReadySetHasChanged() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ | OP_WRITE);
        assertEquals(0, selector.selectNow());
        channel.become(OP_READ);
        assertEquals(1, selector.select());
        assertEquals(OP_READ, key.readyOps());
        assertEquals(0, selector.select(), "ready, but nothing new: returns at once");
        channel.become(OP_WRITE);
        channel.take(OP_READ);
        assertEquals(1, selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps(), "in the selected set ready operations add up");
        selector.selectedKeys().remove(key);
        assertEquals(1, selector.select());
        assertEquals(OP_WRITE, key.readyOps(), "newly selected, they are set");
    }

    @Test
    void staysReadyUntilItIsNot() throws IOException
    {
        channel.register(selector, OP_READ);
        channel.become(OP_READ);
        for (int i = 0; i < 3; i++)
        {
            assertEquals(1, selector.select());
            selector.selectedKeys().clear();
        }
        channel.take(OP_READ);
        assertEquals(0, selector.selectNow());
        channel.become(OP_READ);
        assertEquals(1, selector.selectNow());
    }

    @Test
    void whatIsOfNoInterestIsNotReported() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_CONNECT);
        channel.become(OP_READ | OP_WRITE);
        assertEquals(0, selector.selectNow());
        key.interestOps(OP_WRITE | OP_ACCEPT);
        assertEquals(1, selector.selectNow());
        assertEquals(OP_WRITE, key.readyOps());
        selector.selectedKeys().clear();
        key.interestOps(0);
        assertEquals(0, selector.selectNow());
        key.interestOpsOr(OP_READ);
        assertEquals(1, selector.selectNow());
    }

    @Test
    void oneChannelWithTwoSelectors() throws IOException
    {
        try (Selector other = open())
        {
            channel.register(selector, OP_READ);
            channel.register(other, OP_READ | OP_WRITE);
            channel.become(OP_READ);
            assertEquals(1, selector.select());
            assertEquals(1, other.select());
            channel.become(OP_WRITE);
            assertEquals(0, selector.selectNow());
            assertEquals(1, other.selectNow());
        }
        assertEquals(1, channel.keys().size());
    }

    @Test
    void runsAnActionForEveryReadyKey() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        final List<SelectionKey> seen = new ArrayList<>();
        final Consumer<SelectionKey> see = seen::add;
        assertEquals(0, selector.selectNow(see));
        assertEquals(0, selector.select(see, 1));
        channel.become(OP_READ);
        assertEquals(1, selector.selectNow(see));
        assertEquals(1, selector.select(see, 1000));
        assertEquals(1, selector.select(see));
        assertEquals(List.of(key, key, key), seen);
        assertEquals(OP_READ, key.readyOps());
        assertEquals(Set.of(), selector.selectedKeys());
        assertThrows(NullPointerException.class, () -> selector.select(null));
        assertThrows(NullPointerException.class, () -> selector.selectNow(null));
        assertThrows(IllegalArgumentException.class, () -> selector.select(see, -1));
        assertThrows(IllegalArgumentException.class, () -> selector.select(-1));
    }

    @Test
    void anActionMayCloseAndCancelButNotSelect() throws IOException
    {
        final TestChannel other = new TestChannel();
        final SelectionKey first = channel.register(selector, OP_READ);
        final SelectionKey second = other.register(selector, OP_READ);
        channel.become(OP_READ);
        other.become(OP_READ);
        assertEquals(1, selector.select(key ->
        {
            assertThrows(IllegalStateException.class, selector::selectNow);
            (key == first ? second : first).cancel();
        }));
        assertEquals(1, selector.select(key -> assertTrue(key.isReadable())));
        assertThrows(ClosedSelectorException.class, () -> selector.select(key -> closeQuietly(selector)));
        assertFalse(selector.isOpen());
    }

    private static void closeQuietly(final Selector selector)
    {
        try
        {
            selector.close();
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    // ---- cancelling and closing

    @Test
    void aCancelledKeyGoesWithTheNextSelection() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        channel.become(OP_READ);
        selector.selectNow();
        key.cancel();
        assertFalse(key.isValid());
        assertTrue(selector.keys().contains(key));
        assertTrue(selector.selectedKeys().contains(key));
        assertTrue(channel.isRegistered());
        assertThrows(CancelledKeyException.class, key::interestOps);
        assertThrows(CancelledKeyException.class, () -> key.interestOps(OP_WRITE));
        assertThrows(CancelledKeyException.class, () -> key.interestOpsOr(OP_WRITE));
        assertThrows(CancelledKeyException.class, () -> key.interestOpsAnd(OP_WRITE));
        assertThrows(CancelledKeyException.class, key::readyOps);
        assertThrows(CancelledKeyException.class, () -> channel.register(selector, OP_READ));
        assertEquals(0, selector.selectNow());
        assertEquals(Set.of(), selector.keys());
        assertEquals(Set.of(), selector.selectedKeys());
        assertFalse(channel.isRegistered());
        assertEquals(0, channel.keys().size());
        assertTrue(channel.register(selector, OP_READ).isValid());
        assertEquals(1, selector.selectNow());
    }

    @Test
    void closingAChannelCancelsItsKeys() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        channel.become(OP_READ);
        selector.selectNow();
        channel.close();
        assertFalse(key.isValid());
        assertEquals(0, selector.selectNow());
        assertEquals(Set.of(), selector.keys());
        assertEquals(Set.of(), selector.selectedKeys());
        assertThrows(ClosedChannelException.class, () -> channel.register(selector, OP_READ));
    }

    @Test
    void closingAChannelEndsTheSelectionUnderWay() throws Exception
    {
        final TestChannel other = new TestChannel();
        final SelectionKey key = other.register(selector, OP_READ);
        channel.register(selector, OP_READ);
        final CompletableFuture<Integer> selection = blocked(selector::select);
        assertFalse(selection.isDone());
        channel.close();
        assertEquals(0, get(selection));
        assertEquals(Set.of(key), selector.keys());
        assertFalse(channel.isRegistered());
    }

    @Test
    void aRegisteredChannelStaysNonBlocking() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        assertThrows(IllegalBlockingModeException.class, () -> channel.configureBlocking(true));
        key.cancel();
        selector.selectNow();
        channel.configureBlocking(true);
        assertThrows(IllegalBlockingModeException.class, () -> channel.register(selector, OP_READ));
    }

    @Test
    void aClosedSelectorRefusesEverythingButWakeups() throws IOException
    {
        final SelectionKey key = channel.register(selector, OP_READ);
        selector.close();
        selector.close();
        assertFalse(key.isValid());
        assertFalse(channel.isRegistered());
        assertThrows(ClosedSelectorException.class, selector::keys);
        assertThrows(ClosedSelectorException.class, selector::selectedKeys);
        assertThrows(ClosedSelectorException.class, selector::select);
        assertThrows(ClosedSelectorException.class, selector::selectNow);
        assertThrows(ClosedSelectorException.class, () -> selector.select(1));
        assertThrows(ClosedSelectorException.class, () -> channel.register(selector, OP_READ));
        assertSame(selector, selector.wakeup());
        assertEquals(0, channel.keys().size());
    }

    // ---- waiting

    @Test
    void waitsForAChannelThatBecomesReady() throws Exception
    {
        channel.register(selector, OP_READ);
        final CompletableFuture<Integer> selection = blocked(selector::select);
        assertFalse(selection.isDone());
        channel.become(OP_WRITE);
        Thread.sleep(20);
        assertFalse(selection.isDone(), "not of interest");
        channel.become(OP_READ);
        assertEquals(1, get(selection));
    }

    @Test
    void doesNotReturnForWhatIsNoLongerReady() throws Exception
    {
        channel.register(selector, OP_READ);
        final CompletableFuture<Integer> selection = blocked(selector::select);
        for (int i = 0; i < 100; i++)
        {
            // Told of what is gone when it looks.
            channel.keys().signal(OP_READ);
        }
        Thread.sleep(20);
        assertFalse(selection.isDone());
        channel.become(OP_READ);
        assertEquals(1, get(selection));
    }

    @Test
    void aTimeoutIsNotEarlyAndNotMuchLate() throws IOException
    {
        channel.register(selector, OP_READ);
        for (final int timeoutMs : new int[]{1, 10, 100})
        {
            final long startNs = System.nanoTime();
            assertEquals(0, selector.select(timeoutMs));
            final long tookNs = System.nanoTime() - startNs;
            assertTrue(tookNs >= timeoutMs * 1_000_000L, () -> timeoutMs + " ms took " + tookNs + " ns");
            assertTrue(tookNs < timeoutMs * 1_000_000L + 1_000_000_000L, () -> timeoutMs + " ms took " + tookNs);
        }
    }

    @Test
    void aWakeupSticksOnce() throws Exception
    {
        channel.register(selector, OP_READ);
        selector.wakeup().wakeup();
        assertEquals(0, selector.select());
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(20));
        assertTrue(System.nanoTime() - startNs >= 20_000_000L, "two wake-ups count once");
        selector.wakeup();
        assertEquals(0, selector.selectNow());
        final CompletableFuture<Integer> selection = blocked(selector::select);
        assertFalse(selection.isDone(), "selectNow() has used the wake-up");
        selector.wakeup();
        assertEquals(0, get(selection));
    }

    @Test
    void aWakeupDoesNotHideWhatIsReady() throws IOException
    {
        channel.register(selector, OP_READ);
        channel.become(OP_READ);
        selector.wakeup();
        assertEquals(1, selector.select());
    }

    @Test
    void anInterruptEndsASelectionAndStays() throws Exception
    {
        channel.register(selector, OP_READ);
        final Thread[] thread = new Thread[1];
        final CompletableFuture<Boolean> selection = blocked(() ->
        {
            thread[0] = Thread.currentThread();
            selector.select();
            return Thread.currentThread().isInterrupted();
        });
        assertFalse(selection.isDone());
        thread[0].interrupt();
        assertTrue(get(selection));
        final CompletableFuture<Boolean> interrupted = blocked(() ->
        {
            Thread.currentThread().interrupt();
            selector.select();
            return Thread.interrupted();
        });
        assertTrue(get(interrupted));
        assertTrue(selector.isOpen());
    }

    @Test
    void closingEndsASelection() throws Exception
    {
        channel.register(selector, OP_READ);
        final CompletableFuture<Integer> selection = blocked(selector::select);
        selector.close();
        assertEquals(0, get(selection));
        assertFalse(channel.isRegistered());
    }

    @Test
    void registeringAndInterestTakeEffectOnTheSelectionUnderWay() throws Exception
    {
        channel.become(OP_READ);
        final CompletableFuture<Integer> first = blocked(selector::select);
        final SelectionKey key = channel.register(selector, OP_READ);
        assertEquals(1, get(first));
        key.interestOps(0);
        selector.selectedKeys().clear();
        final CompletableFuture<Integer> second = blocked(selector::select);
        assertFalse(second.isDone());
        key.interestOps(OP_READ);
        assertEquals(1, get(second));
    }

    @Test
    void worksWithoutKeys() throws Exception
    {
        assertEquals(0, selector.selectNow());
        assertEquals(0, selector.select(1));
        final CompletableFuture<Integer> selection = blocked(selector::select);
        assertFalse(selection.isDone());
        selector.wakeup();
        assertEquals(0, get(selection));
    }

    @Test
    void outlivesItsProcess() throws Exception
    {
        channel.register(selector, OP_READ);
        final Pipe pipe = Pipe.open();
        TestChannel.nonBlocking(pipe.source()).register(selector, OP_READ);
        final CompletableFuture<Integer> selection = blocked(selector::select);
        processes.client.close();
        Thread.sleep(20);
        assertFalse(selection.isDone());
        channel.become(OP_READ);
        assertEquals(1, get(selection));
        channel.take(OP_READ);
        selector.selectedKeys().clear();
        assertEquals(0, selector.select(10));
        final CompletableFuture<Integer> other = blocked(selector::select);
        pipe.sink().write(ByteBuffer.wrap(new byte[1]));
        assertEquals(1, get(other));
        pipe.sink().close();
        pipe.source().close();
    }
}
