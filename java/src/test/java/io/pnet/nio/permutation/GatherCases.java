package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Arrays;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Bytes through a socket channel from and into many buffers at once. */
class GatherCases extends Permutation
{
    /** More than Linux takes in one call. */
    private static final int MORE_THAN_IOV_MAX = 1_500;
    private static final int HUGE_VIEW = 64 << 20;

    GatherCases(final Pair pair)
    {
        super(pair);
    }

    private static ByteBuffer[] buffers(final int... sizes)
    {
        return Arrays.stream(sizes).mapToObj(ByteBuffer::allocate).toArray(ByteBuffer[]::new);
    }

    private static boolean hasRemaining(final ByteBuffer[] buffers)
    {
        return Arrays.stream(buffers).anyMatch(ByteBuffer::hasRemaining);
    }

    @Test
    void gathersInOrder() throws Exception
    {
        final Joined joined = joined();
        final ByteBuffer[] sources = {text("one"), text(""), text("two"), text("three")};
        assertEquals(11, joined.client().write(sources));
        assertFalse(hasRemaining(sources));
        assertEquals("onetwothree", readText(joined.server(), 11));
    }

    @Test
    void gathersSomeOfTheBuffers() throws Exception
    {
        final Joined joined = joined();
        final ByteBuffer[] sources = {text("one"), text("two"), text("three"), text("four")};
        assertEquals(8, joined.client().write(sources, 1, 2));
        assertEquals(3, sources[0].remaining());
        assertEquals(4, sources[3].remaining());
        assertEquals("twothree", readText(joined.server(), 8));
    }

    @Test
    void gathersNothingOfNothing() throws Exception
    {
        final Joined joined = joined();
        assertEquals(0, joined.client().write(new ByteBuffer[0]));
        assertEquals(0, joined.client().write(buffers(0, 0)));
        assertEquals(0, joined.client().write(buffers(3, 3), 1, 0));
    }

    @Test
    void gathersFromAllKindsOfBuffers() throws Exception
    {
        final Joined joined = joined();
        final ByteBuffer[] sources =
        {
            text("heap"), ByteBuffer.allocateDirect(6).put(text("direct")).flip(), text("read").asReadOnlyBuffer(),
            ByteBuffer.allocateDirect(9).put(text("xxonlyxxx")).flip().position(2).slice().limit(4)
        };
        assertEquals(18, joined.client().write(sources));
        assertEquals("heapdirectreadonly", readText(joined.server(), 18));
    }

    @Test
    void gathersFromPositionToLimit() throws Exception
    {
        final Joined joined = joined();
        final ByteBuffer[] sources = {text("abcdef"), text("ghijkl")};
        sources[0].position(2).limit(4);
        sources[1].position(1).limit(3);
        assertEquals(4, joined.client().write(sources));
        assertEquals(4, sources[0].position());
        assertEquals(3, sources[1].position());
        assertEquals("cdhi", readText(joined.server(), 4));
    }

