package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How a connection ends: half, whole, hard, and under threads that are using it. */
class CloseCases extends Permutation
{
    private static final int RACES = 50;

    CloseCases(final Pair pair)
    {
        super(pair);
    }

    /** Waits for the reset of the peer, behind whatever was sent before. */
    private static IOException awaitReset(final SocketChannel channel)
    {
        return assertThrows(IOException.class, () ->
        {
            final long limitNs = System.nanoTime() + LIMIT_NS;
            while (System.nanoTime() < limitNs && channel.read(ByteBuffer.allocate(100)) >= 0)
            {
                Thread.onSpinWait();
            }
        });
    }

    /** Writes byte by byte until that fails: a write of one byte is done, or has not begun. */
    private static Object writeForEver(final SocketChannel channel) throws IOException
    {
        while (true)
        {
            channel.write(ByteBuffer.allocate(1));
        }
    }

    // ---- half

    @Test
    void shutdownOfOutputIsTheEndForThePeer() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "request");
        assertEquals(joined.client(), joined.client().shutdownOutput());
        assertEquals("request", readText(joined.server(), 7));
        assertEnd(joined.server());
        write(joined.server(), "answer");
        joined.server().close();
        assertEquals("answer", readText(joined.client(), 6));
        assertEnd(joined.client());
    }

    @Test
    void nothingIsWrittenAfterShutdownOfOutput() throws Exception
    {
        final Joined joined = joined();
        joined.client().shutdownOutput();
        assertThrows(ClosedChannelException.class, () -> write(joined.client(), "x"));
        assertThrows(
            ClosedChannelException.class, () -> joined.client().write(new ByteBuffer[]{ByteBuffer.allocate(1)}));
        assertTrue(joined.client().isOpen());
        assertTrue(joined.client().isConnected());
    }

    @Test
    void shutdownMayBeRepeated() throws Exception
    {
        final Joined joined = joined();
        joined.client().shutdownOutput().shutdownOutput();
        joined.client().shutdownInput().shutdownInput();
        assertEnd(joined.server());
    }

    @Test
    void shutdownOfInputIsTheEndHere() throws Exception
    {
        final Joined joined = joined();
        joined.client().shutdownInput();
        assertEnd(joined.client());
        write(joined.client(), "still");
        assertEquals("still", readText(joined.server(), 5));
    }

    @Test
    void shutdownOfInputHidesWhatHasArrived() throws Exception
    {
        final Joined joined = joined();
        write(joined.server(), "unread");
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        awaitReady(selector, key, SelectionKey.OP_READ);
        joined.client().shutdownInput();
        assertEnd(joined.client());
        assertEquals(-1, joined.client().read(new ByteBuffer[]{ByteBuffer.allocate(1)}));
    }

    @Test
    void shutdownOfInputEndsABlockedRead() throws Exception
    {
        final Joined joined = joined();
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        joined.client().shutdownInput();
        assertEquals(-1, reader.get());
        assertTrue(joined.client().isOpen());
    }

    @Test
    void shutdownOfOutputEndsABlockedWrite() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        joined.client().shutdownOutput();
        assertInstanceOf(IOException.class, writer.failure());
        assertTrue(joined.client().isOpen());
    }

    @Test
    void shutdownOfInputShowsAsReadyToRead() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        joined.client().shutdownInput();
        awaitReady(selector, key, SelectionKey.OP_READ);
        assertEnd(joined.client());
    }

    @Test
    void bothHalvesShutKeepTheChannelOpen() throws Exception
    {
        final Joined joined = joined();
        joined.client().shutdownInput().shutdownOutput();
        assertTrue(joined.client().isOpen());
        assertTrue(joined.client().isConnected());
        assertEnd(joined.server());
        joined.client().close();
        assertFalse(joined.client().isOpen());
    }

    @Test
    void shutdownWithoutBlockingFinishesBehindWhatIsBuffered() throws Exception
    {
        final Joined joined = joined();
        final long filled = fill(joined.client());
        joined.client().shutdownOutput();
        assertEquals(filled, drain(joined.server()));
        assertEnd(joined.server());
    }

    // ---- whole

    @Test
    void closesOnce() throws Exception
    {
        final Joined joined = joined();
        joined.client().close();
        joined.client().close();
        assertFalse(joined.client().isOpen());
        assertTrue(joined.server().isOpen());
    }

    @Test
    void aClosedChannelSaysSo() throws Exception
    {
        final SocketChannel client = joined().client();
        final Selector selector = clientSelector();
        client.close();
        final ByteBuffer one = ByteBuffer.allocate(1);
        final ByteBuffer[] ones = {one};
        final List<Executable> actions = List.of(
            () -> client.read(one),
            () -> client.write(one),
            () -> client.read(ones),
            () -> client.write(ones),
            client::shutdownInput,
            client::shutdownOutput,
            client::getLocalAddress,
            client::getRemoteAddress,
            client::finishConnect,
            () -> client.bind(null),
            () -> client.connect(clientAny()),
            () -> client.configureBlocking(false),
            () -> client.register(selector, SelectionKey.OP_READ),
            () -> client.getOption(StandardSocketOptions.TCP_NODELAY),
            () -> client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        for (int i = 0; i < actions.size(); i++)
        {
            final int number = i;
            assertThrows(ClosedChannelException.class, actions.get(i), () -> "action " + number);
        }
    }

    @Test
    void aClosedServerSaysSo() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = serverSelector();
        listener.close();
        final List<Executable> actions = List.of(
            listener::accept,
            listener::getLocalAddress,
            () -> listener.bind(null),
            () -> listener.configureBlocking(false),
            () -> listener.register(selector, SelectionKey.OP_ACCEPT),
            () -> listener.getOption(StandardSocketOptions.SO_RCVBUF),
            () -> listener.setOption(StandardSocketOptions.SO_RCVBUF, 1_000));
        for (int i = 0; i < actions.size(); i++)
        {
            final int number = i;
            assertThrows(ClosedChannelException.class, actions.get(i), () -> "action " + number);
        }
    }

    @Test
    void closeDeliversWhatWasWritten() throws Exception
    {
        final Joined joined = joined();
        final long filled = fill(joined.client());
        joined.client().close();
        assertEquals(filled, drain(joined.server()));
    }

    @Test
    void closeFinishesEvenWhileRegistered() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_READ);
        selector.selectNow();
        joined.client().close();
        assertEnd(joined.server());
    }

    @Test
    void closeEndsABlockedRead() throws Exception
    {
        final Joined joined = joined();
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        joined.client().close();
        assertEquals(AsynchronousCloseException.class, reader.failure().getClass());
        assertEnd(joined.server());
    }

    @Test
    void closeEndsABlockedScatter() throws Exception
    {
        final Joined joined = joined();
        final ByteBuffer[] targets = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        final Task<Long> reader = start(() -> joined.client().read(targets)).awaitBlocked();
        joined.client().close();
        assertEquals(AsynchronousCloseException.class, reader.failure().getClass());
    }

    @Test
    void closeEndsABlockedWrite() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        joined.client().close();
        assertEquals(AsynchronousCloseException.class, writer.failure().getClass());
    }

    @Test
    void closeEndsABlockedAccept() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Task<SocketChannel> acceptor = start(listener::accept).awaitBlocked();
        listener.close();
        assertEquals(AsynchronousCloseException.class, acceptor.failure().getClass());
    }

    @Test
    void closeEndsReaderAndWriterAtOnce() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        joined.client().close();
        assertEquals(AsynchronousCloseException.class, reader.failure().getClass());
        assertEquals(AsynchronousCloseException.class, writer.failure().getClass());
    }

    // ---- interrupts

    @Test
    void interruptOfABlockedReadClosesTheChannel() throws Exception
    {
        final Joined joined = joined();
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        reader.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, reader.failure());
        assertTrue(reader.wasInterrupted());
        assertFalse(joined.client().isOpen());
        assertEnd(joined.server());
    }

    @Test
    void interruptOfABlockedWriteClosesTheChannel() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        writer.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, writer.failure());
        assertFalse(joined.client().isOpen());
    }

    @Test
    void interruptOfABlockedAcceptClosesTheServer() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Task<SocketChannel> acceptor = start(listener::accept).awaitBlocked();
        acceptor.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, acceptor.failure());
        assertTrue(acceptor.wasInterrupted());
        assertFalse(listener.isOpen());
    }

    @Test
    void interruptOfOneReaderEndsTheWriterToo() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        reader.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, reader.failure());
        assertEquals(AsynchronousCloseException.class, writer.failure().getClass());
        assertFalse(writer.wasInterrupted());
    }

    @Test
    void anInterruptedThreadClosesWhatItReads() throws Exception
    {
        final Joined joined = joined();
        write(joined.server(), "x");
        Thread.currentThread().interrupt();
        assertThrowsExactly(
            ClosedByInterruptException.class, () -> joined.client().read(ByteBuffer.allocate(1)));
        assertTrue(Thread.interrupted());
        assertFalse(joined.client().isOpen());
    }

    @Test
    void anInterruptedThreadClosesWhatItWrites() throws Exception
    {
        final Joined joined = joined();
        Thread.currentThread().interrupt();
        assertThrowsExactly(
            ClosedByInterruptException.class, () -> joined.client().write(ByteBuffer.allocate(1)));
        assertTrue(Thread.interrupted());
        assertFalse(joined.client().isOpen());
    }

    @Test
    void anInterruptedThreadClosesTheServerItAcceptsOf() throws Exception
    {
        final ServerSocketChannel listener = listen();
        Thread.currentThread().interrupt();
        assertThrowsExactly(ClosedByInterruptException.class, listener::accept);
        assertTrue(Thread.interrupted());
        assertFalse(listener.isOpen());
    }

    @Test
    void interruptDoesNotMatterWithoutBlocking() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        Thread.currentThread().interrupt();
        assertEquals(0, joined.client().read(ByteBuffer.allocate(1)));
        assertEquals(1, joined.client().write(ByteBuffer.allocate(1)));
        assertTrue(Thread.interrupted());
        assertTrue(joined.client().isOpen());
    }

    // ---- hard

    @Test
    void lingerOfZeroResets() throws Exception
    {
        final Joined joined = joined();
        reset(joined.server());
        final IOException ended = awaitReset(joined.client());
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
        assertTrue(joined.client().isOpen());
    }

    @Test
    void aResetIsToldAgain() throws Exception
    {
        final Joined joined = joined();
        reset(joined.server());
        awaitReset(joined.client());
        final IOException again = assertThrows(
            IOException.class, () -> joined.client().read(ByteBuffer.allocate(1)));
        assertTrue(again.getMessage().contains("Connection reset"), again::getMessage);
    }

    @Test
    void aResetIsToldToAScatter() throws Exception
    {
        final Joined joined = joined();
        reset(joined.server());
        final ByteBuffer[] targets = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        final IOException ended = assertThrows(
            IOException.class, () -> joined.client().read(targets));
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
    }

    @Test
    void resetEndsABlockedRead() throws Exception
    {
        final Joined joined = joined();
        final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1))).awaitBlocked();
        reset(joined.server());
        final Throwable ended = reader.failure();
        assertInstanceOf(IOException.class, ended);
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
        assertTrue(joined.client().isOpen());
    }

    @Test
    void resetEndsABlockedWrite() throws Exception
    {
        final Joined joined = joined();
        fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Object> writer = start(() -> writeForEver(joined.client())).awaitBlocked();
        reset(joined.server());
        assertInstanceOf(IOException.class, writer.failure());
    }

    @Test
    void whatHasArrivedIsReadBeforeTheReset() throws Exception
    {
        final Joined joined = joined();
        write(joined.server(), "data");
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        awaitReady(selector, key, SelectionKey.OP_READ);
        reset(joined.server());
        key.cancel();
        selector.selectNow();
        joined.client().configureBlocking(true);
        final IOException ended = awaitReset(joined.client());
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
    }

    @Test
    void resetShowsAsReadyToRead() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        reset(joined.server());
        awaitReady(selector, key, SelectionKey.OP_READ);
        assertTrue(key.isReadable());
        awaitReset(joined.client());
    }

    @Test
    void closeWithUnreadDataResetsThePeer() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "unread");
        await("the data", () -> joined.server().socket().getInputStream().available() > 0);
        joined.server().close();
        final IOException ended = awaitReset(joined.client());
        assertTrue(ended.getMessage().contains("Connection reset"), ended::getMessage);
    }

    @Test
    void writesFailOnceThePeerIsGone() throws Exception
    {
        final Joined joined = joined();
        joined.server().close();
        final IOException ended = assertThrows(IOException.class, () ->
        {
            for (int i = 0; i < 1_000; i++)
            {
                write(joined.client(), "x");
                Thread.sleep(1);
            }
        });
        assertTrue(
            ended.getMessage().contains("Broken pipe") || ended.getMessage().contains("Connection reset"),
            ended::getMessage);
        assertTrue(joined.client().isOpen());
    }

    @Test
    void lingerWaitsForThePeer() throws Exception
    {
        final Joined joined = joined();
        joined.client().setOption(StandardSocketOptions.SO_LINGER, 20);
        final long filled = fill(joined.client());
        joined.client().configureBlocking(true);
        final Task<Object> closer = start(() ->
        {
            joined.client().close();
            return null;
        });
        Thread.sleep(QUIET_MS);
        assertFalse(closer.isDone());
        assertEquals(filled, drain(joined.server()));
        closer.get();
    }

    @Test
    void lingerEndsWhenItsTimeIsUp() throws Exception
    {
        final Joined joined = joined();
        joined.client().setOption(StandardSocketOptions.SO_LINGER, 1);
        fill(joined.client());
        joined.client().configureBlocking(true);
        final long startNs = System.nanoTime();
        joined.client().close();
        final long ms = msSince(startNs);
        assertTrue(ms >= 900 && ms < 10_000, () -> ms + " ms");
    }

    // ---- races

    @Test
    void bothEndsMayCloseAtOnce() throws Exception
    {
        final ServerSocketChannel listener = listen();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<Object> other = start(() ->
            {
                barrier.await();
                joined.server().close();
                return null;
            });
            barrier.await();
            joined.client().close();
            other.get();
            assertFalse(joined.client().isOpen() || joined.server().isOpen());
        }
    }

    @Test
    void manyThreadsMayCloseOneChannel() throws Exception
    {
        for (int i = 0; i < 10; i++)
        {
            final Joined joined = joined();
            final CyclicBarrier barrier = new CyclicBarrier(4);
            final List<Task<Object>> closers = new ArrayList<>();
            for (int k = 0; k < 4; k++)
            {
                closers.add(start(() ->
                {
                    barrier.await();
                    joined.client().close();
                    return null;
                }));
            }
            for (final Task<Object> closer : closers)
            {
                closer.get();
            }
            assertEnd(joined.server());
        }
    }

    @Test
    void closeRacesWithARead() throws Exception
    {
        final ServerSocketChannel listener = listen();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<Integer> reader = start(() ->
            {
                barrier.await();
                return joined.client().read(ByteBuffer.allocate(1));
            });
            barrier.await();
            joined.client().close();
            assertInstanceOf(ClosedChannelException.class, reader.failure());
            assertEnd(joined.server());
        }
    }

    @Test
    void closeRacesWithWrites() throws Exception
    {
        final ServerSocketChannel listener = listen();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<Object> writer = start(() ->
            {
                barrier.await();
                while (true)
                {
                    joined.client().write(ByteBuffer.allocate(10_000));
                }
            });
            final Task<Long> reader = start(() -> drain(joined.server()));
            barrier.await();
            joined.client().close();
            assertInstanceOf(ClosedChannelException.class, writer.failure());
            assertTrue(reader.get() >= 0);
        }
    }

    @Test
    void closeRacesWithAccept() throws Exception
    {
        for (int i = 0; i < RACES; i++)
        {
            final ServerSocketChannel listener = listen();
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<SocketChannel> acceptor = start(() ->
            {
                barrier.await();
                return listener.accept();
            });
            barrier.await();
            listener.close();
            assertInstanceOf(ClosedChannelException.class, acceptor.failure());
        }
    }

    @Test
    void interruptRacesWithARead() throws Exception
    {
        final ServerSocketChannel listener = listen();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<Integer> reader = start(() ->
            {
                barrier.await();
                return joined.client().read(ByteBuffer.allocate(1));
            });
            barrier.await();
            write(joined.server(), "x");
            reader.interrupt();
            try
            {
                assertEquals(1, reader.get());
                assertTrue(joined.client().isOpen() || reader.wasInterrupted());
            }
            catch (final ClosedByInterruptException ex)
            {
                assertFalse(joined.client().isOpen());
            }
        }
    }

    @Test
    void closeRacesWithRegister() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = clientSelector();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            joined.client().configureBlocking(false);
            final CyclicBarrier barrier = new CyclicBarrier(2);
            final Task<SelectionKey> registrar = start(() ->
            {
                barrier.await();
                return joined.client().register(selector, SelectionKey.OP_READ);
            });
            barrier.await();
            joined.client().close();
            try
            {
                assertFalse(registrar.get().isValid());
            }
            catch (final ClosedChannelException ex)
            {
                assertFalse(joined.client().isOpen());
            }
            selector.selectNow();
            assertTrue(selector.keys().isEmpty(), () -> "left: " + selector.keys());
            assertEnd(joined.server());
        }
    }

    @Test
    void shutdownRacesWithReadAndWrite() throws Exception
    {
        final ServerSocketChannel listener = listen();
        for (int i = 0; i < RACES; i++)
        {
            final Joined joined = joined(listener);
            final Task<Integer> reader = start(() -> joined.client().read(ByteBuffer.allocate(1)));
            final Task<Long> peer = start(() -> drain(joined.server()));
            joined.client().shutdownInput();
            joined.client().shutdownOutput();
            assertEquals(-1, reader.get());
            assertEquals(0, peer.get());
            joined.client().close();
        }
    }
}
