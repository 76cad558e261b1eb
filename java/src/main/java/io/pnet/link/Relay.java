package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Icmpv6Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.SplittableRandom;

/**
 * A wire between two links that is as bad as an {@link ImpairmentSpec} says: what arrives at one leaves by the other.
 * {@code in} is the direction from the first link to the second, {@code out} the other one, as for an
 * {@link Impairment} of the first link.
 *
 * <p>GSO frames are cut and checksums completed first, so that what is lost, damaged and counted is MTU-sized frames. A
 * frame counts as arrived when its link says it did, not when it was polled, so that delay and rate hold however late
 * the owner comes by, also where it is put aside between its look at the clock and at the link. Without impairments to
 * a direction its frames still take this way.
 *
 * <p>The questions of neighbours (ARP and NDP), without which nobody could talk at all, pass unharmed unless told
 * otherwise; they draw no random number either, so that the fate of the others does not depend on them.
 *
 * <p>One owner at a time calls every method.
 */
public final class Relay implements AutoCloseable
{
    private static final int POLL_LIMIT = 64;
    private static final int VLAN_TAG = 4;
    /** A frame is younger than {@code nowNs} by as long as the owner was put aside; by more, clocks have jumped. */
    private static final long MOST_AHEAD_NS = 50_000_000L;

    private final Lane forward;
    private final Lane backward;
    private final boolean sparesNeighbours;
    private long nowNs;
    private long previousNs = Long.MIN_VALUE;
    private long realtimeOffsetNs;

    /**
     * Joins two links, which are closed with this.
     *
     * @param random           where the decisions come from when the specification has no seed of its own.
     * @param smallChunks      where frames wait.
     * @param largeChunks      where those wait that do not fit a small chunk.
     * @param sparesNeighbours whether ARP and NDP pass unharmed.
     */
    public Relay(
        final Link first,
        final Link second,
        final ImpairmentSpec spec,
        final SplittableRandom random,
        final ChunkPool smallChunks,
        final ChunkPool largeChunks,
        final boolean sparesNeighbours)
    {
        this.sparesNeighbours = sparesNeighbours;
        final SplittableRandom seeded =
            spec.seed().isPresent() ? new SplittableRandom(spec.seed().getAsLong()) : random;
        forward = new Lane(first, second, new ImpairedPath(spec.in(), seeded.split(), smallChunks, largeChunks));
        backward = new Lane(second, first, new ImpairedPath(spec.out(), seeded.split(), smallChunks, largeChunks));
        ImpairedPath.join(forward.path, backward.path);
    }

    /** What happened to frames from the first link to the second, those spared left out. */
    public ImpairmentCounts forward()
    {
        return forward.path.counts();
    }

    /** What happened to frames from the second link to the first, those spared left out. */
    public ImpairmentCounts backward()
    {
        return backward.path.counts();
    }

    /** Neighbours' frames that were spared, in both directions. */
    public long spared()
    {
        return forward.spared + backward.spared;
    }

    /** Neighbours' frames that found their link full. */
    public long sparedLost()
    {
        return forward.sparedLost + backward.sparedLost;
    }

    /**
     * Takes in what has arrived and hands on what is due.
     *
     * @param nowNs            monotonic time.
     * @param realtimeOffsetNs what to add to CLOCK_REALTIME to get {@code nowNs}'s clock, for links that stamp frames.
     * @return frames that came or went; 0 when there was nothing to do.
     */
    public int doWork(final long nowNs, final long realtimeOffsetNs)
    {
        this.nowNs = nowNs;
        this.realtimeOffsetNs = realtimeOffsetNs;
        final int arrived = forward.receive() + backward.receive();
        previousNs = nowNs;
        return arrived + forward.send() + backward.send();
    }

    /** When the next frame is due, or {@link Link#NO_DEADLINE}. */
    public long nextDeadlineNs()
    {
        return Math.min(forward.nextDeadlineNs(), backward.nextDeadlineNs());
    }

    /** Closes both links; what still waits is thrown away. */
    @Override
    public void close()
    {
        forward.close();
        backward.close();
    }

    /** Whether a frame is a question or an answer about neighbours: ARP, or ICMPv6 of RFC 4861. */
    private static boolean isOfNeighbours(final UnsafeBuffer buffer, final int offset, final int length)
    {
        if (length < EthernetHeader.LENGTH)
        {
            return false;
        }
        final int ip = offset + EthernetHeader.LENGTH;
        switch (EthernetHeader.type(buffer, offset))
        {
            case EthernetHeader.TYPE_ARP:
                return true;

            case EthernetHeader.TYPE_IPV6:
                if (length <= EthernetHeader.LENGTH + Ipv6Header.LENGTH ||
                    Ipv6Header.nextHeader(buffer, ip) != ProtocolNumber.ICMPV6)
                {
                    return false;
                }
                final int type = BigEndian.getUint8(buffer, ip + Ipv6Header.LENGTH);
                return type >= Icmpv6Header.TYPE_ROUTER_SOLICITATION && type <= Icmpv6Header.TYPE_REDIRECT;

            default:
                return false;
        }
    }

