package io.pnet.tcp;

import io.pnet.ip.IpAddress;
import io.pnet.link.MemoryLinkOptions;
import org.junit.jupiter.api.Test;

import java.net.BindException;

import static io.pnet.tcp.Tcp.ACK;
import static io.pnet.tcp.Tcp.RST;
import static io.pnet.tcp.Tcp.SYN;
import static io.pnet.tcp.Tcp.syn;
import static io.pnet.tcp.Tcp.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Which addresses a listener stands for. */
final class ListenerAddressTest
{
    private static final TcpListenerHandler TAKES_ALL = connection -> (c, buffer, offset, length) -> length;

    private static Listener listen(final TcpPeer peer, final String address) throws BindException
    {
        return peer.stack.tcp().listen(IpAddress.parse(address), TcpPeer.PORT, 10, null, TAKES_ALL);
    }

    private static TcpPeer peer(final boolean isV6)
    {
        return new TcpPeer(new TcpSettings(), new MemoryLinkOptions(), isV6);
    }

    @Test
    void allOfIpv4IsNotIpv6() throws BindException
    {
        try (TcpPeer peer = peer(true))
        {
            listen(peer, "0.0.0.0");
            peer.send(syn());
            peer.expect(tcp(RST | ACK));
            // So that somebody else may have those.
            listen(peer, TcpPeer.STACK_V6.toString());
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
        }
        try (TcpPeer peer = peer(false))
        {
            listen(peer, "0.0.0.0");
            peer.send(syn());
            peer.expect(tcp(SYN | ACK));
        }
    }

    @Test
    void allIsBoth() throws BindException
    {
        for (final boolean isV6 : new boolean[]{false, true})
        {
            try (TcpPeer peer = peer(isV6))
            {
                final Listener listener = listen(peer, "::");
                assertThrows(BindException.class, () -> listen(peer, "0.0.0.0"));
                assertThrows(BindException.class, () -> listen(peer, TcpPeer.STACK_V6.toString()));
                peer.send(syn());
                peer.expect(tcp(SYN | ACK));
                listener.close();
                listen(peer, "0.0.0.0").close();
            }
        }
    }

    @Test
    void aPortThatIsBoundIsNoListeners() throws BindException
    {
        try (TcpPeer peer = peer(false))
        {
            final TcpTransport tcp = peer.stack.tcp();
            assertEquals(TcpPeer.PORT, tcp.bind(TcpPeer.STACK_V4, TcpPeer.PORT));
            assertThrows(BindException.class, () -> listen(peer, "::"));
            assertThrows(BindException.class, () -> tcp.bind(IpAddress.parse("10.9.9.9"), 0));
            peer.send(syn());
            peer.expect(tcp(RST | ACK));
            tcp.unbind(TcpPeer.STACK_V4, TcpPeer.PORT);
            listen(peer, "::");
        }
    }
}
