package io.pnet.hostile;

import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Makes bad frames of good ones, with a notion of what a frame is: fields get the values that hurt, layers of different
 * frames are spliced, options, extension headers and fragments are made up, and most frames get right checksums in the
 * end, so that they reach what lies behind them.
 */
final class Mutator
{
    private static final int MAX_CHANGES = 3;
    /** Offset and bytes, in turn. */
    private static final int[] ETHERNET = {0, 6, 6, 6, 12, 2};
    private static final int[] IPV4 = {0, 1, 1, 1, 2, 2, 4, 2, 6, 2, 8, 1, 9, 1, 12, 4, 16, 4, 20, 4};
    private static final int[] IPV6 = {0, 4, 4, 2, 6, 1, 7, 1, 8, 8, 16, 8, 24, 8, 32, 8, 40, 1, 41, 1, 42, 2, 44, 4};
    private static final int[] TCP = {0, 2, 2, 2, 4, 4, 8, 4, 12, 1, 13, 1, 14, 2, 18, 2, 20, 4, 24, 4, 28, 4, 32, 4};
    private static final int[] UDP = {0, 2, 2, 2, 4, 2, 6, 2};
    private static final int[] ICMP = {0, 1, 1, 1, 4, 2, 6, 2, 8, 1, 9, 1, 10, 2, 17, 1, 24, 8};
    private static final int[] ARP = {0, 2, 2, 2, 4, 1, 5, 1, 6, 2, 8, 6, 14, 4, 18, 6, 24, 4};
    private static final int TCP_OPTIONS_AT = 20;

    /** What was made last. */
    final UnsafeBuffer frame = new UnsafeBuffer(ByteBuffer.allocateDirect(2 * FrameLink.SLOT));
    int length;
    private final Corpus corpus;
    private final SplittableRandom random;
    private int transport;
    private int protocol;
    private boolean isIpv4;
    private boolean isIpv6;

    Mutator(final Corpus corpus, final SplittableRandom random)
    {
        this.corpus = corpus;
        this.random = random;
    }

    /** Makes the next frame: {@link #length} bytes of {@link #frame}. */
    void next()
    {
        final int from = random.nextInt(4) == 0 || corpus.size() == corpus.fixed() ?
            random.nextInt(corpus.fixed()) :
            corpus.fixed() + random.nextInt(corpus.size() - corpus.fixed());
        length = corpus.copy(from, frame);
        if (random.nextInt(32) == 0)
        {
            reflect();
        }
        final int changes = random.nextInt(MAX_CHANGES + 1);
        for (int i = 0; i < changes && length > EthernetHeader.LENGTH; i++)
        {
            locate();
            change();
        }
        if (random.nextInt(10) != 0)
        {
            Repair.checksums(frame, 0, length);
        }
        length = Math.min(length, FrameLink.SLOT);
    }

    /** Finds the layers, as far as they make sense. */
    private void locate()
    {
        transport = length;
        protocol = -1;
        final int type = EthernetHeader.type(frame, 0);
        isIpv4 = type == EthernetHeader.TYPE_IPV4 && length >= 34;
        isIpv6 = type == EthernetHeader.TYPE_IPV6 && length >= 54;
        if (isIpv4)
        {
            transport = EthernetHeader.LENGTH + Math.max(20, Ipv4Header.headerLength(frame, 14));
            protocol = Ipv4Header.protocol(frame, 14);
        }
        else if (isIpv6)
        {
            transport = EthernetHeader.LENGTH + Ipv6Header.LENGTH;
            protocol = Ipv6Header.nextHeader(frame, 14);
        }
    }

    private void change()
    {
        switch (random.nextInt(16))
        {
            case 0:
                frame.putByte(at(), (byte)(frame.getByte(at()) ^ 1 << random.nextInt(8)));
                break;
            case 1:
                frame.putByte(at(), (byte)random.nextInt(256));
                break;
            case 2:
                truncate();
                break;
            case 3:
                extend();
                break;
            case 4:
                splice();
                break;
            case 5:
                options();
                break;
            case 6:
                fragment();
                break;
            case 7:
                extension();
                break;
            case 8:
                sequence();
                break;
            default:
                field();
                break;
        }
    }

    private int at()
    {
        return random.nextInt(10) == 0 ? random.nextInt(length) :
            EthernetHeader.LENGTH + random.nextInt(length - EthernetHeader.LENGTH);
    }

