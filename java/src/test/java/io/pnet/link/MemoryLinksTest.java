package io.pnet.link;

import com.sun.management.ThreadMXBean;
import io.pnet.counters.Counter;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MemoryLinksTest
{
    private final LinkContext leftContext = LinkContext.standalone();
    private final LinkContext rightContext = LinkContext.standalone();

    @Test
    void aPipeDeliversInOrderOnceFlushed()
    {
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext))
        {
            for (int i = 0; i < 10; i++)
            {
                Frames.sendNumber(pipe.left(), 2, i, 100);
            }
            assertEquals(0, Frames.receive(pipe.right(), 0).size());
            assertEquals(10, pipe.left().flush(0));
            final List<Frames.Seen> seen = Frames.receive(pipe.right(), 0);
            assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), Frames.numbers(seen));
            assertTrue(seen.stream().allMatch(frame -> Frames.isSound(frame.bytes()) && frame.hadChunk()));
            assertEquals(0, Frames.receive(pipe.left(), 0).size());
            assertEquals(10, leftContext.counters().get(Counter.LINK_TX_FRAMES));
            assertEquals(1_420, leftContext.counters().get(Counter.LINK_TX_BYTES));
            assertEquals(10, rightContext.counters().get(Counter.LINK_RX_FRAMES));
            assertEquals(1_420, rightContext.counters().get(Counter.LINK_RX_BYTES));
        }
    }

    @Test
    void theEndsHaveTheirOwnMacAddresses()
    {
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext))
        {
            assertTrue(pipe.left().capabilities().macAddress() != pipe.right().capabilities().macAddress());
            assertFalse(EthernetHeader.isGroup(pipe.left().capabilities().macAddress()));
        }
        final MemoryLinkOptions same = new MemoryLinkOptions().macAddress(0x0200_0000_0009L);
        assertThrows(IllegalArgumentException.class, () -> Pipe.pair(same, leftContext, rightContext));
    }

    @Test
    void gsoPassesWholeWhereTheReceiverTakesIt()
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true).rxGso(true);
        try (Pipe.Pair pipe = Pipe.pair(options, leftContext, rightContext))
        {
            assertEquals(65_535, pipe.left().capabilities().txGsoMaxBytes());
            Frames.sendTcp(pipe.left(), Frames.payload(65_535 - 66), 1_448, TcpHeader.ACK);
            pipe.left().flush(0);
            final List<Frames.Seen> seen = Frames.receive(pipe.right(), 0);
            assertEquals(1, seen.size());
            assertEquals(65_535, seen.get(0).bytes().length);
            assertEquals(RxFrame.GSO_TCPV4, seen.get(0).gsoType());
            assertEquals(1_448, seen.get(0).gsoSize());
            assertEquals(RxFrame.CHECKSUM_PARTIAL, seen.get(0).checksum());
            assertEquals(34, seen.get(0).csumStart());
        }
    }

    @Test
    void gsoIsCutAndCompletedWhereTheReceiverDoesNot()
    {
        try (Pipe.Pair pipe = Pipe.pair(
            new MemoryLinkOptions().txOffload(true), leftContext, new MemoryLinkOptions(), rightContext))
        {
            Frames.sendTcp(pipe.left(), Frames.payload(10_000), 1_448, TcpHeader.ACK);
            Frames.sendTcp(pipe.left(), Frames.payload(10), 1_448, TcpHeader.ACK);
            assertEquals(8, pipe.left().flush(0));
            final List<Frames.Seen> seen = Frames.receive(pipe.right(), 0);
            assertEquals(8, seen.size());
            for (final Frames.Seen frame : seen)
            {
                assertTrue(Frames.isSound(frame.bytes()));
                assertEquals(RxFrame.GSO_NONE, frame.gsoType());
                assertEquals(RxFrame.CHECKSUM_UNKNOWN, frame.checksum());
            }
        }
    }

    @Test
    void whatTheLinkCannotCarryIsDroppedAndCounted()
    {
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true), leftContext,
            new MemoryLinkOptions().mtu(1_000), rightContext))
        {
            // Larger than the receiver's MTU, whole and as a segment.
            Frames.sendNumber(pipe.left(), 2, 1, 1_000);
            Frames.sendTcp(pipe.left(), Frames.payload(3_000), 1_448, TcpHeader.ACK);
            assertEquals(0, pipe.left().flush(0));
            assertEquals(1 + 3, pipe.left().txDropped());
            // Larger than the sender's.
            Frames.sendTcp(pipe.left(), Frames.payload(8_000), 4_000, TcpHeader.ACK);
            assertEquals(5, pipe.left().txDropped());
            // The other end has no offload.
            Frames.sendTcp(pipe.right(), Frames.payload(100), 1_000, TcpHeader.ACK);
            assertEquals(1, pipe.right().txDropped());
            assertEquals(5, leftContext.counters().get(Counter.LINK_TX_DROPPED));
            assertThrows(IllegalArgumentException.class, () -> pipe.left().claim(1_515, false));
            assertThrows(IllegalArgumentException.class, () -> pipe.left().claim(257, true));
        }
    }

    @Test
    void aFullQueueDropsTheNewestAndRecovers()
    {
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().queueFrames(3), leftContext, rightContext))
        {
            for (int i = 0; i < 5; i++)
            {
                Frames.sendNumber(pipe.left(), 2, i, 10);
            }
            assertEquals(3, pipe.left().flush(0));
            assertEquals(2, pipe.left().txDropped());
            assertEquals(3, pipe.right().queued());
            assertEquals(List.of(0, 1, 2), Frames.numbers(Frames.receive(pipe.right(), 0)));
            Frames.sendNumber(pipe.left(), 2, 9, 10);
            pipe.left().flush(0);
            assertEquals(List.of(9), Frames.numbers(Frames.receive(pipe.right(), 0)));
        }
    }

    @Test
    void aTakenChunkStaysWithItsTaker()
    {
        final ChunkPool small = new ChunkPool(ChunkPool.SMALL, 1 << 20);
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().smallChunks(small), leftContext, rightContext))
        {
            final AtomicReference<Chunk> taken = new AtomicReference<>();
            Frames.sendNumber(pipe.left(), 2, 42, 10);
            pipe.left().flush(0);
            pipe.right().poll(frame -> taken.set(frame.takeChunk()), 1, 0);
            assertEquals(1, small.inUse());
            Frames.sendNumber(pipe.left(), 2, 43, 10);
            pipe.left().flush(0);
            Frames.receive(pipe.right(), 0);
            assertEquals(42, taken.get().buffer().getInt(42));
            taken.get().release();
            assertEquals(0, small.inUse());
        }
    }

    @Test
    void closingReleasesWhatWaitsAndTakesNothingMore()
    {
        final ChunkPool small = new ChunkPool(ChunkPool.SMALL, 1 << 20);
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().smallChunks(small), leftContext, rightContext);
        Frames.sendNumber(pipe.left(), 2, 1, 10);
        pipe.left().flush(0);
        Frames.sendNumber(pipe.left(), 2, 2, 10);
        Frames.sendNumber(pipe.right(), 2, 3, 10);
        pipe.right().close();
        pipe.right().close();
        pipe.left().flush(0);
        Frames.sendNumber(pipe.left(), 2, 4, 10);
        assertEquals(1, pipe.left().txDropped());
        assertEquals(0, Frames.receive(pipe.right(), 0).size());
        pipe.left().close();
        assertEquals(0, small.inUse());
    }

    @Test
    void theHookRunsOncePerFlushThatDelivers()
    {
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), leftContext, rightContext))
        {
            final AtomicInteger runs = new AtomicInteger();
            pipe.right().onFrames(runs::incrementAndGet);
            pipe.left().flush(0);
            assertEquals(0, runs.get());
            Frames.sendNumber(pipe.left(), 2, 1, 10);
            Frames.sendNumber(pipe.left(), 2, 2, 10);
            assertEquals(0, runs.get());
            pipe.left().flush(0);
            assertEquals(1, runs.get());
            assertEquals(Link.NO_DEADLINE, pipe.left().nextDeadlineNs());
            assertTrue(pipe.right().nextDeadlineNs() <= 0);
            assertEquals(-1, pipe.right().fd());
        }
    }

    @Test
    void twoThreadsExchangeEveryFrame() throws InterruptedException
    {
        final int count = 200_000;
        try (Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().queueFrames(256), leftContext, rightContext))
        {
            final AtomicReference<String> fault = new AtomicReference<>();
            final int[] received = new int[1];
            final Thread receiver = new Thread(() ->
            {
                while (received[0] < count && fault.get() == null)
                {
                    final int n = pipe.right().poll(frame ->
                    {
                        if (frame.buffer().getInt(42) != received[0])
                        {
                            fault.compareAndSet(null, "got " + frame.buffer().getInt(42) + " not " + received[0]);
                        }
                        received[0]++;
                    }, 64, 0);
                    if (n == 0)
                    {
                        Thread.yield();
                    }
                }
            });
            receiver.start();
            for (int i = 0; i < count && fault.get() == null;)
            {
                if (pipe.right().queued() < 200)
                {
                    Frames.sendNumber(pipe.left(), 2, i++, 64);
                    if (i % 7 == 0 || i == count)
                    {
                        pipe.left().flush(0);
                    }
                }
                else
                {
                    pipe.left().flush(0);
                    Thread.yield();
                }
            }
            receiver.join(60_000);
            assertNull(fault.get());
            assertEquals(count, received[0]);
            assertEquals(0, pipe.left().txDropped());
        }
    }

    @Test
    void closingWhileThePeerSendsLeaksNothing() throws InterruptedException
    {
        final ChunkPool small = new ChunkPool(ChunkPool.SMALL, 1 << 20);
        for (int round = 0; round < 300; round++)
        {
            final Pipe.Pair pipe =
                Pipe.pair(new MemoryLinkOptions().smallChunks(small).queueFrames(16), leftContext, rightContext);
            final AtomicInteger started = new AtomicInteger();
            final Thread sender = new Thread(() ->
            {
                while (pipe.left().txDropped() < 100)
                {
                    Frames.sendNumber(pipe.left(), 2, 1, 10);
                    pipe.left().flush(0);
                    started.set(1);
                }
                pipe.left().close();
            });
            sender.start();
            while (started.get() == 0)
            {
                Thread.onSpinWait();
            }
            pipe.right().poll(frame -> frame.length(), 3, 0);
            pipe.right().close();
            sender.join();
            assertEquals(0, small.inUse(), "round " + round);
        }
    }

    @Test
    void aLoopbackReceivesWhatItSends()
    {
        try (Loopback loopback = new Loopback(leftContext))
        {
            final byte[] payload = Frames.payload(65_535 - 66);
            Frames.sendTcp(loopback, payload, 65_469, TcpHeader.ACK);
            Frames.sendTcp(loopback, payload, 1_448, TcpHeader.ACK);
            loopback.flush(0);
            final List<Frames.Seen> seen = Frames.receive(loopback, 0);
            assertEquals(2, seen.size());
            assertEquals(RxFrame.GSO_NONE, seen.get(0).gsoType());
            assertEquals(RxFrame.GSO_TCPV4, seen.get(1).gsoType());
            final byte[] got = new byte[payload.length];
            System.arraycopy(seen.get(1).bytes(), 66, got, 0, got.length);
            assertArrayEquals(payload, got);
            assertEquals(0, leftContext.largeChunks().inUse());
        }
    }

    @Test
    void aHandlerMaySendWhileItReceives()
    {
        try (Loopback loopback = new Loopback(leftContext))
        {
            Frames.sendNumber(loopback, 2, 3, 10);
            loopback.flush(0);
            final List<Integer> seen = new ArrayList<>();
            for (int cycle = 0; cycle < 6; cycle++)
            {
                loopback.poll(frame ->
                {
                    final int number = frame.buffer().getInt(42);
                    seen.add(number);
                    if (number > 0)
                    {
                        Frames.sendNumber(loopback, 2, number - 1, 10);
                    }
                }, 16, 0);
                loopback.flush(0);
            }
            assertEquals(List.of(3, 2, 1, 0), seen);
        }
    }

    @Test
    void aSwitchSendsUnicastToOnePortAndGroupsToTheOthers()
    {
        final Switch network = new Switch();
        final Switch.Port a = network.port(new MemoryLinkOptions(), LinkContext.standalone());
        final Switch.Port b = network.port(new MemoryLinkOptions(), LinkContext.standalone());
        final Switch.Port c = network.port(new MemoryLinkOptions().macAddress(0x0200_0000_00CCL),
            LinkContext.standalone());
        Frames.sendNumber(a, b.capabilities().macAddress(), 1, 10);
        Frames.sendNumber(a, 0x0200_0000_00CCL, 2, 10);
        Frames.sendNumber(a, EthernetHeader.BROADCAST, 3, 10);
        Frames.sendNumber(a, 0x3333_0000_0001L, 4, 10);
        Frames.sendNumber(a, 0x0200_0000_0EEEL, 5, 10);
        Frames.sendNumber(a, a.capabilities().macAddress(), 6, 10);
        a.flush(0);
        assertEquals(List.of(), Frames.numbers(Frames.receive(a, 0)));
        assertEquals(List.of(1, 3, 4, 5), Frames.numbers(Frames.receive(b, 0)));
        assertEquals(List.of(2, 3, 4, 5), Frames.numbers(Frames.receive(c, 0)));
        assertThrows(IllegalArgumentException.class, () ->
            network.port(new MemoryLinkOptions().macAddress(0x0200_0000_00CCL), LinkContext.standalone()));
        c.close();
        assertEquals(2, network.ports());
        Frames.sendNumber(a, 0x0200_0000_00CCL, 7, 10);
        a.flush(0);
        assertEquals(List.of(7), Frames.numbers(Frames.receive(b, 0)));
    }

    @Test
    void aSwitchServesEachPortAsItsCapabilitiesSay()
    {
        final Switch network = new Switch();
        final MemoryLinkOptions offloading = new MemoryLinkOptions().txOffload(true).rxGso(true);
        final Switch.Port a = network.port(offloading, LinkContext.standalone());
        final Switch.Port b = network.port(offloading, LinkContext.standalone());
        final Switch.Port c = network.port(new MemoryLinkOptions(), LinkContext.standalone());
        final TxFrame frame = a.claim(66, true);
        Frames.tcpHeaders(frame.buffer(), true, 5_000, TcpHeader.ACK);
        new EthernetHeader().wrap(frame.buffer(), 0).destination(EthernetHeader.BROADCAST);
        a.commit(frame.append(new UnsafeBuffer(Frames.payload(5_000)), 0, 5_000)
            .gso(RxFrame.GSO_TCPV4, 1_448, 66).checksumPartial(34, 16));
        a.flush(0);
        assertEquals(1, Frames.receive(b, 0).size());
        final List<Frames.Seen> cut = Frames.receive(c, 0);
        assertEquals(4, cut.size());
        assertTrue(cut.stream().allMatch(seen -> Frames.isSound(seen.bytes())));
    }

    @Test
    void steadyStateAllocatesNothing()
    {
        final MemoryLinkOptions options = new MemoryLinkOptions().txOffload(true);
        try (Pipe.Pair pipe = Pipe.pair(options, leftContext, rightContext);
            Loopback loopback = new Loopback(LinkContext.standalone()))
        {
            final UnsafeBuffer payload = new UnsafeBuffer(Frames.payload(20_000));
            final UnsafeBuffer headers = new UnsafeBuffer(new byte[66]);
            Frames.tcpHeaders(headers, true, 20_000, TcpHeader.ACK);
            final FrameHandler handler = frame -> headers.getByte(0);
            final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++)
            {
                final long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                for (int i = 0; i < 2_000; i++)
                {
                    exchange(pipe.left(), pipe.right(), headers, payload, handler);
                    exchange(loopback, loopback, headers, payload, handler);
                }
                allocated = Math.min(
                    allocated, threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
            }
            // 60,000 frames a round: one object each would be megabytes. The measuring itself costs a little.
            assertTrue(allocated < 10_000, allocated + " bytes allocated");
        }
    }

    private static void exchange(
        final Link from, final Link to, final UnsafeBuffer headers, final UnsafeBuffer payload,
        final FrameHandler handler)
    {
        final TxFrame frame = from.claim(66, true);
        frame.buffer().putBytes(frame.offset(), headers, 0, 66);
        from.commit(frame.append(payload, 0, 20_000).gso(RxFrame.GSO_TCPV4, 1_448, 66).checksumPartial(34, 16));
        from.flush(0);
        to.poll(handler, 100, 0);
    }
}
