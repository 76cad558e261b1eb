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
import io.pnet.tcp.CloseReason;
import io.pnet.tcp.Connection;
import io.pnet.tcp.Invariants;
import io.pnet.tcp.TcpHandler;
import io.pnet.tcp.TcpSettings;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Two stacks that talk to each other over a wire on which somebody else puts frames, too: 10.0.0.1 and fd00::1 with a
 * listener and a UDP endpoint, 10.0.0.2 and fd00::2 as its peer, on a virtual clock.
 */
final class Arena implements AutoCloseable
{
    static final long MS = 1_000_000L;
    static final long SECOND = 1_000 * MS;
    static final int TCP_PORT = 80;
    private static final int MAX_ROUNDS = 3_000;
    private static final int MAX_CONNECTIONS = 64;
    private static final UnsafeBuffer BYTES = new UnsafeBuffer(new byte[16 << 10]);

    final SplittableRandom random;
    final List<Node> nodes = new ArrayList<>();
    /** Sees every frame that a stack sends. */
    private final FrameLink.Sink tap;
    long nowNs = SECOND;

    /** One of the two stacks. */
    final class Node
    {
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 8L << 20), new Counters());
        final FrameLink link;
        final Stack stack;
        final IpAddress v4;
        final IpAddress v6;
        final List<Talker> talkers = new ArrayList<>();
        Throwable failure;
        UdpEndpoint udp;
        Node peer;

        private Node(final long macAddress, final String v4, final String v6)
        {
            link = new FrameLink(macAddress, context, (buffer, offset, length) ->
            {
                tap.onFrame(buffer, offset, length);
                peer.link.offer(buffer, offset, length, false, random.nextBoolean());
            });
            this.v4 = IpAddress.parse(v4);
            this.v6 = IpAddress.parse(v6);
            final IpSettings ipSettings = new IpSettings();
            ipSettings.addressDetection = false;
            stack = new Stack(
                context, new ChunkPool(ChunkPool.SMALL, 2L << 20), ipSettings, settings(), random.split(),
                ex -> failure = failure == null ? ex : failure,
                () ->
                {
                },
                nowNs);
            stack.add(link);
            final NetworkInterface networkInterface = stack.ip().addInterface(link);
            stack.ip().addAddress(networkInterface, this.v4, 24);
            stack.ip().addAddress(networkInterface, this.v6, 64);
        }

        private TcpSettings settings()
        {
            final TcpSettings settings = new TcpSettings();
            settings.sendBufferBytes = 64 << 10;
            settings.receiveBufferBytes = 4_096 << random.nextInt(6);
            settings.sack = random.nextInt(4) != 0;
            settings.timestamps = random.nextInt(4) != 0;
            settings.windowScaling = random.nextInt(4) != 0;
            return settings;
        }

        private void open() throws IOException
        {
            stack.tcp().listen(IpAddress.ANY, TCP_PORT, MAX_CONNECTIONS, null, connection -> talker(connection));
            udp = stack.udp().bind(IpAddress.ANY, Seeds.UDP_PORT, new UdpHandler()
            {
                @Override
                public void onDatagram(
                    final UdpEndpoint endpoint, final UnsafeBuffer buffer, final int offset, final int length,
                    final long sourceHi, final long sourceLo, final int sourcePort)
                {
                    buffer.boundsCheck(offset, length);
                }

                @Override
                public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
                {
                }
            });
        }

        private Talker talker(final Connection connection)
        {
            final Talker talker = new Talker(connection);
            talkers.add(talker);
            return talker;
        }

        /** Connects to the other one. */
        Talker connect(final boolean overV6) throws IOException
        {
            final Talker talker = talker(null);
            try
            {
                talker.connection = stack.tcp().connect(
                    IpAddress.ANY, 0, overV6 ? peer.v6 : peer.v4, TCP_PORT, null, talker, nowNs);
            }
            catch (final IOException ex)
            {
                // Somebody took our address away: no way to go (RFC 5227 section 2.4 leaves no other choice).
                talkers.remove(talker);
                return null;
            }
            return talker;
        }

        /** Whether nobody has talked us out of our addresses. */
        boolean isWhole()
        {
            return stack.ip().isLocal(v4.hi(), v4.lo()) && stack.ip().isLocal(v6.hi(), v6.lo());
        }

        void check()
        {
            final Counters counters = stack.counters();
            if (failure != null || counters.get(Counter.STACK_INTERNAL_ERRORS) != 0)
            {
                throw new AssertionError("something was thrown: " + failure + " " + books(), failure);
            }
            if (counters.unaccounted() != 0)
            {
                throw new AssertionError(counters.unaccounted() + " frames without a reason: " + books());
            }
            stack.tcp().forEachConnection(Invariants::check);
        }

        String books()
        {
            final StringBuilder text = new StringBuilder(v4.toString());
            stack.counters().forEach(
                (counter, value) -> text.append(value == 0 ? "" : " " + counter.label() + "=" + value));
            return text.toString();
        }
    }

    /** A user who reads and writes at times. */
    final class Talker implements TcpHandler
    {
        Connection connection;
        CloseReason reason;
        long received;
        boolean isShut;
        private final boolean isQuick = random.nextBoolean();

        private Talker(final Connection connection)
        {
            this.connection = connection;
        }

        @Override
        public void onConnected(final Connection connected)
        {
            connection = connected;
        }

        @Override
        public int onReceive(
            final Connection from, final UnsafeBuffer buffer, final int offset, final int length)
        {
            buffer.boundsCheck(offset, length);
            final int taken = isQuick ? length : random.nextInt(length + 1);
            received += taken;
            return taken;
        }

        @Override
        public void onReadable(final Connection from)
        {
            if (isQuick)
            {
                read(Integer.MAX_VALUE);
            }
        }

        @Override
        public void onClosed(final Connection closed, final CloseReason why)
        {
            reason = why;
        }

        void read(final int limit)
        {
            int left = limit;
            while (left > 0)
            {
                final int n = connection.read(BYTES, 0, Math.min(left, BYTES.capacity()));
                received += n;
                left -= n;
                if (n == 0)
                {
                    return;
                }
            }
        }

        int write(final int length)
        {
            return isShut ? 0 : connection.write(BYTES, 0, Math.min(length, BYTES.capacity()));
        }
    }

    Arena(final SplittableRandom random, final FrameLink.Sink tap) throws IOException
    {
        this.random = random;
        this.tap = tap;
        nodes.add(new Node(Packets.OUR_MAC, "10.0.0.1", "fd00::1"));
        nodes.add(new Node(Packets.PEER_MAC, "10.0.0.2", "fd00::2"));
        nodes.get(0).peer = nodes.get(1);
        nodes.get(1).peer = nodes.get(0);
        for (final Node node : nodes)
        {
            node.open();
        }
    }

    /** Duty cycles until nobody has anything to do: that must come, whatever was put on the wire. */
    void settle()
    {
        for (int i = 0; i < MAX_ROUNDS; i++)
        {
            int work = 0;
            for (int j = 0; j < 2; j++)
            {
                work += nodes.get(j).stack.doWork(nowNs);
            }
            if (work + nodes.get(0).link.queued() + nodes.get(1).link.queued() == 0)
            {
                return;
            }
        }
        throw new AssertionError("no rest: the two answer each other without end; " + nodes.get(0).books() + "; " +
            nodes.get(1).books());
    }

    /** Lets time pass, deadline by deadline. */
    void run(final long durationNs)
    {
        final long endNs = nowNs + durationNs;
        settle();
        while (true)
        {
            final long nextNs = Math.min(nodes.get(0).stack.nextDeadlineNs(), nodes.get(1).stack.nextDeadlineNs());
            nowNs = Math.min(endNs, Math.max(nowNs + 1, nextNs));
            settle();
            if (nowNs == endNs)
            {
                return;
            }
        }
    }

    void check()
    {
        nodes.get(0).check();
        nodes.get(1).check();
    }

    /** Users do something: open, read, write, close, abort. */
    void stir() throws IOException
    {
        final Node node = nodes.get(random.nextInt(2));
        if (node.talkers.size() < 4)
        {
            node.connect(random.nextBoolean());
            return;
        }
        final int index = random.nextInt(node.talkers.size());
        final Talker talker = node.talkers.get(index);
        switch (random.nextInt(16))
        {
            case 0:
                talker.isShut = true;
                talker.connection.close();
                break;
            case 1:
                talker.isShut = true;
                talker.connection.shutdownOutput();
                break;
            case 2:
                node.udp.send(BYTES, 0, random.nextInt(1_400), node.peer.v4.hi(), node.peer.v4.lo(),
                    random.nextBoolean() ? Seeds.UDP_PORT : 1);
                break;
            case 3:
                node.udp.send(BYTES, 0, random.nextInt(4_000), node.peer.v6.hi(), node.peer.v6.lo(),
                    random.nextBoolean() ? Seeds.UDP_PORT : 1);
                break;
            case 4:
                if (random.nextInt(4) == 0)
                {
                    talker.isShut = true;
                    talker.connection.abort();
                }
                break;
            case 5:
            case 6:
            case 7:
                talker.read(random.nextInt(20_000));
                break;
            default:
                talker.write(random.nextInt(1, 3_000));
                break;
        }
        if (talker.reason != null || node.talkers.size() > MAX_CONNECTIONS)
        {
            talker.connection.abort();
            node.talkers.remove(index);
        }
    }

    /** When the attack is over a new connection is served as ever. */
    void checkService() throws IOException
    {
        final Node client = nodes.get(1);
        final Node server = nodes.get(0);
        run(100 * SECOND);
        check();
        for (int i = 0; i < 2 && client.isWhole() && server.isWhole(); i++)
        {
            final Talker talker = client.connect(i == 1);
            if (talker == null)
            {
                throw new AssertionError("no way to connect");
            }
            run(20 * SECOND);
            final int written = talker.write(2_000);
            run(20 * SECOND);
            Talker served = null;
            for (final Talker each : server.talkers)
            {
                final boolean isIt = each.connection.remoteAddress().getPort() ==
                    talker.connection.localAddress().getPort();
                served = isIt && each.reason == null ? each : served;
            }
            if (served == null || written != 2_000)
            {
                throw new AssertionError("no service any more: " + talker.reason + " " + talker.connection.info() +
                    "; " + server.books() + "; " + client.books());
            }
            served.read(Integer.MAX_VALUE);
            if (served.received != 2_000)
            {
                throw new AssertionError("no data any more: " + served.received + " " + talker.connection.info());
            }
        }
    }

    /** When everybody has gone home nothing is left. */
    void checkEmpty()
    {
        for (final Node node : nodes)
        {
            node.stack.tcp().forEachConnection(Connection::abort);
            node.talkers.forEach(each -> each.connection.abort());
        }
        run(SECOND);
        for (final Node node : nodes)
        {
            node.stack.tcp().forEachConnection(Connection::abort);
        }
        run(100 * SECOND);
        check();
        for (final Node node : nodes)
        {
            final int chunks = node.stack.largeChunks().inUse() + node.stack.smallChunks().inUse();
            if (node.stack.tcp().connectionCount() != 0 || chunks != 0 ||
                node.stack.counters().get(Counter.IP_FRAGMENTS_WAITING) != 0)
            {
                throw new AssertionError(node.stack.tcp().connectionCount() + " connections and " + chunks +
                    " chunks are left: " + node.books());
            }
        }
    }

    @Override
    public void close()
    {
        nodes.forEach(node -> node.stack.close(nowNs));
    }
}
