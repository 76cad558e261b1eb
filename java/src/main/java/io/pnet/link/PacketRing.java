package io.pnet.link;

import io.pnet.counters.Counter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A packet ring: an AF_PACKET socket (TPACKET_V2) whose RX and TX rings are mapped into the process.
 *
 * <p><b>In.</b> Frames that fit a slot are shown where the kernel wrote them; the slot goes back when the handler
 * returns. Larger ones, 64 KiB GSO frames mostly, wait whole in the socket's queue and are received a few at a time
 * into pooled chunks, which the handler may take. Order is kept across both, since the slot says that its frame is in
 * the queue.
 *
 * <p><b>Out.</b> Two lanes: small frames are written into TX slots in place; gathered frames, and those too large for a
 * slot, leave by a second socket, since one with a TX ring sends through that ring only. At most one lane holds frames
 * at a time, which keeps the order of commits: a small frame joins gathered ones that wait, a gathered frame first has
 * the ring kicked. While a slot of the TX ring does not come back, small frames go with the gathered ones. While the
 * kernel takes none of these, no more are taken here: they wait where they are kept, each connection's for itself, and
 * {@link SendRoom} has as little as possible wait below.
 *
 * <p>The link has a MAC address of its own; the interface is promiscuous while it is open. When the interface goes down
 * nothing throws: what is sent is dropped and counted, and traffic goes on when it is up again.
 *
 * <p>One owner at a time calls every method. Open it with {@link Links#open}.
 */
public final class PacketRing implements Link
{
    private static final long CHECK_INTERVAL_NS = 1_000_000;
    private static final int CHECKS_PER_STATISTICS = 1_000;

    private final NativePacket packet;
    private final LinkCapabilities capabilities;
    private final LinkCounts counts;
    private final RxRing rxRing;
    private final TxRing txRing;
    private final SendQueue gathered;
    private final TxFrame txFrame = new TxFrame();

    private long lastCheckNs;
    private long retriedNs;
    private int checks;
    private boolean inRing;
    private boolean isWatchingRing;
    private boolean isWatchingGathered;
    private boolean isClosed;

    PacketRing(final NativePacket packet, final LinkCapabilities capabilities, final LinkContext context)
    {
        this.packet = packet;
        this.capabilities = capabilities;
        counts = new LinkCounts(context.counters());
        final UnsafeBuffer ring = packet.ring();
        final int vnetLength = packet.vnetLength();
        final ReceiveBatch large = new ReceiveBatch(
            Native::pnet_receive_batch, packet.ringFd(), vnetLength, context.largeChunks(), counts);
        rxRing = new RxRing(ring, packet.rxSlotBytes(), packet.rxSlots(), large, counts);
        txRing = packet.txSlots() == 0 ? null : new TxRing(
            Native::pnet_packet_kick, packet.ringFd(), ring, packet.txOffset(), packet.txSlotBytes(), packet.txSlots(),
            vnetLength, counts);
        gathered = new SendQueue(
            Native::pnet_send_batch, packet.gatherFd(), vnetLength, context.largeChunks(), counts,
            new SendRoom(Native.pnet_send_buffer(packet.gatherFd(), 0)));
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }

    /** The interface's name. */
    public String interfaceName()
    {
        return packet.interfaceName();
    }

    /** Slots of the RX ring, after rounding. */
    public int rxSlots()
    {
        return packet.rxSlots();
    }

    /** Slots of the TX ring; 0 when there is none. */
    public int txSlots()
    {
        return packet.txSlots();
    }

    /** What SO_RCVBUF came to, in bytes as the kernel counts (twice what was asked for, when it was granted). */
    public int receiveBufferBytes()
    {
        return packet.receiveBufferBytes();
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        if (isClosed)
        {
            return 0;
        }
        if (gathered.isBlocked())
        {
            // Before those who have more for it are asked.
            retriedNs = nowNs;
            gathered.retry(nowNs);
        }
        final int frames = rxRing.poll(handler, limit);
        if (rxRing.hasLost())
        {
            foldStatistics();
        }
        if (frames == 0)
        {
            check(nowNs);
        }
        return frames;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean isGathered)
    {
        if (headLength > (isGathered ? capabilities.maxHead() : capabilities.maxFrame()) || isClosed)
        {
            throw isClosed ? new IllegalStateException("the link is closed") :
                new IllegalArgumentException("head of " + headLength + " bytes is larger than the link takes");
        }
        final boolean isClaimed;
        inRing = !isGathered && txRing != null && headLength <= txRing.maxFrame() && gathered.isEmpty() &&
            !txRing.isStuck();
        if (inRing)
        {
            isClaimed = txRing.claim(txFrame, headLength);
        }
        else
        {
            isClaimed = (txRing == null || txRing.isEmpty() || txRing.send()) &&
                gathered.claim(txFrame, headLength, isGathered);
        }
        if (!isClaimed)
        {
            counts.count(Counter.LINK_TX_FULL);
            watch();
            return null;
        }
        return txFrame;
    }

    @Override
    public void commit(final TxFrame frame)
    {
        if (inRing)
        {
            txRing.commit(frame);
        }
        else
        {
            gathered.commit(frame);
        }
    }

    @Override
    public int flush(final long nowNs)
    {
        if (isClosed)
        {
            return 0;
        }
        if (txRing != null && !txRing.isEmpty())
        {
            txRing.send();
        }
        else if (gathered.isBlocked() && nowNs != retriedNs)
        {
            gathered.retry(nowNs);
        }
        else if (!gathered.isEmpty() && !gathered.isBlocked())
        {
            gathered.send();
        }
        if (txRing != null)
        {
            txRing.refresh(nowNs);
        }
        watch();
        return counts.takeFramesLeft();
    }

    @Override
    public boolean isCongested()
    {
        return gathered.isBlocked() || (txRing != null && (txRing.isBlocked() || txRing.isFull()));
    }

    @Override
    public int fd()
    {
        return packet.watchFd();
    }

    @Override
    public long nextDeadlineNs()
    {
        return txRing == null ? NO_DEADLINE : txRing.nextDeadlineNs();
    }

    @Override
    public void close()
    {
        if (!isClosed)
        {
            foldStatistics();
            isClosed = true;
            rxRing.close();
            gathered.close();
            if (txRing != null)
            {
                txRing.close();
            }
            packet.close();
        }
    }

    /**
     * Looks after what no frame tells: an interface that went down leaves an error on the socket, which makes it poll
     * ready until somebody asks.
     */
    private void check(final long nowNs)
    {
        if (nowNs - lastCheckNs < CHECK_INTERVAL_NS && nowNs >= lastCheckNs)
        {
            return;
        }
        lastCheckNs = nowNs;
        if (Errno.isDown(Native.pnet_socket_error(packet.ringFd())))
        {
            counts.linkWentDown();
        }
        if (++checks == CHECKS_PER_STATISTICS)
        {
            checks = 0;
            foldStatistics();
        }
    }

    private void foldStatistics()
    {
        final long statistics = Native.pnet_packet_statistics(packet.ringFd());
        if (statistics > 0)
        {
            counts.count(Counter.LINK_RX_KERNEL_DROPS, statistics & 0xFFFF_FFFFL);
        }
    }

    /** Keeps {@link #fd()} readable for the lane that is blocked, and for no other. */
    private void watch()
    {
        final boolean ringWanted = txRing != null && txRing.isBlocked();
        final boolean gatheredWanted = gathered.isBlocked();
        if (ringWanted != isWatchingRing)
        {
            isWatchingRing = ringWanted;
            watch(packet.ringFd(), ringWanted);
        }
        if (gatheredWanted != isWatchingGathered)
        {
            isWatchingGathered = gatheredWanted;
            watch(packet.gatherFd(), gatheredWanted);
        }
    }

    private void watch(final int fd, final boolean isWanted)
    {
        Native.pnet_watch_writable(packet.watchFd(), packet.ringFd(), fd, isWanted ? 1 : 0);
    }
}
