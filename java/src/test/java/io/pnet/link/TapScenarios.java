package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.Wire.End;
import io.pnet.link.Wire.Seen;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static io.pnet.link.Namespace.sh;
import static io.pnet.link.Wire.check;
import static io.pnet.link.Wire.equal;

/**
 * Scenarios for {@link TapTest}: each runs alone in a namespace with a persistent TAP tp. What a packet ring on tp
 * sends is what the kernel would send into the TAP, and the other way round. The second argument {@code plain} says
 * that there is to be no io_uring.
 */
public final class TapScenarios
{
    private static final LinkOptions OURS = new LinkOptions().mac(0x0200_0000_000AL);
    private static final LinkOptions KERNEL_SIDE = new LinkOptions().mac(0x0200_0000_000BL);

    private TapScenarios()
    {
    }

    public static void main(final String[] arguments) throws Throwable
    {
        OURS.uring(!"plain".equals(arguments[1]));
        sh("ip tuntap add dev tp mode tap vnet_hdr");
        sh("ip link set tp addrgenmode none");
        sh("ip link set tp mtu 1400 up");
        try
        {
            TapScenarios.class.getDeclaredMethod(arguments[0]).invoke(null);
        }
        catch (final InvocationTargetException ex)
        {
            throw ex.getCause();
        }
    }

    static void createsOneThatGoesAwayWithIt() throws Exception
    {
        try (End tap = new End("tap:fresh", OURS))
        {
            equal(1_500, tap.link.capabilities().mtu(), "mtu");
            equal(OURS.mac(), tap.mac(), "mac");
            check(OURS.uring() || !((Tap)tap.link).usesUring(), "io_uring");
            check(tap.link.capabilities().rxGso() && tap.link.capabilities().txChecksum(), "no offloads");
            check(!tap.link.capabilities().rxTimestamps(), "time stamps");
            sh("ip link show fresh");
        }
        try
        {
            sh("ip link show fresh");
            throw new AssertionError("is still there");
        }
        catch (final IOException expected)
        {
            check(expected.getMessage().contains("does not exist"), expected.getMessage());
        }
    }

