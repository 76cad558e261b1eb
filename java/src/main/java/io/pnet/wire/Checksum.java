package io.pnet.wire;

import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * <p><b>Partial sums</b> are non-negative longs, equal modulo 0xFFFF to the sum of the data's 16-bit words read in
 * <em>network order</em>; a last odd byte counts as the high byte of a word. So they can be added to one another and to
 * plain field values (ports, lengths, protocol numbers) with {@code +}; {@link #fold} and {@link #finish} come last.
 * What {@link #sum} returns is below 2^16, so billions may be added before anything overflows. (Inside, the bytes
 * are added up in native order, 8 at a time, and the two bytes of the result are swapped once.)
 *
 * <p>A range that starts at an odd position of the summed data has its bytes in the wrong halves: put it through
 * {@link #atPosition} before adding.
 */
public final class Checksum
{
    private static final boolean IS_LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private Checksum()
    {
    }

    /**
     * The partial sum of a range, whatever its alignment and length.
     *
     * @return 0 to 0xFFFF; 0 only when every byte is zero.
     */
    public static long sum(final UnsafeBuffer buffer, final int offset, final int length)
    {
        buffer.boundsCheck(offset, length);

        // One check above makes the raw loads below safe.
        final byte[] base = buffer.byteArray();
        long at = buffer.addressOffset() + offset;
        final long end = at + length;

        // Halves of 64-bit words: 2^31 bytes cannot overflow an accumulator, so no carry is looked at in the loop.
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (final long blocksEnd = end - 31; at < blocksEnd; at += 32)
        {
            final long w0 = UnsafeApi.getLong(base, at);
            final long w1 = UnsafeApi.getLong(base, at + 8);
            final long w2 = UnsafeApi.getLong(base, at + 16);
            final long w3 = UnsafeApi.getLong(base, at + 24);
            a += (w0 & LOW_32) + (w0 >>> 32);
            b += (w1 & LOW_32) + (w1 >>> 32);
            c += (w2 & LOW_32) + (w2 >>> 32);
            d += (w3 & LOW_32) + (w3 >>> 32);
        }
        for (; at + 8 <= end; at += 8)
        {
            final long word = UnsafeApi.getLong(base, at);
            a += (word & LOW_32) + (word >>> 32);
        }
        if (at + 4 <= end)
        {
            b += UnsafeApi.getInt(base, at) & LOW_32;
            at += 4;
        }
        if (at + 2 <= end)
        {
            c += UnsafeApi.getShort(base, at) & 0xFFFFL;
            at += 2;
        }
        if (at < end)
        {
            final long last = UnsafeApi.getByte(base, at) & 0xFFL;
            d += IS_LITTLE_ENDIAN ? last : last << 8;
        }

        final int folded = fold(foldTo33(a) + foldTo33(b) + foldTo33(c) + foldTo33(d));
        return IS_LITTLE_ENDIAN ? swap(folded) : folded;
    }

    /**
     * A range's partial sum as it counts at a position of the whole.
     *
     * @param partial  what {@link #sum} said of the range by itself.
     * @param position bytes of the whole that precede the range.
     */
    public static long atPosition(final long partial, final int position)
    {
        return (position & 1) == 0 ? partial : swap(fold(partial));
    }

    /** A partial sum as 16 bits, not complemented: what a partial checksum field holds. */
    public static int fold(final long partial)
    {
        long sum = (partial & LOW_32) + (partial >>> 32);
        sum = (sum & LOW_32) + (sum >>> 32);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (int)((sum & 0xFFFF) + (sum >>> 16));
    }

    /** The checksum field's value for data whose partial sum, the field counted as 0, is given. */
    public static int finish(final long partial)
    {
        return ~fold(partial) & 0xFFFF;
    }

    /** As {@link #finish} for UDP, where 0 on the wire means "no checksum" and is sent as 0xFFFF (RFC 768). */
    public static int finishUdp(final long partial)
    {
        final int checksum = finish(partial);
        return checksum == 0 ? 0xFFFF : checksum;
    }

    /** Whether data that includes its checksum field adds up. */
    public static boolean isValid(final long partial)
    {
        return fold(partial) == 0xFFFF;
    }

    /** The checksum of a range by itself: IPv4's header, ICMPv4's message. */
    public static int of(final UnsafeBuffer buffer, final int offset, final int length)
    {
        return finish(sum(buffer, offset, length));
    }

    /**
     * The pseudo-header's partial sum over IPv4 (RFC 9293, section 3.1; RFC 768).
     *
     * @param length bytes of transport header and payload.
     */
    public static long pseudoHeaderV4(final int source, final int destination, final int protocol, final int length)
    {
        return (source & LOW_32) + (destination & LOW_32) + protocol + length;
    }

    /**
     * The pseudo-header's partial sum over IPv6 (RFC 8200, section 8.1), and over IPv4 when both addresses are
     * IPv4-mapped (::ffff:a.b.c.d): the prefix adds 0xFFFF, which is nothing in one's complement.
     *
     * @param length bytes of transport header and payload.
     */
    public static long pseudoHeader(
        final long sourceHi,
        final long sourceLo,
        final long destinationHi,
        final long destinationLo,
        final int protocol,
        final int length)
    {
        return halves(sourceHi) + halves(sourceLo) + halves(destinationHi) + halves(destinationLo) + protocol +
            (length & LOW_32);
    }

    /**
     * The checksum after a 16-bit field changed (RFC 1624, equation 3).
     *
     * @param checksum the field's value before.
     * @return the field's value after.
     */
    public static int update16(final int checksum, final int oldValue, final int newValue)
    {
        return finish((~checksum & 0xFFFFL) + (~oldValue & 0xFFFFL) + (newValue & 0xFFFFL));
    }

    /** As {@link #update16} for a 32-bit field at an even position. */
    public static int update32(final int checksum, final int oldValue, final int newValue)
    {
        return finish((~checksum & 0xFFFFL) + (~oldValue & LOW_32) + (newValue & LOW_32));
    }

    private static long halves(final long value)
    {
        return (value & LOW_32) + (value >>> 32);
    }

    private static long foldTo33(final long value)
    {
        return (value & LOW_32) + (value >>> 32);
    }

    private static int swap(final int value)
    {
        return (value << 8 | value >>> 8) & 0xFFFF;
    }
}
