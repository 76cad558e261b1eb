package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/** What the link scenarios share: frames with numbers in them, and an end that remembers what it was shown. */
final class Wire
{
    /** Local experimental EtherType (IEEE 802): nobody else on the wire sends it. */
    static final int ETHER_TYPE = 0x88B5;
    static final int HEAD = 54;

    /** A frame that was shown: copied out, since the link takes it back. */
    record Seen(
        byte[] bytes, int checksum, int csumStart, int csumOffset, int gsoType, int gsoSize, int vlanTci,
        long timestampNs, boolean hadChunk)
    {
        int number()
        {
            return new UnsafeBuffer(bytes).getInt(14, ByteOrder.BIG_ENDIAN);
        }
    }

    /** One end of a link under test. */
    static final class End implements AutoCloseable
    {
        final LinkContext context;
        final Link link;
        final Deque<Seen> seen = new ArrayDeque<>();
        final Deque<Chunk> kept = new ArrayDeque<>();
        boolean keepChunks;

        End(final String spec, final LinkOptions options, final LinkContext context) throws LinkException
        {
            this.context = context;
            this.link = Links.open(spec, options, context);
        }

        End(final String spec, final LinkOptions options) throws LinkException
        {
            this(spec, options, LinkContext.standalone());
        }

        long mac()
        {
            return link.capabilities().macAddress();
        }

        void onFrame(final RxFrame frame)
        {
            final UnsafeBuffer buffer = frame.buffer();
            final short etherType = buffer.getShort(frame.offset() + 12, ByteOrder.BIG_ENDIAN);
            // What the kernel sends by itself, neighbour discovery mostly, is none of the test's.
            if (etherType != (short)ETHER_TYPE && etherType != 0x0800)
            {
                return;
            }
            final byte[] bytes = new byte[frame.length()];
            buffer.getBytes(frame.offset(), bytes);
            seen.add(new Seen(
                bytes, frame.checksum(), frame.csumStart(), frame.csumOffset(), frame.gsoType(), frame.gsoSize(),
                frame.vlanTci(), frame.timestampNs(), frame.hasChunk()));
            if (keepChunks && frame.hasChunk())
            {
                kept.add(frame.takeChunk());
            }
        }

        /** Polls until {@code count} frames were shown, for at most five seconds. */
        void await(final int count)
        {
            final long end = System.nanoTime() + 5_000_000_000L;
            while (seen.size() < count && System.nanoTime() < end)
            {
                link.poll(this::onFrame, 64, System.nanoTime());
            }
            check(seen.size() >= count, "saw " + seen.size() + " of " + count + " frames");
        }

        /** Polls for a while. */
        void pollFor(final long milliseconds)
        {
            final long end = System.nanoTime() + milliseconds * 1_000_000L;
            while (System.nanoTime() < end)
            {
                link.poll(this::onFrame, 64, System.nanoTime());
            }
        }

        void flush()
        {
            link.flush(System.nanoTime());
        }

        /** Flushes until nothing is queued any more, for at most five seconds. */
        void flushAll()
        {
            final long end = System.nanoTime() + 5_000_000_000L;
            flush();
            while (link.isCongested() && System.nanoTime() < end)
            {
                flush();
            }
        }

        /** Commits a plain frame that carries a number and then bytes that follow from it. */
        boolean plain(final long to, final int number, final int length)
        {
            final TxFrame frame = link.claim(length, false);
            if (frame == null)
            {
                return false;
            }
            ethernet(frame.buffer(), frame.offset(), to, mac(), ETHER_TYPE);
            frame.buffer().putInt(frame.offset() + 14, number, ByteOrder.BIG_ENDIAN);
            fill(frame.buffer(), frame.offset() + 18, length - 18, number);
            link.commit(frame);
            return true;
        }

