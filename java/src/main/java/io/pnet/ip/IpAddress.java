package io.pnet.ip;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * An IPv4 or IPv6 address as 128 bits. IPv4 addresses are held IPv4-mapped (RFC 4291 section 2.5.5.2). The static
 * methods work on the two longs directly, which is what the packet path passes around.
 *
 * @param hi the first 8 bytes, network order.
 * @param lo the last 8 bytes.
 */
public record IpAddress(long hi, long lo)
{
    /** The unspecified IPv6 address, which as a local address also stands for "any". */
    public static final IpAddress ANY = new IpAddress(0, 0);
    /** 0.0.0.0. */
    public static final IpAddress ANY_V4 = v4(0);
    /** 255.255.255.255. */
    public static final IpAddress BROADCAST_V4 = v4(-1);

    private static final int BITS = 128;
    /** An IPv4 address is the end of an IPv6 one. */
    private static final int V4_OFFSET = 96;
    private static final long MAPPED = 0xFFFFL << 32;

    /** From the 32 bits of an IPv4 address. */
    public static IpAddress v4(final int bits)
    {
        return new IpAddress(0, mapped(bits));
    }

    /** The low long of the mapped form of an IPv4 address; its high long is 0. */
    public static long mapped(final int bits)
    {
        return MAPPED | (bits & 0xFFFF_FFFFL);
    }

    public static boolean isV4(final long hi, final long lo)
    {
        return hi == 0 && (lo >>> 32) == 0xFFFFL;
    }

    /** 0.0.0.0 or ::. */
    public static boolean isUnspecified(final long hi, final long lo)
    {
        return hi == 0 && (lo == 0 || lo == MAPPED);
    }

    /** 224.0.0.0/4 or ff00::/8. */
    public static boolean isMulticast(final long hi, final long lo)
    {
        return isV4(hi, lo) ? ((int)lo >>> 28) == 0xE : (hi >>> 56) == 0xFF;
    }

    /** 127.0.0.0/8 or ::1. */
    public static boolean isLoopback(final long hi, final long lo)
    {
        return isV4(hi, lo) ? ((int)lo >>> 24) == 127 : hi == 0 && lo == 1;
    }

    /** 169.254.0.0/16 or fe80::/10. */
    public static boolean isLinkLocal(final long hi, final long lo)
    {
        return isV4(hi, lo) ? ((int)lo >>> 16) == 0xA9FE : (hi >>> 54) == (0xFE80L >>> 6);
    }

    public boolean isV4()
    {
        return isV4(hi, lo);
    }

    public boolean isUnspecified()
    {
        return isUnspecified(hi, lo);
    }

    public boolean isMulticast()
    {
        return isMulticast(hi, lo);
    }

    public boolean isLoopback()
    {
        return isLoopback(hi, lo);
    }

    public boolean isLinkLocal()
    {
        return isLinkLocal(hi, lo);
    }

    /**
     * Whether a router can be asked for by ARP or NDP where this address is ours. Link-local ones are neighbours of
     * every IPv6 address; an address without a network (/32, /128) says nothing of its neighbours.
     *
     * @param prefixLength of this address, in bits: 0 to 32 for IPv4, to 128 for IPv6.
     */
    public boolean hasNeighbour(final IpAddress router, final int prefixLength)
    {
        final int length = prefixLength + (isV4() ? V4_OFFSET : 0);
        return router.isV4() == isV4() && (length == BITS || !router.isV4() && router.isLinkLocal() ||
            isSame(router.hi, hi, length) && isSame(router.lo, lo, length - Long.SIZE));
    }

    private static boolean isSame(final long a, final long b, final int length)
    {
        return length <= 0 || (a ^ b) >>> Math.max(0, Long.SIZE - length) == 0;
    }

    /** The 32 bits of an IPv4 address. */
    public int v4Bits()
    {
        return (int)lo;
    }

    /** From the JDK's type; an IPv6 scope is dropped. */
    public static IpAddress of(final InetAddress address)
    {
        final ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? v4(bytes.getInt()) : new IpAddress(bytes.getLong(), bytes.getLong());
    }

    /**
     * From a literal, never a name: no look-up is made.
     *
     * @throws IllegalArgumentException one line, if the text is not an IPv4 or IPv6 literal.
     */
    public static IpAddress parse(final String text)
    {
        final boolean looksV6 = text.indexOf(':') >= 0;
        if (looksV6 ? !text.matches("[0-9a-fA-F:.]+") : !text.matches("\\d{1,3}(\\.\\d{1,3}){3}"))
        {
            throw new IllegalArgumentException("not an IP address: '" + text + "'; write it as 10.0.0.2 or fd00::2");
        }
        try
        {
            return of(InetAddress.getByName(text));
        }
        catch (final UnknownHostException ex)
        {
            throw new IllegalArgumentException("not an IP address: '" + text + "'; write it as 10.0.0.2 or fd00::2");
        }
    }

    /** To the JDK's type. */
    public InetAddress toInetAddress()
    {
        return toInetAddress(hi, lo);
    }

    /** To the JDK's type, with nothing allocated but that: datagrams of many senders cost one for each. */
    public static InetAddress toInetAddress(final long hi, final long lo)
    {
        final byte[] bytes = new byte[isV4(hi, lo) ? 4 : 16];
        for (int i = 0; i < bytes.length; i++)
        {
            bytes[bytes.length - 1 - i] = (byte)((i < 8 ? lo : hi) >>> 8 * (i & 7));
        }
        try
        {
            return bytes.length == 4 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, -1);
        }
        catch (final UnknownHostException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    /** The literal; IPv6 in the form of RFC 5952. */
    @Override
    public String toString()
    {
        return isV4() ? toInetAddress().getHostAddress() : toRfc5952();
    }

    private String toRfc5952()
    {
        final int[] groups = new int[8];
        for (int i = 0; i < 8; i++)
        {
            groups[i] = (int)((i < 4 ? hi : lo) >>> (48 - (i & 3) * 16)) & 0xFFFF;
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++)
        {
            int end = i;
            while (end < 8 && groups[end] == 0)
            {
                end++;
            }
            if (end - i > bestLength)
            {
                bestStart = i;
                bestLength = end - i;
            }
        }
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++)
        {
            if (i == bestStart)
            {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':')
            {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
