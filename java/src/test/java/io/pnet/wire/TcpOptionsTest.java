package io.pnet.wire;

import io.pnet.Must;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TcpOptionsTest
{
    private final TcpOptions options = new TcpOptions();

    @Test
    void readsTheSynOfLinux()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.TCP_SYN);
        assertTrue(options.parse(frame, 54, TcpHeader.headerLength(frame, 34) - 20));
        assertEquals(1460, options.mss());
        assertEquals(10, options.windowScale());
        assertTrue(options.sackPermitted());
        assertTrue(options.hasTimestamps());
        assertEquals((int)3390555449L, options.tsVal());
        assertEquals(0, options.tsEcr());
        assertEquals(0, options.sackCount());
    }

    @Must(5)
    @Test
    void readsTheTimestampsOfDataAndForgetsTheSyn()
    {
        final UnsafeBuffer syn = KernelFrames.buffer(KernelFrames.TCP_SYN);
        options.parse(syn, 54, 20);
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.TCP_DATA);
        assertTrue(options.parse(frame, 54, TcpHeader.headerLength(frame, 34) - 20));
        assertEquals((int)3390555449L, options.tsVal());
        assertEquals(1939083083, options.tsEcr());
        assertEquals(0, options.mss());
        assertEquals(-1, options.windowScale());
        assertFalse(options.sackPermitted());
    }

    @Test
    void noOptionsAreFine()
    {
        assertTrue(parse(""));
        assertEquals(0, options.mss());
        assertEquals(-1, options.windowScale());
        assertFalse(options.hasTimestamps());
    }

    @Must({6, 68})
    @Test
    void unknownOptionsAreSkipped()
    {
        assertTrue(parse("fd04abcd" + "1e06aabbccdd" + "020405b4"));
        assertEquals(1460, options.mss());
    }

    @Must(64)
    @Test
    void optionsMayStandAtAnyAlignment()
    {
        assertTrue(parse("01" + "080a0000000100000002" + "030307" + "020405b4"));
        assertEquals(1, options.tsVal());
        assertEquals(2, options.tsEcr());
        assertEquals(7, options.windowScale());
        assertEquals(1460, options.mss());
    }

    @Must(4)
    @Test
    void nothingIsReadBehindTheEnd()
    {
        assertTrue(parse("00" + "020405b4" + "0200"));
        assertEquals(0, options.mss());
    }

    @Must(7)
    @Test
    void lengthsOfZeroAndOneAreMalformed()
    {
        assertFalse(parse("0200" + "05b4"));
        assertFalse(parse("0201" + "05b4"));
        assertFalse(parse("fd00"));
        assertFalse(parse("fd01"));
    }

    @Must(7)
    @Test
    void lengthsBeyondTheHeaderAreMalformed()
    {
        assertFalse(parse("0204" + "05"));
        assertFalse(parse("080a00000001000000"));
        assertFalse(parse("0101" + "fd"));
        assertFalse(parse("fdff0000"));
    }

    @Test
    void knownOptionsOfTheWrongLengthAreIgnored()
    {
        assertTrue(parse("020305" + "0304" + "0101" + "0403aa" + "080400ff" + "050b" + "010203040506070809"));
        assertEquals(0, options.mss());
        assertEquals(-1, options.windowScale());
        assertFalse(options.sackPermitted());
        assertFalse(options.hasTimestamps());
        assertEquals(0, options.sackCount());
    }

    @Test
    void aShiftAboveFourteenIsFourteen()
    {
        assertTrue(parse("0303ff"));
        assertEquals(14, options.windowScale());
    }

    @Test
    void writersAreReadBack()
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
        int at = TcpOptions.putMss(buffer, 0, 8_960);
        at = TcpOptions.putSackPermitted(buffer, at);
        at = TcpOptions.putTimestamps(buffer, at, -2, 77);
        at = TcpOptions.putWindowScale(buffer, at, 9);
        assertEquals(24, at);
        assertTrue(options.parse(buffer, 0, at));
        assertEquals(8_960, options.mss());
        assertTrue(options.sackPermitted());
        assertEquals(-2, options.tsVal());
        assertEquals(77, options.tsEcr());
        assertEquals(9, options.windowScale());
    }

    @Test
    void threeSackBlocksFitBesideTimestamps()
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
        int at = TcpOptions.putTimestamps(buffer, 0, 1, 2);
        at = TcpOptions.putSackHeader(buffer, at, 3);
        for (int i = 0; i < 3; i++)
        {
            at = TcpOptions.putSackBlock(buffer, at, 1_000 * i, 1_000 * i + 500);
        }
        assertEquals(40, at);
        assertTrue(options.parse(buffer, 0, at));
        assertTrue(options.hasTimestamps());
        assertEquals(3, options.sackCount());
        for (int i = 0; i < 3; i++)
        {
            assertEquals(1_000 * i, options.sackLeft(i));
            assertEquals(1_000 * i + 500, options.sackRight(i));
        }
    }

    @Test
    void fourSackBlocksFillTheHeader()
    {
        assertTrue(parse("0101" + "0522" + "0000000100000002" + "0000000300000004" + "0000000500000006" +
            "fffffff700000008" + "0101"));
        assertEquals(4, options.sackCount());
        assertEquals(-9, options.sackLeft(3));
        assertEquals(8, options.sackRight(3));
    }

    @Test
    void neverReadsBeyondItsBytesWhateverTheyAre()
    {
        final SplittableRandom random = new SplittableRandom(9293);
        int wellFormed = 0;
        for (int i = 0; i < 200_000; i++)
        {
            final byte[] bytes = new byte[random.nextInt(41)];
            random.nextBytes(bytes);
            for (int j = 0; j < bytes.length; j++)
            {
                // Small values make kinds and lengths that matter.
                bytes[j] = (byte)(random.nextBoolean() ? bytes[j] & 0xF : bytes[j]);
            }
            wellFormed += options.parse(new UnsafeBuffer(bytes), 0, bytes.length) ? 1 : 0;
            assertTrue(options.sackCount() <= TcpOptions.MAX_SACK_BLOCKS);
            assertTrue(options.windowScale() <= TcpOptions.MAX_WINDOW_SCALE);
        }
        assertTrue(wellFormed > 10_000 && wellFormed < 190_000, "both kinds met: " + wellFormed);
    }

    private boolean parse(final String hex)
    {
        final UnsafeBuffer buffer = KernelFrames.buffer(hex);
        return options.parse(buffer, 0, buffer.capacity());
    }
}
