package io.pnet.tcp;

import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;

/**
 * The vocabulary of packet tests: one segment, to be sent by the peer or expected from the stack. Sequence numbers
 * count from their sender's initial one, acknowledgements from the receiver's, so that a SYN has 0 and the first byte
 * 1. What is not said is not looked at when expecting.
 */
final class Tcp
{
    static final int FIN = TcpHeader.FIN;
    static final int SYN = TcpHeader.SYN;
    static final int RST = TcpHeader.RST;
    static final int PSH = TcpHeader.PSH;
    static final int ACK = TcpHeader.ACK;
    static final int URG = TcpHeader.URG;
    static final int ECE = TcpHeader.ECE;
    static final int CWR = TcpHeader.CWR;
    static final int NOT_ECT = 0;
    static final int ECT_0 = 2;
    static final int CE = 3;

    final int flags;
    Integer seq;
    Integer ack;
    Integer window;
    Integer length;
    Integer mss;
    Integer scale;
    Boolean sackPermitted;
    Boolean timestamps;
    Integer tsVal;
    Integer tsEcr;
    int[] sack;
    byte[] rawOptions;
    int urgent;
    boolean isChecksumWrong;
    Integer sourcePort;
    Integer ecn;

    private Tcp(final int flags)
    {
        this.flags = flags;
    }

    /** A segment with exactly these flags; PSH is not looked at. */
    static Tcp tcp(final int flags)
    {
        return new Tcp(flags);
    }

    static Tcp syn()
    {
        return tcp(SYN).seq(0);
    }

    static Tcp ack(final int ack)
    {
        return tcp(ACK).acks(ack);
    }

    /** Payload at a place of the stream: byte {@code n} of it is {@code n * 31 >> 3}. */
    static Tcp data(final int seq, final int length)
    {
        return tcp(ACK).seq(seq).length(length);
    }

    static byte byteAt(final int seq)
    {
        return (byte)(seq * 31 >> 3);
    }

    Tcp seq(final int value)
    {
        seq = value;
        return this;
    }

    Tcp acks(final int value)
    {
        ack = value;
        return this;
    }

    Tcp window(final int value)
    {
        window = value;
        return this;
    }

    Tcp length(final int value)
    {
        length = value;
        return this;
    }

    Tcp mss(final int value)
    {
        mss = value;
        return this;
    }

    Tcp scale(final int value)
    {
        scale = value;
        return this;
    }

    Tcp sackPermitted()
    {
        sackPermitted = true;
        return this;
    }

    Tcp timestamps(final int val, final int ecr)
    {
        timestamps = true;
        tsVal = val;
        tsEcr = ecr;
        return this;
    }

    Tcp withTimestamps()
    {
        timestamps = true;
        return this;
    }

    Tcp withoutTimestamps()
    {
        timestamps = false;
        return this;
    }

    Tcp echoing(final int ecr)
    {
        timestamps = true;
        tsEcr = ecr;
        return this;
    }

    /** Left and right edges in turn; none at all when expecting a segment without blocks. */
    Tcp sack(final int... edges)
    {
        sack = edges;
        return this;
    }

    /** Bytes of options as they are, padded with zeros. */
    Tcp rawOptions(final int... bytes)
    {
        rawOptions = new byte[bytes.length + 3 & ~3];
        for (int i = 0; i < bytes.length; i++)
        {
            rawOptions[i] = (byte)bytes[i];
        }
        return this;
    }

    Tcp urgent(final int pointer)
    {
        urgent = pointer;
        return this;
    }

    Tcp wrongChecksum()
    {
        isChecksumWrong = true;
        return this;
    }

    /** The codepoint in the IP header. */
    Tcp ecn(final int codepoint)
    {
        ecn = codepoint;
        return this;
    }

    Tcp sourcePort(final int port)
    {
        sourcePort = port;
        return this;
    }