    static void carriesSmallFramesBothWays() throws Exception
    {
        try (End tap = new End("tap:tp", OURS))
        {
            Namespace.awaitUp("tp");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                equal(1_400, tap.link.capabilities().mtu(), "mtu");
                for (int i = 0; i < 200; i++)
                {
                    check(tap.plain(ring.mac(), i, 60 + i), "no room");
                    check(ring.plain(tap.mac(), i, 60 + i), "no room");
                }
                tap.flush();
                ring.flush();
                tap.await(200);
                ring.await(200);
                for (int i = 0; i < 200; i++)
                {
                    for (final End end : new End[]{tap, ring})
                    {
                        final Seen seen = end.seen.remove();
                        equal(i, seen.number(), "number");
                        equal(60 + i, seen.bytes().length, "length");
                        equal(RxFrame.GSO_NONE, seen.gsoType(), "gso");
                    }
                }
                equal(200, tap.context.counters().get(Counter.LINK_RX_FRAMES), "received");
                equal(200, tap.context.counters().get(Counter.LINK_TX_FRAMES), "sent");
            }
        }
    }

    static void carriesSegmentationFramesBothWays() throws Exception
    {
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        try (End tap = new End("tap:tp", OURS, context))
        {
            Namespace.awaitUp("tp");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                tap.keepChunks = true;
                final UnsafeBuffer payload = Wire.payload(65_481, 9);
                for (final int length : new int[]{30_000, 65_481})
                {
                    check(tap.gso(ring.mac(), payload, length, 1_300), "no room");
                    check(ring.gso(tap.mac(), payload, length, 1_300), "no room");
                    tap.flush();
                    ring.flush();
                    tap.await(1);
                    ring.await(1);
                    for (final End end : new End[]{tap, ring})
                    {
                        final Seen seen = end.seen.remove();
                        equal(54 + length, seen.bytes().length, "one frame");
                        equal(RxFrame.GSO_TCPV4, seen.gsoType(), "gso type");
                        equal(1_300, seen.gsoSize(), "gso size");
                        equal(RxFrame.CHECKSUM_PARTIAL, seen.checksum(), "checksum");
                        equal(34, seen.csumStart(), "csum start");
                        for (int i = 0; i < length; i++)
                        {
                            if (seen.bytes()[54 + i] != Wire.byteAt(9, i))
                            {
                                throw new AssertionError("wrong byte at " + i);
                            }
                        }
                    }
                }
                equal(2, tap.kept.size(), "kept chunks");
                equal(Wire.byteAt(9, 0), tap.kept.peek().buffer().getByte(SendQueue.FRAME_OFFSET + 54), "content");
            }
        }
        equal(0, context.largeChunks().inUse(), "every chunk came back");
    }

    static void keepsTheOrderOfCommits() throws Exception
    {
        try (End tap = new End("tap:tp", OURS))
        {
            Namespace.awaitUp("tp");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                final UnsafeBuffer payload = Wire.payload(1_300, 3);
                for (int i = 0; i < 1_000; i++)
                {
                    check(
                        i % 3 == 0 ? tap.gathered(ring.mac(), i, payload, 500, 500, 300) :
                            tap.plain(ring.mac(), i, 60 + i),
                        "no room");
                }
                tap.flush();
                ring.await(1_000);
                for (int i = 0; i < 1_000; i++)
                {
                    equal(i, ring.seen.remove().number(), "order");
                }
            }
        }
    }

    static void receivesNoOffloadsThatWereNotAskedFor() throws Exception
    {
        try (End tap = new End("tap:tp", new LinkOptions().mac(OURS.mac()).uring(OURS.uring()).offload(false)))
        {
            Namespace.awaitUp("tp");
            check(!tap.link.capabilities().rxGso() && !tap.link.capabilities().txChecksum(), "offloads");
            equal(0, tap.link.capabilities().txGsoMaxBytes(), "gso");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                check(ring.gso(tap.mac(), Wire.payload(30_000, 3), 30_000, 1_000), "no room");
                ring.flush();
                tap.await(30);
                for (final Seen seen : tap.seen)
                {
                    equal(1_054, seen.bytes().length, "a segment");
                    equal(RxFrame.GSO_NONE, seen.gsoType(), "gso");
                    check(seen.checksum() != RxFrame.CHECKSUM_PARTIAL, "checksum left undone");
                }
            }
        }
    }

    static void dropsAndCountsWhenThePoolIsExhausted() throws Exception
    {
        final LinkContext two = new LinkContext(new ChunkPool(ChunkPool.LARGE, 2L * ChunkPool.LARGE), new Counters());
        try (End tap = new End("tap:tp", OURS, two))
        {
            Namespace.awaitUp("tp");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                tap.keepChunks = true;
                for (int i = 0; i < 20; i++)
                {
                    check(ring.plain(tap.mac(), i, 60), "no room");
                }
                ring.flush();
                tap.await(2);
                tap.pollFor(20);
                equal(2, tap.seen.size(), "seen");
                equal(18, two.counters().get(Counter.LINK_RX_DROP_NO_CHUNK), "dropped");
                tap.kept.forEach(Chunk::release);
                tap.kept.clear();
                check(ring.plain(tap.mac(), 20, 60), "no room");
                ring.flush();
                tap.await(3);
            }
        }
    }

    static void goesOnAfterTheInterfaceWasDown() throws Exception
    {
        try (End tap = new End("tap:tp", OURS); KernelWait wait = new KernelWait())
        {
            Namespace.awaitUp("tp");
            for (int round = 1; round <= 3; round++)
            {
                check(tap.plain(KERNEL_SIDE.mac(), 1, 60), "no room");
                equal(1, tap.link.flush(0), "sent");
                sh("ip link set tp down");
                for (int i = 0; i < 100; i++)
                {
                    check(tap.plain(KERNEL_SIDE.mac(), 1, 60), "full while down");
                    equal(0, tap.link.flush(0), "sent while down");
                    tap.link.poll(tap::onFrame, 10, 0);
                }
                check(!tap.link.isCongested(), "congested while down");
                equal(round, tap.context.counters().get(Counter.LINK_DOWN), "transitions");
                equal(round * 100L, tap.context.counters().get(Counter.LINK_TX_DROP_DOWN), "dropped");
                final long start = System.nanoTime();
                wait.await(tap.link.fd(), false, 20_000_000);
                check(System.nanoTime() - start >= 20_000_000, "spins while down");
                sh("ip link set tp up");
            }
        }
    }

    static void doesNotSpinWhenTheInterfaceIsGone() throws Exception
    {
        try (End tap = new End("tap:tp", OURS); KernelWait wait = new KernelWait())
        {
            sh("ip link del tp");
            final long start = System.nanoTime();
            int waits = 0;
            while (System.nanoTime() - start < 50_000_000)
            {
                equal(0, tap.link.poll(tap::onFrame, 10, System.nanoTime()), "polled");
                wait.await(tap.link.fd(), false, -1);
                waits++;
            }
            check(waits < 100, "spun: " + waits);
            check(tap.plain(KERNEL_SIDE.mac(), 1, 60), "no room");
            equal(0, tap.link.flush(0), "sent");
            equal(1, tap.context.counters().get(Counter.LINK_DOWN), "transitions");
        }
    }

    static void takesOverAnInheritedDescriptor() throws Exception
    {
        final Link first = Links.open("tap:tp", OURS, LinkContext.standalone());
        // The link that takes it over closes it.
        try (End tap = new End("fd:" + first.fd(), OURS))
        {
            Namespace.awaitUp("tp");
            equal(1_400, tap.link.capabilities().mtu(), "mtu");
            check(tap.link instanceof Tap && "tp".equals(((Tap)tap.link).interfaceName()), "is the TAP");
            try (End ring = new End("packet:tp", KERNEL_SIDE))
            {
                check(tap.plain(ring.mac(), 1, 60), "no room");
                tap.flush();
                ring.await(1);
            }
        }
    }

    static void givesDescriptorsBackWhenTheMtuIsTooLarge() throws Exception
    {
        final int before = descriptors();
        for (final String spec : new String[]{"tap:tp", "packet:tp"})
        {
            for (int members = 1; members < 3; members++)
            {
                final List<LinkContext> contexts = new ArrayList<>();
                // The first has room enough.
                contexts.add(LinkContext.standalone());
                contexts.add(new LinkContext(new ChunkPool(1_024, 1 << 20), new Counters()));
                try
                {
                    Links.openGroup(spec, OURS, contexts.subList(2 - members, 2), 1);
                    throw new AssertionError(spec + " was opened");
                }
                catch (final IllegalArgumentException ex)
                {
                    check(ex.getMessage().contains("too small for an MTU"), ex.getMessage());
                }
                catch (final LinkException ex)
                {
                    check(members == 2 && spec.startsWith("tap:"), ex.getMessage());
                }
                equal(before, descriptors(), "open descriptors after " + spec);
            }
        }
    }

    /** TAPs and sockets that are open; not jars and libraries, which come as they are needed. */
    private static int descriptors() throws IOException
    {
        int count = 0;
        for (final String each : new File("/proc/self/fd").list())
        {
            final Path descriptor = Path.of("/proc/self/fd", each);
            final String target =
                Files.isSymbolicLink(descriptor) ? Files.readSymbolicLink(descriptor).toString() : "";
            count += target.startsWith("socket:") || target.startsWith("/dev/net/tun") ? 1 : 0;
        }
        return count;
    }

    static void explainsWhatItCannotOpen() throws Exception
    {
        sh("ip link set tp down");
        says("tap:tp", "interface is down");
        sh("ip link set tp up");
        try (End tap = new End("tap:tp", OURS))
        {
            says("tap:tp", "another process");
            says("fd:" + tap.link.fd() + ",1", "one too many");
        }
        says("tap:lo", "TUNSETIFF");
        says("tap:aNameThatIsMuchTooLong", "15 bytes");
        says("fd:2", "neither");
    }

    private static void says(final String spec, final String words)
    {
        try
        {
            Links.open(spec, new LinkOptions(), LinkContext.standalone()).close();
        }
        catch (final LinkException ex)
        {
            final String message = ex.getMessage();
            check(
                message.startsWith("cannot open " + spec) && message.contains(words) && !message.contains("\n"),
                message);
            return;
        }
        throw new AssertionError(spec + " was opened");
    }
}
