package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.link.ChunkPool;
import io.pnet.link.Delegate;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.stack.Stack;
import io.pnet.wire.ArpPacket;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.NeighbourAdvertisement;
import io.pnet.wire.NeighbourSolicitation;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A stack at one end of a pipe, and a peer at the other that a test plays by hand, on a virtual clock: inject one
 * segment, expect exactly the replies, then nothing more.
 */
final class TcpPeer implements AutoCloseable
{
    static final long MS = 1_000_000L;
    /** What the handshake of an established connection takes, and so its first measurement. */
    static final long HANDSHAKE_MS = 20;
    static final int PORT = 80;
    static final int PEER_PORT = 40_000;
    private static final int PEER_ISS = 0x7FFF_F000;
    static final IpAddress STACK_V4 = IpAddress.parse("10.0.0.1");
    static final IpAddress PEER_V4 = IpAddress.parse("10.0.0.2");
    static final IpAddress STACK_V6 = IpAddress.parse("fd00::1");
    static final IpAddress PEER_V6 = IpAddress.parse("fd00::2");

    final Counters counters = new Counters();
    final TcpSettings settings;
    final Stack stack;
    final NetworkInterface networkInterface;
    final User user = new User();
    final List<User> accepted = new ArrayList<>();
    Listener listener;
    int waiting;
    int backlog = 16;
    long nowNs = 5_000_000_000L;
    int peerIss = PEER_ISS;
    int stackIss;
    int stackPort = PORT;
    int peerPort = PEER_PORT;
    /** What the next packets over IPv4 claim to come from, and where they go. */
    IpAddress sourceV4 = PEER_V4;
    IpAddress destinationV4 = STACK_V4;
    /** The peer puts time stamps on what it sends: its clock is the virtual one in ms. */
    boolean hasTimestamps;
    int lastTsVal;
    /** Off where many connections share the port of the stack's: only the last one's initial number is known. */
    boolean isPayloadChecked = true;
    /** The link has no room for what the stack sends. */
    boolean isLinkFull;
    /** It has room for so many frames. */
    int linkRoom = Integer.MAX_VALUE;
    /** It has some waiting that the kernel would not take. */
    boolean isLinkCongested;
    /** So many bytes leave it in a millisecond; where more waits, it is congested. 0: nothing waits. */
    int linkBytesPerMs;
    /** What the link throws once, instead of giving room. */
    Error linkError;
    /** How many defects have shown, on purpose. */
    int defects;
    /** When all that it was given will have left. */
    long linkIdleAtNs;
    private final boolean isV6;
    private final Pipe.Pair pipe;
    private final LinkContext context;
    private final Deque<Tcp.Seen> seen = new ArrayDeque<>();
    private byte[] lastPacket;

    TcpPeer()
    {
        this(new TcpSettings());
    }

    TcpPeer(final TcpSettings settings)
    {
        this(settings, new MemoryLinkOptions(), false);
    }

