package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Iterator;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Registering, cancelling, and channels of several kinds on one selector. */
class KeyCases extends Permutation
{
    KeyCases(final Pair pair)
    {
        super(pair);
    }

    private SocketChannel unblocked() throws IOException
    {
        final SocketChannel client = joined().client();
        client.configureBlocking(false);
        return client;
    }

    @Test
    void keyKnowsWhereItBelongs() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final Object attachment = new Object();
        final SelectionKey key = client.register(selector, SelectionKey.OP_READ, attachment);
        assertSame(client, key.channel());
        assertSame(selector, key.selector());
        assertSame(attachment, key.attachment());
        assertEquals(SelectionKey.OP_READ, key.interestOps());
        assertEquals(0, key.readyOps());
        assertTrue(key.isValid());
        assertSame(key, client.keyFor(selector));
        assertTrue(client.isRegistered());
        assertEquals(Set.of(key), selector.keys());
    }

    @Test
    void attachmentMayChange() throws Exception
    {
        final SelectionKey key = unblocked().register(clientSelector(), 0, "one");
        assertEquals("one", key.attach("two"));
        assertEquals("two", key.attachment());
        assertEquals("two", key.attach(null));
        assertNull(key.attachment());
    }

    @Test
    void registeringAgainChangesTheKey() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_READ, "one");
        assertSame(key, client.register(selector, SelectionKey.OP_WRITE, "two"));
        assertEquals(SelectionKey.OP_WRITE, key.interestOps());
        assertEquals("two", key.attachment());
        assertEquals(1, selector.keys().size());
        assertSame(key, client.register(selector, SelectionKey.OP_READ));
        assertNull(key.attachment());
    }

    @Test
    void aBlockingChannelDoesNotRegister() throws Exception
    {
        final SocketChannel client = joined().client();
        final Selector selector = clientSelector();
        assertThrowsExactly(IllegalBlockingModeException.class, () -> client.register(selector, SelectionKey.OP_READ));
    }

    @Test
    void aRegisteredChannelDoesNotBlock() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_READ);
        assertThrowsExactly(IllegalBlockingModeException.class, () -> client.configureBlocking(true));
        assertFalse(client.isBlocking());
        key.cancel();
        client.configureBlocking(true);
        assertTrue(client.isBlocking());
    }

    @Test
    void operationsThatDoNotFitAreRefused() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.register(selector, SelectionKey.OP_ACCEPT));
        final SelectionKey key = client.register(selector, 0);
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOps(SelectionKey.OP_ACCEPT));
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOps(2));
        assertThrowsExactly(IllegalArgumentException.class, () -> key.interestOpsOr(SelectionKey.OP_ACCEPT));
        assertEquals(0, key.interestOps());
        final ServerSocketChannel listener = listen();
        listener.configureBlocking(false);
        final Selector other = serverSelector();
        assertThrowsExactly(IllegalArgumentException.class, () -> listener.register(other, SelectionKey.OP_READ));
    }

    @Test
    void aClosedChannelDoesNotRegister() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        client.close();
        assertThrowsExactly(ClosedChannelException.class, () -> client.register(selector, SelectionKey.OP_READ));
        assertTrue(selector.keys().isEmpty());
    }

    @Test
    void keySetsAreTheSelectors() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
        assertThrowsExactly(UnsupportedOperationException.class, () -> selector.keys().remove(key));
        assertThrowsExactly(UnsupportedOperationException.class, () -> selector.keys().clear());
        assertThrowsExactly(UnsupportedOperationException.class, () -> selector.selectedKeys().add(key));
        selector.selectNow();
        final Iterator<SelectionKey> each = selector.selectedKeys().iterator();
        assertSame(key, each.next());
        each.remove();
        assertFalse(each.hasNext());
        assertTrue(selector.selectedKeys().isEmpty());
        selector.selectNow();
        assertTrue(selector.selectedKeys().remove(key));
        assertFalse(selector.selectedKeys().remove(key));
        assertSame(selector.keys(), selector.keys());
        assertSame(selector.selectedKeys(), selector.selectedKeys());
    }

    @Test
    void cancelCountsAtTheNextSelect() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
        selector.selectNow();
        key.cancel();
        key.cancel();
        assertFalse(key.isValid());
        assertEquals(Set.of(key), selector.keys());
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
        assertTrue(selector.selectedKeys().isEmpty());
        assertNull(client.keyFor(selector));
        assertFalse(client.isRegistered());
        assertTrue(client.isOpen());
    }

    @Test
    void aCancelledKeySaysSo() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
        key.cancel();
        assertThrowsExactly(CancelledKeyException.class, key::interestOps);
        assertThrowsExactly(CancelledKeyException.class, () -> key.interestOps(0));
        assertThrowsExactly(CancelledKeyException.class, () -> key.interestOpsOr(0));
        assertThrowsExactly(CancelledKeyException.class, () -> key.interestOpsAnd(0));
        assertThrowsExactly(CancelledKeyException.class, key::readyOps);
        assertThrowsExactly(CancelledKeyException.class, key::isReadable);
        assertSame(client, key.channel());
        assertSame(selector, key.selector());
    }

    @Test
    void registersAnewOnceCancelled() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey first = client.register(selector, SelectionKey.OP_WRITE);
        first.cancel();
        assertThrowsExactly(CancelledKeyException.class, () -> client.register(selector, SelectionKey.OP_WRITE));
        selector.selectNow();
        final SelectionKey second = client.register(selector, SelectionKey.OP_WRITE);
        assertNotSame(first, second);
        assertEquals(1, selector.select());
        assertTrue(second.isWritable());
    }

    @Test
    void cancelCountsDuringAWait() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector selector = clientSelector();
        final SelectionKey key = client.register(selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        key.cancel();
        selector.wakeup();
        assertEquals(0, waiting.get());
        assertTrue(selector.keys().isEmpty());
        assertFalse(client.isRegistered());
    }

    @Test
    void closeOfAChannelCancelsItsKeys() throws Exception
    {
        final SocketChannel client = unblocked();
        final Selector one = clientSelector();
        final Selector two = clientSelector();
        final SelectionKey first = client.register(one, SelectionKey.OP_READ);
        final SelectionKey second = client.register(two, SelectionKey.OP_READ);
        client.close();
        assertFalse(first.isValid());
        assertFalse(second.isValid());
        assertEquals(0, one.selectNow());
        assertEquals(0, two.selectNow());
        assertTrue(one.keys().isEmpty());
        assertTrue(two.keys().isEmpty());
    }

    @Test
    void closeOfAChannelDuringAWait() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        final Selector selector = clientSelector();
        final SelectionKey key = joined.client().register(selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        joined.client().close();
        assertEnd(joined.server());
        selector.wakeup();
        assertEquals(0, waiting.get());
        assertFalse(key.isValid());
        assertTrue(selector.keys().isEmpty());
    }

    @Test
    void closeOfASelectorFreesItsChannels() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        final Selector selector = clientSelector();
        final SelectionKey key = joined.client().register(selector, SelectionKey.OP_READ);
        selector.close();
        assertFalse(key.isValid());
        assertFalse(joined.client().isRegistered());
        assertNull(joined.client().keyFor(selector));
        joined.client().configureBlocking(true);
        write(joined.server(), "x");
        assertEquals("x", readText(joined.client(), 1));
    }

    @Test
    void oneChannelOnTwoSelectors() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        final Selector one = clientSelector();
        final Selector two = clientSelector();
        final SelectionKey first = joined.client().register(one, SelectionKey.OP_READ);
        final SelectionKey second = joined.client().register(two, SelectionKey.OP_READ);
        assertNotSame(first, second);
        write(joined.server(), "x");
        awaitReady(one, first, SelectionKey.OP_READ);
        awaitReady(two, second, SelectionKey.OP_READ);
        first.cancel();
        one.selectNow();
        assertTrue(joined.client().isRegistered());
        assertSame(second, joined.client().keyFor(two));
    }

    @Test
    void anAcceptedChannelRegistersAnywhere() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector boss = serverSelector();
        final Selector worker = serverSelector();
        final SelectionKey accepting = register(listener, boss, SelectionKey.OP_ACCEPT);
        final SocketChannel client = clientChannel();
        client.connect(listener.getLocalAddress());
        awaitReady(boss, accepting, SelectionKey.OP_ACCEPT);
        final SocketChannel accepted = own(listener.accept());
        final SelectionKey reading = register(accepted, worker, SelectionKey.OP_READ);
        final Task<Object> working = start(() ->
        {
            awaitReady(worker, reading, SelectionKey.OP_READ);
            return null;
        });
        write(client, "work");
        working.get();
        assertEquals(4, accepted.read(ByteBuffer.allocate(10)));
    }

    @Test
    void serverAndConnectionsOnOneSelector() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final Selector selector = serverSelector();
        register(listener, selector, SelectionKey.OP_ACCEPT);
        final Task<Object> serving = start(() ->
        {
            final ByteBuffer buffer = ByteBuffer.allocate(100);
            for (int ended = 0; ended < 5;)
            {
                selector.select();
                for (final SelectionKey key : selector.selectedKeys())
                {
                    if (key.isAcceptable())
                    {
                        register(own(listener.accept()), selector, SelectionKey.OP_READ);
                    }
                    else if (((SocketChannel)key.channel()).read(buffer.clear()) < 0)
                    {
                        key.channel().close();
                        ended++;
                    }
                    else
                    {
                        writeAll((SocketChannel)key.channel(), buffer.flip());
                    }
                }
                selector.selectedKeys().clear();
            }
            return null;
        });
        for (int i = 0; i < 5; i++)
        {
            final SocketChannel client = clientChannel();
            client.connect(listener.getLocalAddress());
            write(client, "echo");
            assertEquals("echo", readText(client, 4));
            client.close();
        }
        serving.get();
    }

    // ---- the kernel's channels beside them

    @Test
    void aPipeOnTheSameSelector() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey piped = register(pipe.source(), selector, SelectionKey.OP_READ);
        final SelectionKey socket = register(joined.client(), selector, SelectionKey.OP_READ);
        assertSame(pipe.source(), piped.channel());
        assertSame(selector, piped.selector());
        assertEquals(0, selector.selectNow());
        write(pipe.sink(), "p");
        awaitReady(selector, piped, SelectionKey.OP_READ);
        assertFalse(selector.selectedKeys().contains(socket));
        assertEquals(1, pipe.source().read(ByteBuffer.allocate(2)));
        write(joined.server(), "s");
        awaitReady(selector, socket, SelectionKey.OP_READ);
        assertFalse(selector.selectedKeys().contains(piped));
    }

    @Test
    void aPipeWakesAWait() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(joined.client(), selector, SelectionKey.OP_READ);
        final SelectionKey piped = register(pipe.source(), selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        write(pipe.sink(), "p");
        assertEquals(1, waiting.get());
        assertEquals(Set.of(piped), selector.selectedKeys());
    }

    @Test
    void aSocketWakesAWaitThatHasAPipe() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey socket = register(joined.client(), selector, SelectionKey.OP_READ);
        register(pipe.source(), selector, SelectionKey.OP_READ);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        write(joined.server(), "x");
        assertEquals(1, waiting.get());
        assertEquals(Set.of(socket), selector.selectedKeys());
    }

    @Test
    void wakeupAndTimeoutCountWithAPipe() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Selector selector = clientSelector();
        register(pipe.source(), selector, SelectionKey.OP_READ);
        final long startNs = System.nanoTime();
        assertEquals(0, selector.select(80));
        assertTrue(msSince(startNs) >= 79);
        final Task<Integer> waiting = start(() -> selector.select()).awaitBlocked();
        selector.wakeup();
        assertEquals(0, waiting.get());
    }

    @Test
    void aPipeIsWritableBesideASocket() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Joined joined = joined();
        final Selector selector = clientSelector();
        register(pipe.sink(), selector, SelectionKey.OP_WRITE);
        register(joined.client(), selector, SelectionKey.OP_WRITE);
        assertEquals(2, selector.select());
        assertEquals(0, selector.selectNow());
        selector.selectedKeys().clear();
        pipe.sink().close();
        assertEquals(1, selector.select());
        assertEquals(1, selector.keys().size());
    }

    @Test
    void cancelAndCloseOfAPipesKey() throws Exception
    {
        final Pipe pipe = pair.client().provider().openPipe();
        own(pipe.source());
        own(pipe.sink());
        final Selector selector = clientSelector();
        final SelectionKey key = register(pipe.source(), selector, SelectionKey.OP_READ);
        write(pipe.sink(), "p");
        assertEquals(1, selector.select());
        key.cancel();
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
        assertTrue(selector.selectedKeys().isEmpty());
        assertFalse(pipe.source().isRegistered());
        final SelectionKey again = pipe.source().register(selector, SelectionKey.OP_READ);
        assertEquals(1, selector.select());
        assertTrue(again.isReadable());
        pipe.source().close();
        assertFalse(again.isValid());
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
    }

    @Test
    void theKernelsSocketsOnTheSameSelector() throws Exception
    {
        final SelectorProvider kernel = Pairs.KERNEL;
        final ServerSocketChannel listener = own(kernel.openServerSocketChannel())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        final Selector selector = clientSelector();
        final SelectionKey accepting = register(listener, selector, SelectionKey.OP_ACCEPT);
        final SocketChannel client = own(kernel.openSocketChannel());
        client.connect(listener.getLocalAddress());
        awaitReady(selector, accepting, SelectionKey.OP_ACCEPT);
        final SocketChannel accepted = own(listener.accept());
        final SelectionKey reading = register(accepted, selector, SelectionKey.OP_READ);
        final Joined joined = joined();
        final SelectionKey ours = register(joined.client(), selector, SelectionKey.OP_READ);
        write(client, "kernel");
        awaitReady(selector, reading, SelectionKey.OP_READ);
        write(joined.server(), "ours");
        awaitReady(selector, ours, SelectionKey.OP_READ);
        assertNotNull(selector.keys());
        assertEquals(3, selector.keys().size());
        reading.interestOps(SelectionKey.OP_WRITE);
        selector.selectedKeys().clear();
        assertEquals(2, selector.select());
        assertTrue(reading.isWritable());
    }
}
