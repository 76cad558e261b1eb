package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteOrder;

/** Fields in network byte order. Unsigned fields come back in the next larger type. */
public final class BigEndian
{
    private BigEndian()
    {
    }

    /** Unsigned 8 bits. */
    public static int getUint8(final UnsafeBuffer buffer, final int index)
    {
        return buffer.getByte(index) & 0xFF;
    }

    /** The low 8 bits of {@code value}. */
    public static void putUint8(final UnsafeBuffer buffer, final int index, final int value)
    {
        buffer.putByte(index, (byte)value);
    }

    /** Unsigned 16 bits. */
    public static int getUint16(final UnsafeBuffer buffer, final int index)
    {
        return buffer.getShort(index, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** The low 16 bits of {@code value}. */
    public static void putUint16(final UnsafeBuffer buffer, final int index, final int value)
    {
        buffer.putShort(index, (short)value, ByteOrder.BIG_ENDIAN);
    }

    /** 32 bits, for sequence numbers and IPv4 addresses. */
    public static int getInt32(final UnsafeBuffer buffer, final int index)
    {
        return buffer.getInt(index, ByteOrder.BIG_ENDIAN);
    }

    /** 32 bits. */
    public static void putInt32(final UnsafeBuffer buffer, final int index, final int value)
    {
        buffer.putInt(index, value, ByteOrder.BIG_ENDIAN);
    }

    /** Unsigned 32 bits. */
    public static long getUint32(final UnsafeBuffer buffer, final int index)
    {
        return buffer.getInt(index, ByteOrder.BIG_ENDIAN) & 0xFFFF_FFFFL;
    }

    /** Unsigned 48 bits: a MAC address. */
    public static long getUint48(final UnsafeBuffer buffer, final int index)
    {
        return ((long)getUint16(buffer, index) << 32) | getUint32(buffer, index + 2);
    }

    /** The low 48 bits of {@code value}. */
    public static void putUint48(final UnsafeBuffer buffer, final int index, final long value)
    {
        putUint16(buffer, index, (int)(value >>> 32));
        putInt32(buffer, index + 2, (int)value);
    }

    /** 64 bits: half of an IPv6 address. */
    public static long getInt64(final UnsafeBuffer buffer, final int index)
    {
        return buffer.getLong(index, ByteOrder.BIG_ENDIAN);
    }

    /** 64 bits. */
    public static void putInt64(final UnsafeBuffer buffer, final int index, final long value)
    {
        buffer.putLong(index, value, ByteOrder.BIG_ENDIAN);
    }
}