    TcpPeer(final TcpSettings settings, final MemoryLinkOptions options, final boolean isV6)
    {
        this.settings = settings;
        this.isV6 = isV6;
        context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), counters);
        pipe = Pipe.pair(
            options,
            context,
            new MemoryLinkOptions().mtu(9_000),
            new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters()));
        final IpSettings ipSettings = new IpSettings();
        ipSettings.addressDetection = false;
        stack = new Stack(
            context,
            new ChunkPool(ChunkPool.SMALL, 16L << 20),
            ipSettings,
            settings,
            new SplittableRandom(1),
            user.errors::add,
            () ->
            {
            },
            nowNs);
        final Link link = new Narrow(pipe.left());
        stack.add(link);
        networkInterface = stack.ip().addInterface(link);
        stack.ip().addAddress(networkInterface, STACK_V4, 24);
        stack.ip().addAddress(networkInterface, STACK_V6, 64);
        cycle();
    }

    private final class Narrow extends Delegate
    {
        Narrow(final Link link)
        {
            super(link);
        }

        @Override
        public TxFrame claim(final int headLength, final boolean gathered)
        {
            if (linkError != null)
            {
                final Error due = linkError;
                linkError = null;
                defects++;
                throw due;
            }
            // As with a ring: what is gathered goes by the socket, and what is copied has slots of its own.
            final boolean isFull = isLinkFull || gathered && isCongested() || linkRoom-- <= 0;
            return isFull ? null : super.claim(headLength, gathered);
        }

        @Override
        public void commit(final TxFrame frame)
        {
            if (linkBytesPerMs > 0)
            {
                linkIdleAtNs = Math.max(linkIdleAtNs, nowNs) + frame.length() * MS / linkBytesPerMs;
            }
            super.commit(frame);
        }

        @Override
        public boolean isCongested()
        {
            return isLinkCongested || linkIdleAtNs - nowNs > MS;
        }
    }

    /** What the user of the connection under test sees. */
    static final class User implements TcpHandler
    {
        final List<Throwable> errors = new ArrayList<>();
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        Connection connection;
        boolean isConnected;
        boolean isReadingInPlace = true;
        boolean isPeerClosed;
        int writableCalls;
        CloseReason reason;

        @Override
        public void onConnected(final Connection connection)
        {
            this.connection = connection;
            isConnected = true;
        }

        @Override
        public int onReceive(
            final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
        {
            if (!isReadingInPlace)
            {
                return 0;
            }
            take(buffer, offset, length);
            return length;
        }

        @Override
        public void onReadable(final Connection connection)
        {
            if (isReadingInPlace)
            {
                read(Integer.MAX_VALUE);
            }
        }

        @Override
        public void onWritable(final Connection connection)
        {
            writableCalls++;
        }

        @Override
        public void onPeerClosed(final Connection connection)
        {
            isPeerClosed = true;
        }

        @Override
        public void onClosed(final Connection connection, final CloseReason reason)
        {
            this.reason = reason;
        }

        /** Reads what is queued, up to a limit; returns how much that was. */
        int read(final int limit)
        {
            final UnsafeBuffer block = new UnsafeBuffer(new byte[4_096]);
            int done = 0;
            while (done < limit)
            {
                final int n = connection.read(block, 0, Math.min(limit - done, block.capacity()));
                if (n == 0)
                {
                    break;
                }
                take(block, 0, n);
                done += n;
            }
            return done;
        }

        private void take(final UnsafeBuffer buffer, final int offset, final int length)
        {
            for (int i = 0; i < length; i++)
            {
                assertEquals(Tcp.byteAt(1 + received.size()), buffer.getByte(offset + i), "byte " + received.size());
                received.write(buffer.getByte(offset + i));
            }
        }
    }

    // ---- the connection under test

    Connection connection()
    {
        return user.connection;
    }

    TcpPeer listen()
    {
        try
        {
            listener = stack.tcp().listen(IpAddress.ANY, PORT, backlog, null, new TcpListenerHandler()
            {
                @Override
                public TcpHandler onAccept(final Connection connection)
                {
                    final User next = accepted.isEmpty() ? user : new User();
                    next.connection = connection;
                    accepted.add(next);
                    return next;
                }

                @Override
                public int waiting()
                {
                    return waiting;
                }
            });
            return this;
        }
        catch (final java.net.BindException ex)
        {
            throw new AssertionError(ex);
        }
    }

    /** An active open towards the peer, whose SYN has not been looked at yet. */
    TcpPeer connect()
    {
        try
        {
            user.connection = stack.tcp().connect(
                IpAddress.ANY, 0, isV6 ? PEER_V6 : PEER_V4, PEER_PORT, null, user, nowNs);
            stackPort = user.connection.localPort;
            cycle();
            return this;
        }
        catch (final java.io.IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    /** A connection that the peer has opened with these options on its SYN, established. */
    TcpPeer established(final Tcp syn)
    {
        listen();
        send(syn);
        final Tcp.Seen reply = next();
        assertEquals(Tcp.SYN | Tcp.ACK, reply.flags & ~Tcp.ECE);
        hasTimestamps = reply.timestamps;
        advanceMs(HANDSHAKE_MS);
        send(Tcp.ack(1).seq(1).window(syn.window == null ? 65_535 : syn.window));
        nothingMore();
        assertEquals(TcpState.ESTABLISHED, connection().state());
        connection().quickAcks = 0;
        return this;
    }

    /** Established with MSS 1000 and nothing else. */
    TcpPeer established()
    {
        return established(Tcp.syn().mss(1_000));
    }

    /** Established with MSS 1000 and SACK. */
    TcpPeer establishedWithSack()
    {
        return established(Tcp.syn().mss(1_000).sackPermitted());
    }

    /** The only handshake there is that a listener keeps. */
    HalfOpen halfOpen()
    {
        final List<HalfOpen> all = new ArrayList<>();
        stack.tcp().forEachHalfOpen(all::add);
        assertEquals(1, all.size());
        return all.get(0);
    }

    /** With the path measured by ten short exchanges of 20 ms; the next byte to be sent is 101. */
    TcpPeer measured()
    {
        for (int i = 0; i < 10; i++)
        {
            final int at = 1 + 10 * i;
            write(10);
            expect(Tcp.data(at, 10));
            advanceMs(HANDSHAKE_MS);
            send(Tcp.ack(at + 10).seq(1));
        }
        nothingMore();
        return this;
    }

    /** The user writes so many bytes, whose values follow from their place in the stream. */
    void write(final int length)
    {
        writeUnsent(length);
        cycle();
    }

    /** The user writes and closes its sending side before anything could be sent. */
    void writeAndShutdown(final int length)
    {
        writeUnsent(length);
        shutdown();
    }

    private void writeUnsent(final int length)
    {
        final byte[] bytes = new byte[length];
        final int start = 1 + (int)connection().sendBuffer.written();
        for (int i = 0; i < length; i++)
        {
            bytes[i] = Tcp.byteAt(start + i);
        }
        assertEquals(length, connection().write(new UnsafeBuffer(bytes), 0, length));
    }

    /** The user closes its sending side. */
    void shutdown()
    {
        connection().shutdownOutput();
        cycle();
    }

    void close(final Connection connection)
    {
        connection.close();
        cycle();
    }

    /** The connection's state; TIME_WAIT also where only the stack remembers it. */
    TcpState state()
    {
        final TcpState state = connection().state();
        return state == TcpState.CLOSED && stack.tcp().isInTimeWait(connection()) ? TcpState.TIME_WAIT : state;
    }

    long count(final Counter counter)
    {
        return counters.get(counter);
    }

    // ---- time

    /** Lets time pass, deadline by deadline. */
    void advance(final long durationNs)
    {
        final long endNs = nowNs + durationNs;
        while (true)
        {
            final long nextNs = stack.nextDeadlineNs();
            if (nextNs > endNs)
            {
                nowNs = endNs;
                cycle();
                return;
            }
            nowNs = Math.max(nowNs + 1, nextNs);
            cycle();
        }
    }

    void advanceMs(final long durationMs)
    {
        advance(durationMs * MS);
    }

    /** Duty cycles at this instant until nothing more happens. */
    void cycle()
    {
        for (int i = 0; i < 1_000; i++)
        {
            final int work = stack.doWork(nowNs);
            final int frames = pipe.right().poll(this::onFrame, 1_000, nowNs);
            pipe.right().flush(nowNs);
            if (work + frames == 0)
            {
                stack.tcp().forEachConnection(Invariants::check);
                assertEquals(defects, user.errors.size(), () -> "errors: " + user.errors);
                assertEquals(defects, counters.get(Counter.STACK_INTERNAL_ERRORS), "internal errors");
                return;
            }
        }
        throw new AssertionError("no rest");
    }

    // ---- expecting

    /** The next segment the stack has sent, taken off the wire. */
    Tcp.Seen next()
    {
        cycle();
        assertTrue(!seen.isEmpty(), "the stack sent nothing");
        return seen.poll();
    }

    /** Exactly these segments are next. */
    void expect(final Tcp... expected)
    {
        for (final Tcp each : expected)
        {
            cycle();
            assertTrue(!seen.isEmpty(), () -> "expected " + each + ", but the stack sent nothing");
            final Tcp.Seen actual = seen.poll();
            assertTrue(actual.matches(each), () -> "expected " + each + ", but got " + actual + ", then " + seen);
        }
    }

    void nothingMore()
    {
        cycle();
        assertTrue(seen.isEmpty(), () -> "expected nothing more, but got " + seen);
    }

    /** Everything that was sent so far, taken off the wire. */
    List<Tcp.Seen> all()
    {
        cycle();
        final List<Tcp.Seen> all = new ArrayList<>(seen);
        seen.clear();
        return all;
    }

    void forget()
    {
        all();
    }

    /** The IP packet that the stack sent last, for quoting it in ICMP errors. */
    byte[] lastPacket()
    {
        return lastPacket;
    }

    // ---- sending

    void send(final Tcp segment)
    {
        queue(segment);
        cycle();
    }

    /** Sends without letting the stack look at it yet, so that it finds several segments at once. */
    void queue(final Tcp segment)
    {
        final boolean isSyn = (segment.flags & Tcp.SYN) != 0;
        final boolean withTimestamps = segment.timestamps != null ? segment.timestamps : hasTimestamps && !isSyn;
        final UnsafeBuffer options = new UnsafeBuffer(new byte[64]);
        int optionsLength = 0;
        if (segment.mss != null)
        {
            optionsLength = TcpOptions.putMss(options, optionsLength, segment.mss);
        }
        if (segment.scale != null)
        {
            optionsLength = TcpOptions.putWindowScale(options, optionsLength, segment.scale);
        }
        if (segment.sackPermitted != null)
        {
            optionsLength = TcpOptions.putSackPermitted(options, optionsLength);
        }
        if (withTimestamps)
        {
            optionsLength = TcpOptions.putTimestamps(
                options,
                optionsLength,
                segment.tsVal != null ? segment.tsVal : (int)(nowNs / MS),
                segment.tsEcr != null ? segment.tsEcr : lastTsVal);
        }
        if (segment.sack != null)
        {
            optionsLength = TcpOptions.putSackHeader(options, optionsLength, segment.sack.length / 2);
            for (int i = 0; i < segment.sack.length; i += 2)
            {
                optionsLength = TcpOptions.putSackBlock(
                    options, optionsLength, stackIss + segment.sack[i], stackIss + segment.sack[i + 1]);
            }
        }
        if (segment.rawOptions != null)
        {
            options.putBytes(optionsLength, segment.rawOptions);
            optionsLength += segment.rawOptions.length;
        }
        final int payload = segment.length == null ? 0 : segment.length;
        final byte[] bytes = new byte[TcpHeader.MIN_LENGTH + optionsLength + payload];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final int seq = segment.seq == null ? 0 : segment.seq;
        new TcpHeader().wrap(buffer, 0)
            .sourcePort(segment.sourcePort != null ? segment.sourcePort : peerPort)
            .destinationPort(stackPort)
            .sequenceNumber(peerIss + seq)
            .acknowledgmentNumber(segment.ack == null ? 0 : stackIss + segment.ack)
            .headerLength(TcpHeader.MIN_LENGTH + optionsLength)
            .flags(segment.flags)
            .window(segment.window == null ? 65_535 : segment.window)
            .checksum(0)
            .urgentPointer(segment.urgent);
        buffer.putBytes(TcpHeader.MIN_LENGTH, options, 0, optionsLength);
        // A SYN's payload begins behind it.
        final int syn = isSyn ? 1 : 0;
        for (int i = 0; i < payload; i++)
        {
            buffer.putByte(TcpHeader.MIN_LENGTH + optionsLength + i, Tcp.byteAt(seq + syn + i));
        }
        final long sum = pseudoHeader(ProtocolNumber.TCP, bytes.length) + Checksum.sum(buffer, 0, bytes.length);
        new TcpHeader().wrap(buffer, 0).checksum(Checksum.finish(sum) ^ (segment.isChecksumWrong ? 0x5555 : 0));
        sendPacket(ProtocolNumber.TCP, bytes, segment.ecn == null ? 0 : segment.ecn);
    }

    /** A frame as it is, good or not. */
    void sendFrame(final byte[] bytes)
    {
        final TxFrame frame = pipe.right().claim(bytes.length, false);
        frame.buffer().putBytes(frame.offset(), bytes);
        pipe.right().commit(frame);
        pipe.right().flush(nowNs);
        cycle();
    }

    long stackMac()
    {
        return pipe.left().capabilities().macAddress();
    }

    long peerMac()
    {
        return pipe.right().capabilities().macAddress();
    }

    /** An ICMP destination unreachable that quotes the beginning of a packet of the stack's. */
    void sendUnreachable(final int code, final int mtu, final byte[] quoted)
    {
        sendIcmp(IcmpHeader.TYPE_DESTINATION_UNREACHABLE, code, mtu, quoted);
    }

    /** An ICMP message that quotes the beginning of a packet of the stack's. */
    void sendIcmp(final int type, final int code, final int mtu, final byte[] quoted)
    {
        final int quote = Math.min(quoted.length, 28);
        final byte[] bytes = new byte[IcmpHeader.LENGTH + quote];
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        new IcmpHeader().wrap(buffer, 0).type(type).code(code).nextHopMtu(mtu);
        buffer.putBytes(IcmpHeader.LENGTH, quoted, 0, quote);
        new IcmpHeader().wrap(buffer, 0).checksum(Checksum.of(buffer, 0, bytes.length));
        sendPacket(ProtocolNumber.ICMP, bytes, 0);
        cycle();
    }

    private long pseudoHeader(final int protocol, final int length)
    {
        final IpAddress source = isV6 ? PEER_V6 : sourceV4;
        final IpAddress destination = isV6 ? STACK_V6 : destinationV4;
        return isV6 ?
            Checksum.pseudoHeader(
                source.hi(), source.lo(), destination.hi(), destination.lo(), protocol, length) :
            Checksum.pseudoHeaderV4(source.v4Bits(), destination.v4Bits(), protocol, length);
    }

    private void sendPacket(final int protocol, final byte[] payload, final int trafficClass)
    {
        final int header = isV6 ? Ipv6Header.LENGTH : Ipv4Header.MIN_LENGTH;
        final TxFrame frame = pipe.right().claim(EthernetHeader.LENGTH + header + payload.length, false);
        final UnsafeBuffer buffer = frame.buffer();
        final int at = frame.offset() + EthernetHeader.LENGTH;
        putEthernet(frame, isV6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4);
        if (isV6)
        {
            new Ipv6Header().wrap(buffer, at)
                .versionClassFlow(trafficClass, 0).payloadLength(payload.length).nextHeader(protocol)
                .hopLimit(protocol == ProtocolNumber.TCP ? 64 : 255)
                .source(PEER_V6.hi(), PEER_V6.lo()).destination(STACK_V6.hi(), STACK_V6.lo());
        }
        else
        {
            new Ipv4Header().wrap(buffer, at)
                .headerLength(Ipv4Header.MIN_LENGTH).typeOfService(trafficClass).totalLength(header + payload.length)
                .identification(0).flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64).protocol(protocol)
                .source(sourceV4.v4Bits()).destination(destinationV4.v4Bits()).updateHeaderChecksum();
        }
        buffer.putBytes(at + header, payload);
        pipe.right().commit(frame);
        pipe.right().flush(nowNs);
    }

    private void putEthernet(final TxFrame frame, final int type)
    {
        new EthernetHeader().wrap(frame.buffer(), frame.offset())
            .destination(pipe.left().capabilities().macAddress())
            .source(pipe.right().capabilities().macAddress())
            .type(type);
    }

    // ---- what the stack sends

    private void onFrame(final RxFrame frame)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int at = frame.offset() + EthernetHeader.LENGTH;
        switch (EthernetHeader.type(buffer, frame.offset()))
        {
            case EthernetHeader.TYPE_ARP:
                onArp(new ArpPacket().wrap(buffer, at));
                break;
            case EthernetHeader.TYPE_IPV4:
                if (Ipv4Header.protocol(buffer, at) == ProtocolNumber.TCP)
                {
                    final int header = Ipv4Header.headerLength(buffer, at);
                    onSegment(buffer, at, at + header, Ipv4Header.totalLength(buffer, at) - header);
                }
                break;
            case EthernetHeader.TYPE_IPV6:
                if (Ipv6Header.nextHeader(buffer, at) == ProtocolNumber.TCP)
                {
                    onSegment(buffer, at, at + Ipv6Header.LENGTH, Ipv6Header.payloadLength(buffer, at));
                }
                else if (Ipv6Header.nextHeader(buffer, at) == ProtocolNumber.ICMPV6)
                {
                    onIcmpv6(buffer, at + Ipv6Header.LENGTH);
                }
                break;
            default:
                break;
        }
    }

    private void onArp(final ArpPacket request)
    {
        if (request.operation() != ArpPacket.OPERATION_REQUEST || request.targetIp() != PEER_V4.v4Bits())
        {
            return;
        }
        final TxFrame frame = pipe.right().claim(EthernetHeader.LENGTH + ArpPacket.LENGTH, false);
        putEthernet(frame, EthernetHeader.TYPE_ARP);
        new ArpPacket().wrap(frame.buffer(), frame.offset() + EthernetHeader.LENGTH)
            .ethernetIpv4().operation(ArpPacket.OPERATION_REPLY)
            .senderMac(pipe.right().capabilities().macAddress()).senderIp(PEER_V4.v4Bits())
            .targetMac(request.senderMac()).targetIp(request.senderIp());
        pipe.right().commit(frame);
    }

    private void onIcmpv6(final UnsafeBuffer buffer, final int at)
    {
        if (new Icmpv6Header().wrap(buffer, at).type() != Icmpv6Header.TYPE_NEIGHBOUR_SOLICITATION ||
            new NeighbourSolicitation().wrap(buffer, at).targetLo() != PEER_V6.lo())
        {
            return;
        }
        final byte[] bytes = new byte[NeighbourAdvertisement.MIN_LENGTH + 8];
        final UnsafeBuffer reply = new UnsafeBuffer(bytes);
        new NeighbourAdvertisement().wrap(reply, 0).init()
            .flags(NeighbourAdvertisement.FLAG_SOLICITED | NeighbourAdvertisement.FLAG_OVERRIDE)
            .target(PEER_V6.hi(), PEER_V6.lo());
        reply.putByte(NeighbourAdvertisement.OPTIONS_OFFSET, (byte)2);
        reply.putByte(NeighbourAdvertisement.OPTIONS_OFFSET + 1, (byte)1);
        final long mac = pipe.right().capabilities().macAddress();
        for (int i = 0; i < 6; i++)
        {
            reply.putByte(NeighbourAdvertisement.OPTIONS_OFFSET + 2 + i, (byte)(mac >>> (40 - 8 * i)));
        }
        final long sum = pseudoHeader(ProtocolNumber.ICMPV6, bytes.length) + Checksum.sum(reply, 0, bytes.length);
        new Icmpv6Header().wrap(reply, 0).checksum(Checksum.finish(sum));
        sendPacket(ProtocolNumber.ICMPV6, bytes, 0);
    }

    private void onSegment(final UnsafeBuffer buffer, final int network, final int at, final int length)
    {
        final TcpHeader header = new TcpHeader().wrap(buffer, at);
        final TcpOptions options = new TcpOptions();
        final int headerLength = header.headerLength();
        assertTrue(options.parse(buffer, at + TcpHeader.MIN_LENGTH, headerLength - TcpHeader.MIN_LENGTH));
        if ((header.flags() & Tcp.SYN) != 0)
        {
            stackIss = header.sequenceNumber();
        }
        final byte[] payload = new byte[length - headerLength];
        buffer.getBytes(at + headerLength, payload);
        final int ecn = isV6 ?
            new Ipv6Header().wrap(buffer, network).ecn() : new Ipv4Header().wrap(buffer, network).ecn();
        final Tcp.Seen segment = new Tcp.Seen(nowNs, header, options, stackIss, peerIss, ecn, payload);
        final int syn = (header.flags() & Tcp.SYN) >> 1;
        for (int i = 0; isPayloadChecked && i < payload.length; i++)
        {
            assertEquals(Tcp.byteAt(segment.seq + syn + i), payload[i], () -> "payload of " + segment);
        }
        if (options.hasTimestamps())
        {
            lastTsVal = options.tsVal();
        }
        lastPacket = new byte[at + length - network];
        buffer.getBytes(network, lastPacket);
        seen.add(segment);
    }

    @Override
    public void close()
    {
        stack.close(nowNs);
        pipe.right().close();
        user.connection = null;
    }
}
