package io.pnet.tools.iperf3;

import java.nio.ByteBuffer;

/**
 * What every UDP block begins with, big endian:
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       seconds when sent                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                     microseconds when sent                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            number, from 1; 64 bits when agreed upon           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 */
final class UdpHeader
{
    /** Bytes with a 32-bit number. */
    static final int LENGTH = 12;
    /** Bytes with a 64-bit number. */
    static final int LENGTH_64_BIT = 16;

    /** The client's first datagram, in the byte order of the machines that iperf3 runs on: little endian. */
    static final int CONNECT = 0x36373839;
    /** The server's answer to it. */
    static final int CONNECT_REPLY = 0x39383736;
    /** Answer of servers before 3.10. */
    static final int LEGACY_CONNECT_REPLY = 987654321;

    private UdpHeader()
    {
    }

    static void write(final ByteBuffer block, final long sentUs, final long number, final boolean is64Bit)
    {
        block.putInt(0, (int)(sentUs / 1_000_000));
        block.putInt(4, (int)(sentUs % 1_000_000));
        if (is64Bit)
        {
            block.putLong(8, number);
        }
        else
        {
            block.putInt(8, (int)number);
        }
    }

    static long sentUs(final ByteBuffer block)
    {
        return Integer.toUnsignedLong(block.getInt(0)) * 1_000_000 + Integer.toUnsignedLong(block.getInt(4));
    }

    static long number(final ByteBuffer block, final boolean is64Bit)
    {
        return is64Bit ? block.getLong(8) : Integer.toUnsignedLong(block.getInt(8));
    }
}