    static String flagText(final int flags)
    {
        final StringBuilder text = new StringBuilder();
        final String names = "FSRPAUEC";
        for (int i = 0; i < 8; i++)
        {
            if ((flags & 1 << i) != 0)
            {
                text.append(names.charAt(i));
            }
        }
        return text.length() == 0 ? "-" : text.toString();
    }

    @Override
    public String toString()
    {
        final StringBuilder text = new StringBuilder(flagText(flags));
        append(text, "seq", seq);
        append(text, "ack", ack);
        append(text, "window", window);
        append(text, "length", length);
        append(text, "mss", mss);
        append(text, "scale", scale);
        append(text, "sackPermitted", sackPermitted);
        append(text, "timestamps", timestamps);
        append(text, "ecr", tsEcr);
        append(text, "ecn", ecn);
        append(text, "sack", sack == null ? null : java.util.Arrays.toString(sack));
        return text.toString();
    }

    private static void append(final StringBuilder text, final String name, final Object value)
    {
        if (value != null)
        {
            text.append(' ').append(name).append('=').append(value);
        }
    }

    /** A segment that the stack has sent, as the peer saw it. */
    static final class Seen
    {
        final long atNs;
        final int flags;
        final int seq;
        final int ack;
        final int window;
        final int urgent;
        final int length;
        final int mss;
        final int scale;
        final boolean sackPermitted;
        final boolean timestamps;
        final int tsVal;
        final int tsEcr;
        final int[] sack;
        final int sourcePort;
        final int destinationPort;
        final byte[] payload;
        final int ecn;

        Seen(
            final long atNs,
            final TcpHeader header,
            final TcpOptions options,
            final int senderIss,
            final int receiverIss,
            final int ecn,
            final byte[] payload)
        {
            this.atNs = atNs;
            flags = header.flags();
            seq = header.sequenceNumber() - senderIss;
            ack = header.acknowledgmentNumber() - receiverIss;
            window = header.window();
            urgent = header.urgentPointer();
            length = payload.length;
            mss = options.mss();
            scale = options.windowScale();
            sackPermitted = options.sackPermitted();
            timestamps = options.hasTimestamps();
            tsVal = options.tsVal();
            tsEcr = options.tsEcr();
            sack = new int[2 * options.sackCount()];
            for (int i = 0; i < options.sackCount(); i++)
            {
                sack[2 * i] = options.sackLeft(i) - receiverIss;
                sack[2 * i + 1] = options.sackRight(i) - receiverIss;
            }
            sourcePort = header.sourcePort();
            destinationPort = header.destinationPort();
            this.ecn = ecn;
            this.payload = payload;
        }

        boolean matches(final Tcp expected)
        {
            return (flags & ~PSH) == (expected.flags & ~PSH) &&
                is(expected.seq, seq) && is(expected.ack, ack) && is(expected.window, window) &&
                is(expected.length, length) && is(expected.mss, mss) && is(expected.scale, scale) &&
                (expected.sackPermitted == null || expected.sackPermitted == sackPermitted) &&
                (expected.timestamps == null || expected.timestamps == timestamps) &&
                (expected.urgent == 0 || expected.urgent == urgent) &&
                is(expected.tsVal, tsVal) && is(expected.tsEcr, tsEcr) && is(expected.ecn, ecn) &&
                (expected.sack == null || java.util.Arrays.equals(expected.sack, sack));
        }

        private static boolean is(final Integer expected, final int actual)
        {
            return expected == null || expected == actual;
        }

        @Override
        public String toString()
        {
            return flagText(flags) + " seq=" + seq + " ack=" + ack + " window=" + window + " length=" + length +
                (mss > 0 ? " mss=" + mss : "") + (scale >= 0 ? " scale=" + scale : "") +
                (sackPermitted ? " sackPermitted" : "") +
                (ecn != 0 ? " ecn=" + ecn : "") +
                (timestamps ? " ts=" + tsVal + "/" + tsEcr : "") +
                (sack.length > 0 ? " sack=" + java.util.Arrays.toString(sack) : "");
        }
    }
}
