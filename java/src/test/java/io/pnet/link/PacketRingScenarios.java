package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.Wire.End;
import io.pnet.link.Wire.Seen;
import org.agrona.concurrent.UnsafeBuffer;

import java.lang.reflect.InvocationTargetException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import static io.pnet.link.Namespace.sh;
import static io.pnet.link.Wire.check;
import static io.pnet.link.Wire.equal;

/** Scenarios for {@link PacketRingTest}: each runs alone in a namespace with the veth pair pa, pb. */
public final class PacketRingScenarios
{
    private static final LinkOptions A = new LinkOptions().mac(0x0200_0000_000AL);
    private static final LinkOptions B = new LinkOptions().mac(0x0200_0000_000BL);

    private PacketRingScenarios()
    {
    }

    public static void main(final String[] arguments) throws Throwable
    {
        if (arguments.length == 2)
        {
            Links.open(arguments[1], new LinkOptions(), LinkContext.standalone());
            return;
        }
        sh("ip link add pa type veth peer name pb");
        for (final String end : new String[]{"pa", "pb"})
        {
            sh("ip link set %s addrgenmode none", end);
            sh("ip link set %s up", end);
        }
        Namespace.awaitUp("pa");
        Namespace.awaitUp("pb");
        try
        {
            PacketRingScenarios.class.getDeclaredMethod(arguments[0]).invoke(null);
        }
        catch (final InvocationTargetException ex)
        {
            throw ex.getCause();
        }
    }

