package io.pnet.sim;

import io.pnet.link.Delegate;
import io.pnet.link.Link;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.Ipv6Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.SeqNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.HashMap;
import java.util.Map;

/**
 * Looks at every TCP segment that a stack sends, knowing nothing of the stack: acknowledgements never go back, the
 * window's right edge neither, only new data is ECN-capable, nothing is larger than the MTU.
 */
final class WireCheck extends Delegate
{
    private static final int ECN_MASK = 3;

    /** What one connection has said so far. */
    private static final class Flow
    {
        int shift;
        boolean hasSent;
        int ack;
        int edge;
        int next;
    }

    private final boolean isScaling;
    private final Map<Integer, Flow> flows = new HashMap<>();
    private final TcpOptions options = new TcpOptions();
    private long segments;

    /**
     * @param isScaling whether both sides use window scaling.
     */
    WireCheck(final Link link, final boolean isScaling)
    {
        super(link);
        this.isScaling = isScaling;
    }

    /** Segments it has looked at. */
    long segments()
    {
        return segments;
    }

    @Override
    public void commit(final TxFrame frame)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int at = frame.offset() + EthernetHeader.LENGTH;
        final int type = EthernetHeader.type(buffer, frame.offset());
        if (type == EthernetHeader.TYPE_IPV4 && Ipv4Header.protocol(buffer, at) == ProtocolNumber.TCP)
        {
            check(frame, at + Ipv4Header.headerLength(buffer, at), new Ipv4Header().wrap(buffer, at).ecn());
        }
        else if (type == EthernetHeader.TYPE_IPV6 && Ipv6Header.nextHeader(buffer, at) == ProtocolNumber.TCP)
        {
            check(frame, at + Ipv6Header.LENGTH, new Ipv6Header().wrap(buffer, at).ecn());
        }
        super.commit(frame);
    }

    private void check(final TxFrame frame, final int at, final int ecn)
    {
        segments++;
        final TcpHeader header = new TcpHeader().wrap(frame.buffer(), at);
        final int headers = at - frame.offset() + header.headerLength();
        final int payload = frame.length() - headers;
        final int flags = header.flags();
        final int largest = frame.gsoType() == RxFrame.GSO_NONE ? frame.length() : headers + frame.gsoSize();
        require(largest <= capabilities().mtu() + EthernetHeader.LENGTH, "larger than the MTU", header, payload);
        final Flow flow = flows.computeIfAbsent(
            header.sourcePort() << 16 | header.destinationPort(), ports -> new Flow());
        if ((flags & TcpHeader.SYN) != 0)
        {
            require(ecn == 0, "a SYN that is ECN-capable", header, payload);
            options.parse(frame.buffer(), at + TcpHeader.OPTIONS_OFFSET, header.headerLength() - TcpHeader.MIN_LENGTH);
            flow.shift = isScaling ? Math.max(0, options.windowScale()) : 0;
            flow.next = header.sequenceNumber() + 1;
            return;
        }
        if ((flags & TcpHeader.RST) != 0)
        {
            require(ecn == 0, "a reset that is ECN-capable", header, payload);
            return;
        }
        final int ack = header.acknowledgmentNumber();
        final int edge = ack + (header.window() << flow.shift);
        final int seq = header.sequenceNumber();
        require((flags & TcpHeader.ACK) != 0, "no ACK", header, payload);
        if (flow.hasSent)
        {
            require(SeqNumber.leq(flow.ack, ack), "an acknowledgement that goes back", header, payload);
            // What the scale cannot express may be rounded (RFC 7323 section 2.4).
            require(SeqNumber.lt(flow.edge, edge + (1 << flow.shift)), "a window that shrinks", header, payload);
        }
        final boolean isNew = payload > 0 && SeqNumber.leq(flow.next, seq);
        require(ecn != ECN_MASK, "a mark of our own", header, payload);
        require(ecn == 0 || isNew, "ECN-capable and not new data", header, payload);
        require((flags & TcpHeader.CWR) == 0 || isNew, "CWR and not new data", header, payload);
        flow.edge = flow.hasSent ? SeqNumber.max(flow.edge, edge) : edge;
        flow.ack = ack;
        flow.hasSent = true;
        if (SeqNumber.leq(flow.next, seq))
        {
            flow.next = SeqNumber.max(flow.next, seq + payload + ((flags & TcpHeader.FIN) != 0 ? 1 : 0));
        }
    }

    private static void require(
        final boolean holds, final String what, final TcpHeader header, final int payload)
    {
        if (!holds)
        {
            throw new AssertionError("sent " + what + ": seq " + header.sequenceNumber() + " ack " +
                header.acknowledgmentNumber() + " flags " + Integer.toHexString(header.flags()) + " window " +
                header.window() + " payload " + payload);
        }
    }
}