    @Test
    void checksTheRangeOfAGather() throws Exception
    {
        final Joined joined = joined();
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().write(buffers(1, 1), 1, 2));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().write(buffers(1, 1), -1, 1));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().write(buffers(1, 1), 0, -1));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().read(buffers(1, 1), 1, 2));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().read(buffers(1, 1), -1, 1));
        assertThrowsExactly(IndexOutOfBoundsException.class, () -> joined.client().read(buffers(1, 1), 0, -1));
    }

    @Test
    void gathersMoreBuffersThanTheKernelTakesAtOnce() throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(MORE_THAN_IOV_MAX * 7, 1);
        final ByteBuffer[] sources = new ByteBuffer[MORE_THAN_IOV_MAX];
        for (int i = 0; i < sources.length; i++)
        {
            sources[i] = ByteBuffer.wrap(content, i * 7, 7);
        }
        final Task<byte[]> reader = start(() -> read(joined.server(), content.length));
        long total = 0;
        int done = 0;
        while (done < sources.length)
        {
            total += joined.client().write(sources, done, sources.length - done);
            while (done < sources.length && !sources[done].hasRemaining())
            {
                done++;
            }
        }
        assertEquals(content.length, total);
        assertArrayEquals(content, reader.get());
    }

    @Test
    void scattersIntoMoreBuffersThanTheKernelTakesAtOnce() throws Exception
    {
        final Joined joined = joined();
        final byte[] content = bytes(MORE_THAN_IOV_MAX * 3, 1);
        writeAll(joined.client(), ByteBuffer.wrap(content));
        final byte[] seen = new byte[content.length];
        final ByteBuffer[] targets = new ByteBuffer[MORE_THAN_IOV_MAX];
        for (int i = 0; i < targets.length; i++)
        {
            targets[i] = ByteBuffer.wrap(seen, i * 3, 3);
        }
        int done = 0;
        while (done < targets.length)
        {
            joined.server().read(targets, done, targets.length - done);
            while (done < targets.length && !targets[done].hasRemaining())
            {
                done++;
            }
        }
        assertArrayEquals(content, seen);
    }

    @Test
    void gathersPartlyWhenItDoesNotFit() throws Exception
    {
        final Joined joined = narrow();
        joined.client().configureBlocking(false);
        final ByteBuffer[] sources = new ByteBuffer[64];
        for (int i = 0; i < sources.length; i++)
        {
            sources[i] = ByteBuffer.allocateDirect(256 << 10);
        }
        final long n = joined.client().write(sources);
        long moved = 0;
        boolean isPast = false;
        for (final ByteBuffer each : sources)
        {
            moved += each.position();
            assertTrue(!isPast || each.position() == 0, "a gap");
            isPast |= each.hasRemaining();
        }
        assertTrue(n > 0 && isPast, () -> "wrote " + n);
        assertEquals(moved, n);
    }

    @Test
    void gathersMoreThanTwoGibibytes() throws Exception
    {
        final Joined joined = joined();
        joined.client().configureBlocking(false);
        final ByteBuffer memory = ByteBuffer.allocateDirect(HUGE_VIEW);
        final ByteBuffer[] sources = new ByteBuffer[40];
        Arrays.setAll(sources, i -> memory.duplicate());
        final long n = joined.client().write(sources);
        assertTrue(n > 0, () -> "wrote " + n);
        assertEquals(Arrays.stream(sources).mapToLong(ByteBuffer::position).sum(), n);
        final Task<Long> reader = start(() -> drain(joined.server()));
        joined.client().close();
        assertEquals(n, reader.get());
    }

    @Test
    void blockingGatherGoesOnWhereItStopped() throws Exception
    {
        final Joined joined = narrow();
        final byte[] content = bytes(3 << 20, 8);
        final ByteBuffer[] sources = new ByteBuffer[48];
        Arrays.setAll(sources, i -> ByteBuffer.wrap(content, i << 16, 1 << 16));
        final Task<byte[]> reader = start(() -> read(joined.server(), content.length));
        long total = 0;
        while (hasRemaining(sources))
        {
            total += joined.client().write(sources);
        }
        assertEquals(content.length, total);
        assertArrayEquals(content, reader.get());
    }

    @Test
    void scattersInOrder() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "onetwothree");
        final ByteBuffer[] targets = {ByteBuffer.allocate(3), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(3),
            ByteBuffer.allocate(5)};
        while (hasRemaining(targets))
        {
            joined.server().read(targets);
        }
        assertEquals(text("one"), targets[0].flip());
        assertEquals(text("two"), targets[2].flip());
        assertEquals(text("three"), targets[3].flip());
    }

    @Test
    void scattersIntoSomeOfTheBuffers() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "abcdef");
        final ByteBuffer[] targets = buffers(3, 3, 3, 3);
        long n = 0;
        while (n < 6)
        {
            n += joined.server().read(targets, 1, 2);
        }
        assertEquals(0, targets[0].position());
        assertEquals(0, targets[3].position());
        assertEquals(text("abc"), targets[1].flip());
        assertEquals(text("def"), targets[2].flip());
    }

    @Test
    void scattersOnlyWhatIsThere() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "abcd");
        final ByteBuffer[] targets = buffers(3, 3, 3);
        long n = 0;
        while (n < 4)
        {
            n += joined.server().read(targets);
        }
        assertEquals(4, n);
        assertEquals(3, targets[0].position());
        assertEquals(1, targets[1].position());
        assertEquals(0, targets[2].position());
    }

    @Test
    void scattersTheEnd() throws Exception
    {
        final Joined joined = joined();
        joined.client().close();
        assertEquals(-1, joined.server().read(buffers(3, 3)));
        assertEquals(-1, joined.server().read(buffers(3, 3)));
    }

    @Test
    void scattersNothingIntoNothing() throws Exception
    {
        final Joined joined = joined();
        assertEquals(0, joined.client().read(new ByteBuffer[0]));
        assertEquals(0, joined.client().read(buffers(0, 0)));
        assertEquals(0, joined.client().read(buffers(1, 1), 1, 0));
    }

    @Test
    void doesNotScatterIntoReadOnlyBuffers() throws Exception
    {
        final Joined joined = joined();
        write(joined.client(), "ab");
        final ByteBuffer[] targets = {ByteBuffer.allocate(1), ByteBuffer.allocate(1).asReadOnlyBuffer()};
        assertThrowsExactly(IllegalArgumentException.class, () -> joined.server().read(targets));
        assertEquals("ab", readText(joined.server(), 2));
    }
}