    static void carriesSmallFramesBothWays() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final long before = System.currentTimeMillis() * 1_000_000L;
            check(a.plain(b.mac(), 1, 60), "no slot");
            check(a.plain(b.mac(), 2, 1_514), "no slot");
            check(a.plain(0x0200_0000_0099L, 3, 60), "no slot");
            check(a.plain(0xFFFF_FFFF_FFFFL, 4, 60), "no slot");
            a.flush();
            b.await(3);
            b.pollFor(20);
            equal(3, b.seen.size(), "frames to b and to everybody, none to others");
            final Seen first = b.seen.remove();
            equal(1, first.number(), "number");
            equal(60, first.bytes().length, "length");
            equal(Wire.byteAt(1, 41), first.bytes()[59], "last byte");
            equal(RxFrame.GSO_NONE, first.gsoType(), "gso");
            equal(-1, first.vlanTci(), "vlan");
            check(!first.hadChunk(), "a small frame lies in its slot");
            check(Math.abs(first.timestampNs() - before) < 5_000_000_000L, "time stamp " + first.timestampNs());
            equal(1_514, b.seen.remove().bytes().length, "length");
            check(b.plain(a.mac(), 5, 100), "no slot");
            b.flush();
            a.await(1);
            equal(1, a.seen.size(), "the link does not see its own frames");
            equal(5, a.seen.remove().number(), "number");
            equal(4, count(a, Counter.LINK_TX_FRAMES), "frames counted");
            equal(60 * 3 + 1_514, count(a, Counter.LINK_TX_BYTES), "bytes counted");
            equal(0, a.context.counters().drops(), "drops");
        }
    }

    static void carriesOffloadsOfSmallFrames() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            for (final boolean isGathered : new boolean[]{false, true})
            {
                final UnsafeBuffer payload = Wire.payload(1_000, 4);
                for (final int mss : new int[]{0, 400})
                {
                    final TxFrame frame = a.link.claim(isGathered ? 54 : 1_054, isGathered);
                    Wire.tcp(frame.buffer(), frame.offset(), b.mac(), a.mac(), 1_000);
                    frame.checksumPartial(34, 16);
                    if (mss > 0)
                    {
                        frame.gso(RxFrame.GSO_TCPV4, mss, 54);
                    }
                    if (isGathered)
                    {
                        frame.append(payload, 0, 1_000);
                    }
                    else
                    {
                        frame.buffer().putBytes(frame.offset() + 54, payload, 0, 1_000);
                    }
                    a.link.commit(frame);
                    a.flush();
                    b.await(1);
                    final Seen seen = b.seen.remove();
                    equal(1_054, seen.bytes().length, "length");
                    equal(RxFrame.CHECKSUM_PARTIAL, seen.checksum(), "checksum");
                    equal(34, seen.csumStart(), "csum start");
                    equal(16, seen.csumOffset(), "csum offset");
                    equal(mss > 0 ? RxFrame.GSO_TCPV4 : RxFrame.GSO_NONE, seen.gsoType(), "gso type");
                    equal(mss, seen.gsoSize(), "gso size");
                    equal(Wire.byteAt(4, 999), seen.bytes()[1_053], "last byte");
                }
            }
        }
    }

    static void showsTheVlanTagThatTheKernelStripped() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final TxFrame frame = a.link.claim(64, false);
            Wire.ethernet(frame.buffer(), frame.offset(), b.mac(), a.mac(), 0x8100);
            frame.buffer().putShort(frame.offset() + 14, (short)0x602A, ByteOrder.BIG_ENDIAN);
            frame.buffer().putShort(frame.offset() + 16, (short)Wire.ETHER_TYPE, ByteOrder.BIG_ENDIAN);
            frame.buffer().putInt(frame.offset() + 18, 7, ByteOrder.BIG_ENDIAN);
            a.link.commit(frame);
            a.flush();
            b.await(1);
            final Seen seen = b.seen.remove();
            equal(0x602A, seen.vlanTci(), "tag");
            equal(60, seen.bytes().length, "length without the tag");
            equal(7, seen.number(), "number");
        }
    }

    static void carriesSegmentationFramesBothWaysWithTheirOffloads() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final UnsafeBuffer payload = Wire.payload(65_481, 9);
            for (final int length : new int[]{30_000, 65_481})
            {
                check(a.gso(b.mac(), payload, length, 1_460), "no room");
                check(b.gso(a.mac(), payload, length, 1_460), "no room");
                a.flush();
                b.flush();
                a.await(1);
                b.await(1);
                for (final End end : new End[]{a, b})
                {
                    final Seen seen = end.seen.remove();
                    equal(54 + length, seen.bytes().length, "one frame");
                    equal(RxFrame.GSO_TCPV4, seen.gsoType(), "gso type");
                    equal(1_460, seen.gsoSize(), "gso size");
                    equal(RxFrame.CHECKSUM_PARTIAL, seen.checksum(), "checksum");
                    equal(34, seen.csumStart(), "csum start");
                    equal(16, seen.csumOffset(), "csum offset");
                    check(seen.hadChunk(), "a large frame lies in a chunk");
                    check(seen.timestampNs() != RxFrame.NO_TIMESTAMP, "time stamp");
                    for (int i = 0; i < length; i++)
                    {
                        if (seen.bytes()[54 + i] != Wire.byteAt(9, i))
                        {
                            throw new AssertionError("wrong byte at " + i);
                        }
                    }
                }
            }
            equal(2, count(b, Counter.LINK_RX_COPIED), "through the queue");
        }
    }

    static void letsTheHandlerKeepChunks() throws Exception
    {
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 64L << 20), new Counters());
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B, context))
        {
            b.keepChunks = true;
            final UnsafeBuffer payload = Wire.payload(40_000, 1);
            for (int i = 0; i < 40; i++)
            {
                payload.putInt(0, i);
                check(a.gso(b.mac(), payload, 40_000, 1_460), "no room");
                a.flush();
            }
            b.await(40);
            equal(40, b.kept.size(), "chunks kept");
            int i = 0;
            for (final Chunk chunk : b.kept)
            {
                equal(i++, chunk.buffer().getInt(SendQueue.FRAME_OFFSET + 54), "content of a kept chunk");
            }
        }
        equal(0, context.largeChunks().inUse(), "every chunk came back");
    }

    static void keepsTheOrderOfCommitsAcrossLanes() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final UnsafeBuffer payload = Wire.payload(1_400, 3);
            int number = 0;
            for (int round = 0; round < 50; round++)
            {
                for (int i = 0; i < 40; i++, number++)
                {
                    final boolean isGathered = (number * 7919 >> 3 & 3) == 0;
                    check(
                        isGathered ? a.gathered(b.mac(), number, payload, 700, 600, 50) :
                            a.plain(b.mac(), number, 60 + number % 1_400),
                        "no room for " + number);
                    if (number % 97 == 0)
                    {
                        a.flush();
                    }
                }
                a.flush();
                b.await(40);
                for (int expected = number - 40; expected < number; expected++)
                {
                    equal(expected, b.seen.remove().number(), "order");
                }
            }
            equal(2_000, count(a, Counter.LINK_TX_FRAMES), "sent");
        }
    }

    static void showsSmallAndLargeFramesInTheOrderOfTheWire() throws Exception
    {
        sh("ip link set pa mtu 9000");
        sh("ip link set pb mtu 9000");
        final int frames = 20_000;
        final Random random = new Random(7);
        final AtomicInteger shown = new AtomicInteger();
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            // Sent by another thread, so that slots fill while they are read; at most 100 frames under way.
            final Thread sender = new Thread(() ->
            {
                for (int i = 0; i < frames; i++)
                {
                    while (i - shown.get() >= 100)
                    {
                        a.flush();
                        Thread.yield();
                    }
                    check(a.plain(b.mac(), i, lengthOf(i)), "no room");
                }
                a.flushAll();
            });
            sender.start();
            final long end = System.nanoTime() + 30_000_000_000L;
            while (shown.get() < frames && System.nanoTime() < end)
            {
                b.link.poll(b::onFrame, 1 + random.nextInt(12), System.nanoTime());
                while (!b.seen.isEmpty())
                {
                    final Seen seen = b.seen.remove();
                    final int number = seen.number();
                    equal(shown.get(), number, "order");
                    equal(lengthOf(number), seen.bytes().length, "length of " + number);
                    equal(Wire.byteAt(number, lengthOf(number) - 19), seen.bytes()[lengthOf(number) - 1], "last byte");
                    shown.incrementAndGet();
                }
            }
            sender.join();
            equal(frames, shown.get(), "shown");
            check(count(b, Counter.LINK_RX_COPIED) > frames / 10, "large ones");
        }
    }

    private static int lengthOf(final int number)
    {
        return (number * 2_654_435_761L >>> 7 & 3) == 0 ? 2_000 + number % 7_000 : 60 + number % 1_400;
    }

    static void takesPlainFramesLargerThanASlot() throws Exception
    {
        sh("ip link set pa mtu 9000");
        sh("ip link set pb mtu 9000");
        final LinkContext context = LinkContext.standalone();
        try (End a = new End("packet:pa", A, context); End b = new End("packet:pb", B))
        {
            equal(9_000, a.link.capabilities().mtu(), "mtu");
            // A claim that is never committed keeps nothing.
            check(a.link.claim(9_014, false) != null, "no room");
            for (int i = 0; i < 200; i++)
            {
                check(a.plain(b.mac(), i, i % 2 == 0 ? 9_014 : 100), "no room");
            }
            a.flush();
            b.await(200);
            for (int i = 0; i < 200; i++)
            {
                final Seen seen = b.seen.remove();
                equal(i, seen.number(), "order");
                equal(i % 2 == 0 ? 9_014 : 100, seen.bytes().length, "length");
            }
        }
        equal(0, context.largeChunks().inUse(), "chunks came back");
    }

    static void worksWithoutTxRing() throws Exception
    {
        try (End a = new End("packet:pa", new LinkOptions().mac(A.mac()).txRing(2_048, 0));
            End b = new End("packet:pb", B))
        {
            equal(0, ((PacketRing)a.link).txSlots(), "slots");
            final UnsafeBuffer payload = Wire.payload(40_000, 3);
            for (int i = 0; i < 100; i++)
            {
                check(a.plain(b.mac(), i, 200), "no room");
            }
            check(a.gso(b.mac(), payload, 40_000, 1_460), "no room");
            a.flush();
            b.await(101);
            check(b.plain(a.mac(), 7, 60), "no room");
            b.flush();
            a.await(1);
        }
    }

    static void dropsAndCountsWhenThePoolIsExhausted() throws Exception
    {
        final LinkContext two = new LinkContext(new ChunkPool(ChunkPool.LARGE, 2L * ChunkPool.LARGE), new Counters());
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B, two))
        {
            b.keepChunks = true;
            final UnsafeBuffer payload = Wire.payload(40_000, 3);
            for (int i = 0; i < 5; i++)
            {
                check(a.gso(b.mac(), payload, 40_000, 1_460), "no room");
            }
            check(a.plain(b.mac(), 77, 60), "no room");
            a.flush();
            b.await(3);
            equal(2, b.kept.size(), "kept");
            equal(3, count(b, Counter.LINK_RX_DROP_NO_CHUNK), "dropped");
            b.kept.forEach(Chunk::release);
            b.kept.clear();
            b.seen.clear();
            check(a.gso(b.mac(), payload, 40_000, 1_460), "no room");
            a.flush();
            b.await(1);
        }
    }

    static void dropsAndCountsFramesLargerThanASlotWithoutCopies() throws Exception
    {
        try (End a = new End("packet:pa", A);
            End b = new End("packet:pb", new LinkOptions().mac(B.mac()).copyLarge(false)))
        {
            check(a.gso(b.mac(), Wire.payload(40_000, 3), 40_000, 1_460), "no room");
            check(a.plain(b.mac(), 5, 60), "no room");
            a.flush();
            b.await(1);
            equal(5, b.seen.remove().number(), "the next frame is untouched");
            equal(1, count(b, Counter.LINK_RX_DROP_TRUNCATED), "dropped");
        }
    }

    static void countsWhatTheKernelDropped() throws Exception
    {
        try (End a = new End("packet:pa", A);
            End b = new End("packet:pb", new LinkOptions().mac(B.mac()).rxRing(2_048, 64)))
        {
            equal(64, ((PacketRing)b.link).rxSlots(), "slots");
            for (int i = 0; i < 100; i++)
            {
                check(a.plain(b.mac(), i, 60), "no room");
            }
            a.flush();
            b.await(64);
            equal(63, b.seen.peekLast().number(), "the first ones got in");
            b.seen.clear();
            check(a.plain(b.mac(), 1_000, 60), "no room");
            a.flush();
            b.await(1);
            equal(1_000, b.seen.remove().number(), "goes on");
            equal(36, count(b, Counter.LINK_RX_KERNEL_DROPS), "dropped by the kernel");
        }
    }

    static void skipsAFrameThatTheDeviceRefuses() throws Exception
    {
        // The ring takes frames that are larger than the MTU, the device then drops them: ENOBUFS, and the slot stays.
        sh("ip link set pa mtu 1000");
        sh("ip link set pb mtu 1000");
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            for (int i = 0; i < 2_000; i++)
            {
                check(a.plain(b.mac(), i, i % 3 == 1 ? 1_500 : 60), "no room");
                if (i % 5 == 4)
                {
                    a.flush();
                    check(!a.link.isCongested(), "congested");
                }
            }
            a.flush();
            equal(667, count(a, Counter.LINK_TX_DROPPED), "refused");
            equal(1_333, count(a, Counter.LINK_TX_FRAMES), "sent");
            equal(1_333 * 60, count(a, Counter.LINK_TX_BYTES), "bytes sent");
            b.await(1_333);
            for (int i = 0; i < 2_000; i++)
            {
                if (i % 3 != 1)
                {
                    equal(i, b.seen.remove().number(), "order");
                }
            }
            // The gathered lane is told at once, and goes on behind the frame that was refused.
            final UnsafeBuffer payload = Wire.payload(1_500, 3);
            check(a.gathered(b.mac(), 3, payload, 100), "no room");
            check(a.gathered(b.mac(), 4, payload, 1_400), "no room");
            check(a.gathered(b.mac(), 5, payload, 100), "no room");
            a.flush();
            b.await(2);
            equal(3, b.seen.remove().number(), "before");
            equal(5, b.seen.remove().number(), "after");
            equal(667, count(a, Counter.LINK_TX_DROPPED), "dropped by the device");
            equal(1, count(a, Counter.LINK_TX_DROP_REFUSED), "refused");
        }
    }

    static void goesOnAfterTheInterfaceWasDown() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            for (int round = 1; round <= 3; round++)
            {
                check(a.plain(b.mac(), 1, 60), "no room");
                a.flush();
                b.await(1);
                check(b.plain(a.mac(), 1, 60), "no room");
                b.flush();
                a.await(1);
                sh("ip link set pa down");
                a.pollFor(5);
                for (int i = 0; i < 1_000; i++)
                {
                    final boolean isClaimed = i % 2 == 0 ? a.plain(b.mac(), i, 60) :
                        a.gathered(b.mac(), i, Wire.payload(100, i), 100);
                    check(isClaimed, "full while down");
                    a.flush();
                }
                check(!a.link.isCongested(), "congested while down");
                equal(0, a.link.poll(a::onFrame, 10, System.nanoTime()), "polled");
                equal(round, count(a, Counter.LINK_DOWN), "transitions");
                equal(round * 1_000L, count(a, Counter.LINK_TX_DROP_DOWN), "dropped");
                final long start = System.nanoTime();
                equal(0, wait.await(a.link.fd(), false, 20_000_000), "nothing to do while down");
                check(System.nanoTime() - start >= 20_000_000, "spins while down");
                sh("ip link set pa up");
                Namespace.awaitUp("pa");
                Namespace.awaitUp("pb");
                a.seen.clear();
                b.seen.clear();
            }
        }
    }

    static void countsEveryTimeTheInterfaceWentDown() throws Exception
    {
        // One that only listens learns it from its socket; frames from before are shown afterwards.
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            for (int round = 1; round <= 3; round++)
            {
                check(b.plain(a.mac(), round, 60), "no room");
                b.flush();
                sh("ip link set pa down");
                a.await(round);
                a.pollFor(20);
                equal(round, count(a, Counter.LINK_DOWN), "transitions");
                sh("ip link set pa up");
                Namespace.awaitUp("pa");
                Namespace.awaitUp("pb");
            }
        }
    }

    static void takesOverInheritedDescriptors() throws Exception
    {
        // The second sockets of two rings are what another process would hand over: bound, and without rings.
        final int first = openB().gatherFd();
        final int second = openB().gatherFd();
        final int third = openB().gatherFd();
        try (End a = new End("packet:pa", A); End one = new End("fd:" + first, B))
        {
            equal(0, ((PacketRing)one.link).txSlots(), "one descriptor has no TX ring");
            exchange(a, one);
            says("fd:" + first, "has rings already");
        }
        try (End a = new End("packet:pa", A); End two = new End("fd:" + second + "," + third, B))
        {
            check(((PacketRing)two.link).txSlots() > 0, "two descriptors have one");
            check("pb".equals(((PacketRing)two.link).interfaceName()), "interface");
            exchange(a, two);
        }
    }

    private static NativePacket openB() throws LinkException
    {
        return NativePacket.open("packet:pb", "pb", -1, -1, B, NativePacket.NO_GROUP, 1, 0);
    }

    private static void exchange(final End a, final End b)
    {
        final UnsafeBuffer payload = Wire.payload(30_000, 3);
        check(a.plain(b.mac(), 1, 60) && a.gso(b.mac(), payload, 30_000, 1_460), "no room");
        check(b.plain(a.mac(), 1, 60) && b.gso(a.mac(), payload, 30_000, 1_460), "no room");
        a.flush();
        b.flush();
        a.await(2);
        b.await(2);
        equal(30_054, a.seen.peekLast().bytes().length, "length");
        equal(30_054, b.seen.peekLast().bytes().length, "length");
        a.seen.clear();
    }

    static void waitsForFramesSignalsAndTime() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            b.pollFor(10);
            equal(0, wait.await(b.link.fd(), false, 1_000_000), "time out");
            final Thread other = new Thread(() ->
            {
                try
                {
                    Thread.sleep(50);
                }
                catch (final InterruptedException ex)
                {
                    throw new AssertionError(ex);
                }
                wait.signal();
            });
            other.start();
            equal(KernelWait.WOKEN, wait.await(b.link.fd(), false, -1), "signal");
            other.join();
            wait.signal();
            equal(KernelWait.WOKEN, wait.await(-1, false, -1) & KernelWait.WOKEN, "signal before the wait");
            wait.await(-1, false, 0);
            check(a.plain(b.mac(), 1, 60), "no room");
            a.flush();
            equal(KernelWait.READABLE, wait.await(b.link.fd(), false, 5_000_000_000L), "frame");
            b.await(1);
            equal(0, wait.await(b.link.fd(), false, 0), "nothing left");
        }
    }

    static void reportsCongestionBehindAShaper() throws Exception
    {
        sh("tc qdisc add dev pa root tbf rate 200mbit burst 128k latency 2s");
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            final UnsafeBuffer payload = Wire.payload(60_000, 3);
            final int frames = 100;
            int committed = 0;
            int waits = 0;
            while (committed < frames || a.link.isCongested())
            {
                while (committed < frames && !a.link.isCongested() && a.gso(b.mac(), payload, 60_000, 1_460))
                {
                    committed++;
                }
                a.flush();
                if (a.link.isCongested())
                {
                    waits++;
                    check((wait.await(a.link.fd(), true, 2_000_000_000L) & ~KernelWait.ERROR) != 0, "never writable");
                    a.flush();
                }
                b.link.poll(b::onFrame, 64, System.nanoTime());
            }
            check(waits >= 3, "never congested: " + waits);
            check(waits < 1_000, "spun on a congested link: " + waits);
            b.await(frames);
            equal(0, count(a, Counter.LINK_TX_DROPPED), "dropped");
            // Small frames by the ring meet the same shaper.
            b.seen.clear();
            final int small = 3_000;
            committed = 0;
            waits = 0;
            while (committed < small || a.link.isCongested())
            {
                while (committed < small && !a.link.isCongested() && a.plain(b.mac(), committed, 1_500))
                {
                    committed++;
                }
                a.flush();
                if (a.link.isCongested())
                {
                    waits++;
                    wait.await(a.link.fd(), true, 2_000_000_000L);
                    a.flush();
                }
                b.link.poll(b::onFrame, 64, System.nanoTime());
            }
            check(waits >= 3, "ring never congested: " + waits);
            check(waits < 10_000, "ring spun on a congested link: " + waits);
            b.await(small);
            equal(0, count(a, Counter.LINK_TX_DROPPED), "dropped");
            for (int i = 0; i < small; i++)
            {
                equal(i, b.seen.remove().number(), "order");
            }
        }
    }

    static void aFullRingIsLookedAtAgainWithoutSpinning() throws Exception
    {
        // Every slot waits in the shaper, while the send buffer has room: the socket polls writable all the time.
        sh("tc qdisc add dev pa root tbf rate 4mbit burst 2k latency 9s");
        final LinkOptions few = new LinkOptions().mac(A.mac()).txRing(2_048, 32).ringSendBufferBytes(4 << 20);
        try (End a = new End("packet:pa", few); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            final int slots = ((PacketRing)a.link).txSlots();
            final int frames = 8 * slots;
            final long startNs = System.nanoTime();
            final int waits = pump(a, b, wait, frames, 1_000);
            final long ms = (System.nanoTime() - startNs) / 1_000_000;
            check(ms > 200, "was not shaped: " + ms + " ms");
            check(waits >= 3 && waits < 2 * ms + 100, "waits in " + ms + " ms: " + waits);
            check(count(a, Counter.LINK_TX_FULL) > 0, "never full");
            equal(0, count(a, Counter.LINK_TX_RING_STUCK), "stuck");
            inOrder(b, frames);
        }
    }

    static void passesASlotThatDoesNotComeBack() throws Exception
    {
        // At 8 kbit/s the first frames of the ring are gone at once, the next one after 2 s.
        sh("tc qdisc add dev pa root tbf rate 8kbit burst 8k latency 90s");
        final LinkOptions few = new LinkOptions().mac(A.mac()).txRing(2_048, 32).ringSendBufferBytes(4 << 20);
        try (End a = new End("packet:pa", few); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            int number = 0;
            final long endNs = System.nanoTime() + 5_000_000_000L;
            while (count(a, Counter.LINK_TX_RING_STUCK) == 0 && System.nanoTime() < endNs)
            {
                while (a.plain(b.mac(), number, 1_500))
                {
                    number++;
                }
                a.flush();
                wait.await(-1, false, 1_000_000);
            }
            equal(1, count(a, Counter.LINK_TX_RING_STUCK), "stuck");
            final long taken = count(a, Counter.LINK_TX_FRAMES);
            check(a.plain(b.mac(), number, 1_500), "no other way");
            a.flush();
            equal(taken + 1, count(a, Counter.LINK_TX_FRAMES), "taken by the kernel");
            sh("tc qdisc change dev pa root tbf rate 100mbit burst 8k latency 90s");
            inOrder(b, number + 1);
            a.flush();
            check(a.plain(b.mac(), number + 1, 1_500), "no room");
            a.flush();
            b.await(1);
            equal(0, dropped(a), "dropped");
        }
    }

    static void countsWhatAShortQueueDrops() throws Exception
    {
        sh("tc qdisc add dev pa root tbf rate 1mbit burst 2k limit 4000");
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final UnsafeBuffer payload = Wire.payload(1_000, 3);
            for (int i = 0; i < 1_000; i++)
            {
                check(
                    i % 100 < 50 ? a.plain(b.mac(), i, 1_000) : a.gathered(b.mac(), i, payload, 982), "no room");
                if (i % 7 == 0)
                {
                    a.flush();
                    check(!a.link.isCongested(), "a queue that drops does not congest");
                }
            }
            a.flush();
            final int sent = (int)count(a, Counter.LINK_TX_FRAMES);
            check(count(a, Counter.LINK_TX_DROPPED) > 900, "dropped: " + count(a, Counter.LINK_TX_DROPPED));
            equal(1_000, sent + count(a, Counter.LINK_TX_DROPPED), "frames");
            inOrder(b, sent, false);
            sh("tc qdisc del dev pa root");
            check(a.plain(b.mac(), 5_000, 60), "no room");
            a.flush();
            b.await(1);
            equal(5_000, b.seen.remove().number(), "goes on");
        }
    }

    static void worksWithTheSmallestSendBuffers() throws Exception
    {
        sh("tc qdisc add dev pa root tbf rate 200mbit burst 128k latency 2s");
        final LinkOptions small = new LinkOptions().mac(A.mac()).sendBufferBytes(1).ringSendBufferBytes(1);
        try (End a = new End("packet:pa", small); End b = new End("packet:pb", B); KernelWait wait = new KernelWait())
        {
            check(pump(a, b, wait, 500, 1_500) < 5_000, "spun");
            inOrder(b, 500);
            final UnsafeBuffer payload = Wire.payload(60_000, 3);
            final int before = (int)count(a, Counter.LINK_TX_FRAMES);
            for (int frames = 0; frames < 20;)
            {
                frames += a.gso(b.mac(), payload, 60_000, 1_460) ? 1 : 0;
                a.flush();
                if (a.link.isCongested())
                {
                    wait.await(a.link.fd(), true, 100_000_000);
                }
            }
            a.flushAll();
            equal(20, count(a, Counter.LINK_TX_FRAMES) - before, "sent");
            b.await(20);
            equal(0, dropped(a), "dropped");
        }
    }

    static void losesNothingWithoutAWordWhenTheInterfaceGoesDownDuringTraffic() throws Exception
    {
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            final UnsafeBuffer payload = Wire.payload(1_000, 3);
            final AtomicInteger rounds = new AtomicInteger();
            final Thread other = new Thread(() ->
            {
                while (rounds.get() < 20)
                {
                    for (final String state : new String[]{"down", "up"})
                    {
                        try
                        {
                            sh("ip link set pa %s", state);
                            Thread.sleep(7);
                        }
                        catch (final Exception ex)
                        {
                            throw new IllegalStateException(ex);
                        }
                    }
                    rounds.incrementAndGet();
                }
            });
            other.start();
            long committed = 0;
            int last = -1;
            while (other.isAlive())
            {
                for (int i = 0; i < 200; i++, committed++)
                {
                    final int number = (int)committed;
                    check(
                        i % 100 < 70 ? a.plain(b.mac(), number, 60) : a.gathered(b.mac(), number, payload, 60),
                        "full of frame " + number);
                }
                a.flush();
                b.link.poll(b::onFrame, 1_000, System.nanoTime());
                last = risesFrom(b, last);
            }
            Namespace.awaitUp("pa");
            Namespace.awaitUp("pb");
            b.pollFor(50);
            risesFrom(b, last);
            equal(committed, count(a, Counter.LINK_TX_FRAMES) + dropped(a), "committed frames");
            check(count(a, Counter.LINK_TX_FRAMES) > 0 && count(a, Counter.LINK_TX_DROP_DOWN) > 0, "both");
            equal(0, count(a, Counter.LINK_TX_RING_STUCK), "stuck");
            check(a.plain(b.mac(), 7, 60) && a.gathered(b.mac(), 8, payload, 60), "no room");
            a.flush();
            b.await(2);
        }
    }

    static void doesNotSpinWhenTheInterfaceIsGone() throws Exception
    {
        try (End a = new End("packet:pa", A); KernelWait wait = new KernelWait())
        {
            sh("ip link del pb");
            final UnsafeBuffer payload = Wire.payload(1_000, 3);
            for (int i = 0; i < 1_000; i++)
            {
                check(i % 2 == 0 ? a.plain(1, i, 60) : a.gathered(1, i, payload, 60), "full");
                a.flush();
            }
            equal(1_000, count(a, Counter.LINK_TX_DROP_DOWN), "dropped");
            equal(1, count(a, Counter.LINK_DOWN), "transitions");
            check(!a.link.isCongested(), "congested");
            final long startNs = System.nanoTime();
            int waits = 0;
            while (System.nanoTime() - startNs < 50_000_000)
            {
                a.link.poll(a::onFrame, 10, System.nanoTime());
                wait.await(a.link.fd(), false, 20_000_000);
                waits++;
            }
            check(waits < 100, "spun: " + waits);
        }
    }

    /** Sends numbered small frames as the stack's owner would, waiting when there is no room; returns the waits. */
    private static int pump(final End a, final End b, final KernelWait wait, final int frames, final int length)
        throws Exception
    {
        int committed = 0;
        int waits = 0;
        while (committed < frames || a.link.isCongested())
        {
            while (committed < frames && a.plain(b.mac(), committed, length))
            {
                committed++;
            }
            a.flush();
            if (a.link.isCongested())
            {
                waits++;
                final long forNs = a.link.nextDeadlineNs() == Link.NO_DEADLINE ? 2_000_000_000L :
                    Math.max(0, a.link.nextDeadlineNs() - System.nanoTime());
                wait.await(a.link.fd(), true, forNs);
                a.flush();
            }
            b.link.poll(b::onFrame, 64, System.nanoTime());
        }
        return waits;
    }

    private static void inOrder(final End b, final int frames)
    {
        inOrder(b, frames, true);
    }

    private static void inOrder(final End b, final int frames, final boolean isComplete)
    {
        b.await(frames);
        b.pollFor(20);
        equal(frames, b.seen.size(), "frames");
        final int last = risesFrom(b, -1);
        check(!isComplete || last == frames - 1, "the last one is " + last);
    }

    /** Forgets the frames that were seen, whose numbers rise: none came twice. */
    private static int risesFrom(final End b, final int before)
    {
        int last = before;
        while (!b.seen.isEmpty())
        {
            final int number = b.seen.remove().number();
            check(number > last, number + " after " + last);
            last = number;
        }
        return last;
    }

    private static long dropped(final End end)
    {
        return count(end, Counter.LINK_TX_DROPPED) + count(end, Counter.LINK_TX_DROP_REFUSED) +
            count(end, Counter.LINK_TX_DROP_DOWN);
    }

    static void readsZerosAfterClose() throws Exception
    {
        final UnsafeBuffer[] leaked = new UnsafeBuffer[1];
        final int[] offset = new int[1];
        try (End a = new End("packet:pa", A); End b = new End("packet:pb", B))
        {
            check(a.plain(b.mac(), 1, 60), "no room");
            a.flush();
            final long end = System.nanoTime() + 5_000_000_000L;
            while (leaked[0] == null && System.nanoTime() < end)
            {
                b.link.poll(
                    frame ->
                    {
                        leaked[0] = frame.buffer();
                        offset[0] = frame.offset();
                    },
                    1,
                    System.nanoTime());
            }
            check(leaked[0].getByte(offset[0] + 12) == (byte)0x88, "still there");
            b.link.close();
            b.link.close();
            equal(0, b.link.poll(b::onFrame, 1, 0), "polled after close");
            equal(0, b.link.flush(0), "flushed after close");
        }
        for (int i = 0; i < leaked[0].capacity(); i++)
        {
            equal(0, leaked[0].getByte(i), "byte " + i);
        }
    }

    static void explainsWhatItCannotOpen() throws Exception
    {
        says("packet:nowhere", "no such interface");
        says("packet:aNameThatIsMuchTooLong", "no such interface", "15 bytes");
        says("packet:lo", "Ethernet");
        says("fd:987", "is not open");
        says("fd:0,1,2", "");
        sh("ip link set pa down");
        says("packet:pa", "the interface is down");
        for (final String spec : new String[]{"", "packet:", "pa", "ring:pa", "fd:x", "fd:1,"})
        {
            try
            {
                Links.open(spec, new LinkOptions(), LinkContext.standalone());
                throw new AssertionError(spec + " was opened");
            }
            catch (final IllegalArgumentException ex)
            {
                check(ex.getMessage().contains("is no link"), ex.getMessage());
            }
        }
        try
        {
            Links.open("packet:pb", new LinkOptions().rxRing(2_047, 64), LinkContext.standalone());
            throw new AssertionError("opened");
        }
        catch (final LinkException ex)
        {
            check(ex.getMessage().contains("PACKET_RX_RING") && ex.getMessage().contains("EINVAL"), ex.getMessage());
        }
    }

    static void saysWhichCapabilityIsMissing() throws Exception
    {
        final String ring = withoutCapabilities("packet:pa");
        check(
            ring.contains("cannot open packet:pa: socket(AF_PACKET) failed with EPERM") &&
                ring.contains("CAP_NET_RAW") && ring.contains("fd:N"),
            ring);
        if (Files.isWritable(Path.of("/dev/net/tun")))
        {
            final String tap = withoutCapabilities("tap:mine");
            check(
                tap.contains("cannot open tap:mine: ioctl(TUNSETIFF) failed with EPERM") &&
                    tap.contains("CAP_NET_ADMIN") && tap.contains("ip tuntap add dev mine mode tap"),
                tap);
        }
    }

    private static String withoutCapabilities(final String spec) throws Exception
    {
        final List<String> command = new ArrayList<>(List.of(
            "setpriv", "--inh-caps=-net_raw,-net_admin", "--bounding-set=-net_raw,-net_admin"));
        command.addAll(Namespace.java(PacketRingScenarios.class, "open", spec));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        equal(1, process.waitFor(), "exit of " + output);
        return output;
    }

    private static void says(final String spec, final String... words)
    {
        try
        {
            Links.open(spec, new LinkOptions(), LinkContext.standalone()).close();
        }
        catch (final LinkException ex)
        {
            final String message = ex.getMessage();
            boolean isExplained = message.startsWith("cannot open " + spec) && !message.contains("\n");
            boolean hasWord = false;
            for (final String word : words)
            {
                hasWord |= message.contains(word);
            }
            isExplained &= hasWord;
            check(isExplained, message);
            return;
        }
        throw new AssertionError(spec + " was opened");
    }

    private static long count(final End end, final Counter counter)
    {
        return end.context.counters().get(counter);
    }
}
