package io.pnet.tcp;

import io.pnet.Must;
import io.pnet.counters.Counter;
import io.pnet.ip.IpAddress;
import io.pnet.wire.IcmpHeader;
import io.pnet.wire.Ipv4Header;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.List;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.PSH;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.ack;
import static io.pnet.tcp.Tcp.data;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What TCP owes its user and asks of the Internet layer (RFC 9293 section 3.9). */
final class UserInterfaceTest
{
    private static final IpAddress SECOND = IpAddress.parse("10.0.0.9");
    private static final IpAddress PEER = IpAddress.parse("10.0.0.2");

    @Must({43, 45})
    @Test
    void connectsFromTheAddressThatIsAskedFor() throws IOException
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.stack.ip().addAddress(peer.networkInterface, SECOND, 24);
            peer.user.connection = peer.stack.tcp().connect(
                SECOND, 0, PEER, TcpPeer.PEER_PORT, null, peer.user, peer.nowNs);
            peer.stackPort = peer.user.connection.localPort;
            peer.destinationV4 = SECOND;
            peer.expect(syn());
            assertEquals(SECOND, sourceOf(peer.lastPacket()));
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            // The preferred source changes nothing for a connection that is there.
            peer.write(10);
            peer.expect(data(1, 10));
            assertEquals(SECOND, sourceOf(peer.lastPacket()));
        }
    }

    @Must(44)
    @Test
    void hasTheAddressChosenWhenNoneIsAskedFor()
    {
        try (TcpPeer peer = new TcpPeer().connect())
        {
            peer.expect(syn());
            assertEquals(IpAddress.parse("10.0.0.1"), sourceOf(peer.lastPacket()));
        }
    }

    @Must(46)
    @Test
    void doesNotConnectToWhatIsNoSingleHost()
    {
        try (TcpPeer peer = new TcpPeer())
        {
            for (final String address : new String[]{
                "224.0.0.1", "255.255.255.255", "10.0.0.255", "0.0.0.0", "ff02::1", "::"})
            {
                assertThrows(
                    NoRouteToHostException.class,
                    () -> peer.stack.tcp().connect(
                        IpAddress.ANY, 0, IpAddress.parse(address), 80, null, peer.user, peer.nowNs),
                    address);
            }
            peer.nothingMore();
        }
    }

    @Must({57, 63})
    @Test
    void staysSilentWhereNoSingleHostSpeaksOrIsSpokenTo()
    {
        try (TcpPeer peer = new TcpPeer().listen())
        {
            for (final String destination : new String[]{"224.0.0.1", "10.0.0.255", "255.255.255.255"})
            {
                peer.destinationV4 = IpAddress.parse(destination);
                peer.send(syn().mss(1_000));
                // Nobody has such a connection, and still nobody is told so.
                peer.send(data(1, 10).acks(1));
            }
            peer.destinationV4 = IpAddress.parse("10.0.0.1");
            for (final String source : new String[]{"224.0.0.1", "10.0.0.255", "255.255.255.255", "0.0.0.0"})
            {
                peer.sourceV4 = IpAddress.parse(source);
                peer.send(syn().mss(1_000));
            }
            peer.nothingMore();
            assertEquals(0, peer.stack.tcp().connectionCount());
        }
    }

    @Must({41, 42})
    @Test
    void aPortMayHaveListenersOnSeveralAddressesAndConnectionsOfItsOwn() throws IOException
    {
        try (TcpPeer peer = new TcpPeer())
        {
            peer.stack.ip().addAddress(peer.networkInterface, SECOND, 24);
            final List<String> accepted = new ArrayList<>();
            peer.user.connection = peer.stack.tcp().connect(
                IpAddress.ANY, TcpPeer.PORT, PEER, TcpPeer.PEER_PORT, null, peer.user, peer.nowNs);
            peer.expect(syn());
            for (final String address : new String[]{"10.0.0.1", "10.0.0.9"})
            {
                peer.stack.tcp().listen(IpAddress.parse(address), TcpPeer.PORT, 4, null, connection ->
                {
                    accepted.add(address);
                    return new TcpPeer.User();
                });
            }
            // The active open on that port goes on as if nothing had been opened beside it.
            peer.send(tcp(SYN | ACK).seq(0).acks(1).mss(1_000));
            peer.expect(ack(1));
            assertEquals(TcpState.ESTABLISHED, peer.state());
            int port = 50_000;
            for (final String address : new String[]{"10.0.0.9", "10.0.0.1"})
            {
                peer.destinationV4 = IpAddress.parse(address);
                peer.peerPort = port++;
                peer.send(syn().mss(1_000));
                peer.expect(tcp(SYN | ACK));
                peer.send(ack(1).seq(1));
            }
            assertEquals(List.of("10.0.0.9", "10.0.0.1"), accepted);
        }
    }

    @Must({47, 54, 56})
    @Test
    void tellsOfErrorsThatDoNotEndTheConnection()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final List<SoftError> errors = new ArrayList<>();
            peer.connection().handler(new TcpHandler()
            {
                @Override
                public int onReceive(
                    final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
                {
                    return length;
                }

                @Override
                public void onSoftError(final Connection connection, final SoftError error)
                {
                    errors.add(error);
                }
            });
            peer.write(100);
            peer.expect(data(1, 100));
            final byte[] quoted = peer.lastPacket();
            for (final int code : new int[]{0, 1, 5})
            {
                peer.sendUnreachable(code, 0, quoted);
            }
            peer.sendIcmp(IcmpHeader.TYPE_TIME_EXCEEDED, 0, 0, quoted);
            peer.sendIcmp(IcmpHeader.TYPE_PARAMETER_PROBLEM, 0, 0, quoted);
            assertEquals(
                List.of(
                    SoftError.UNREACHABLE, SoftError.UNREACHABLE, SoftError.UNREACHABLE,
                    SoftError.TIME_EXCEEDED, SoftError.PARAMETER_PROBLEM),
                errors);
            assertEquals(TcpState.ESTABLISHED, peer.state());
            peer.nothingMore();
        }
    }

    @Must(55)
    @Test
    void aSourceQuenchChangesNothing()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(100);
            peer.expect(data(1, 100));
            final int cwnd = peer.connection().window.cwnd;
            peer.sendIcmp(4, 0, 0, peer.lastPacket());
            peer.nothingMore();
            assertEquals(cwnd, peer.connection().window.cwnd);
            assertEquals(TcpState.ESTABLISHED, peer.state());
        }
    }

    @Must({20, 47})
    @Test
    void asksForTheNeighbourAfterThreeTimeoutsAndSaysSo()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            final List<SoftError> errors = new ArrayList<>();
            peer.connection().handler(new TcpHandler()
            {
                @Override
                public int onReceive(
                    final Connection connection, final UnsafeBuffer buffer, final int offset, final int length)
                {
                    return length;
                }

                @Override
                public void onSoftError(final Connection connection, final SoftError error)
                {
                    errors.add(error);
                }
            });
            final long asked = peer.count(Counter.ARP_TX);
            peer.write(100);
            // 220 ms, then 440, then 880.
            peer.advanceMs(1_500);
            assertEquals(List.of(), errors);
            assertEquals(asked, peer.count(Counter.ARP_TX));
            peer.advanceMs(100);
            assertEquals(List.of(SoftError.NO_ANSWER), errors);
            assertEquals(asked + 1, peer.count(Counter.ARP_TX));
        }
    }

    @Must({48, 49})
    @Test
    void sendsWithTheClassAndTheTimeToLiveThatAreSet()
    {
        final TcpSettings settings = new TcpSettings();
        settings.trafficClass = 0xB8;
        try (TcpPeer peer = new TcpPeer(settings).established())
        {
            peer.write(100);
            peer.expect(data(1, 100));
            final Ipv4Header packet = header(peer.lastPacket());
            assertEquals(0xB8, packet.typeOfService());
            assertEquals(64, packet.ttl());
            peer.send(ack(101).seq(1));
            peer.connection().destination.hopLimit(3);
            peer.write(100);
            peer.expect(data(101, 100));
            assertEquals(3, header(peer.lastPacket()).ttl());
        }
    }

    @Must({60, 61})
    @Test
    void sendsWhatIsWrittenWithoutBeingPushedAndMarksTheLastOfIt()
    {
        try (TcpPeer peer = new TcpPeer().established())
        {
            peer.write(2_500);
            final List<Tcp.Seen> first = peer.all();
            assertEquals(2, first.size(), first::toString);
            assertEquals(0, first.get(0).flags & PSH);
            assertEquals(0, first.get(1).flags & PSH);
            // Nagle's algorithm holds the rest, but not for ever.
            peer.send(ack(2_001).seq(1));
            final Tcp.Seen last = peer.next();
            assertTrue(last.matches(data(2_001, 500)), last::toString);
            assertTrue((last.flags & PSH) != 0, last::toString);
            peer.nothingMore();
            assertFalse(peer.connection().hasUnsent());
        }
    }

    private static IpAddress sourceOf(final byte[] packet)
    {
        return IpAddress.v4(header(packet).source());
    }

    private static Ipv4Header header(final byte[] packet)
    {
        return new Ipv4Header().wrap(new UnsafeBuffer(packet), 0);
    }
}
