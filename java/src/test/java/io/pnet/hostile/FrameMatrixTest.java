package io.pnet.hostile;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.ip.Packets;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.stack.Stack;
import io.pnet.tcp.TcpSettings;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import static io.pnet.ip.Packets.bytes;
import static io.pnet.ip.Packets.fragment6;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.pattern;
import static io.pnet.ip.Packets.target;
import static io.pnet.ip.Packets.v4;
import static io.pnet.ip.Packets.v6;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The mutation matrix below TCP: a frame of every kind ({@link Seeds} and a few more), with every field of it at every
 * value that implementations trip over ({@link Field#values}), checksums right, wrong, and wrong but vouched for by
 * the link; and cut at every length, by the wire and by its own word. After each frame
 * <ul>
 * <li>nothing was thrown, and the frame met exactly one end;
 * <li>if it was dropped, nobody heard of it, and addresses, neighbours, path MTUs and fragments are as they were; if
 * it was used, its checksums were right or did not count.
 * </ul>
 * And when the kind is through, echoes and datagrams are answered over both versions, and no memory is held.
 */
class FrameMatrixTest
{
    private static final long SECOND = 1_000_000_000L;
    private static final int ETHERNET = 14;
    private static final int MAX_NAMELESS = 64;
    private static final IpAddress US_V4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress US_V6 = IpAddress.parse("fd00::1");
    private static final IpAddress PEER_V4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress PEER_V6 = IpAddress.parse("fd00::2");

    /** How the checksums of a changed frame are. */
    private enum Checksums
    {
        RIGHT, WRONG, VOUCHED_FOR
    }

    /** What a dropped frame must leave alone. */
    private record Snapshot(
        int heard, boolean hasV4, boolean hasV6, long fragments, long conflicts, long mtus, List<Long> neighbours)
    {
    }

    private final List<byte[]> sent = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private Counters counters;
    private LinkContext context;
    private FrameLink link;
    private Stack stack;
    private UdpEndpoint udp;
    private int heard;
    private long nowNs = SECOND;
    private Snapshot before;
    private int frames;
    private int used;

    static Stream<Seeds.Seed> kinds()
    {
        final byte[] quoted6 = v6(17, Seeds.udp(20)).from("fd00::1").to("fd00::2").packet();
        return Stream.concat(Seeds.all().stream(), Stream.of(
            kind("udp4 without checksum", v4(17, Seeds.udp(16)).frame()),
            kind("whole fragment6", fragment6(9, 17, 0, false, Seeds.udp(40)).frame()),
            kind("middle fragment4", v4(17, pattern(40)).fragment(5, 1_480, true).frame()),
            kind("arp probe", Packets.arp(1, 0x0250_4E00_0003L, "0.0.0.0", 0, "10.0.0.1")),
            kind("arp announcement", Packets.arp(1, 0x0250_4E00_0002L, "10.0.0.2", 0, "10.0.0.2")),
            kind("probe6", icmp6Packet("::", "ff02::1:ff00:1", 135, 0, 0, target("fd00::1", 1, 0))
                .toMac(0x3333_FF00_0001L).hopLimit(255).frame()),
            kind("time exceeded6", icmp6Packet("fd00::2", "fd00::1", 3, 0, 0, quoted6).frame()),
            kind("mld1 query", icmp6Packet("fe80::2", "ff02::1", 130, 0, 100 << 16, new byte[16])
                .toMac(0x3333_0000_0001L).hopLimit(1).frame()),
            kind("mld report", icmp6Packet("fe80::2", "ff02::16", 143, 0, 1, Seeds.join(
                bytes(4, 0, 0, 0), new byte[16])).toMac(0x3333_0000_0016L).hopLimit(1).frame()),
            kind("echo reply4", v4(1, Packets.icmp4(0, 0, 0x1234_0001, pattern(30))).frame())));
    }

    private static Seeds.Seed kind(final String name, final byte[] frame)
    {
        return new Seeds.Seed(name, frame);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyFieldAtEveryValueAndEveryLength(final Seeds.Seed kind) throws IOException
    {
        open();
        for (final Field field : fields(kind.frame()))
        {
            for (final long value : field.values(field.get(kind.frame())))
            {
                for (final Checksums checksums : Checksums.values())
                {
                    final byte[] frame = kind.frame().clone();
                    field.put(frame, value);
                    if (checksums == Checksums.RIGHT)
                    {
                        Repair.checksums(frame);
                    }
                    receive(frame, checksums == Checksums.VOUCHED_FOR, field.name() + "=" + value + " " + checksums);
                }
            }
        }
        for (int length = 0; length < kind.frame().length; length++)
        {
            final byte[] cut = Arrays.copyOf(kind.frame(), length);
            receive(cut, false, "cut at " + length);
            receive(cut, true, "cut at " + length + ", vouched for");
            final byte[] shorter = kind.frame().clone();
            setLength(shorter, length);
            receive(Repair.checksums(shorter), false, "padding behind " + length);
            receive(Repair.checksums(Arrays.copyOf(shorter, length)), false, "shortened to " + length);
        }
        for (final int more : new int[] {1, 2, 7, 46, 1_000})
        {
            final byte[] longer = Arrays.copyOf(kind.frame(), kind.frame().length + more);
            receive(longer, false, "padded with " + more);
            setLength(longer, longer.length);
            receive(Repair.checksums(longer), false, "longer by " + more);
            setLength(longer, longer.length + 1);
            receive(Repair.checksums(longer), false, "says one more than there is");
        }
        serves();
        leavesNothing();
        stack.close(nowNs);
        System.out.println("matrix " + kind + " " + frames + " frames, " + used + " used");
    }

    // ---- one frame

    private void receive(final byte[] frame, final boolean isVouchedFor, final String name) throws IOException
    {
        frames++;
        try
        {
            judge(frame, isVouchedFor);
        }
        catch (final AssertionError | RuntimeException ex)
        {
            throw new AssertionError(
                name + ": " + ex.getMessage() + "\nframe " + HexFormat.of().formatHex(frame) + "\nbooks " + books(),
                ex);
        }
    }

    private void judge(final byte[] frame, final boolean isVouchedFor) throws IOException
    {
        final long frames = counters.get(Counter.LINK_RX_FRAMES);
        final long uses = counters.uses();
        final long drops = counters.drops();
        offer(frame, isVouchedFor);
        assertTrue(errors.isEmpty(), () -> "thrown: " + errors);
        assertEquals(0, counters.get(Counter.STACK_INTERNAL_ERRORS));
        assertEquals(0, counters.unaccounted());
        assertEquals(frames + 1, counters.get(Counter.LINK_RX_FRAMES));
        if (counters.uses() <= uses)
        {
            assertTrue(counters.drops() > drops);
            final Snapshot after = snapshot();
            if (after.fragments < before.fragments)
            {
                // It condemned the packet that it was a part of, as overlaps do.
                before = after;
            }
            assertEquals(before, after, "dropped, and yet something changed");
            return;
        }
        used++;
        assertTrue(isVouchedFor || Repair.isRight(frame) || hasNoChecksum(frame), "used with a wrong checksum");
        before = snapshot();
        if (!before.hasV4 || !before.hasV6 || !before.neighbours.equals(List.of(Packets.PEER_MAC, Packets.PEER_MAC)))
        {
            // It talked us out of an address, or moved the peer elsewhere, as an owner of the link can.
            stack.close(nowNs);
            open();
        }
    }

    /** UDP over IPv4 may say that there is none; nor is one looked at before fragments are together. */
    private static boolean hasNoChecksum(final byte[] frame)
    {
        final int header = (frame[ETHERNET] & 15) * 4;
        return frame[12] == 8 && frame[13] == 0 && frame[ETHERNET + 9] == ProtocolNumber.UDP &&
            frame[ETHERNET + header + 6] == 0 && frame[ETHERNET + header + 7] == 0;
    }

    private Snapshot snapshot()
    {
        sent.clear();
        final List<Long> neighbours = new ArrayList<>();
        for (final IpAddress to : List.of(PEER_V4, PEER_V6))
        {
            udp.send(new UnsafeBuffer(new byte[1]), 0, 1, to.hi(), to.lo(), 9);
        }
        cycle();
        for (final byte[] each : sent)
        {
            if (isUdp(each))
            {
                neighbours.add(io.pnet.wire.EthernetHeader.destination(new UnsafeBuffer(each), 0));
            }
        }
        return new Snapshot(
            heard, stack.ip().isLocal(US_V4.hi(), US_V4.lo()), stack.ip().isLocal(US_V6.hi(), US_V6.lo()),
            counters.get(Counter.IP_FRAGMENTS_WAITING),
            counters.get(Counter.ARP_CONFLICTS) + counters.get(Counter.NDP_CONFLICTS),
            counters.get(Counter.PATH_MTU_UPDATES), neighbours);
    }

    private static boolean isUdp(final byte[] frame)
    {
        return frame[12] == 8 && frame[13] == 0 && frame[ETHERNET + 9] == ProtocolNumber.UDP ||
            frame[12] == (byte)0x86 && frame[ETHERNET + 6] == ProtocolNumber.UDP;
    }

    // ---- a stack

    private void open() throws IOException
    {
        counters = new Counters();
        context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 8L << 20), counters);
        link = new FrameLink(Packets.OUR_MAC, context, (buffer, offset, length) ->
        {
            final byte[] frame = new byte[length];
            buffer.getBytes(offset, frame);
            sent.add(frame);
        });
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        stack = new Stack(
            context, new ChunkPool(ChunkPool.SMALL, 1 << 20), settings, new TcpSettings(), new SplittableRandom(1),
            errors::add,
            () ->
            {
            },
            nowNs);
        stack.add(link);
        final NetworkInterface networkInterface = stack.ip().addInterface(link);
        stack.ip().addAddress(networkInterface, US_V4, 24);
        stack.ip().addAddress(networkInterface, US_V6, 64);
        heard = 0;
        udp = stack.udp().bind(IpAddress.ANY, Seeds.UDP_PORT, new UdpHandler()
        {
            @Override
            public void onDatagram(
                final UdpEndpoint endpoint, final UnsafeBuffer buffer, final int offset, final int length,
                final long sourceHi, final long sourceLo, final int sourcePort)
            {
                heard++;
                final byte[] copy = new byte[length];
                buffer.getBytes(offset, copy);
                endpoint.send(new UnsafeBuffer(copy), 0, length, sourceHi, sourceLo, sourcePort);
            }

            @Override
            public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
            {
                heard++;
            }
        });
        cycle();
        meet();
        before = snapshot();
        assertEquals(List.of(Packets.PEER_MAC, Packets.PEER_MAC), before.neighbours);
    }

    /** The peer says where it is. */
    private void meet()
    {
        for (final IpAddress to : List.of(PEER_V4, PEER_V6))
        {
            udp.send(new UnsafeBuffer(new byte[1]), 0, 1, to.hi(), to.lo(), 9);
        }
        cycle();
        offer(Packets.arp(2, Packets.PEER_MAC, "10.0.0.2", Packets.OUR_MAC, "10.0.0.1"), false);
        offer(icmp6Packet("fd00::2", "fd00::1", 136, 0, 0x6000_0000, target("fd00::2", 2, Packets.PEER_MAC))
            .hopLimit(255).frame(), false);
    }

    private void offer(final byte[] frame, final boolean isVouchedFor)
    {
        assertTrue(link.offer(new UnsafeBuffer(frame), 0, frame.length, isVouchedFor, (frame.length & 1) != 0));
        cycle();
    }

    private void cycle()
    {
        for (int i = 0; i < 1_000; i++)
        {
            if (stack.doWork(nowNs) + link.queued() == 0)
            {
                return;
            }
        }
        throw new AssertionError("no rest");
    }

    /** Echoes and datagrams, over both versions. */
    private void serves()
    {
        nowNs += SECOND;
        cycle();
        meet();
        final byte[] datagram = Seeds.udp(40);
        for (final boolean isV4 : new boolean[] {true, false})
        {
            final byte[] echo = isV4 ? v4(1, Packets.icmp4(8, 0, 0x77_0001, pattern(30))).frame() :
                icmp6Packet("fd00::2", "fd00::1", 128, 0, 0x77_0001, pattern(30)).frame();
            sent.clear();
            offer(echo, false);
            final int at = Field.transport(!isV4);
            assertEquals(1, sent.size(), "answers to an echo request");
            assertEquals(isV4 ? 0 : 129, sent.get(0)[at] & 0xFF);
            assertEquals(HexFormat.of().formatHex(echo, at + 4, echo.length),
                HexFormat.of().formatHex(sent.get(0), at + 4, sent.get(0).length));
            sent.clear();
            offer(Repair.checksums(isV4 ? v4(17, datagram).frame() : v6(17, datagram).frame()), false);
            assertEquals(1, sent.size(), "answers to a datagram");
            assertEquals(HexFormat.of().formatHex(datagram, 8, datagram.length),
                HexFormat.of().formatHex(sent.get(0), at + 8, sent.get(0).length));
        }
    }

    private void leavesNothing()
    {
        for (int i = 0; i < 70; i++)
        {
            nowNs += SECOND;
            cycle();
        }
        assertEquals(0, counters.get(Counter.IP_FRAGMENTS_WAITING), "fragments are left");
        assertEquals(0, stack.largeChunks().inUse() + stack.smallChunks().inUse(), "chunks are left");
        assertEquals(0, counters.unaccounted());
        assertTrue(errors.isEmpty(), () -> "thrown: " + errors);
    }

    private String books()
    {
        final StringBuilder text = new StringBuilder();
        counters.forEach((counter, value) -> text.append(value == 0 ? "" : counter + "=" + value + " "));
        return text.toString();
    }

    // ---- what a frame consists of

    private static List<Field> fields(final byte[] frame)
    {
        final List<Field> fields = new ArrayList<>(Field.ethernet());
        final int type = (frame[12] & 0xFF) << 8 | frame[13] & 0xFF;
        int end = ETHERNET;
        if (type == 0x0806)
        {
            fields.addAll(Field.arp(ETHERNET));
            end = ETHERNET + 28;
        }
        else if (type == 0x0800 || type == 0x86DD)
        {
            end = network(frame, ETHERNET, fields);
        }
        fields.addAll(Field.bytes("byte", end, Math.min(frame.length, end + MAX_NAMELESS)));
        fields.removeIf(each -> !each.isIn(frame));
        return fields;
    }

    /** Adds the fields of an IP packet; returns where those end that have names. */
    private static int network(final byte[] frame, final int start, final List<Field> fields)
    {
        final boolean isV6 = frame[start] >>> 4 == 6;
        fields.addAll(isV6 ? Field.ipv6(start) : Field.ipv4(start));
        int protocol = frame[start + (isV6 ? 6 : 9)] & 0xFF;
        int at = start + (isV6 ? 40 : 20);
        if (!isV6)
        {
            final int end = start + (frame[start] & 15) * 4;
            fields.addAll(Field.bytes("option", at, end));
            at = end;
        }
        while (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60)
        {
            final int length = protocol == 44 ? 8 : ((frame[at + 1] & 0xFF) + 1) * 8;
            fields.addAll(Field.bytes("extension " + protocol, at, at + length));
            fields.add(new Field("fragmentOffset", 8 * (at + 2), 13));
            fields.add(new Field("identification", 8 * (at + 4), 32));
            protocol = frame[at] & 0xFF;
            at += length;
        }
        switch (protocol)
        {
            case ProtocolNumber.UDP:
                fields.addAll(Field.udp(at));
                return at + 8;
            case ProtocolNumber.ICMP:
            case ProtocolNumber.ICMPV6:
                fields.addAll(Field.icmp(at));
                fields.add(new Field("icmp.restHigh", 8 * (at + 4), 16));
                fields.add(new Field("icmp.restLow", 8 * (at + 6), 16));
                final boolean isQuoting = protocol == ProtocolNumber.ICMP ?
                    frame[at] == 3 || frame[at] == 5 || frame[at] == 11 : frame[at] > 0 && frame[at] < 5;
                if (isQuoting)
                {
                    return network(frame, at + 8, fields);
                }
                fields.add(new Field("icmp.target", 8 * (at + 8), 64));
                fields.add(new Field("icmp.targetLow", 8 * (at + 16), 64));
                return at + 8;
            case ProtocolNumber.TCP:
                fields.addAll(Field.tcp(at));
                return at + 20;
            default:
                return at;
        }
    }

    private static void setLength(final byte[] frame, final int frameLength)
    {
        final int type = (frame[12] & 0xFF) << 8 | frame[13] & 0xFF;
        if (type == 0x0800 || type == 0x86DD)
        {
            final int network = frameLength - ETHERNET;
            final int value = Math.max(0, type == 0x0800 ? network : network - 40);
            final int at = ETHERNET + (type == 0x0800 ? 2 : 4);
            frame[at] = (byte)(value >>> 8);
            frame[at + 1] = (byte)value;
        }
    }
}
