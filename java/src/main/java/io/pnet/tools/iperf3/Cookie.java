package io.pnet.tools.iperf3;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** What tells one test's connections from another's: 36 characters and a zero byte. */
final class Cookie
{
    /** Bytes on the wire, with the zero byte. */
    static final int LENGTH = 37;

    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

    private Cookie()
    {
    }

    static String random()
    {
        final SecureRandom random = new SecureRandom();
        final StringBuilder cookie = new StringBuilder(LENGTH - 1);
        for (int i = 0; i < LENGTH - 1; i++)
        {
            cookie.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return cookie.toString();
    }

    static byte[] encode(final String cookie)
    {
        final byte[] bytes = new byte[LENGTH];
        final byte[] text = cookie.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, bytes, 0, Math.min(text.length, LENGTH - 1));
        return bytes;
    }

    static String decode(final byte[] bytes)
    {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0)
        {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }
}
