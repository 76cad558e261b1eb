package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import org.junit.jupiter.api.AfterEach;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

import static io.pnet.ip.Packets.PEER4;
import static io.pnet.ip.Packets.PEER6;
import static io.pnet.ip.Packets.PEER_MAC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/**
 * One layer with 10.0.0.1/24 and fd00::1/64 on a link whose far end is the test, the neighbours 10.0.0.2 and fd00::2
 * known, and one protocol that keeps what it gets. Every test ends with the books being balanced.
 */
class IpFixture
{
    static final int PROTOCOL = 253;
    static final long START_NS = 1_000_000_000_000L;
    static final long SECOND = 1_000_000_000L;

    /** A packet as the protocol saw it. */
    record Received(
        byte[] payload, String source, String destination, int hopLimit, int trafficClass, int gsoSize, long receivedNs,
        boolean isUnicast, boolean isReassembled, boolean isChecksumValid, boolean hasChunk)
    {
    }

    /** An error as the protocol saw it. */
    record Reported(IcmpError.Kind kind, String local, String remote, int mtu, byte[] quote)
    {
    }

    final Counters counters = new Counters();
    final IpSettings settings = new IpSettings();
    final List<Received> received = new ArrayList<>();
    final List<Reported> reported = new ArrayList<>();
    final List<String> addressEvents = new ArrayList<>();
    Ip ip;
    TestLink link;
    NetworkInterface networkInterface;
    long nowNs = START_NS;

    /** A layer without addresses. */
    void open(final LinkCapabilities capabilities)
    {
        ip = new Ip(settings, counters, new Random(7));
        link = new TestLink(capabilities, counters);
        networkInterface = ip.addInterface(link);
        ip.addressListener(new AddressListener()
        {
            @Override
            public void onReady(final IpAddress address)
            {
                addressEvents.add("ready " + address);
            }

            @Override
            public void onConflict(final IpAddress address, final long macAddress, final boolean isLost)
            {
                addressEvents.add(
                    (isLost ? "lost " : "defended ") + address + " against " + Long.toHexString(macAddress));
            }
        });
        ip.register(recorder(PROTOCOL));
        ip.poll(1, nowNs, 0);
    }

    /** A layer with addresses and neighbours. */
    void openWithAddresses(final LinkCapabilities capabilities)
    {
        settings.addressDetection = false;
        open(capabilities);
        ip.addAddress(networkInterface, Packets.US4, 24);
        ip.addAddress(networkInterface, Packets.US6, 64);
        run(5 * SECOND);
        know(PEER4);
        know(PEER6);
        sent();
        addressEvents.clear();
    }

    void openWithAddresses()
    {
        openWithAddresses(LinkCapabilities.plain(TestLink.MAC, 1500));
    }

    /** As if the neighbour had just answered. */
    void know(final IpAddress address)
    {
        final Neighbour neighbour = ip.neighbours.findOrCreate(networkInterface, address.hi(), address.lo());
        ip.neighbours.onAddress(neighbour, PEER_MAC, true, true, nowNs);
    }

    IpProtocol recorder(final int number)
    {
        return new IpProtocol()
        {
            @Override
            public int protocol()
            {
                return number;
            }

            @Override
            public void onPacket(final IpPacket packet, final long now)
            {
                final byte[] payload = new byte[packet.length()];
                packet.buffer().getBytes(packet.offset(), payload);
                received.add(new Received(
                    payload,
                    new IpAddress(packet.sourceHi(), packet.sourceLo()).toString(),
                    new IpAddress(packet.destinationHi(), packet.destinationLo()).toString(),
                    packet.hopLimit(), packet.trafficClass(), packet.gsoSize(), packet.receivedNs(),
                    packet.isUnicast(), packet.isReassembled(), packet.isChecksumValid(), packet.hasChunk()));
            }

            @Override
            public void onIcmpError(final IcmpError error, final long now)
            {
                final byte[] quote = new byte[error.length()];
                error.buffer().getBytes(error.offset(), quote);
                reported.add(new Reported(
                    error.kind(),
                    new IpAddress(error.localHi(), error.localLo()).toString(),
                    new IpAddress(error.remoteHi(), error.remoteLo()).toString(),
                    error.mtu(),
                    quote));
            }
        };
    }

