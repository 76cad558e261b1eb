package io.pnet.bench;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.link.ChunkPool;
import io.pnet.link.FrameHandler;
import io.pnet.link.ImmediateLink;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.LinkContext;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.stack.Stack;
import io.pnet.tcp.TcpSettings;
import io.pnet.wire.ArpPacket;
import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.SplittableRandom;

/**
 * A link without a kernel, and all that lies beyond it: one stack's only peer. It answers for every address, opens
 * connections to the stack by hand, then sends one prepared frame again and again with other numbers, and swallows
 * whatever it gets. What a benchmark measures with it is the stack alone, from the link's seam upwards.
 *
 * <p>The stack is 10.0.0.1; everything else is behind its gateway, 10.0.0.2. Checksums are the link's business.
 */
public final class FarEnd extends ImmediateLink
{
    /** Bytes of the frame in front of the transport's header. */
    private static final int TRANSPORT = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH;

    private static final long MAC = 0x0250_4E00_0001L;
    private static final long FAR_MAC = 0x0250_4E00_0002L;
    private static final int ADDRESS = 0x0A00_0001;
    private static final int GATEWAY = 0x0A00_0002;
    private static final int WINDOW_SHIFT = 10;
    private static final int QUEUE = 256;
    /** The IP header behind it is aligned, as in a ring's slot. */
    private static final int FRAME_AT = 2;

    private final Stack stack;
    private final UnsafeBuffer frame = new UnsafeBuffer(BufferUtil.allocateDirectAligned(68 << 10, 64));
    private final UnsafeBuffer head = new UnsafeBuffer(BufferUtil.allocateDirectAligned(68 << 10, 64));
    private final UnsafeBuffer arp = new UnsafeBuffer(BufferUtil.allocateDirectAligned(64, 64));
    private final int[] seqs = new int[QUEUE];
    private final int[] acks = new int[QUEUE];
    private final int[] remotes = new int[QUEUE];
    private final int[] remotePorts = new int[QUEUE];
    private final Ipv4Header header = new Ipv4Header();
    private final TcpHeader tcpHeader = new TcpHeader();
    private final RxFrame rxFrame = new RxFrame();
    private final TxFrame txFrame = new TxFrame();
    private int length;
    private int gsoSize;
    private boolean isTcp;
    private boolean isArpDue;
    private int queued;
    private int shown;
    private long nowNs = 1_000_000_000L;
    private int lastSeq;
    private int lastFlags;
    private int sentEnd;

