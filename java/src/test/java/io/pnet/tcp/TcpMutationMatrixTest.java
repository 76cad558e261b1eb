package io.pnet.tcp;

import io.pnet.counters.Counter;
import io.pnet.hostile.Field;
import io.pnet.hostile.Repair;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The mutation matrix of TCP: in every state, every template of a segment, with every field of its frame at every value
 * that implementations trip over (see {@link Field#values}), checksums right and wrong; every combination of flags;
 * every way to get options wrong; every length. After each frame
 * <ul>
 * <li>nothing was thrown and the invariants hold ({@link TcpPeer#cycle}), and the frame met exactly one end;
 * <li>if it was dropped, the connection is as it was; if it was used, then an oracle that decodes the frame by itself
 * agrees that RFC 9293 and RFC 5961 have it used;
 * <li>the connection goes on: the peer's next honest segment has its effect;
 * <li>in the end nothing is left, in the table or of the memory.
 * </ul>
 */
class TcpMutationMatrixTest
{
    private static final int SYN_PAYLOAD = 0;
    /** After so many dropped frames a fresh connection is looked at. */
    private static final int REUSES = 100;
    private static final int PAYLOAD = 100;
    private static final int UNACKNOWLEDGED = 1_500;
    private static final int SMALL_BUFFER = 4_000;

    /** How to bring a connection into a state. */
    enum In
    {
        CLOSED(peer ->
        {
        }),
        LISTEN(TcpPeer::listen),
        SYN_SENT(TcpPeer::connect),
        SYN_RECEIVED(peer -> peer.listen().send(syn())),
        SIMULTANEOUS_OPEN(peer -> peer.connect().send(syn())),
        ESTABLISHED(peer ->
        {
            peer.established(syn());
            peer.write(UNACKNOWLEDGED);
        }),
        ZERO_WINDOW(peer ->
        {
            peer.user.isReadingInPlace = false;
            peer.established(syn());
            peer.write(UNACKNOWLEDGED);
            for (int done = 0; done < SMALL_BUFFER; done += SMALL_BUFFER / 4)
            {
                peer.send(Tcp.data(1 + done, SMALL_BUFFER / 4).acks(1));
            }
            assertEquals(0, peer.connection().rcvWnd());
        }),
        FIN_WAIT_1(peer ->
        {
            peer.established(syn());
            peer.write(UNACKNOWLEDGED);
            peer.shutdown();
        }),
        FIN_WAIT_2(peer ->
        {
            peer.established(syn());
            peer.shutdown();
            peer.send(Tcp.ack(2).seq(1));
        }),
        CLOSE_WAIT(peer ->
        {
            peer.established(syn());
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1));
            peer.write(UNACKNOWLEDGED);
        }),
        CLOSING(peer ->
        {
            peer.established(syn());
            peer.shutdown();
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1));
        }),
        LAST_ACK(peer ->
        {
            peer.established(syn());
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(1));
            peer.shutdown();
        }),
        TIME_WAIT(peer ->
        {
            peer.established(syn());
            peer.shutdown();
            peer.send(Tcp.ack(2).seq(1));
            peer.send(Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(1).acks(2));
        });

        private final Consumer<TcpPeer> setUp;

        In(final Consumer<TcpPeer> setUp)
        {
            this.setUp = setUp;
        }

        private static Tcp syn()
        {
            return Tcp.syn().mss(1_000).sackPermitted().scale(2).timestamps(1, 0);
        }
    }

    /** A segment's part in the conversation, of which fields are then changed. */
    private record Template(String name, int flags, int payload, int... options)
    {
    }

    private static final int[] TIMESTAMPS = {1, 1, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0};
    private static final List<Template> TEMPLATES = List.of(
        new Template("ack", Tcp.ACK, 0, TIMESTAMPS),
        new Template("data", Tcp.ACK | Tcp.PSH, PAYLOAD, TIMESTAMPS),
        new Template("fin", Tcp.FIN | Tcp.ACK, 0, TIMESTAMPS),
        new Template("urgent", Tcp.URG | Tcp.ACK, PAYLOAD, TIMESTAMPS),
        new Template("rst", Tcp.RST | Tcp.ACK, 0),
        new Template("syn", Tcp.SYN, SYN_PAYLOAD, 2, 4, 3, 0xE8, 1, 3, 3, 2, 4, 2, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0),
        new Template("syn-ack", Tcp.SYN | Tcp.ACK, SYN_PAYLOAD, 2, 4, 3, 0xE8, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0, 1, 0));

    /** Options as nobody should write them; zeros follow up to a multiple of four. */
    private static final int[][] BAD_OPTIONS =
    {
        {2, 0}, {2, 1}, {2, 2}, {2, 3, 1}, {2, 5, 1, 1, 1}, {2, 4}, {2, 255}, {2, 4, 0, 0}, {2, 4, 0, 1},
        {2, 4, 255, 255}, {2, 4, 2, 0, 2, 4, 0, 64},
        {3, 0}, {3, 2}, {3, 3, 15}, {3, 3, 255}, {3, 4, 1, 1}, {3, 3, 1, 3, 3, 14}, {3},
        {4, 0}, {4, 1}, {4, 3, 1}, {4, 2, 4, 2},
        {5, 0}, {5, 1}, {5, 2}, {5, 9, 0, 0, 0, 1, 0, 0, 0}, {5, 10, 255, 255, 255, 255, 0, 0, 0, 0},
        {5, 10, 0, 0, 0, 0, 255, 255, 255, 255}, {5, 34}, {5, 42}, {5, 255},
        {5, 18, 0, 0, 0, 1, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 1},
        {8, 0}, {8, 1}, {8, 2}, {8, 9, 0, 0, 0, 0, 0, 0, 0}, {8, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {8, 10},
        {8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0},
        {1, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0}, {8, 10, 0, 0, 0x20, 0, 255, 255, 255, 255},
        {8, 10, 0x7F, 255, 255, 255, 0, 0, 0, 0}, {8, 10, 0x80, 0, 0, 0, 0, 0, 0, 0},
        {19, 18}, {29, 0}, {29, 4, 0, 0}, {34, 2}, {34, 3, 1}, {34, 18}, {34, 255}, {254, 2}, {254, 0}, {254, 1},
        {255, 255}, {0, 8, 10, 0, 0, 0x20, 0, 0, 0, 0, 0}, {1, 1, 1}, {0, 0, 0, 0},
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 2},
    };

    /** What a connection is known by between two frames. */
    private record Snapshot(
        TcpState state, int iss, int irs, int sndUna, int sndNxt, int maxSndWnd, int rcvNxt, int rcvWnd, int sndWnd,
        int tsRecent)
    {
        static Snapshot of(final Connection c)
        {
            return c == null ? null : new Snapshot(
                c.state, c.iss, c.irs, c.sndUna, c.sndNxt, c.maxSndWnd, c.rcvNxt, c.rcvWnd(), c.sndWnd, c.tsRecent);
        }

        /** The same, but for the window, which every acknowledgement we send may open. */
        static Snapshot withoutWindow(final Snapshot s)
        {
            return s == null ? null : new Snapshot(
                s.state, s.iss, s.irs, s.sndUna, s.sndNxt, s.maxSndWnd, s.rcvNxt, 0, s.sndWnd, s.tsRecent);
        }
    }

    private In in;
    private boolean isV6;
    private TcpPeer peer;
    private int uses;
    private Connection before;
    private Snapshot snapshot;
    private int synAckAck;
    private int cases;

    static Stream<Arguments> states()
    {
        return Arrays.stream(In.values()).flatMap(
            each -> Stream.of(Arguments.of(each, false), Arguments.of(each, true)));
    }

    @ParameterizedTest(name = "{0} IPv6 {1}")
    @MethodSource("states")
    void everyFieldAtEveryValue(final In state, final boolean isV6)
    {
        open(state, isV6);
        for (final Template template : TEMPLATES)
        {
            final List<Field> fields = new ArrayList<>(Field.network(isV6));
            fields.addAll(Field.tcp(Field.transport(isV6)));
            for (final Field field : fields)
            {
                for (final long value : field.values(field.get(frame(template, template.options))))
                {
                    for (int isRepaired = 0; isRepaired < 2; isRepaired++)
                    {
                        next();
                        final byte[] frame = frame(template, template.options);
                        field.put(frame, value);
                        refill(frame);
                        if (isRepaired == 0)
                        {
                            Repair.checksums(frame);
                        }
                        receive(frame, template.name + " " + field.name() + "=" + value);
                    }
                }
            }
        }
        end();
    }

    @ParameterizedTest(name = "{0} IPv6 {1}")
    @MethodSource("states")
    void everyCombinationOfFlags(final In state, final boolean isV6)
    {
        open(state, isV6);
        for (final Template template : List.of(TEMPLATES.get(0), TEMPLATES.get(1)))
        {
            for (int flags = 0; flags < 256; flags++)
            {
                next();
                final byte[] frame = frame(template, template.options);
                frame[Field.transport(isV6) + TcpHeader.FLAGS_OFFSET] = (byte)flags;
                refill(frame);
                receive(Repair.checksums(frame), template.name + " flags " + Tcp.flagText(flags));
            }
        }
        end();
    }

    @ParameterizedTest(name = "{0} IPv6 {1}")
    @MethodSource("states")
    void everyWayToGetOptionsWrong(final In state, final boolean isV6)
    {
        open(state, isV6);
        for (final Template template : TEMPLATES)
        {
            for (final int[] options : BAD_OPTIONS)
            {
                next();
                receive(frame(template, options), template.name + " options " + Arrays.toString(options));
                if (options.length <= 40 - TIMESTAMPS.length)
                {
                    next();
                    final int[] both = Arrays.copyOf(TIMESTAMPS, TIMESTAMPS.length + options.length);
                    System.arraycopy(options, 0, both, TIMESTAMPS.length, options.length);
                    receive(frame(template, both), template.name + " options " + Arrays.toString(both));
                }
            }
        }
        end();
    }

    @ParameterizedTest(name = "{0} IPv6 {1}")
    @MethodSource("states")
    void everyLengthOfFrameAndPacket(final In state, final boolean isV6)
    {
        open(state, isV6);
        for (final Template template : List.of(TEMPLATES.get(1), TEMPLATES.get(4), TEMPLATES.get(5)))
        {
            final int whole = frame(template, template.options).length;
            for (int length = 0; length < whole; length++)
            {
                // The wire cut it off; or the packet says so itself; or there is padding behind it.
                next();
                receive(Arrays.copyOf(frame(template, template.options), length), template.name + " cut at " + length);
                next();
                final byte[] padded = frame(template, template.options);
                setLength(padded, length);
                receive(Repair.checksums(padded), template.name + " with padding behind " + length);
            }
            for (final int more : new int[] {1, 2, 46, 1_000})
            {
                next();
                final byte[] longer = Arrays.copyOf(frame(template, template.options), whole + more);
                receive(longer.clone(), template.name + " padded with " + more);
                next();
                setLength(longer, whole + more + 1);
                receive(Repair.checksums(longer), template.name + " says one more than " + (whole + more));
            }
        }
        end();
    }

    // ---- one case

    private void open(final In state, final boolean overV6)
    {
        in = state;
        isV6 = overV6;
        next();
    }

    /** A connection in the state, a used one while it is as good as new. */
    private void next()
    {
        if (peer != null && uses < REUSES)
        {
            uses++;
            return;
        }
        if (peer != null)
        {
            close();
        }
        uses = 0;
        final TcpSettings settings = new TcpSettings();
        settings.receiveBufferBytes = in == In.ZERO_WINDOW ? SMALL_BUFFER : settings.receiveBufferBytes;
        peer = new TcpPeer(settings, new MemoryLinkOptions(), isV6);
        in.setUp.accept(peer);
        look();
        before = ours();
        snapshot = Snapshot.of(before);
        final boolean hasConnection = in != In.CLOSED && in != In.LISTEN;
        if (hasConnection && in != In.SYN_RECEIVED)
        {
            assertNotNull(before, "no connection in " + in);
        }
    }

    private void end()
    {
        close();
        System.out.println("matrix " + in + (isV6 ? " IPv6 " : " IPv4 ") + cases + " frames");
    }

    private void receive(final byte[] frame, final String name)
    {
        cases++;
        try
        {
            judge(frame);
        }
        catch (final AssertionError | RuntimeException ex)
        {
            throw new AssertionError(
                in + (isV6 ? " IPv6 " : " IPv4 ") + name + ": " + ex.getMessage() + "\nframe " +
                HexFormat.of().formatHex(frame), ex);
        }
    }

    private void judge(final byte[] frame)
    {
        final long frames = peer.count(Counter.LINK_RX_FRAMES);
        final long used = peer.count(Counter.TCP_RX_SEGMENTS);
        final int connections = peer.stack.tcp().connectionCount();
        peer.sendFrame(frame);
        look();
        assertTrue(peer.count(Counter.LINK_RX_FRAMES) >= frames + 1, "not received");
        assertEquals(0, peer.counters.unaccounted(), () -> "books: " + books());
        assertEquals(0, peer.count(Counter.STACK_HANDLER_ERRORS), () -> "handler errors " + peer.user.errors);

        final Seg s = Seg.decode(frame, isV6, peer);
        final Connection after = ours();
        final Snapshot now = Snapshot.of(after);
        final boolean isUsed = peer.count(Counter.TCP_RX_SEGMENTS) != used;
        if (!isUsed)
        {
            assertUnchanged(now, "dropped, and yet something changed");
            if (uses == REUSES)
            {
                goOn();
            }
            return;
        }
        assertNotNull(s, "used, although it is no segment for us: " + s);
        if (s.isOurs)
        {
            checkUse(s, now);
        }
        else
        {
            assertUnchanged(now, "another connection's segment changed this one");
            assertTrue(s.is(Tcp.SYN) && !s.is(Tcp.ACK), "used without a connection");
        }
        assertTrue(peer.stack.tcp().connectionCount() <= connections + 1);
        goOn();
        uses = REUSES;
    }

    private void assertUnchanged(final Snapshot now, final String otherwise)
    {
        assertEquals(Snapshot.withoutWindow(snapshot), Snapshot.withoutWindow(now), otherwise);
        snapshot = now;
    }

    /** RFC 9293 section 3.10.7, in the words of this test. */
    private void checkUse(final Seg s, final Snapshot now)
    {
        final boolean isSynOnly = s.is(Tcp.SYN) && !s.is(Tcp.ACK) && !s.is(Tcp.RST) && !s.is(Tcp.FIN);
        final TcpState state = snapshot == null ? null : snapshot.state;
        if (state == null)
        {
            if (in == In.SYN_RECEIVED)
            {
                // A half-open connection that is no connection yet: the handshake's last part, or a reset.
                assertTrue(s.is(Tcp.RST) || s.is(Tcp.ACK) && s.ack == peer.stackIss + 1 || isSynOnly, "used in " + in);
                return;
            }
            assertTrue(in == In.LISTEN && isSynOnly, "used in " + in);
            return;
        }
        if (state == TcpState.SYN_SENT)
        {
            assertTrue(!s.is(Tcp.ACK) || s.ack == snapshot.iss + 1, "acknowledges what was not sent");
            assertTrue(s.is(Tcp.SYN) || s.is(Tcp.RST) && s.is(Tcp.ACK), "neither SYN nor RST,ACK");
            return;
        }
        if (state == TcpState.TIME_WAIT && isSynOnly)
        {
            assertTrue(SeqNumber.gt(s.seq, snapshot.rcvNxt) || s.tsVal - snapshot.tsRecent > 0, "old SYN reopens");
            return;
        }
        if (s.is(Tcp.RST))
        {
            assertEquals(snapshot.rcvNxt, s.seq, "a reset that is not at RCV.NXT");
            assertTrue(state == TcpState.TIME_WAIT ? now != null : now == null, "not reset");
            return;
        }
        assertTrue(s.is(Tcp.ACK), "no ACK");
        final boolean isHandshake = in == In.SIMULTANEOUS_OPEN && s.seq == snapshot.irs;
        assertTrue(!s.is(Tcp.SYN) || isHandshake, "a SYN in " + state);
        final int length = s.length + (s.is(Tcp.FIN) ? 1 : 0) + (s.is(Tcp.SYN) ? 1 : 0);
        final int left = s.seq - snapshot.rcvNxt;
        assertTrue(left <= snapshot.rcvWnd && left + length >= 0, "outside the window by " + left);
        assertTrue(SeqNumber.leq(s.ack, snapshot.sndNxt), "acknowledges what was not sent");
        assertTrue(snapshot.sndUna - s.ack <= Math.max(1, snapshot.maxSndWnd), "acknowledges what is long past");
        if (now == null)
        {
            assertTrue(state == TcpState.LAST_ACK && s.ack == snapshot.sndNxt, "gone in " + state);
            return;
        }
        assertTrue(SeqNumber.leq(snapshot.sndUna, now.sndUna) && SeqNumber.leq(now.sndUna,
            SeqNumber.max(snapshot.sndUna, s.ack)), "SND.UNA went to " + (now.sndUna - snapshot.sndUna));
        assertTrue(SeqNumber.leq(snapshot.rcvNxt, now.rcvNxt) && SeqNumber.leq(now.rcvNxt,
            SeqNumber.max(snapshot.rcvNxt, s.seq + length)), "RCV.NXT went to " + (now.rcvNxt - snapshot.rcvNxt));
        assertEquals(snapshot.iss, now.iss);
        assertEquals(snapshot.irs, now.irs);
    }

    /** What the peer, honest again, sends next has its effect; then nothing is left. */
    private void goOn()
    {
        Connection c = ours();
        peer.all();
        if (c == null && in == In.SYN_RECEIVED && peer.user.connection == null && peer.user.reason == null)
        {
            peer.send(Tcp.ack(1).seq(synAckAck - peer.peerIss));
            c = ours();
            if (c != null)
            {
                assertEquals(TcpState.ESTABLISHED, c.state);
                return;
            }
            // It was reset: as if it had never been.
            peer.all();
        }
        if (c == null)
        {
            connectAgain();
            return;
        }
        if (in == In.ZERO_WINDOW)
        {
            peer.user.read(Integer.MAX_VALUE);
            peer.cycle();
            peer.all();
        }
        peer.peerIss = c.irs;
        peer.stackIss = c.iss;
        peer.hasTimestamps = c.timestamps;
        final int next = c.rcvNxt - c.irs;
        final int acked = c.sndNxt - c.iss;
        switch (c.state)
        {
            case SYN_SENT:
                peer.peerIss = 0x1234_5678;
                peer.send(Tcp.tcp(Tcp.SYN | Tcp.ACK).seq(0).acks(1));
                assertEquals(TcpState.ESTABLISHED, c.state);
                break;
            case SYN_RECEIVED:
                peer.send(stamped(c, Tcp.ack(acked).seq(next)));
                assertEquals(TcpState.ESTABLISHED, c.state);
                break;
            case ESTABLISHED:
            case FIN_WAIT_1:
            case FIN_WAIT_2:
                final int length = c.finPending ? c.finSeq - c.rcvNxt : PAYLOAD;
                for (int done = 0; done < length; done += Math.min(length - done, 1_000))
                {
                    peer.send(stamped(c, Tcp.data(next + done, Math.min(length - done, 1_000)).acks(acked)));
                }
                assertTrue(SeqNumber.geq(c.rcvNxt, c.irs + next + length), "in order, and not taken");
                assertTrue(!c.finPending || c.finReceived, "FIN forgotten");
                peer.advanceMs(600);
                assertTrue(peer.all().stream().anyMatch(seen -> seen.ack - next >= length), "not acknowledged");
                break;
            case CLOSE_WAIT:
                peer.send(stamped(c, Tcp.ack(acked).seq(next)));
                peer.user.connection.write(new UnsafeBuffer(expected(c, 10)), 0, 10);
                peer.advanceMs(10);
                assertTrue(peer.all().stream().anyMatch(seen -> seen.length >= 10), "the user cannot send");
                break;
            case CLOSING:
                peer.send(stamped(c, Tcp.ack(acked).seq(next)));
                assertEquals(TcpState.TIME_WAIT, c.state);
                break;
            case LAST_ACK:
                peer.send(stamped(c, Tcp.ack(acked).seq(next)));
                assertEquals(TcpState.CLOSED, c.state);
                break;
            default:
                peer.send(stamped(c, Tcp.tcp(Tcp.FIN | Tcp.ACK).seq(next - 1).acks(acked)));
                assertTrue(peer.all().stream().anyMatch(seen -> seen.ack == next), "FIN not acknowledged again");
                break;
        }
    }

    private static byte[] expected(final Connection c, final int length)
    {
        final byte[] bytes = new byte[length];
        final int start = 1 + (int)c.sendBuffer.written();
        for (int i = 0; i < length; i++)
        {
            bytes[i] = Tcp.byteAt(start + i);
        }
        return bytes;
    }

    private static Tcp stamped(final Connection c, final Tcp segment)
    {
        return c.timestamps ? segment.timestamps(c.tsRecent + 1, 0) : segment;
    }

    /** Another client of the same listener (or of a new one) is served. */
    private void connectAgain()
    {
        if (peer.listener == null)
        {
            peer.listen();
        }
        peer.stackPort = TcpPeer.PORT;
        peer.peerPort += 1_000;
        peer.hasTimestamps = false;
        final int had = peer.accepted.size();
        peer.send(Tcp.syn());
        assertEquals(Tcp.SYN | Tcp.ACK, peer.next().flags);
        peer.send(Tcp.ack(1).seq(1));
        assertEquals(had + 1, peer.accepted.size(), "no new connection");
    }

    /** Everybody is gone: nothing may be left. */
    private void close()
    {
        final List<Connection> all = new ArrayList<>();
        peer.stack.tcp().forEachConnection(all::add);
        all.forEach(Connection::abort);
        if (peer.user.connection != null)
        {
            // What was reset keeps what its user has not read until the user lets go of it.
            peer.user.connection.abort();
        }
        peer.cycle();
        // Half-open connections and fragments have their time-outs, TIME_WAIT too.
        peer.advanceMs(70_000);
        assertEquals(0, peer.stack.tcp().connectionCount(), "connections are left");
        assertEquals(0, peer.count(Counter.IP_FRAGMENTS_WAITING), "fragments are left");
        assertEquals(0, peer.stack.largeChunks().inUse() + peer.stack.smallChunks().inUse(), "chunks are left");
        assertEquals(0, peer.counters.unaccounted(), () -> "books: " + books());
        peer.close();
        peer = null;
    }

    private Connection ours()
    {
        final Connection[] found = new Connection[1];
        peer.stack.tcp().forEachConnection(c -> found[0] =
            c.remotePort == TcpPeer.PEER_PORT && c.localPort == peer.stackPort && isPeer(c) ? c : found[0]);
        return found[0];
    }

    private boolean isPeer(final Connection c)
    {
        return c.remoteLo == (isV6 ? TcpPeer.PEER_V6 : TcpPeer.PEER_V4).lo() &&
            c.remoteHi == (isV6 ? TcpPeer.PEER_V6 : TcpPeer.PEER_V4).hi();
    }

    private void look()
    {
        for (final Tcp.Seen seen : peer.all())
        {
            if (seen.flags == (Tcp.SYN | Tcp.ACK) && seen.destinationPort == TcpPeer.PEER_PORT)
            {
                synAckAck = seen.ack + peer.peerIss;
            }
        }
    }

    private String books()
    {
        final StringBuilder text = new StringBuilder();
        peer.counters.forEach((counter, value) -> text.append(value == 0 ? "" : counter + "=" + value + " "));
        return text.toString();
    }

    // ---- frames

    /** The template as the connection's next segment. */
    private byte[] frame(final Template template, final int[] options)
    {
        final boolean isSyn = (template.flags & Tcp.SYN) != 0;
        final int optionBytes = options.length + 3 & ~3;
        final int seq;
        if (snapshot != null && snapshot.state != TcpState.SYN_SENT)
        {
            seq = isSyn && in == In.SIMULTANEOUS_OPEN ? snapshot.irs : snapshot.rcvNxt;
        }
        else
        {
            seq = peer.peerIss + (in == In.SYN_RECEIVED && !isSyn ? 1 : 0);
        }
        final int ack = (template.flags & Tcp.ACK) == 0 ? 0 :
            snapshot != null ? snapshot.sndNxt : peer.stackIss + 1;
        final int length = TcpHeader.MIN_LENGTH + optionBytes + template.payload;
        final int at = Field.transport(isV6);
        final byte[] frame = new byte[at + length];
        final UnsafeBuffer buffer = new UnsafeBuffer(frame);
        EthernetHeader.put(buffer, 0, peer.stackMac(), peer.peerMac(),
            isV6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4);
        if (isV6)
        {
            new Ipv6Header().wrap(buffer, EthernetHeader.LENGTH).versionClassFlow(0, 0).payloadLength(length)
                .nextHeader(ProtocolNumber.TCP).hopLimit(64)
                .source(TcpPeer.PEER_V6.hi(), TcpPeer.PEER_V6.lo())
                .destination(TcpPeer.STACK_V6.hi(), TcpPeer.STACK_V6.lo());
        }
        else
        {
            new Ipv4Header().wrap(buffer, EthernetHeader.LENGTH).headerLength(Ipv4Header.MIN_LENGTH)
                .totalLength(Ipv4Header.MIN_LENGTH + length).flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64)
                .protocol(ProtocolNumber.TCP)
                .source(TcpPeer.PEER_V4.v4Bits()).destination(TcpPeer.STACK_V4.v4Bits());
        }
        new TcpHeader().wrap(buffer, at).sourcePort(TcpPeer.PEER_PORT).destinationPort(peer.stackPort)
            .sequenceNumber(seq).acknowledgmentNumber(ack).headerLength(TcpHeader.MIN_LENGTH + optionBytes)
            .flags(template.flags).window(30_000);
        for (int i = 0; i < options.length; i++)
        {
            frame[at + TcpHeader.MIN_LENGTH + i] = (byte)options[i];
        }
        refill(frame);
        return Repair.checksums(frame);
    }

    /** Payload as it belongs at the sequence number that the frame has by now. */
    private void refill(final byte[] frame)
    {
        final int at = Field.transport(isV6);
        final TcpHeader header = new TcpHeader().wrap(new UnsafeBuffer(frame), at);
        final int irs = snapshot != null && snapshot.state != TcpState.SYN_SENT ? snapshot.irs : peer.peerIss;
        int place = header.sequenceNumber() - irs + ((header.flags() & Tcp.SYN) != 0 ? 1 : 0);
        if (in == In.LISTEN || in == In.SYN_SENT || in == In.TIME_WAIT && (header.flags() & Tcp.SYN) != 0)
        {
            // Its sequence number is the initial one, whatever it is.
            place = 1;
        }
        for (int i = at + Math.max(TcpHeader.MIN_LENGTH, header.headerLength()); i < frame.length; i++)
        {
            frame[i] = Tcp.byteAt(place++);
        }
    }

    private void setLength(final byte[] frame, final int frameLength)
    {
        final int network = frameLength - EthernetHeader.LENGTH;
        final int value = Math.max(0, isV6 ? network - Ipv6Header.LENGTH : network);
        final int at = EthernetHeader.LENGTH +
            (isV6 ? Ipv6Header.PAYLOAD_LENGTH_OFFSET : Ipv4Header.TOTAL_LENGTH_OFFSET);
        frame[at] = (byte)(value >>> 8);
        frame[at + 1] = (byte)value;
    }

    /** A frame decoded for the oracle, by code of its own. */
    private static final class Seg
    {
        private int flags;
        private int seq;
        private int ack;
        private int length;
        private int tsVal;
        private boolean isOurs;

        boolean is(final int flag)
        {
            return (flags & flag) != 0;
        }

        /** Returns null when nobody may make anything of it. */
        static Seg decode(final byte[] f, final boolean isV6, final TcpPeer peer)
        {
            final int ip = 14;
            if (f.length < 54 || !Repair.isRight(f) || value(f, 0, 6) != peer.stackMac() ||
                value(f, 12, 2) != (isV6 ? 0x86DD : 0x0800) || f[ip] >>> 4 != (isV6 ? 6 : 4))
            {
                return null;
            }
            final int header = isV6 ? 40 : (f[ip] & 15) * 4;
            final int end = ip + (isV6 ? 40 + (int)value(f, ip + 4, 2) : (int)value(f, ip + 2, 2));
            final int tcp = ip + header;
            if (end > f.length || tcp + 20 > end || f[ip + (isV6 ? 6 : 9)] != 6 ||
                !isV6 && (value(f, ip + 6, 2) & 0x3FFF) != 0)
            {
                return null;
            }
            final int offset = (f[tcp + 12] >>> 4 & 15) * 4;
            final boolean isForUs = isV6 ?
                value(f, ip + 24, 8) == TcpPeer.STACK_V6.hi() && value(f, ip + 32, 8) == TcpPeer.STACK_V6.lo() :
                value(f, ip + 16, 4) == (TcpPeer.STACK_V4.v4Bits() & 0xFFFF_FFFFL);
            if (offset < 20 || tcp + offset > end || !isForUs)
            {
                return null;
            }
            final Seg s = new Seg();
            s.seq = (int)value(f, tcp + 4, 4);
            s.ack = (int)value(f, tcp + 8, 4);
            s.flags = f[tcp + 13] & 0xFF;
            s.length = end - tcp - offset;
            final boolean isFromPeer = isV6 ?
                value(f, ip + 8, 8) == TcpPeer.PEER_V6.hi() && value(f, ip + 16, 8) == TcpPeer.PEER_V6.lo() :
                value(f, ip + 12, 4) == (TcpPeer.PEER_V4.v4Bits() & 0xFFFF_FFFFL);
            s.isOurs = isFromPeer && value(f, tcp, 2) == TcpPeer.PEER_PORT && value(f, tcp + 2, 2) == peer.stackPort;
            for (int i = tcp + 20; i + 10 <= tcp + offset && f[i] != 0 && (f[i] == 1 || f[i + 1] > 1);
                i += f[i] == 1 ? 1 : f[i + 1])
            {
                s.tsVal = f[i] == 8 && f[i + 1] == 10 ? (int)value(f, i + 2, 4) : s.tsVal;
            }
            return s;
        }

        private static long value(final byte[] f, final int at, final int bytes)
        {
            long value = 0;
            for (int i = 0; i < bytes; i++)
            {
                value = value << 8 | f[at + i] & 0xFF;
            }
            return value;
        }
    }
}
