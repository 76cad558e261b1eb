package io.pnet.socket;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Groups by blocking sockets. */
@Timeout(60)
final class UdpGroupTest
{
    private static final int PORT = 7000;

    private static IpProcess process(final Pipe link, final LinkContext context, final String address)
        throws IOException
    {
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        final IpProcess process = IpProcess.builder()
            .link(link, context).address(address).ip(settings).linger(Duration.ZERO).start();
        link.onFrames(process.driver()::wakeup);
        return process;
    }

    private static String receive(final UdpSocket socket) throws IOException
    {
        final ByteBuffer target = ByteBuffer.allocate(100);
        socket.receive(target);
        return new String(target.array(), 0, target.position());
    }

    private static void send(final UdpSocket socket, final String text, final InetAddress group) throws IOException
    {
        socket.send(ByteBuffer.wrap(text.getBytes()), new InetSocketAddress(group, PORT));
    }

    @Test
    void hearsAGroupFromTheSendersItWantsUntilItLeaves() throws Exception
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), left, right);
        final InetAddress group = InetAddress.getByName("239.5.5.5");
        final InetAddress other = InetAddress.getByName("239.5.5.6");
        try (IpProcess a = process(pipe.left(), left, "10.0.0.1/24");
            IpProcess b = process(pipe.right(), right, "10.0.0.2/24");
            UdpSocket sender = UdpSocket.open(a, null);
            UdpSocket member = UdpSocket.open(b, new InetSocketAddress("0.0.0.0", PORT)))
        {
            member.receiveTimeout(Duration.ofSeconds(10));
            member.join(group, null);
            assertThrows(SocketException.class, () -> member.join(group, null));
            assertThrows(IllegalArgumentException.class, () -> member.join(InetAddress.getByName("10.0.0.9"), null));
            member.join(other, InetAddress.getByName("10.0.0.7"));
            send(sender, "one", group);
            assertEquals("one", receive(member));
            send(sender, "not heard", other);
            send(sender, "after that", group);
            assertEquals("after that", receive(member));
            member.join(other, InetAddress.getByName("10.0.0.1"));
            send(sender, "two", other);
            assertEquals("two", receive(member));

            send(member, "own", group);
            assertEquals("own", receive(member));
            member.loopBack(false);
            send(member, "not heard", group);
            member.leave(group);
            member.leave(group);
            send(sender, "not heard", group);
            member.receiveTimeout(Duration.ofMillis(200));
            assertThrows(SocketTimeoutException.class, () -> receive(member));
        }
    }
}
