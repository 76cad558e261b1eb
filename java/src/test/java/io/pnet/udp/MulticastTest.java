package io.pnet.udp;

import io.pnet.counters.Counter;
import io.pnet.ip.GroupMembership;
import io.pnet.ip.IpAddress;
import io.pnet.ip.SourceFilter;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.udp.UdpNode.Heard;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.BindException;
import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Groups, broadcast, and ports that several endpoints have. */
class MulticastTest
{
    private static final IpAddress A4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress B4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress GROUP = IpAddress.parse("239.1.2.3");
    private static final IpAddress GROUP6 = IpAddress.parse("ff15::7");
    private static final int PORT = 5000;

    private final LinkContext contextA = LinkContext.standalone();
    private final LinkContext contextB = LinkContext.standalone();
    private final Pipe.Pair pair =
        Pipe.pair(new MemoryLinkOptions(), contextA, new MemoryLinkOptions(), contextB);
    private final UdpNode a = new UdpNode(contextA, pair.left(), 1).address("10.0.0.1", 24).address("fd00::1", 64);
    private final UdpNode b = new UdpNode(contextB, pair.right(), 2).address("10.0.0.2", 24).address("fd00::2", 64);
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[]{1, 2, 3});
    private long nowNs = 1;

    @Test
    void everyMemberHearsAGroupAndNobodyElse() throws Exception
    {
        final Heard[] heard = heard(4);
        for (int i = 0; i < 4; i++)
        {
            final UdpEndpoint endpoint =
                b.udp.bind(i == 1 ? GROUP : IpAddress.ANY, PORT, true, heard[i]).hearGroupsOfOthers(false);
            if (i < 3)
            {
                endpoint.join(b.networkInterface, GROUP, SourceFilter.ALL);
            }
        }
        send(a.udp.bind(IpAddress.ANY, 0, new Heard()), GROUP);
        assertHeard(heard, 1, 1, 1, 0);
        assertEquals(1, b.counters.get(Counter.UDP_RX_PACKETS));
        assertEquals(3, b.counters.get(Counter.UDP_RX_DATAGRAMS));
    }

    @Test
    void sourcesAreHeardAsEachMemberWants() throws Exception
    {
        final Heard[] heard = heard(3);
        final GroupMembership all = member(heard[0], SourceFilter.ALL);
        member(heard[1], SourceFilter.only(A4));
        final GroupMembership notA = member(heard[2], SourceFilter.ALL.block(A4));
        final UdpEndpoint sender = a.udp.bind(IpAddress.ANY, 0, new Heard());
        send(sender, GROUP);
        assertHeard(heard, 1, 1, 0);
        notA.filter(notA.filter().allow(A4));
        all.filter(all.filter().block(A4));
        send(sender, GROUP);
        assertHeard(heard, 1, 2, 1);
        all.filter(SourceFilter.NONE);
        send(sender, GROUP);
        assertHeard(heard, 1, 3, 2);
    }

    @Test
    void whatWeSendToAGroupWeHearOurselvesUnlessToldNotTo() throws Exception
    {
        final Heard[] heard = heard(1);
        final UdpEndpoint own = b.udp.bind(IpAddress.ANY, PORT, heard[0]);
        own.join(b.networkInterface, GROUP, SourceFilter.ALL);
        own.join(b.networkInterface, GROUP6, SourceFilter.ALL);
        send(own, GROUP);
        send(own, GROUP6);
        assertHeard(heard, 2);
        assertEquals("10.0.0.2 5000", heard[0].sources.get(0));
        assertEquals(3, heard[0].datagrams.get(1)[2]);
        own.loopBack(false);
        send(own, GROUP);
        assertHeard(heard, 2);
        // To a group in which nobody of ours is, nothing comes back.
        own.loopBack(true);
        final long before = b.counters.get(Counter.IP_RX_PACKETS);
        send(own, IpAddress.parse("239.1.2.4"));
        assertEquals(before, b.counters.get(Counter.IP_RX_PACKETS));
    }

    @Test
    void aBroadcastReachesAllWhoHaveThePortAndTheSenderItself() throws Exception
    {
        final Heard[] heard = heard(4);
        b.udp.bind(IpAddress.ANY, PORT, true, heard[0]);
        b.udp.bind(IpAddress.ANY_V4, PORT, true, heard[1]);
        b.udp.bind(B4, PORT, true, heard[2]);
        final UdpEndpoint sender = a.udp.bind(IpAddress.ANY, PORT, heard[3]).broadcast(true);
        send(sender, IpAddress.parse("10.0.0.255"));
        assertHeard(heard, 1, 1, 0, 1);
    }

    @Test
    void ofSeveralAtOneAddressTheLastHearsUnlessTheyAreBalanced() throws Exception
    {
        final Heard[] heard = heard(2);
        b.udp.bind(IpAddress.ANY, PORT, true, heard[0]);
        final UdpEndpoint last = b.udp.bind(IpAddress.ANY, PORT, true, heard[1]);
        final UdpEndpoint sender = a.udp.bind(IpAddress.ANY, 0, new Heard());
        send(sender, B4);
        assertHeard(heard, 0, 1);
        last.close();
        send(sender, B4);
        assertHeard(heard, 1, 1);

        final Heard[] balanced = heard(4);
        for (final Heard each : balanced)
        {
            b.udp.bind(IpAddress.ANY, PORT + 1, true, each).balanced(true);
        }
        for (int i = 0; i < 64; i++)
        {
            final UdpEndpoint one = a.udp.bind(IpAddress.ANY, 0, new Heard());
            for (int j = 0; j < 2; j++)
            {
                one.send(payload, 0, 3, B4.hi(), B4.lo(), PORT + 1);
                run();
            }
        }
        for (final Heard each : balanced)
        {
            assertTrue(each.datagrams.size() > 8, "of 128: " + each.datagrams.size());
            assertEquals(0, each.datagrams.size() % 2, "a sender stays where it is");
        }
    }

    @Test
    void aPortIsSharedOnlyByThoseWhoAllShare() throws Exception
    {
        b.udp.bind(IpAddress.ANY, PORT, true, new Heard());
        assertThrows(BindException.class, () -> b.udp.bind(B4, PORT, new Heard()));
        b.udp.bind(B4, PORT, true, new Heard());
        b.udp.bind(B4, PORT + 1, new Heard());
        assertThrows(BindException.class, () -> b.udp.bind(IpAddress.ANY, PORT + 1, true, new Heard()));
    }

    @Test
    void closingAnEndpointLeavesItsGroups() throws Exception
    {
        final UdpEndpoint member = b.udp.bind(IpAddress.ANY, PORT, new Heard());
        member.join(b.networkInterface, GROUP, SourceFilter.ALL);
        assertTrue(b.ip.isJoined(GROUP.hi(), GROUP.lo()));
        member.close();
        assertEquals(false, b.ip.isJoined(GROUP.hi(), GROUP.lo()));
        assertThrows(IllegalStateException.class, () -> member.join(b.networkInterface, GROUP, SourceFilter.ALL));
    }

    @Test
    void withoutFragmentsWhatDoesNotFitIsTooLarge() throws Exception
    {
        final UdpEndpoint sender = a.udp.bind(IpAddress.ANY, 0, new Heard()).fragmenting(false);
        final UnsafeBuffer large = new UnsafeBuffer(new byte[2000]);
        assertEquals(1472, sender.send(large, 0, 1472, B4.hi(), B4.lo(), PORT));
        assertEquals(UdpEndpoint.TOO_LARGE, sender.send(large, 0, 1473, B4.hi(), B4.lo(), PORT));
        sender.fragmenting(true);
        assertEquals(1473, sender.send(large, 0, 1473, B4.hi(), B4.lo(), PORT));
    }

    @AfterEach
    void noHandlerFailed()
    {
        assertEquals(List.of(), a.handlerErrors);
        assertEquals(List.of(), b.handlerErrors);
    }

    private GroupMembership member(final Heard heard, final SourceFilter filter) throws BindException
    {
        return b.udp.bind(IpAddress.ANY, PORT, true, heard).hearGroupsOfOthers(false)
            .join(b.networkInterface, GROUP, filter);
    }

    private void send(final UdpEndpoint from, final IpAddress to)
    {
        run();
        assertEquals(3, from.send(payload, 0, 3, to.hi(), to.lo(), PORT));
        run();
    }

    private void run()
    {
        for (int i = 0; i < 4; i++)
        {
            nowNs += 1000;
            a.cycle(nowNs);
            b.cycle(nowNs);
        }
    }

    private static Heard[] heard(final int count)
    {
        return IntStream.range(0, count).mapToObj((i) -> new Heard()).toArray(Heard[]::new);
    }

    private static void assertHeard(final Heard[] heard, final int... expected)
    {
        for (int i = 0; i < expected.length; i++)
        {
            assertEquals(expected[i], heard[i].datagrams.size(), "endpoint " + i);
        }
    }
}