    void receive(final byte[] frame)
    {
        receive(frame, (state) -> {});
    }

    void receive(final byte[] frame, final Consumer<RxFrame> state)
    {
        final TestLink.Inbound inbound = new TestLink.Inbound(frame);
        inbound.state = state;
        link.inbound.add(inbound);
        ip.poll(64, nowNs, 0);
    }

    /** The frame is dropped for exactly this reason, and nobody hears of it. */
    void expectDrop(final Counter reason, final byte[] frame)
    {
        expectDrop(reason, frame, (state) -> {});
    }

    void expectDrop(final Counter reason, final byte[] frame, final Consumer<RxFrame> state)
    {
        final long drops = counters.drops();
        final long before = counters.get(reason);
        final int packets = received.size();
        receive(frame, state);
        assertEquals(before + 1, counters.get(reason), () -> "not dropped as " + reason + "; drops: " + allDrops());
        assertEquals(drops + 1, counters.drops(), "counted twice");
        assertEquals(packets, received.size());
    }

    void run(final long forNs)
    {
        final long untilNs = nowNs + forNs;
        while (nowNs < untilNs)
        {
            nowNs = Math.min(untilNs, Math.max(nowNs + 1, ip.nextDeadlineNs()));
            ip.poll(64, nowNs, 0);
            ip.onTimers(nowNs);
            ip.flush(nowNs);
        }
    }

    /** Everything that came out since this was asked last. */
    List<Sent> sent()
    {
        final List<Sent> frames = new ArrayList<>();
        link.outbound.forEach((bytes) -> frames.add(new Sent(bytes)));
        link.outbound.clear();
        return frames;
    }

    /** Exactly one frame came out. */
    Sent sentOne()
    {
        final List<Sent> frames = sent();
        assertEquals(1, frames.size());
        return frames.get(0);
    }

    void sentNothing()
    {
        assertEquals(0, sent().size());
    }

    Destination destination(final IpAddress to)
    {
        final Destination destination = ip.route(0, 0, to.hi(), to.lo());
        assertNotNull(destination, "no route to " + to);
        return destination;
    }

    /** Sends a plain packet of the protocol; returns whether there was room. */
    boolean send(final Destination to, final byte... payload)
    {
        final TxFrame frame = ip.claim(to, PROTOCOL, 0, payload.length, false);
        if (frame == null)
        {
            return false;
        }
        frame.buffer().putBytes(ip.transportOffset(), payload);
        ip.commit(frame, -1, 0, 0);
        return true;
    }

    String allDrops()
    {
        final StringBuilder text = new StringBuilder();
        counters.forEach((counter, value) ->
        {
            if (counter.isDrop() && value > 0)
            {
                text.append(counter).append('=').append(value).append(' ');
            }
        });
        return text.toString();
    }

    /** Each frame met exactly one end; see the package documentation. */
    @AfterEach
    void assertBooksBalance()
    {
        if (ip == null)
        {
            return;
        }
        assertEquals(0, counters.get(Counter.STACK_INTERNAL_ERRORS));
        final long ends = counters.drops() +
            counters.get(Counter.ARP_RX) + counters.get(Counter.NDP_RX) + counters.get(Counter.MLD_RX) +
            counters.get(Counter.IGMP_RX) +
            counters.get(Counter.ICMP_RX) + counters.get(Counter.IP_FRAGMENTS_MERGED) +
            counters.get(Counter.IP_FRAGMENTS_WAITING) + counters.get(Counter.IP_RX_DELIVERED);
        assertEquals(counters.get(Counter.LINK_RX_FRAMES), ends, () -> "drops: " + allDrops());
    }
}
