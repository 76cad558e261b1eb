package io.pnet.link;

import io.pnet.wire.EthernetHeader;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayList;
import java.util.List;

/**
 * Opens links from the words that people type:
 * <ul>
 * <li>{@code packet:IFACE}: a {@linkplain PacketRing packet ring} on an Ethernet interface (needs CAP_NET_RAW);
 * <li>{@code tap:NAME}: attaches to a {@linkplain Tap TAP} (needs its ownership) or creates it (needs CAP_NET_ADMIN; it
 * goes away with the link);
 * <li>{@code fd:N} or {@code fd:N,M}: descriptors that the process inherited, so that it needs no capability: one or
 * two packet sockets of type SOCK_RAW bound to the same interface, or a TAP opened with IFF_NO_PI and IFF_VNET_HDR.
 * With one packet socket there is no TX ring, and everything is gathered.
 * </ul>
 */
public final class Links
{
    /** Largest head of a gathered frame: Ethernet, IP with all options, TCP with all options. */
    private static final int MAX_HEAD = 256;
    /** The kernel takes a GSO frame as one up to here, Ethernet header included. */
    private static final int GSO_MAX_BYTES = 65_535;
    private static final int DEFAULT_MTU = 1_500;
    private static final int OFFLOAD_CSUM = 0x01;
    private static final int OFFLOAD_TSO = 0x06;
    private static final int OFFLOAD_USO = 0x60;
    private static final int OFFLOAD_ALL = 0x6F;
    private static final int KIND_PACKET = 1;
    private static final int KIND_TAP = 2;

    private Links()
    {
    }

    /**
     * Opens a link.
     *
     * @param spec    what to open, see above.
     * @param options how.
     * @param context what the link needs from its stack.
     * @throws LinkException            one line: the call, the interface, the cause, the fix.
     * @throws IllegalArgumentException when {@code spec} is none of the above.
     * @throws UnsatisfiedLinkError     when there is no {@linkplain NativeLibrary native library}.
     */
    public static Link open(final String spec, final LinkOptions options, final LinkContext context)
        throws LinkException
    {
        NativeLibrary.ensureAvailable();
        final int colon = spec.indexOf(':');
        final String kind = colon < 0 ? "" : spec.substring(0, colon);
        final String rest = spec.substring(colon + 1);
        if (!rest.isEmpty())
        {
            switch (kind)
            {
                case "packet":
                    return openPacket(spec, rest, -1, -1, options, context);
                case "tap":
                    return openTap(spec, rest, -1, false, options, context, tapBuffer());
                case "fd":
                    return openDescriptors(spec, rest.split(",", -1), options, context);
                default:
                    break;
            }
        }
        throw new IllegalArgumentException(
            "\"" + spec + "\" is no link; write packet:IFACE, tap:NAME, fd:N or fd:N,M");
    }

    /**
     * Opens links that share an interface, each a {@link #open(String, LinkOptions, LinkContext) packet ring} or a
     * queue of a TAP: every frame goes to one of them, by the hash of {@code native/src/fanout.c}. Rings and receive
     * buffers are divided. A TAP that exists must have been made with {@code multi_queue}; steering needs CAP_BPF.
     *
     * @param contexts one for each link; a group of one is opened as any link.
     * @param seed     of the hash.
     */
    public static List<Link> openGroup(
        final String spec, final LinkOptions options, final List<LinkContext> contexts, final int seed)
        throws LinkException
    {
        if (contexts.size() == 1)
        {
            return List.of(open(spec, options, contexts.get(0)));
        }
        NativeLibrary.ensureAvailable();
        final String name = spec.substring(spec.indexOf(':') + 1);
        if (spec.startsWith("tap:"))
        {
            return openQueues(spec, name, options, contexts, seed);
        }
        if (!spec.startsWith("packet:"))
        {
            throw new IllegalArgumentException(
                "\"" + spec + "\" serves one stack; several need a packet ring, packet:IFACE, or a TAP, tap:NAME");
        }
        if (!NativeInterface.read(spec, -1, name).isUp())
        {
            throw LinkErrors.down(spec, name);
        }
        final List<Link> members = new ArrayList<>();
        int group = NativePacket.NEW_GROUP;
        try
        {
            for (final LinkContext context : contexts)
            {
                final NativePacket packet =
                    NativePacket.open(spec, name, -1, -1, options, group, contexts.size(), seed);
                group = packet.fanoutGroup();
                members.add(ringOver(spec, packet, options, context));
            }
            return members;
        }
        catch (final LinkException | RuntimeException ex)
        {
            members.forEach(Link::close);
            throw ex;
        }
    }

