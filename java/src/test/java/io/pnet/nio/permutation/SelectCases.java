package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** When a selector returns, and with what. */
class SelectCases extends Permutation
{
    SelectCases(final Pair pair)
    {
        super(pair);
    }

    private static void ignore(final SelectionKey key)
    {
        // Nothing is to be done about it.
    }

    // ---- waiting and waking

    @Test
    void opensWithoutKeys() throws Exception
    {
        final Selector selector = clientSelector();
        assertTrue(selector.isOpen());
        assertTrue(selector.keys().isEmpty());
        assertTrue(selector.selectedKeys().isEmpty());
        assertSame(pair.client().provider(), selector.provider());
        assertEquals(0, selector.selectNow());
    }

    @Test
    void waitsAsLongAsItIsTold() throws Exception
    {
        final Selector selector = clientSelector();
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(150));
        final long ms = msSince(startNs);
        assertTrue(ms >= 149 && ms < 5_000, () -> ms + " ms");
    }

    @Test
    void doesNotReturnEarlyWithoutCause() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_READ);
        for (int i = 0; i < 5; i++)
        {
            final long startNs = System.nanoTime();
            assertEquals(0, selector.select(60));
            final long ms = msSince(startNs);
            assertTrue(ms >= 59, () -> ms + " ms");
        }
    }

    @Test
    void doesNotReturnForWhatNobodyIsInterestedIn() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, 0);
        write(joined.server(), "data");
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(150));
        final long ms = msSince(startNs);
        assertTrue(ms >= 149, () -> ms + " ms");
        assertTrue(selector.selectedKeys().isEmpty());
    }

    @Test
    void trafficOfOthersDoesNotWakeIt() throws Exception
    {
        final Joined busy = joined();
        final Joined idle = joined();
        final Selector selector = clientSelector();
        register(idle.client(), selector, SelectionKey.OP_READ);
        final Task<Long> waiting = start(() ->
        {
            final long startNs = System.nanoTime();
            assertEquals(0, selector.select(400));
            return msSince(startNs);
        });
        while (!waiting.isDone())
        {
            write(busy.server(), "ping");
            readText(busy.client(), 4);
        }
        assertTrue(waiting.get() >= 399, () -> "early");
    }

    @Test
    void negativeTimeoutsAreRefused() throws Exception
    {
        final Selector selector = clientSelector();
        assertThrowsExactly(IllegalArgumentException.class, () -> selector.select(-1));
        assertThrowsExactly(IllegalArgumentException.class, () -> selector.select(SelectCases::ignore, -1));
        assertThrowsExactly(NullPointerException.class, () -> selector.select(null, 1));
    }

    @Test
    void wakeupEndsAWait() throws Exception
    {
        final Selector selector = clientSelector();
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        assertSame(selector, selector.wakeup());
        assertEquals(0, waiting.get());
    }

    @Test
    void wakeupBeforeTheWaitCounts() throws Exception
    {
        final Selector selector = clientSelector();
        selector.wakeup();
        assertEquals(0, selector.select());
    }

    @Test
    void wakeupsDoNotAddUp() throws Exception
    {
        final Selector selector = clientSelector();
        selector.wakeup();
        selector.wakeup();
        selector.wakeup();
        assertEquals(0, selector.select());
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(100));
        final long ms = msSince(startNs);
        assertTrue(ms >= 99, () -> ms + " ms");
    }

    @Test
    void selectNowForgetsAWakeup() throws Exception
    {
        final Selector selector = clientSelector();
        selector.wakeup();
        assertEquals(0, selector.selectNow());
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(100));
        final long ms = msSince(startNs);
        assertTrue(ms >= 99, () -> ms + " ms");
    }

    @Test
    void manyWakeupsWakeManyTimes() throws Exception
    {
        final Selector selector = clientSelector();
        final Task<Integer> waiting = start(() ->
        {
            int n = 0;
            while (n < 1_000)
            {
                assertEquals(0, selector.select());
                n++;
            }
            return n;
        });
        while (!waiting.isDone())
        {
            selector.wakeup();
            Thread.onSpinWait();
        }
        assertEquals(1_000, waiting.get());
    }

    @Test
    void interruptEndsAWaitAndLeavesTheSelectorOpen() throws Exception
    {
        final Selector selector = clientSelector();
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        waiting.interrupt();
        assertEquals(0, waiting.get());
        assertTrue(waiting.wasInterrupted());
        assertTrue(selector.isOpen());
    }

    @Test
    void anInterruptedThreadDoesNotWait() throws Exception
    {
        final Selector selector = clientSelector();
        Thread.currentThread().interrupt();
        assertEquals(0, selector.select());
        assertTrue(Thread.interrupted());
        assertTrue(selector.isOpen());
    }

    @Test
    void interruptDoesNotHideWhatIsReady() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_WRITE);
        Thread.currentThread().interrupt();
        assertEquals(1, selector.select());
        assertTrue(Thread.interrupted());
        assertTrue(joined.client().isOpen());
    }

    @Test
    void closeEndsAWait() throws Exception
    {
        final Selector selector = clientSelector();
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        selector.close();
        assertInstanceOfClosedOrNothing(waiting);
        assertFalse(selector.isOpen());
    }

    /** A waiting select returns nothing, or finds out at once that it is closed: both are seen of the kernel's. */
    private static void assertInstanceOfClosedOrNothing(final Task<Integer> waiting) throws Exception
    {
        try
        {
            assertEquals(0, waiting.get());
        }
        catch (final ClosedSelectorException ex)
        {
            assertNull(ex.getMessage());
        }
    }

    @Test
    void aClosedSelectorSaysSo() throws Exception
    {
        final Selector selector = clientSelector();
        selector.close();
        selector.close();
        assertThrowsExactly(ClosedSelectorException.class, selector::select);
        assertThrowsExactly(ClosedSelectorException.class, selector::selectNow);
        assertThrowsExactly(ClosedSelectorException.class, () -> selector.select(1));
        assertThrowsExactly(ClosedSelectorException.class, selector::keys);
        assertThrowsExactly(ClosedSelectorException.class, selector::selectedKeys);
        assertSame(selector, selector.wakeup());
        final SocketChannel channel = clientChannel();
        channel.configureBlocking(false);
        assertThrowsExactly(ClosedSelectorException.class, () -> channel.register(selector, SelectionKey.OP_READ));
    }

    @Test
    void dataWakesAWait() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        write(joined.server(), "x");
        assertEquals(1, waiting.get());
        assertEquals(Set.of(key), selector.selectedKeys());
    }

    // ---- what is ready

    @Test
    void acceptIsReadyUntilAllAreAccepted() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = serverSelector();
        final SelectionKey key = register(listener, selector, SelectionKey.OP_ACCEPT);
        assertEquals(0, selector.selectNow());
        clientChannel().connect(listener.getLocalAddress());
        clientChannel().connect(listener.getLocalAddress());
        for (int i = 0; i < 2; i++)
        {
            awaitReady(selector, key, SelectionKey.OP_ACCEPT);
            assertTrue(key.isAcceptable());
            assertEquals(SelectionKey.OP_ACCEPT, key.readyOps());
            assertNotNull(own(listener.accept()));
        }
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
        assertNull(listener.accept());
    }

    @Test
    void connectIsReadyOnceConnected() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_CONNECT);
        if (client.connect(listener.getLocalAddress()))
        {
            return;
        }
        awaitReady(selector, key, SelectionKey.OP_CONNECT);
        assertTrue(key.isConnectable());
        assertTrue(client.finishConnect());
        selector.selectedKeys().clear();
        key.interestOps(SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        awaitReady(selector, key, SelectionKey.OP_WRITE);
    }

    @Test
    void connectIsNotReadyWhilePending() throws Exception
    {
        final SocketChannel client = clientChannel();
        final Selector selector = clientSelector();
        register(client, selector, SelectionKey.OP_CONNECT);
        client.connect(silent());
        assertEquals(0, selector.select(QUIET_MS));
    }

    @Test
    void interestInConnectMayOutliveIt() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        final Selector selector = clientSelector();
        final SelectionKey key = register(client, selector, SelectionKey.OP_CONNECT | SelectionKey.OP_WRITE);
        if (!client.connect(listener.getLocalAddress()))
        {
            awaitReady(selector, key, SelectionKey.OP_CONNECT);
            assertTrue(client.finishConnect());
        }
        awaitReady(selector, key, SelectionKey.OP_WRITE);
        assertFalse(key.isConnectable());
    }

    @Test
    void readIsReadyAsLongAsThereIsData() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        write(joined.server(), "abc");
        int n = 0;
        while (n < 3)
        {
            awaitReady(selector, key, SelectionKey.OP_READ);
            n += joined.client().read(ByteBuffer.allocate(1));
        }
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
    }

    @Test
    void readStaysReadyAtTheEnd() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        joined.server().close();
        for (int i = 0; i < 3; i++)
        {
            awaitReady(selector, key, SelectionKey.OP_READ);
            assertEquals(-1, joined.client().read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void writeIsReadyAtOnce() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(1, selector.selectNow());
        assertTrue(key.isWritable());
        assertFalse(key.isReadable());
        assertEquals(SelectionKey.OP_WRITE, key.readyOps());
    }

    @Test
    void readAndWriteAreReadyTogether() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key =
            register(joined.client(), selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        write(joined.server(), "x");
        awaitReady(selector, key, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, key.readyOps());
    }

    @Test
    void aSelectedKeyThatIsStillReadyIsNotCounted() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(1, selector.selectNow());
        assertEquals(0, selector.selectNow());
        assertEquals(1, selector.selectedKeys().size());
        assertEquals(0, selector.select(5_000));
        selector.selectedKeys().clear();
        assertEquals(1, selector.selectNow());
    }

    @Test
    void aSelectedKeyGathersReadyOperations() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(1, selector.selectNow());
        key.interestOps(SelectionKey.OP_READ);
        write(joined.server(), "x");
        assertEquals(1, selector.select());
        assertEquals(SelectionKey.OP_READ | SelectionKey.OP_WRITE, key.readyOps());
        selector.selectedKeys().clear();
        assertEquals(1, selector.select());
        assertEquals(SelectionKey.OP_READ, key.readyOps());
    }

    @Test
    void aSelectedKeyKeepsWhatIsNoLongerReady() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        write(joined.server(), "x");
        awaitReady(selector, key, SelectionKey.OP_READ);
        joined.client().read(ByteBuffer.allocate(10));
        assertEquals(0, selector.selectNow());
        assertTrue(selector.selectedKeys().contains(key));
        assertEquals(SelectionKey.OP_READ, key.readyOps());
    }

    @Test
    void manyAreReadyAtOnce() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = clientSelector();
        final List<Joined> all = new ArrayList<>();
        for (int i = 0; i < 100; i++)
        {
            all.add(joined(listener));
            register(all.get(i).client(), selector, SelectionKey.OP_READ);
        }
        assertEquals(0, selector.selectNow());
        for (final Joined each : all)
        {
            write(each.server(), "x");
        }
        await("all of them", () ->
        {
            selector.select(1_000);
            return selector.selectedKeys().size() == 100;
        });
        for (final Joined each : all)
        {
            assertEquals(1, each.client().read(ByteBuffer.allocate(2)));
        }
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
    }

    @Test
    void oneOfManyIsReady() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = clientSelector();
        final List<Joined> all = new ArrayList<>();
        for (int i = 0; i < 50; i++)
        {
            all.add(joined(listener));
            register(all.get(i).client(), selector, SelectionKey.OP_READ);
        }
        for (int i = 0; i < 200; i++)
        {
            final Joined one = all.get(i * 17 % 50);
            write(one.server(), "x");
            assertEquals(1, selector.select());
            assertEquals(Set.of(one.client().keyFor(selector)), selector.selectedKeys());
            assertEquals(1, one.client().read(ByteBuffer.allocate(2)));
            selector.selectedKeys().clear();
        }
    }

    @Test
    void interestComesAndGoes() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, 0);
        write(joined.server(), "x");
        assertEquals(0, selector.select(QUIET_MS));
        key.interestOps(SelectionKey.OP_READ);
        awaitReady(selector, key, SelectionKey.OP_READ);
        key.interestOps(0);
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
        key.interestOpsOr(SelectionKey.OP_READ);
        assertEquals(1, selector.selectNow());
        assertEquals(SelectionKey.OP_READ, key.interestOpsAnd(0));
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
    }

    @Test
    void interestOfAnotherThreadCountsAfterAWakeup() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, 0);
        write(joined.server(), "x");
        final Task<Object> waiting = start(() ->
        {
            while (selector.selectedKeys().isEmpty())
            {
                selector.select();
            }
            return null;
        }).awaitBlocked();
        key.interestOps(SelectionKey.OP_READ);
        selector.wakeup();
        waiting.get();
        assertTrue(key.isReadable());
    }

    @Test
    void registersWhileAnotherThreadWaits() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        final Selector selector = clientSelector();
        final Task<Object> waiting = start(() ->
        {
            while (selector.selectedKeys().isEmpty())
            {
                selector.select();
            }
            return null;
        }).awaitBlocked();
        write(joined.server(), "x");
        final SelectionKey key = joined.client().register(selector, SelectionKey.OP_READ);
        selector.wakeup();
        waiting.get();
        assertTrue(key.isReadable());
    }

    // ---- with an action

    @Test
    void tellsAnAction() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow(each -> fail("nothing is ready")));
        write(joined.server(), "x");
        final List<SelectionKey> seen = new ArrayList<>();
        assertEquals(1, selector.select(seen::add));
        assertEquals(List.of(key), seen);
        assertTrue(key.isReadable());
        assertTrue(selector.selectedKeys().isEmpty());
        assertEquals(1, selector.select(seen::add, 5_000));
        assertEquals(1, selector.selectNow(seen::add));
        assertEquals(3, seen.size());
    }

    @Test
    void anActionMayCloseItsChannel() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(1, selector.select(each ->
        {
            try
            {
                each.channel().close();
            }
            catch (final IOException ex)
            {
                throw new IllegalStateException(ex);
            }
        }));
        assertFalse(key.isValid());
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
        assertEnd(joined.server());
    }

    @Test
    void anActionMayCancelItsKeyAndChangeInterest() throws Exception
    {
        final Joined joined = joined();
        final Joined other = joined();
        final Selector selector = clientSelector();
        final SelectionKey cancelled = register(joined.client(), selector, SelectionKey.OP_WRITE);
        final SelectionKey changed = register(other.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(2, selector.select(each ->
        {
            if (each == cancelled)
            {
                each.cancel();
            }
            else
            {
                each.interestOps(SelectionKey.OP_READ);
            }
        }));
        assertEquals(0, selector.selectNow());
        assertEquals(Set.of(changed), selector.keys());
    }

    @Test
    void whatAnActionThrowsArrives() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertThrowsExactly(ArithmeticException.class, () -> selector.select(each ->
        {
            throw new ArithmeticException();
        }));
        final List<SelectionKey> seen = new ArrayList<>();
        assertEquals(1, selector.select(seen::add));
    }

    @Test
    void anActionDoesNotSelect() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertThrowsExactly(IllegalStateException.class, () -> selector.select(each ->
        {
            try
            {
                selector.selectNow();
            }
            catch (final IOException ex)
            {
                throw new AssertionError(ex);
            }
        }));
    }

    @Test
    void wakeupEndsAWaitWithAnAction() throws Exception
    {
        final Selector selector = clientSelector();
        final Task<Integer> waiting = start(() -> selector.select(SelectCases::ignore)).awaitBlocked();
        selector.wakeup();
        assertEquals(0, waiting.get());
    }
}