    /** One direction. */
    private final class Lane
    {
        private final Link from;
        private final Link to;
        private final ImpairedPath path;
        private final FrameHandler onFrame = this::onFrame;
        private final SoftwareOffload offload = new SoftwareOffload();
        /** When the last frame arrived. */
        private long arrivedNs = Long.MIN_VALUE;
        private Chunk blocked;
        private int blockedLength;
        private int blockedVlanTci;
        private long spared;
        private long sparedLost;

        Lane(final Link from, final Link to, final ImpairedPath path)
        {
            this.from = from;
            this.to = to;
            this.path = path;
        }

        int receive()
        {
            return from.poll(onFrame, POLL_LIMIT, nowNs);
        }

        /** Hands on what is due, until the link is full. */
        int send()
        {
            int sent = 0;
            Chunk chunk = blocked != null ? blocked : path.release(nowNs);
            int length = blocked != null ? blockedLength : path.releasedLength();
            int vlanTci = blocked != null ? blockedVlanTci : path.releasedVlanTci();
            blocked = null;
            while (chunk != null)
            {
                if (!hand(chunk.buffer(), 0, length, vlanTci))
                {
                    blocked = chunk;
                    blockedLength = length;
                    blockedVlanTci = vlanTci;
                    break;
                }
                sent++;
                chunk.release();
                chunk = path.release(nowNs);
                length = path.releasedLength();
                vlanTci = path.releasedVlanTci();
            }
            to.flush(nowNs);
            return sent;
        }

        long nextDeadlineNs()
        {
            // A full link says by its descriptor when it has room.
            return Math.min(from.nextDeadlineNs(), blocked != null ? Link.NO_DEADLINE : path.nextDueNs());
        }

        void close()
        {
            if (blocked != null)
            {
                blocked.release();
                blocked = null;
            }
            path.close();
            from.close();
        }

        private void onFrame(final RxFrame frame)
        {
            if (sparesNeighbours && isOfNeighbours(frame.buffer(), frame.offset(), frame.length()))
            {
                spared++;
                if (!hand(frame.buffer(), frame.offset(), frame.length(), frame.vlanTci()))
                {
                    sparedLost++;
                }
                return;
            }
            if (frame.length() < EthernetHeader.LENGTH || !offload.begin(frame))
            {
                path.countMalformed(1);
                return;
            }
            arrivedNs = arrivalOf(frame);
            while (offload.nextLength() > 0)
            {
                final int length = offload.nextLength();
                if (length > to.capabilities().mtu() + EthernetHeader.LENGTH)
                {
                    path.countMalformed(offload.skip());
                    return;
                }
                final Chunk chunk = path.acquire(length);
                if (chunk == null)
                {
                    path.countNoMemory(offload.skip());
                    return;
                }
                offload.next(chunk.buffer(), 0);
                path.offer(chunk, length, frame.vlanTci(), arrivedNs);
            }
        }

        /** Not before the last poll, nor before another that was ahead of it. */
        private long arrivalOf(final RxFrame frame)
        {
            final long stampNs = frame.timestampNs() == RxFrame.NO_TIMESTAMP ?
                nowNs : frame.timestampNs() + realtimeOffsetNs;
            return Math.max(Math.max(previousNs, arrivedNs), stampNs - nowNs > MOST_AHEAD_NS ? nowNs : stampNs);
        }

        /** Copies a frame into the link, with the VLAN tag that the kernel took out; false when the link is full. */
        private boolean hand(final UnsafeBuffer buffer, final int offset, final int length, final int vlanTci)
        {
            final int tag = vlanTci < 0 ? 0 : VLAN_TAG;
            final TxFrame frame = to.claim(length + tag, false);
            if (frame == null)
            {
                to.flush(nowNs);
                return false;
            }
            final UnsafeBuffer target = frame.buffer();
            final int at = frame.offset();
            target.putBytes(at, buffer, offset, EthernetHeader.TYPE_OFFSET);
            if (tag != 0)
            {
                BigEndian.putUint16(target, at + EthernetHeader.TYPE_OFFSET, EthernetHeader.TYPE_VLAN);
                BigEndian.putUint16(target, at + EthernetHeader.LENGTH, vlanTci);
            }
            target.putBytes(
                at + EthernetHeader.TYPE_OFFSET + tag,
                buffer,
                offset + EthernetHeader.TYPE_OFFSET,
                length - EthernetHeader.TYPE_OFFSET);
            to.commit(frame);
            return true;
        }
    }
}