    /** Some field of some layer gets one of the values that hurt. */
    private void field()
    {
        int base = EthernetHeader.LENGTH;
        int[] fields = ETHERNET;
        final int layer = random.nextInt(20);
        if (layer == 0)
        {
            base = 0;
        }
        else if (isIpv4 || isIpv6)
        {
            if (layer < 7)
            {
                fields = isIpv4 ? IPV4 : IPV6;
            }
            else
            {
                base = transport;
                fields = protocol == ProtocolNumber.TCP ? TCP :
                    protocol == ProtocolNumber.UDP ? UDP :
                    protocol == ProtocolNumber.ICMP || protocol == ProtocolNumber.ICMPV6 ? ICMP : IPV6;
            }
        }
        else
        {
            fields = ARP;
        }
        final int which = random.nextInt(fields.length / 2) * 2;
        final int offset = base + fields[which];
        final int bytes = fields[which + 1];
        if (offset + bytes <= length)
        {
            long value = 0;
            for (int i = 0; i < bytes; i++)
            {
                value = value << 8 | frame.getByte(offset + i) & 0xFF;
            }
            value = hurtful(value, bytes * 8);
            for (int i = bytes - 1; i >= 0; i--)
            {
                frame.putByte(offset + i, (byte)value);
                value >>>= 8;
            }
        }
    }

    private long hurtful(final long value, final int bits)
    {
        switch (random.nextInt(10))
        {
            case 0:
                return 0;
            case 1:
                return 1;
            case 2:
                return -1;
            case 3:
                return -2;
            case 4:
                return value + 1;
            case 5:
                return value - 1;
            case 6:
                return value ^ 1L << (bits - 1);
            case 7:
                return value + random.nextInt(-3_000, 3_000);
            case 8:
                return value ^ 1L << random.nextInt(bits);
            default:
                return random.nextLong();
        }
    }

    private void truncate()
    {
        length = random.nextInt(length + 1);
        if (random.nextBoolean())
        {
            fixLength();
        }
    }

    private void extend()
    {
        final int more = Math.min(random.nextInt(100), FrameLink.SLOT - length);
        for (int i = 0; i < more; i++)
        {
            frame.putByte(length + i, (byte)random.nextInt(256));
        }
        length += more;
        if (random.nextBoolean())
        {
            fixLength();
        }
    }

    /** The packet says how long it is. */
    private void fixLength()
    {
        if (isIpv4 && length >= 34)
        {
            BigEndian.putUint16(frame, 14 + Ipv4Header.TOTAL_LENGTH_OFFSET, length - 14);
        }
        else if (isIpv6 && length >= 54)
        {
            BigEndian.putUint16(frame, 14 + Ipv6Header.PAYLOAD_LENGTH_OFFSET, length - 54);
        }
    }

    /** The head of this one, the tail of another. */
    private void splice()
    {
        final int other = random.nextInt(corpus.size());
        final int cut = random.nextInt(3) == 0 ? at() : random.nextBoolean() ? Math.min(transport, length) : 14;
        final int otherCut = random.nextInt(3) == 0 ? cut : random.nextBoolean() ? 34 : 54;
        final int n = Math.min(corpus.length(other) - otherCut, FrameLink.SLOT - cut);
        if (n > 0)
        {
            frame.putBytes(cut, corpus.memory(), corpus.offset(other) + otherCut, n);
            length = cut + n;
            if (random.nextBoolean())
            {
                fixLength();
            }
        }
    }

    /** TCP options as nobody should write them, in place of those there are and of payload. */
    private void options()
    {
        if (protocol != ProtocolNumber.TCP || transport + TCP_OPTIONS_AT > length)
        {
            field();
            return;
        }
        final int words = random.nextInt(11);
        final int end = Math.min(transport + TCP_OPTIONS_AT + 4 * words, FrameLink.SLOT);
        int at = transport + TCP_OPTIONS_AT;
        while (at < end)
        {
            final int kind = random.nextInt(8) == 0 ? random.nextInt(256) : random.nextInt(9);
            frame.putByte(at++, (byte)kind);
            if (kind > 1 && at < end)
            {
                final int right = kind == 2 ? 4 : kind == 3 ? 3 : kind == 4 ? 2 :
                    kind == 8 ? 10 : kind == 5 ? 2 + 8 * random.nextInt(1, 5) : 2 + random.nextInt(8);
                final int said = random.nextInt(4) == 0 ? random.nextInt(256) : right;
                frame.putByte(at++, (byte)said);
                for (int i = 2; i < right && at < end; i++)
                {
                    frame.putByte(at++, (byte)random.nextInt(256));
                }
                if (kind == 5)
                {
                    blocks(at - right + 2, right - 2, end);
                }
            }
        }
        length = Math.max(length, end);
        frame.putByte(transport + 12, (byte)(5 + words << 4));
        if (random.nextInt(4) != 0)
        {
            fixLength();
        }
    }

