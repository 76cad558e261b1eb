package io.pnet.bench.servers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The few words of a protocol that keep a connection in use: what to say, and where an answer ends. */
interface Talk
{
    /** What opens a conversation. */
    byte[] first();

    /** What is said from then on. */
    byte[] again();

    /** The length of the answer that begins the buffer's content, or -1 while it is not whole. */
    int answerLength(ByteBuffer content);

    /** Finds the conversation for a protocol. */
    static Talk of(final String protocol, final String path)
    {
        return switch (protocol)
        {
            case "HTTP" -> new Http(path);
            case "ECHO" -> new Echo();
            case "ZOOKEEPER" -> new ZooKeeper();
            default -> throw new IllegalArgumentException("no conversation for " + protocol);
        };
    }

    /** HTTP/1.1 with keep-alive. */
    final class Http implements Talk
    {
        private final byte[] request;

        Http(final String path)
        {
            request = ("GET " + path + " HTTP/1.1\r\nHost: pnet\r\nConnection: keep-alive\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public byte[] first()
        {
            return request;
        }

        @Override
        public byte[] again()
        {
            return request;
        }

        @Override
        public int answerLength(final ByteBuffer content)
        {
            final String text = StandardCharsets.ISO_8859_1.decode(content.duplicate()).toString();
            final int headEnd = text.indexOf("\r\n\r\n") + 4;
            if (headEnd < 4)
            {
                return -1;
            }
            final String head = text.substring(0, headEnd).toLowerCase(Locale.ROOT);
            if (!head.startsWith("http/1.1 200"))
            {
                throw new IllegalStateException("the server said: " + head.lines().findFirst().orElse(""));
            }
            final int field = head.indexOf("\r\ncontent-length:");
            if (field >= 0)
            {
                final int colon = head.indexOf(':', field);
                final String digits = head.substring(colon + 1, head.indexOf('\r', colon)).strip();
                final int length = headEnd + Integer.parseInt(digits);
                return text.length() < length ? -1 : length;
            }
            // Chunked: small answers come without trailers.
            final int last = text.indexOf("0\r\n\r\n", headEnd);
            return last < 0 ? -1 : last + 5;
        }
    }

    /** Whatever is said comes back. */
    final class Echo implements Talk
    {
        private static final byte[] WORDS = "sixteen letters.".getBytes(StandardCharsets.ISO_8859_1);

        @Override
        public byte[] first()
        {
            return WORDS;
        }

        @Override
        public byte[] again()
        {
            return WORDS;
        }

        @Override
        public int answerLength(final ByteBuffer content)
        {
            if (content.remaining() < WORDS.length)
            {
                return -1;
            }
            if (!content.duplicate().limit(content.position() + WORDS.length).equals(ByteBuffer.wrap(WORDS)))
            {
                throw new IllegalStateException("something else came back than was sent");
            }
            return WORDS.length;
        }
    }

    /** A session of ZooKeeper's, then pings; every message has its length in front. */
    final class ZooKeeper implements Talk
    {
        private static final int SESSION_TIMEOUT_MS = 30_000;
        private static final int PASSWORD_LENGTH = 16;
        private static final int PING_XID = -2;
        private static final int PING = 11;

        @Override
        public byte[] first()
        {
            final int length = 4 + 8 + 4 + 8 + 4 + PASSWORD_LENGTH + 1;
            return ByteBuffer.allocate(4 + length).putInt(length)
                .putInt(0).putLong(0).putInt(SESSION_TIMEOUT_MS).putLong(0)
                .putInt(PASSWORD_LENGTH).put(new byte[PASSWORD_LENGTH]).put((byte)0).array();
        }

        @Override
        public byte[] again()
        {
            return ByteBuffer.allocate(12).putInt(8).putInt(PING_XID).putInt(PING).array();
        }

        @Override
        public int answerLength(final ByteBuffer content)
        {
            if (content.remaining() < 4)
            {
                return -1;
            }
            final int length = 4 + content.getInt(content.position());
            return content.remaining() < length ? -1 : length;
        }
    }
}
