package io.pnet.link;

import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.SplittableRandom;

/**
 * A queue that marks instead of dropping (RFC 3168 section 5): some of the frames whose IP packet is ECN-capable leave
 * with CE, or arrive with it.
 */
public final class Marking extends Delegate
{
    private static final int ECN_MASK = 3;

    private final SplittableRandom random;
    private final double inShare;
    private final double outShare;
    private long marked;

    public Marking(final Link link, final SplittableRandom random, final double inShare, final double outShare)
    {
        super(link);
        this.random = random;
        this.inShare = inShare;
        this.outShare = outShare;
    }

    /** Frames it has marked. */
    public long marked()
    {
        return marked;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        return inShare == 0 ? super.poll(handler, limit, nowNs) : super.poll(
            frame ->
            {
                mark(frame.buffer(), frame.offset(), frame.length(), inShare);
                handler.onFrame(frame);
            },
            limit,
            nowNs);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        mark(frame.buffer(), frame.offset(), frame.headLength(), outShare);
        super.commit(frame);
    }

    private void mark(final UnsafeBuffer buffer, final int offset, final int length, final double share)
    {
        if (share == 0 || length < EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH || random.nextDouble() >= share)
        {
            return;
        }
        final int at = offset + EthernetHeader.LENGTH;
        final int type = EthernetHeader.type(buffer, offset);
        if (type == EthernetHeader.TYPE_IPV4)
        {
            final Ipv4Header header = new Ipv4Header().wrap(buffer, at);
            if (header.ecn() != 0)
            {
                header.typeOfService(header.typeOfService() | ECN_MASK).updateHeaderChecksum();
                marked++;
            }
        }
        else if (type == EthernetHeader.TYPE_IPV6)
        {
            // The class is the second and third nibble.
            final int first = BigEndian.getUint16(buffer, at);
            if ((first >>> 4 & ECN_MASK) != 0)
            {
                BigEndian.putUint16(buffer, at, first | ECN_MASK << 4);
                marked++;
            }
        }
    }
}