    private static List<Link> openQueues(
        final String spec,
        final String name,
        final LinkOptions options,
        final List<LinkContext> contexts,
        final int seed) throws LinkException
    {
        final List<Link> queues = new ArrayList<>();
        final UnsafeBuffer out = tapBuffer();
        try
        {
            for (final LinkContext context : contexts)
            {
                queues.add(openTap(spec, name, -1, true, options, context, out));
            }
            final int result = Native.pnet_tap_steer(out.addressOffset(), queues.size(), seed);
            if (result < 0)
            {
                throw tapFailure(spec, out, result);
            }
            return queues;
        }
        catch (final LinkException | RuntimeException ex)
        {
            queues.forEach(Link::close);
            throw ex;
        }
    }

    private static UnsafeBuffer tapBuffer()
    {
        return new UnsafeBuffer(Messages.allocate(NativeLayout.sizeOf("pnet_tap")));
    }

    private static LinkException tapFailure(final String spec, final UnsafeBuffer tap, final int result)
    {
        return LinkErrors.opening(spec, tap.getInt(NativeLayout.fieldOffset("pnet_tap", "failed_step")), -result);
    }

    private static Link openDescriptors(
        final String spec, final String[] numbers, final LinkOptions options, final LinkContext context)
        throws LinkException
    {
        final int[] fds = new int[numbers.length];
        for (int i = 0; i < fds.length; i++)
        {
            try
            {
                fds[i] = Integer.parseUnsignedInt(numbers[i]);
            }
            catch (final NumberFormatException ex)
            {
                throw new IllegalArgumentException(
                    "\"" + spec + "\" is no link: \"" + numbers[i] + "\" is no descriptor; write fd:N or fd:N,M", ex);
            }
        }
        final int kind = kind(spec, fds[0]);
        final int most = kind == KIND_PACKET ? 2 : 1;
        if (fds.length > most)
        {
            throw LinkErrors.descriptor(spec, fds[most], "is one too many: a TAP takes one, a packet ring two");
        }
        if (kind == KIND_TAP)
        {
            return openTap(spec, null, fds[0], false, options, context, tapBuffer());
        }
        if (fds.length == 2 && kind(spec, fds[1]) != KIND_PACKET)
        {
            throw LinkErrors.descriptor(spec, fds[1], "is no packet socket; both must be of type SOCK_RAW");
        }
        return openPacket(spec, null, fds[0], fds.length == 2 ? fds[1] : -1, options, context);
    }

    private static int kind(final String spec, final int fd) throws LinkException
    {
        final int kind = Native.pnet_descriptor_kind(fd);
        if (kind == -Errno.EBADF)
        {
            throw LinkErrors.descriptor(
                spec, fd, "is not open; start java with it inherited, for example: java ... " + fd + "<>/dev/net/tun");
        }
        if (kind != KIND_PACKET && kind != KIND_TAP)
        {
            throw LinkErrors.descriptor(
                spec, fd, "is neither a packet socket of type SOCK_RAW nor a TAP; hand over one of them");
        }
        return kind;
    }

    private static PacketRing openPacket(
        final String spec,
        final String name,
        final int ringFd,
        final int gatherFd,
        final LinkOptions options,
        final LinkContext context) throws LinkException
    {
        return ringOver(
            spec, NativePacket.open(spec, name, ringFd, gatherFd, options, NativePacket.NO_GROUP, 1, 0), options,
            context);
    }

