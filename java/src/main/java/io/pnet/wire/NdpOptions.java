package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The options of a Neighbour Discovery message (RFC 4861, section 4.6): a parser into a reusable object, and writers.
 * Lengths on the wire are in units of 8 bytes.
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Type = 1 or 2 |  Length = 1   |                               |  source or target
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+      Link-Layer Address       +  link-layer address
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Type = 3    |  Length = 4   | Prefix Length |L|A| Reserved1 |  prefix information
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Valid Lifetime                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Preferred Lifetime                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           Reserved2                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                       Prefix (16 bytes)                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Type = 5    |  Length = 1   |           Reserved            |  MTU
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                              MTU                              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Unknown options are skipped, and so are known ones of another length; a length of 0, or one that reaches beyond
 * the message, makes it malformed (section 6.1, 7.1).
 */
public final class NdpOptions
{
    public static final int TYPE_SOURCE_LINK_LAYER_ADDRESS = 1;
    public static final int TYPE_TARGET_LINK_LAYER_ADDRESS = 2;
    public static final int TYPE_PREFIX_INFORMATION = 3;
    public static final int TYPE_MTU = 5;

    public static final int LINK_LAYER_ADDRESS_LENGTH = 8;
    public static final int PREFIX_INFORMATION_LENGTH = 32;
    public static final int MTU_LENGTH = 8;

    /** In {@link #prefixFlags}: the prefix is on the link. */
    public static final int FLAG_ON_LINK = 0x80;
    /** In {@link #prefixFlags}: addresses may be formed from it. */
    public static final int FLAG_AUTONOMOUS = 0x40;

    /** Prefixes that are remembered of one message; more are counted but not kept. */
    public static final int MAX_PREFIXES = 8;
    /** No link-layer address was given. */
    public static final long NO_ADDRESS = -1;

    private final int[] prefixAt = new int[MAX_PREFIXES];
    private UnsafeBuffer buffer;
    private long sourceMac;
    private long targetMac;
    private long mtu;
    private int prefixes;

    /**
     * Reads the options of one message; what an earlier call found is forgotten. Prefixes are read from the buffer when
     * asked for, so it must stay as it is until then.
     *
     * @param offset of the first option.
     * @param length bytes of options; they must be in the buffer.
     * @return whether they are well-formed; if not, the message is to be dropped.
     */
    public boolean parse(final UnsafeBuffer buffer, final int offset, final int length)
    {
        this.buffer = buffer;
        sourceMac = NO_ADDRESS;
        targetMac = NO_ADDRESS;
        mtu = 0;
        prefixes = 0;

        final int end = offset + length;
        int at = offset;
        while (at < end)
        {
            if (end - at < 8)
            {
                return false;
            }
            final int optionLength = BigEndian.getUint8(buffer, at + 1) << 3;
            if (optionLength == 0 || optionLength > end - at)
            {
                return false;
            }
            option(BigEndian.getUint8(buffer, at), at, optionLength);
            at += optionLength;
        }
        return true;
    }

    /** The source link-layer address, or {@link #NO_ADDRESS}. */
    public long sourceMac()
    {
        return sourceMac;
    }

    /** The target link-layer address, or {@link #NO_ADDRESS}. */
    public long targetMac()
    {
        return targetMac;
    }

    /** The MTU option's value; 0 when absent. */
    public long mtu()
    {
        return mtu;
    }

    /** Prefixes found, at most {@link #MAX_PREFIXES}. */
    public int prefixes()
    {
        return prefixes;
    }

    /** Bits of the prefix, 0 to 128 on a sane one. */
    public int prefixLength(final int index)
    {
        return BigEndian.getUint8(buffer, prefixAt[index] + 2);
    }

    /** {@link #FLAG_ON_LINK}, {@link #FLAG_AUTONOMOUS}. */
    public int prefixFlags(final int index)
    {
        return BigEndian.getUint8(buffer, prefixAt[index] + 3);
    }

    /** Seconds; 0xFFFFFFFF: for ever. */
    public long prefixValidLifetime(final int index)
    {
        return BigEndian.getUint32(buffer, prefixAt[index] + 4);
    }

    /** Seconds; 0xFFFFFFFF: for ever. */
    public long prefixPreferredLifetime(final int index)
    {
        return BigEndian.getUint32(buffer, prefixAt[index] + 8);
    }

    public long prefixHi(final int index)
    {
        return BigEndian.getInt64(buffer, prefixAt[index] + 16);
    }

    public long prefixLo(final int index)
    {
        return BigEndian.getInt64(buffer, prefixAt[index] + 24);
    }

    private void option(final int type, final int at, final int length)
    {
        switch (type)
        {
            case TYPE_SOURCE_LINK_LAYER_ADDRESS:
                if (length == LINK_LAYER_ADDRESS_LENGTH)
                {
                    sourceMac = BigEndian.getUint48(buffer, at + 2);
                }
                break;

            case TYPE_TARGET_LINK_LAYER_ADDRESS:
                if (length == LINK_LAYER_ADDRESS_LENGTH)
                {
                    targetMac = BigEndian.getUint48(buffer, at + 2);
                }
                break;

            case TYPE_PREFIX_INFORMATION:
                if (length == PREFIX_INFORMATION_LENGTH && prefixes < MAX_PREFIXES)
                {
                    prefixAt[prefixes++] = at;
                }
                break;

            case TYPE_MTU:
                if (length == MTU_LENGTH)
                {
                    mtu = BigEndian.getUint32(buffer, at + 4);
                }
                break;

            default:
                break;
        }
    }

    /**
     * Writes a link-layer address option, 8 bytes; returns the offset behind it, as every writer here.
     *
     * @param type {@link #TYPE_SOURCE_LINK_LAYER_ADDRESS} or {@link #TYPE_TARGET_LINK_LAYER_ADDRESS}.
     */
    public static int putLinkLayerAddress(
        final UnsafeBuffer buffer, final int offset, final int type, final long macAddress)
    {
        BigEndian.putUint16(buffer, offset, type << 8 | 1);
        BigEndian.putUint48(buffer, offset + 2, macAddress);
        return offset + LINK_LAYER_ADDRESS_LENGTH;
    }

    /** Writes prefix information, 32 bytes; lifetimes in seconds. */
    public static int putPrefixInformation(
        final UnsafeBuffer buffer,
        final int offset,
        final long prefixHi,
        final long prefixLo,
        final int prefixLength,
        final int flags,
        final int validLifetime,
        final int preferredLifetime)
    {
        BigEndian.putInt32(
            buffer, offset, TYPE_PREFIX_INFORMATION << 24 | 4 << 16 | (prefixLength & 0xFF) << 8 | (flags & 0xFF));
        BigEndian.putInt32(buffer, offset + 4, validLifetime);
        BigEndian.putInt32(buffer, offset + 8, preferredLifetime);
        BigEndian.putInt32(buffer, offset + 12, 0);
        BigEndian.putInt64(buffer, offset + 16, prefixHi);
        BigEndian.putInt64(buffer, offset + 24, prefixLo);
        return offset + PREFIX_INFORMATION_LENGTH;
    }

    /** Writes the MTU option, 8 bytes. */
    public static int putMtu(final UnsafeBuffer buffer, final int offset, final int mtu)
    {
        BigEndian.putInt32(buffer, offset, TYPE_MTU << 24 | 1 << 16);
        BigEndian.putInt32(buffer, offset + 4, mtu);
        return offset + MTU_LENGTH;
    }
}