    /** SACK blocks near what is acknowledged. */
    private void blocks(final int offset, final int bytes, final int end)
    {
        final int ack = BigEndian.getInt32(frame, transport + 8);
        for (int i = 0; i + 4 <= bytes && offset + i + 4 <= end; i += 4)
        {
            BigEndian.putInt32(frame, offset + i, ack + random.nextInt(-2_000, 20_000));
        }
    }

    /** Says that it is a fragment, of a packet of which there may be others. */
    private void fragment()
    {
        final int offset = random.nextInt(4) == 0 ? random.nextInt(0x2000) : random.nextInt(12);
        if (isIpv4)
        {
            BigEndian.putUint16(frame, 14 + Ipv4Header.IDENTIFICATION_OFFSET, random.nextInt(4));
            BigEndian.putUint16(
                frame, 14 + Ipv4Header.FLAGS_FRAGMENT_OFFSET, offset | (random.nextBoolean() ? 0x2000 : 0));
        }
        else if (isIpv6 && length + 8 <= FrameLink.SLOT)
        {
            insert(8, ProtocolNumber.FRAGMENT);
            BigEndian.putUint16(frame, 56, offset << 3 | (random.nextBoolean() ? 1 : 0));
            BigEndian.putInt32(frame, 58, random.nextInt(4));
        }
    }

    /** One more extension header. */
    private void extension()
    {
        if (!isIpv6 || length + 24 > FrameLink.SLOT)
        {
            field();
            return;
        }
        final int[] kinds = {0, 43, 60, 60, 44, 59, 50, 51, 135, 139};
        final int bytes = 8 * random.nextInt(1, 4);
        insert(bytes, kinds[random.nextInt(kinds.length)]);
        for (int i = 2; i < bytes; i++)
        {
            frame.putByte(54 + i, random.nextInt(3) == 0 ? (byte)random.nextInt(256) : 0);
        }
        frame.putByte(55, (byte)(random.nextInt(4) == 0 ? random.nextInt(256) : bytes / 8 - 1));
    }

    private void insert(final int bytes, final int kind)
    {
        for (int i = length - 1; i >= 54; i--)
        {
            frame.putByte(i + bytes, frame.getByte(i));
        }
        frame.setMemory(54, bytes, (byte)0);
        frame.putByte(54, frame.getByte(20));
        frame.putByte(20, (byte)kind);
        length += bytes;
        BigEndian.putUint16(frame, 18, length - 54);
    }

    /** Sequence numbers and flags that are nearly right. */
    private void sequence()
    {
        if (protocol != ProtocolNumber.TCP || transport + TCP_OPTIONS_AT > length)
        {
            field();
            return;
        }
        final int what = random.nextInt(7);
        if (what < 2)
        {
            final int offset = transport + 4 + 4 * what;
            final int by = random.nextBoolean() ? random.nextInt(-3, 4) : random.nextInt(-100_000, 100_000);
            BigEndian.putInt32(frame, offset, BigEndian.getInt32(frame, offset) + by);
        }
        else if (what < 4)
        {
            final int flags = random.nextInt(4) == 0 ? random.nextInt(256) : 16 | random.nextInt(32);
            frame.putByte(transport + 13, (byte)flags);
        }
        else if (what == 4)
        {
            BigEndian.putUint16(frame, transport + 14, random.nextInt(3) == 0 ? 0 : random.nextInt(4));
        }
        else
        {
            // One byte of it, somewhere in the window.
            length = Math.min(length, transport + (frame.getByte(transport + 12) >> 4 & 15) * 4 + random.nextInt(3));
            length = Math.max(length, transport + TCP_OPTIONS_AT);
            BigEndian.putInt32(
                frame, transport + 4, BigEndian.getInt32(frame, transport + 4) + random.nextInt(20_000));
            fixLength();
        }
    }

    /** Turned round: what was sent comes back. */
    private void reflect()
    {
        swap(0, 6, 6);
        locate();
        if (isIpv4)
        {
            swap(26, 30, 4);
        }
        else if (isIpv6)
        {
            swap(22, 38, 16);
        }
        if (random.nextBoolean() && transport + 4 <= length)
        {
            swap(transport, transport + 2, 2);
        }
    }

    private void swap(final int left, final int right, final int bytes)
    {
        for (int i = 0; i < bytes && right + i < length; i++)
        {
            final byte kept = frame.getByte(left + i);
            frame.putByte(left + i, frame.getByte(right + i));
            frame.putByte(right + i, kept);
        }
    }
}
