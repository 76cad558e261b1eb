package io.pnet.dns;

import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * Domain names (RFC 1035 sections 3.1 and 4.1.4): labels of up to 63 bytes, each behind its length, with an empty one
 * at the end; within a message the rest of a name may be a pointer to where it stands already.
 *
 * <pre>
 *   +--+--+--+--+--+--+--+--+     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   | 0  0|     length      |     | 1  1|                 offset                  |
 *   +--+--+--+--+--+--+--+--+     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * </pre>
 *
 * <p>As text they are in lower case, without the final dot; a byte that is no printable ASCII character, and a dot or
 * backslash inside a label, is written as {@code \DDD}, so that no label can pass for two.
 */
final class DnsName
{
    /** Bytes of the longest name on the wire. */
    static final int MAX_BYTES = 255;

    private static final int MAX_LABEL = 63;
    private static final int POINTER = 0xC0;

    /** The name, and where what follows it begins. */
    record Read(String name, int end)
    {
    }

    private DnsName()
    {
    }

    /** Whether the text is a name that can be asked for: ASCII, no empty label, none too long. */
    static boolean isValid(final String name)
    {
        if (name.isEmpty() || name.length() > MAX_BYTES - 2)
        {
            return false;
        }
        int label = 0;
        for (int i = 0; i < name.length(); i++)
        {
            final char c = name.charAt(i);
            if (c == '.')
            {
                if (label == 0)
                {
                    return false;
                }
                label = 0;
            }
            else if (c <= ' ' || c >= 0x7F || c == '\\' || ++label > MAX_LABEL)
            {
                return false;
            }
        }
        return label > 0;
    }

    /** Whether the name is one that a host may have (letters, digits, hyphens, underscores), and no trick. */
    static boolean isHostName(final String name)
    {
        return isValid(name) && name.matches("[0-9A-Za-z._-]+");
    }

    /** As names are compared: lower case, no final dot. */
    static String canonical(final String name)
    {
        final String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** Writes a valid name, uncompressed. */
    static void write(final String name, final ByteBuffer target)
    {
        int start = 0;
        for (int i = 0; i <= name.length(); i++)
        {
            if (i == name.length() || name.charAt(i) == '.')
            {
                target.put((byte)(i - start));
                for (int j = start; j < i; j++)
                {
                    target.put((byte)name.charAt(j));
                }
                start = i + 1;
            }
        }
        target.put((byte)0);
    }

    /**
     * Reads a name.
     *
     * @param bytes  the whole message: names point into it.
     * @param length of the message.
     * @param offset where the name begins.
     */
    static Read read(final byte[] bytes, final int length, final int offset) throws DnsFormatException
    {
        final StringBuilder text = new StringBuilder();
        int at = offset;
        int end = -1;
        int size = 1;
        // Every pointer has to point before the place that the last one led to, so that there can be no loop.
        int limit = offset;
        while (true)
        {
            final int head = uint8(bytes, length, at);
            if ((head & POINTER) == POINTER)
            {
                final int target = (head & ~POINTER) << 8 | uint8(bytes, length, at + 1);
                end = end < 0 ? at + 2 : end;
                if (target >= limit)
                {
                    throw new DnsFormatException("a name points forward");
                }
                limit = target;
                at = target;
            }
            else if (head > MAX_LABEL)
            {
                throw new DnsFormatException("a label of an unknown kind");
            }
            else if (head == 0)
            {
                return new Read(text.toString(), end < 0 ? at + 1 : end);
            }
            else
            {
                size += head + 1;
                if (size > MAX_BYTES || at + 1 + head > length)
                {
                    throw new DnsFormatException("a name is too long");
                }
                appendLabel(text, bytes, at + 1, head);
                at += 1 + head;
            }
        }
    }

    private static void appendLabel(final StringBuilder text, final byte[] bytes, final int offset, final int length)
    {
        if (!text.isEmpty())
        {
            text.append('.');
        }
        for (int i = offset; i < offset + length; i++)
        {
            final int c = bytes[i] & 0xFF;
            if (c <= ' ' || c >= 0x7F || c == '.' || c == '\\')
            {
                text.append('\\').append((char)('0' + c / 100)).append((char)('0' + c / 10 % 10))
                    .append((char)('0' + c % 10));
            }
            else
            {
                text.append(c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
            }
        }
    }

    private static int uint8(final byte[] bytes, final int length, final int offset) throws DnsFormatException
    {
        if (offset >= length)
        {
            throw new DnsFormatException("a name goes on behind the message's end");
        }
        return bytes[offset] & 0xFF;
    }
}
