package io.pnet.wire;

import io.pnet.Must;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ChecksumTest
{
    @Test
    void sumsTheExampleOfRfc1071()
    {
        final UnsafeBuffer buffer = KernelFrames.buffer("0001f203f4f5f6f7");
        assertEquals(0xDDF2, Checksum.sum(buffer, 0, 8));
        assertEquals(0x220D, Checksum.of(buffer, 0, 8));
    }

    @Test
    void combinesTheOddPiecesOfRfc1071()
    {
        final UnsafeBuffer buffer = KernelFrames.buffer("0001f203f4f5f6f7");
        final long first = Checksum.sum(buffer, 0, 3);
        final long second = Checksum.sum(buffer, 3, 5);
        assertEquals(0xDDF2, Checksum.fold(first + Checksum.atPosition(second, 3)));
    }

    @Test
    void agreesWithAWordByWordSumAtEveryLengthAndOffset()
    {
        final SplittableRandom random = new SplittableRandom(1071);
        final byte[] bytes = new byte[70_000];
        random.nextBytes(bytes);
        final UnsafeBuffer onHeap = new UnsafeBuffer(bytes);
        final UnsafeBuffer offHeap = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length));
        offHeap.putBytes(0, bytes);

        for (int length = 0; length < 200; length++)
        {
            for (int offset = 0; offset < 9; offset++)
            {
                assertEquals(naive(bytes, offset, length), Checksum.sum(onHeap, offset, length));
                assertEquals(naive(bytes, offset, length), Checksum.sum(offHeap, offset, length));
            }
        }
        for (int i = 0; i < 300; i++)
        {
            final int offset = random.nextInt(1_000);
            final int length = random.nextInt(bytes.length - offset);
            assertEquals(naive(bytes, offset, length), Checksum.sum(offHeap, offset, length));
        }
    }

    @Test
    void carriesSurviveAllOnes()
    {
        final byte[] bytes = new byte[65_535];
        java.util.Arrays.fill(bytes, (byte)0xFF);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (final int length : new int[]{ 1, 2, 3, 31, 32, 33, 65_534, 65_535 })
        {
            assertEquals(naive(bytes, 0, length), Checksum.sum(buffer, 0, length));
        }
    }

    @Test
    void isZeroOnlyForZeroes()
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
        assertEquals(0, Checksum.sum(buffer, 0, 64));
        buffer.putByte(63, (byte)1);
        assertEquals(1, Checksum.sum(buffer, 0, 64));
    }

    @Test
    void piecesAtAnyPositionAddUpToTheWhole()
    {
        final SplittableRandom random = new SplittableRandom(7);
        final byte[] bytes = new byte[4_096];
        random.nextBytes(bytes);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int i = 0; i < 1_000; i++)
        {
            final int a = random.nextInt(bytes.length);
            final int b = a + random.nextInt(bytes.length - a);
            final long sum = Checksum.sum(buffer, 0, a) +
                Checksum.atPosition(Checksum.sum(buffer, a, b - a), a) +
                Checksum.atPosition(Checksum.sum(buffer, b, bytes.length - b), b);
            assertEquals(naive(bytes, 0, bytes.length), Checksum.fold(sum));
        }
    }

    @Test
    void refusesARangeOutsideTheBuffer()
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[16]);
        assertThrows(IndexOutOfBoundsException.class, () -> Checksum.sum(buffer, 9, 8));
    }

    @Must(2)
    @Test
    void verifiesWhatLinuxSent()
    {
        for (final String hex : new String[]{ KernelFrames.TCP_SYN, KernelFrames.TCP_DATA, KernelFrames.UDP })
        {
            final UnsafeBuffer frame = KernelFrames.buffer(hex);
            final Ipv4Header ip = new Ipv4Header().wrap(frame, 14);
            assertTrue(ip.isHeaderChecksumValid());
            final int length = ip.totalLength() - 20;
            final long payload = Checksum.sum(frame, 34, length);
            assertTrue(Checksum.isValid(
                Checksum.pseudoHeaderV4(ip.source(), ip.destination(), ip.protocol(), length) + payload));
            assertTrue(Checksum.isValid(payload + Checksum.pseudoHeader(
                0, 0xFFFF_0000_0000L | ip.source() & 0xFFFF_FFFFL,
                0, 0xFFFF_0000_0000L | ip.destination() & 0xFFFF_FFFFL,
                ip.protocol(), length)));
        }
        for (final String hex : new String[]{ KernelFrames.TCP_SYN_V6, KernelFrames.TCP_DATA_V6, KernelFrames.UDP_V6,
            KernelFrames.PING_V6, KernelFrames.NEIGHBOUR_SOLICITATION, KernelFrames.NEIGHBOUR_ADVERTISEMENT })
        {
            final UnsafeBuffer frame = KernelFrames.buffer(hex);
            final Ipv6Header ip = new Ipv6Header().wrap(frame, 14);
            final int length = ip.payloadLength();
            assertTrue(Checksum.isValid(Checksum.sum(frame, 54, length) + Checksum.pseudoHeader(ip.sourceHi(),
                ip.sourceLo(), ip.destinationHi(), ip.destinationLo(), ip.nextHeader(), length)));
        }
    }

    @Must(3)
    @Test
    void flippingAnyBitIsSeen()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.TCP_DATA);
        final Ipv4Header ip = new Ipv4Header().wrap(frame, 14);
        final int length = ip.totalLength() - 20;
        for (int bit = 0; bit < length * 8; bit++)
        {
            final int at = 34 + bit / 8;
            frame.putByte(at, (byte)(frame.getByte(at) ^ 1 << bit % 8));
            assertTrue(!Checksum.isValid(Checksum.sum(frame, 34, length) +
                Checksum.pseudoHeaderV4(ip.source(), ip.destination(), ip.protocol(), length)), "bit " + bit);
            frame.putByte(at, (byte)(frame.getByte(at) ^ 1 << bit % 8));
        }
    }

    @Test
    void updatesAsInTheExampleOfRfc1624()
    {
        assertEquals(0x0000, Checksum.update16(0xDD2F, 0x5555, 0x3285));
    }

    @Test
    void incrementalUpdateEqualsComputingAnew()
    {
        final SplittableRandom random = new SplittableRandom(1624);
        final byte[] bytes = new byte[40];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int i = 0; i < 2_000; i++)
        {
            random.nextBytes(bytes);
            final int before = Checksum.of(buffer, 0, 40);
            final int old16 = BigEndian.getUint16(buffer, 6);
            final int new16 = random.nextInt(0x10000);
            BigEndian.putUint16(buffer, 6, new16);
            final int between = Checksum.of(buffer, 0, 40);
            assertEquals(between, Checksum.update16(before, old16, new16));
            final int old32 = BigEndian.getInt32(buffer, 12);
            final int new32 = random.nextInt();
            BigEndian.putInt32(buffer, 12, new32);
            assertEquals(Checksum.of(buffer, 0, 40), Checksum.update32(between, old32, new32));
        }
    }

    @Test
    void udpNeverSendsZero()
    {
        assertEquals(0xFFFF, Checksum.finishUdp(0xFFFF));
        assertEquals(0, Checksum.finish(0xFFFF));
        assertEquals(0xFFFE, Checksum.finishUdp(1));
    }

    @Test
    void foldsTheLargestPartialSum()
    {
        // Long.MAX_VALUE = 7FFF FFFF FFFF FFFF: its words add up to 7FFF in one's complement.
        assertEquals(0x7FFF, Checksum.fold(Long.MAX_VALUE));
    }

    private static int naive(final byte[] bytes, final int offset, final int length)
    {
        int sum = 0;
        for (int i = 0; i < length; i++)
        {
            final int octet = bytes[offset + i] & 0xFF;
            sum += (i & 1) == 0 ? octet << 8 : octet;
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }
}