    private static PacketRing ringOver(
        final String spec, final NativePacket packet, final LinkOptions options, final LinkContext context)
        throws LinkException
    {
        final NativeInterface facts = packet.facts();
        if (!facts.isUp())
        {
            packet.close();
            throw LinkErrors.down(spec, facts.name());
        }
        final int mtu = options.mtuFor(facts.mtu());
        if (!isMtuPossible(mtu, context))
        {
            packet.close();
            throw tooSmallFor(mtu, context);
        }
        final boolean offload = options.offload();
        final LinkCapabilities capabilities = new LinkCapabilities(
            options.macFor(facts.mac()),
            mtu,
            maxFrame(context),
            MAX_HEAD,
            offload,
            offload ? GSO_MAX_BYTES : 0,
            offload && kernelHasUso(),
            true,
            true);
        return new PacketRing(packet, capabilities, context);
    }

    private static Tap openTap(
        final String spec,
        final String name,
        final int fd,
        final boolean isQueue,
        final LinkOptions options,
        final LinkContext context,
        final UnsafeBuffer out) throws LinkException
    {
        final int wanted = options.offload() ? OFFLOAD_ALL : 0;
        final int result = isQueue ? Native.pnet_tap_open_queue(name, wanted, out.addressOffset()) :
            Native.pnet_tap_open(name, fd, wanted, out.addressOffset());
        if (result < 0)
        {
            throw tapFailure(spec, out, result);
        }
        final int tapFd = out.getInt(NativeLayout.fieldOffset("pnet_tap", "fd"));
        final int granted = out.getInt(NativeLayout.fieldOffset("pnet_tap", "offloads"));
        final NativeInterface facts =
            new NativeInterface(out, NativeLayout.fieldOffset("pnet_tap", "interface"));
        final boolean isHere = facts.index() != 0;
        if (isHere && !facts.isUp())
        {
            Native.pnet_close(tapFd);
            throw LinkErrors.down(spec, facts.name());
        }
        final int mtu = options.mtuFor(isHere ? facts.mtu() : DEFAULT_MTU);
        if (!isMtuPossible(mtu, context))
        {
            Native.pnet_close(tapFd);
            throw tooSmallFor(mtu, context);
        }
        final boolean offload = options.offload() && (granted & OFFLOAD_CSUM) != 0;
        final LinkCapabilities capabilities = new LinkCapabilities(
            options.macFor(facts.mac()),
            mtu,
            maxFrame(context),
            MAX_HEAD,
            offload,
            offload ? GSO_MAX_BYTES : 0,
            offload && (granted & OFFLOAD_USO) == OFFLOAD_USO,
            (granted & OFFLOAD_TSO) != 0,
            false);
        final int vnetLength = out.getInt(NativeLayout.fieldOffset("pnet_tap", "vnet_header_bytes"));
        final long uring = options.uring() ? Math.max(Tap.NO_URING, Native.pnet_uring_open(tapFd)) : Tap.NO_URING;
        return new Tap(tapFd, uring, facts.name(), vnetLength, capabilities, context);
    }

    private static int chunkFrame(final LinkContext context)
    {
        return context.largeChunks().chunkCapacity() - SendQueue.FRAME_OFFSET;
    }

    private static int maxFrame(final LinkContext context)
    {
        return Math.min(GSO_MAX_BYTES, chunkFrame(context));
    }

    private static boolean isMtuPossible(final int mtu, final LinkContext context)
    {
        return mtu + EthernetHeader.LENGTH <= chunkFrame(context);
    }

    private static IllegalArgumentException tooSmallFor(final int mtu, final LinkContext context)
    {
        return new IllegalArgumentException(
            "chunks of " + context.largeChunks().chunkCapacity() + " bytes are too small for an MTU of " + mtu);
    }

    /** UDP segmentation by virtio header came with Linux 6.2; a packet socket has no way to ask. */
    private static boolean kernelHasUso()
    {
        final String[] version = System.getProperty("os.version", "0.0").split("[^0-9]+", 3);
        try
        {
            final int major = Integer.parseInt(version[0]);
            return major > 6 || (major == 6 && Integer.parseInt(version[1]) >= 2);
        }
        catch (final NumberFormatException | ArrayIndexOutOfBoundsException ex)
        {
            return false;
        }
    }
}