    /**
     * A stack and its far end.
     *
     * @param isGso whether frames of up to 64 KiB pass.
     */
    public FarEnd(final boolean isGso, final TcpSettings settings)
    {
        super(new LinkCapabilities(MAC, 1_500, 2_000, 256, true, isGso ? 65_550 : 0, false, isGso, false));
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters());
        final IpSettings ipSettings = new IpSettings();
        ipSettings.addressDetection = false;
        stack = new Stack(
            context, new ChunkPool(ChunkPool.SMALL, 64L << 20), ipSettings, settings, new SplittableRandom(1),
            ex ->
            {
                throw new IllegalStateException(ex);
            },
            () ->
            {
            },
            nowNs);
        stack.add(this);
        final NetworkInterface networkInterface = stack.ip().addInterface(this);
        stack.ip().addAddress(networkInterface, IpAddress.parse("10.0.0.1"), 24);
        stack.ip().addRoute(IpAddress.ANY_V4, 0, IpAddress.parse("10.0.0.2"), networkInterface);
    }

    public Stack stack()
    {
        return stack;
    }

    /** The stack's clock. */
    public long nowNs()
    {
        return nowNs;
    }

    /** A duty cycle, and 20 us pass. */
    public int run()
    {
        nowNs += 20_000;
        return stack.doWork(nowNs);
    }

    /** Sequence number behind the last byte that the stack has sent. */
    public int sentEnd()
    {
        return sentEnd;
    }

    /** Has the last segment be another: what was sent again is not the last. */
    public void sentEnd(final int seq)
    {
        sentEnd = seq;
    }

    private static int transportAt()
    {
        return FRAME_AT + TRANSPORT;
    }

    /**
     * Opens a connection to a port that the stack listens on.
     *
     * @return the first sequence number after the stack's SYN; ours is {@code seq + 1}.
     */
    public int open(final int remote, final int remotePort, final int port, final int seq)
    {
        tcp(remote, remotePort, port, TcpHeader.SYN, 24, 0, 0);
        int at = TcpOptions.putMss(frame, transportAt() + TcpHeader.OPTIONS_OFFSET, 1_460);
        at = TcpOptions.putSackPermitted(frame, at);
        at = TcpOptions.putTimestamps(frame, at, 1, 0);
        TcpOptions.putWindowScale(frame, at, WINDOW_SHIFT);
        send(seq, 0);
        for (int i = 0; i < 4 && (lastFlags & TcpHeader.SYN) == 0; i++)
        {
            run();
        }
        if ((lastFlags & TcpHeader.SYN) == 0)
        {
            throw new IllegalStateException("no answer to the SYN");
        }
        final int first = lastSeq + 1;
        lastFlags = 0;
        segment(remote, remotePort, port, 0, 0);
        send(seq + 1, first);
        run();
        sentEnd = first;
        return first;
    }

    /** Prepares a segment with time stamps: an acknowledgement if there is no payload. */
    public void segment(
        final int remote, final int remotePort, final int port, final int payload, final int segmentSize)
    {
        tcp(remote, remotePort, port, TcpHeader.ACK, TcpOptions.TIMESTAMPS_LENGTH, payload, segmentSize);
        TcpOptions.putTimestamps(frame, transportAt() + TcpHeader.OPTIONS_OFFSET, 1, 0);
    }

    /** Prepares an acknowledgement with time stamps and one SACK block, for {@link #sack}. */
    public void acknowledgementWithSack(final int remote, final int remotePort, final int port)
    {
        final int options = TcpOptions.TIMESTAMPS_LENGTH + TcpOptions.SACK_HEADER_LENGTH + TcpOptions.SACK_BLOCK_LENGTH;
        tcp(remote, remotePort, port, TcpHeader.ACK, options, 0, 0);
        final int at = TcpOptions.putTimestamps(frame, transportAt() + TcpHeader.OPTIONS_OFFSET, 1, 0);
        TcpOptions.putSackHeader(frame, at, 1);
    }

    /** The SACK block of the prepared frame. */
    public void sack(final int left, final int right)
    {
        final int at = transportAt() + TcpHeader.OPTIONS_OFFSET + TcpOptions.TIMESTAMPS_LENGTH +
            TcpOptions.SACK_HEADER_LENGTH;
        TcpOptions.putSackBlock(frame, at, left, right);
    }

    /** Prepares a datagram of so many bytes. */
    public void datagram(final int remote, final int remotePort, final int port, final int payload)
    {
        isTcp = false;
        ip(remote, ProtocolNumber.UDP, 8 + payload);
        BigEndian.putInt32(frame, transportAt(), remotePort << 16 | port);
        BigEndian.putInt32(frame, transportAt() + 4, 8 + payload << 16);
        length = TRANSPORT + 8 + payload;
        gsoSize = 0;
    }

    /** Has the prepared frame arrive with the next duty cycle. */
    public void send()
    {
        send(0, 0);
    }

    /** Has the prepared segment arrive with the next duty cycle. */
    public void send(final int seq, final int ack)
    {
        seqs[queued] = seq;
        acks[queued++] = ack;
    }

    /** As {@link #send(int, int)}, from somebody else. */
    public void send(final int seq, final int ack, final int remote, final int remotePort)
    {
        remotes[queued] = remote;
        remotePorts[queued] = remotePort;
        send(seq, ack);
    }

    private void tcp(
        final int remote,
        final int remotePort,
        final int port,
        final int flags,
        final int options,
        final int payload,
        final int segmentSize)
    {
        final int headerLength = TcpHeader.MIN_LENGTH + options;
        isTcp = true;
        ip(remote, ProtocolNumber.TCP, headerLength + payload);
        tcpHeader.wrap(frame, transportAt()).sourcePort(remotePort).destinationPort(port)
            .headerLength(headerLength).flags(flags).window(60_000).checksum(0).urgentPointer(0);
        length = TRANSPORT + headerLength + payload;
        gsoSize = payload > segmentSize ? segmentSize : 0;
    }

    private void ip(final int remote, final int protocol, final int transportLength)
    {
        EthernetHeader.put(frame, FRAME_AT, MAC, FAR_MAC, EthernetHeader.TYPE_IPV4);
        final int at = FRAME_AT + EthernetHeader.LENGTH;
        BigEndian.putInt32(frame, at, 0x4500_0000);
        BigEndian.putInt32(frame, at + Ipv4Header.IDENTIFICATION_OFFSET, Ipv4Header.FLAG_DF);
        header.wrap(frame, at).totalLength(Ipv4Header.MIN_LENGTH + transportLength).ttl(64)
            .protocol(protocol).source(remote).destination(ADDRESS).updateHeaderChecksum();
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        int count = 0;
        if (isArpDue)
        {
            isArpDue = false;
            count++;
            handler.onFrame(rxFrame.wrap(arp, FRAME_AT, EthernetHeader.LENGTH + ArpPacket.LENGTH));
        }
        while (shown < queued && count < limit)
        {
            if (isTcp)
            {
                BigEndian.putInt32(frame, transportAt() + TcpHeader.SEQUENCE_NUMBER_OFFSET, seqs[shown]);
                BigEndian.putInt32(frame, transportAt() + TcpHeader.ACKNOWLEDGMENT_NUMBER_OFFSET, acks[shown]);
            }
            if (remotes[shown] != 0)
            {
                header.wrap(frame, FRAME_AT + EthernetHeader.LENGTH).source(remotes[shown]).updateHeaderChecksum();
                BigEndian.putUint16(frame, transportAt(), remotePorts[shown]);
                remotes[shown] = 0;
            }
            shown++;
            count++;
            rxFrame.wrap(frame, FRAME_AT, length).checksum(RxFrame.CHECKSUM_VALID);
            if (gsoSize > 0)
            {
                rxFrame.gso(RxFrame.GSO_TCPV4, gsoSize);
            }
            handler.onFrame(rxFrame);
        }
        if (shown == queued)
        {
            shown = 0;
            queued = 0;
        }
        return count;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return txFrame.wrap(head, FRAME_AT, headLength);
    }

    @Override
    public void commit(final TxFrame sent)
    {
        final int at = sent.offset() + TRANSPORT;
        final UnsafeBuffer buffer = sent.buffer();
        if (EthernetHeader.type(buffer, sent.offset()) == EthernetHeader.TYPE_ARP)
        {
            answerArp();
        }
        else if (BigEndian.getUint8(buffer, sent.offset() + EthernetHeader.LENGTH + Ipv4Header.PROTOCOL_OFFSET) ==
            ProtocolNumber.TCP)
        {
            lastSeq = BigEndian.getInt32(buffer, at + TcpHeader.SEQUENCE_NUMBER_OFFSET);
            lastFlags = TcpHeader.flags(buffer, at);
            sentEnd = lastSeq + sent.length() - TRANSPORT - TcpHeader.headerLength(buffer, at);
        }
    }

    /** As the gateway, whoever is asked for. */
    private void answerArp()
    {
        EthernetHeader.put(arp, FRAME_AT, MAC, FAR_MAC, EthernetHeader.TYPE_ARP);
        new ArpPacket().wrap(arp, FRAME_AT + EthernetHeader.LENGTH).ethernetIpv4()
            .operation(ArpPacket.OPERATION_REPLY).senderMac(FAR_MAC).senderIp(GATEWAY).targetMac(MAC)
            .targetIp(ADDRESS);
        isArpDue = true;
    }

    /** Throws unless so many segments were accepted, or datagrams delivered, since the counter was read. */
    public void check(final Counter counter, final long before, final long expected)
    {
        final long count = stack.counters().get(counter) - before;
        if (count != expected)
        {
            throw new IllegalStateException(counter + " rose by " + count + ", not by " + expected);
        }
    }

    @Override
    public long nextDeadlineNs()
    {
        return NO_DEADLINE;
    }

    @Override
    public void close()
    {
        queued = 0;
    }
}