        /** Commits a gathered frame: an 18-byte head with the number, and payload in up to three pieces. */
        boolean gathered(final long to, final int number, final UnsafeBuffer payload, final int... lengths)
        {
            final TxFrame frame = link.claim(18, true);
            if (frame == null)
            {
                return false;
            }
            ethernet(frame.buffer(), frame.offset(), to, mac(), ETHER_TYPE);
            frame.buffer().putInt(frame.offset() + 14, number, ByteOrder.BIG_ENDIAN);
            int at = 0;
            for (final int length : lengths)
            {
                frame.append(payload, at, length);
                at += length;
            }
            link.commit(frame);
            return true;
        }

        /** Commits a TCP GSO frame over IPv4 whose payload is gathered from three pieces. */
        boolean gso(final long to, final UnsafeBuffer payload, final int length, final int mss)
        {
            final TxFrame frame = link.claim(HEAD, true);
            if (frame == null)
            {
                return false;
            }
            tcp(frame.buffer(), frame.offset(), to, mac(), length);
            frame.append(payload, 0, 1_000).append(payload, 1_000, 20_001).append(payload, 21_001, length - 21_001);
            frame.checksumPartial(34, 16).gso(RxFrame.GSO_TCPV4, mss, HEAD);
            link.commit(frame);
            return true;
        }

        @Override
        public void close()
        {
            kept.forEach(Chunk::release);
            kept.clear();
            link.close();
        }
    }

    private Wire()
    {
    }

    static void check(final boolean condition, final String message)
    {
        if (!condition)
        {
            throw new AssertionError(message);
        }
    }

    static void equal(final long expected, final long actual, final String what)
    {
        check(expected == actual, what + ": expected " + expected + ", was " + actual);
    }

    static void ethernet(
        final UnsafeBuffer buffer, final int offset, final long to, final long from, final int etherType)
    {
        for (int i = 0; i < 6; i++)
        {
            buffer.putByte(offset + i, (byte)(to >>> (40 - 8 * i)));
            buffer.putByte(offset + 6 + i, (byte)(from >>> (40 - 8 * i)));
        }
        buffer.putByte(offset + 12, (byte)(etherType >>> 8));
        buffer.putByte(offset + 13, (byte)etherType);
    }

    /** Ethernet, IPv4 and TCP headers; the TCP checksum is the pseudo-header's sum. */
    static void tcp(
        final UnsafeBuffer buffer, final int offset, final long to, final long from, final int payload)
    {
        ethernet(buffer, offset, to, from, 0x0800);
        buffer.setMemory(offset + 14, 40, (byte)0);
        final int ip = offset + 14;
        buffer.putShort(ip, (short)0x4500, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 2, (short)(40 + payload), ByteOrder.BIG_ENDIAN);
        buffer.putByte(ip + 8, (byte)64);
        buffer.putByte(ip + 9, (byte)6);
        buffer.putInt(ip + 12, 0x0A4D0001, ByteOrder.BIG_ENDIAN);
        buffer.putInt(ip + 16, 0x0A4D0002, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 10, (short)~sum(buffer, ip, 20, 0), ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 32, (short)0x5010, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 36, (short)sum(buffer, ip + 12, 8, 6 + 20 + payload), ByteOrder.BIG_ENDIAN);
    }

    static int sum(final UnsafeBuffer buffer, final int offset, final int length, final int start)
    {
        int sum = start;
        for (int i = 0; i < length; i += 2)
        {
            sum += buffer.getShort(offset + i, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    static void fill(final UnsafeBuffer buffer, final int offset, final int length, final int seed)
    {
        for (int i = 0; i < length; i++)
        {
            buffer.putByte(offset + i, byteAt(seed, i));
        }
    }

    static byte byteAt(final int seed, final int index)
    {
        return (byte)(seed * 31 + index * 7 + (index >> 8));
    }

    static UnsafeBuffer payload(final int length, final int seed)
    {
        final UnsafeBuffer buffer = new UnsafeBuffer(Messages.allocate(length));
        fill(buffer, 0, length, seed);
        return buffer;
    }
}
