package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Bytes through a {@link SocketChannel}, one buffer at a time. */
class StreamCases extends Permutation
{
    StreamCases(final Pair pair)
    {
        super(pair);
    }

    @Test
    void carriesOneByte() throws Exception
    {
        final Joined joined = joined();
        assertEquals(1, joined.client().write(ByteBuffer.wrap(new byte[]{-7})));
        assertArrayEquals(new byte[]{-7}, read(joined.server(), 1));
    }

    @Test
    void carriesBytesBothWays() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "ping");
        assertEquals("ping", readText(joined.server(), 4));
        write(joined.server(), "pong");
        assertEquals("pong", readText(joined.client(), 4));
    }

    @Test
    void endsOnceThePeerHasFinished() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "last");
        joined.client().close();
        assertEquals("last", readText(joined.server(), 4));
        assertEnd(joined.server());
    }

    @Test
    void readsNothingWhereNothingIs() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        assertEquals(0, joined.client().read(ByteBuffer.allocate(10)));
        assertEquals(0, joined.client().read(new ByteBuffer[]{ByteBuffer.allocate(10), ByteBuffer.allocateDirect(3)}));
    }

    @Test
    void endShowsWithoutBlocking() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        joined.server().close();
        await("the end", () -> joined.client().read(ByteBuffer.allocate(10)) == -1);
        assertEnd(joined.client());
    }

    @Test
    void readWithoutRoomDoesNotBlock() throws Exception
    {
        final Joined joined = joined();
        assertEquals(0, joined.client().read(ByteBuffer.allocate(0)));
        assertEquals(0, joined.client().read(ByteBuffer.allocateDirect(0)));
        write(joined.server(), "x");
        assertEquals("x", readText(joined.client(), 1));
    }

    @Test
    void readWithoutRoomLeavesWhatIsThere() throws Exception
    {
        final Joined joined = joined();
        write(joined.server(), "x");
        assertEquals(0, joined.client().read(ByteBuffer.allocate(0)));
        assertEquals("x", readText(joined.client(), 1));
    }

    @Test
    void writesNothingOfNothing() throws Exception
    {
        final Joined joined = joined();
        assertEquals(0, joined.client().write(ByteBuffer.allocate(0)));
        assertEquals(0, joined.client().write(ByteBuffer.allocateDirect(0)));
        joined.client().configureBlocking(false);
        assertEquals(0, joined.client().write(ByteBuffer.allocate(0)));
    }

    @Test
    void doesNotReadIntoReadOnlyBuffers() throws Exception
    {
        final Joined joined = joined();
        write(joined.server(), "x");
        assertThrowsExactly(
            IllegalArgumentException.class, () -> joined.client().read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        assertThrowsExactly(
            IllegalArgumentException.class,
            () -> joined.client().read(ByteBuffer.allocateDirect(1).asReadOnlyBuffer()));
        assertEquals("x", readText(joined.client(), 1));
    }

    @Test
    void wantsABuffer() throws Exception
    {
        final Joined joined = joined();
        assertThrowsExactly(NullPointerException.class, () -> joined.client().read((ByteBuffer)null));
        assertThrowsExactly(NullPointerException.class, () -> joined.client().write((ByteBuffer)null));
        assertTrue(joined.client().isOpen());
    }

    @Test
    void takesHeapBuffers() throws Exception
    {
        carries(ByteBuffer.allocate(5_000), ByteBuffer.allocate(5_000));
    }

    @Test
    void takesDirectBuffers() throws Exception
    {
        carries(ByteBuffer.allocateDirect(5_000), ByteBuffer.allocateDirect(5_000));
    }

    @Test
    void takesSlicesOfHeapBuffers() throws Exception
    {
        carries(
            ByteBuffer.allocate(6_000).position(7).slice().limit(5_000),
            ByteBuffer.allocate(6_000).position(11).slice().limit(5_000));
    }

    @Test
    void takesSlicesOfDirectBuffers() throws Exception
    {
        carries(
            ByteBuffer.allocateDirect(6_000).position(7).slice().limit(5_000),
            ByteBuffer.allocateDirect(6_000).position(11).slice().limit(5_000));
    }

    private void carries(final ByteBuffer source, final ByteBuffer target) throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(4_990, 1);
        source.position(5).put(content).limit(source.position()).position(5);
        final int limit = source.limit();
        writeAll(joined.client(), source);
        assertEquals(limit, source.position());
        assertEquals(limit, source.limit());
        target.position(3).limit(3 + content.length);
        while (target.hasRemaining())
        {
            final int before = target.position();
            final int n = joined.server().read(target);
            assertEquals(target.position(), before + n);
        }
        final byte[] seen = new byte[content.length];
        target.flip().position(3).get(seen);
        assertArrayEquals(content, seen);
    }

    @Test
    void writesFromReadOnlyBuffers() throws Exception
    {
        final Joined joined = joined();
        writeAll(joined.client(), text("heap").asReadOnlyBuffer());
        writeAll(joined.client(), ByteBuffer.allocateDirect(6).put(text("direct")).flip().asReadOnlyBuffer());
        assertEquals("heapdirect", readText(joined.server(), 10));
    }

    @Test
    void readsNoFurtherThanTheLimit() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "abcdef");
        final byte[] memory = new byte[10];
        final ByteBuffer target = ByteBuffer.wrap(memory, 2, 3);
        int n = 0;
        while (n < 3)
        {
            n += joined.server().read(target);
        }
        assertArrayEquals(new byte[]{0, 0, 'a', 'b', 'c', 0, 0, 0, 0, 0}, memory);
        assertEquals("def", readText(joined.server(), 3));
    }

    @Test
    void keepsNoBoundariesBetweenWrites() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "one");
        write(joined.client(), "two");
        assertEquals("onetwo", readText(joined.server(), 6));
    }

    @Test
    void readsWhatIsThereAndNotWhatIsWanted() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "part");
        final ByteBuffer target = ByteBuffer.allocate(1_000);
        final int n = joined.server().read(target);
        assertTrue(n > 0 && n <= 4, () -> "read " + n);
    }

    @Test
    void aBlockingWriteTakesEverything() throws Exception
    {
        final Joined joined = joined();
        final Task<Long> reader = start(() -> drain(joined.server()));
        final ByteBuffer direct = ByteBuffer.allocateDirect(4 << 20);
        assertEquals(4 << 20, joined.client().write(direct));
        assertEquals(4 << 20, joined.client().write(ByteBuffer.allocate(4 << 20)));
        joined.client().close();
        assertEquals(8 << 20, reader.get());
    }

    @Test
    void aWriteThatDoesNotBlockTakesWhatFits() throws Exception
    {
        final Joined joined = joined();
        final long filled = fill(joined.client());
        assertTrue(filled > 0);
        assertEquals(0, joined.client().write(ByteBuffer.allocate(1_000)));
        final Task<Long> reader = start(() -> drain(joined.server()));
        final ByteBuffer more = ByteBuffer.allocate(1_000);
        await("room", () ->
        {
            joined.client().write(more);
            return !more.hasRemaining();
        });
        joined.client().close();
        assertEquals(filled + 1_000, reader.get());
    }

    @Test
    void readyToWriteComesBackWithRoom() throws Exception
    {
        final Joined joined = joined();
        final Selector selector = clientSelector();
        final SelectionKey key = register(joined.client(), selector, SelectionKey.OP_WRITE);
        awaitReady(selector, key, SelectionKey.OP_WRITE);
        fill(joined.client());
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow());
        start(() -> drain(joined.server()));
        awaitReady(selector, key, SelectionKey.OP_WRITE);
        assertTrue(joined.client().write(ByteBuffer.allocate(1)) == 1);
        joined.client().close();
    }

    @Test
    void carriesMegabytesBothWaysAtOnce() throws Exception
    {
        final Joined joined = joined();
        final byte[] there = bytes(16 << 20, 2);
        final byte[] back = bytes(16 << 20, 3);
        final Task<byte[]> atServer = start(() -> read(joined.server(), there.length));
        final Task<byte[]> atClient = start(() -> read(joined.client(), back.length));
        final Task<Object> fromServer = start(() -> odd(joined.server(), back));
        odd(joined.client(), there);
        fromServer.get();
        assertArrayEquals(there, atServer.get());
        assertArrayEquals(back, atClient.get());
    }

    private static Object odd(final SocketChannel channel, final byte[] content) throws IOException
    {
        final SplittableRandom random = new SplittableRandom(content.length);
        for (int at = 0; at < content.length;)
        {
            final int n = Math.min(content.length - at, random.nextInt(1, 200_000));
            writeAll(channel, ByteBuffer.wrap(content, at, n));
            at += n;
        }
        return null;
    }

    @Test
    void carriesMegabytesBetweenSelectors() throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(8 << 20, 4);
        final Selector writing = clientSelector();
        final Selector reading = serverSelector();
        register(joined.client(), writing, SelectionKey.OP_WRITE);
        register(joined.server(), reading, SelectionKey.OP_READ);
        final Task<Object> writer = start(() ->
        {
            final ByteBuffer source = ByteBuffer.wrap(content);
            while (source.hasRemaining())
            {
                writing.select();
                writing.selectedKeys().clear();
                joined.client().write(source);
            }
            joined.client().close();
            return null;
        });
        final ByteBuffer target = ByteBuffer.allocate(content.length + 1);
        int n = 0;
        while (n >= 0)
        {
            reading.select();
            reading.selectedKeys().clear();
            n = joined.server().read(target);
        }
        writer.get();
        assertEquals(content.length, target.position());
        assertArrayEquals(content, Arrays.copyOf(target.array(), content.length));
    }

    @Test
    void carriesManySmallMessages() throws Exception
    {
        final Joined joined = joined();
        final Task<Object> echo = start(() ->
        {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
            while (joined.server().read(buffer) >= 0)
            {
                writeAll(joined.server(), buffer.flip());
                buffer.clear();
            }
            return null;
        });
        for (int i = 0; i < 1_000; i++)
        {
            final byte[] message = bytes(1 + i % 60, i);
            writeAll(joined.client(), ByteBuffer.wrap(message));
            assertArrayEquals(message, read(joined.client(), message.length));
        }
        joined.client().close();
        echo.get();
    }

    @Test
    void servesAsStreams() throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(1 << 20, 5);
        final Task<Object> writer = start(() ->
        {
            try (OutputStream out = Channels.newOutputStream(joined.client()))
            {
                out.write(content);
            }
            return null;
        });
        try (InputStream in = Channels.newInputStream(joined.server()))
        {
            assertArrayEquals(content, in.readAllBytes());
        }
        writer.get();
        assertFalse(joined.client().isOpen());
        assertFalse(joined.server().isOpen());
    }

    @Test
    void streamsWantABlockingChannel() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        assertThrowsExactly(
            IllegalBlockingModeException.class, () -> Channels.newInputStream(joined.client()).read());
        assertThrowsExactly(
            IllegalBlockingModeException.class, () -> Channels.newOutputStream(joined.client()).write(1));
    }

    @Test
    void transfersFromAndToFiles() throws Exception
    {
        final byte[] content = bytes(3_000_001, 6);
        final Path source = Files.createTempFile("pnet", ".source");
        final Path target = Files.createTempFile("pnet", ".target");
        try (FileChannel from = FileChannel.open(Files.write(source, content));
            FileChannel to = FileChannel.open(target, StandardOpenOption.WRITE))
        {
            final Joined joined = joined();
            final Task<Object> sender = start(() ->
            {
                for (long at = 0; at < content.length;)
                {
                    at += from.transferTo(at, content.length - at, joined.client());
                }
                joined.client().close();
                return null;
            });
            long at = 0;
            while (at < content.length)
            {
                at += to.transferFrom(joined.server(), at, content.length - at);
            }
            sender.get();
            assertArrayEquals(content, Files.readAllBytes(target));
        }
        finally
        {
            Files.delete(source);
            Files.delete(target);
        }
    }

    @Test
    void transferToAFullChannelDoesNotBlock() throws Exception
    {
        final Path source = Files.createTempFile("pnet", ".source");
        try (FileChannel from = FileChannel.open(Files.write(source, new byte[100_000])))
        {
            final Joined joined = joined();
            fill(joined.client());
            assertEquals(0, from.transferTo(0, 100_000, joined.client()));
        }
        finally
        {
            Files.delete(source);
        }
    }

    @Test
    void blockingModeMayChangeInBetween() throws Exception
    {
        final Joined joined = joined();
        final SocketChannel channel = joined.client();
        channel.configureBlocking(false);
        assertFalse(channel.isBlocking());
        assertEquals(0, channel.read(ByteBuffer.allocate(1)));
        channel.configureBlocking(true);
        assertTrue(channel.isBlocking());
        final Task<byte[]> reader = start(() -> read(channel, 1)).awaitBlocked();
        write(joined.server(), "x");
        assertArrayEquals(new byte[]{'x'}, reader.get());
    }
}
