package io.pnet.link;

import io.pnet.wire.ArpPacket;
import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A host whose network card is exchanged while it runs: from then on it sends and answers ARP with another MAC address,
 * and does not hear the old one. For IPv4.
 */
public final class Disguise extends Delegate
{
    private final long ownMacAddress;
    private long macAddress;

    public Disguise(final Link link)
    {
        super(link);
        ownMacAddress = link.capabilities().macAddress();
        macAddress = ownMacAddress;
    }

    /** From now on. */
    public void macAddress(final long value)
    {
        macAddress = value;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        return super.poll(frame -> hear(frame, handler), limit, nowNs);
    }

    private void hear(final RxFrame frame, final FrameHandler handler)
    {
        final long destination = EthernetHeader.destination(frame.buffer(), frame.offset());
        if (destination == macAddress)
        {
            BigEndian.putUint48(frame.buffer(), frame.offset(), ownMacAddress);
        }
        else if (destination == ownMacAddress)
        {
            return;
        }
        handler.onFrame(frame);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int at = frame.offset();
        BigEndian.putUint48(buffer, at + EthernetHeader.SOURCE_OFFSET, macAddress);
        if (EthernetHeader.type(buffer, at) == EthernetHeader.TYPE_ARP &&
            frame.headLength() >= EthernetHeader.LENGTH + ArpPacket.LENGTH)
        {
            BigEndian.putUint48(buffer, at + EthernetHeader.LENGTH + ArpPacket.SENDER_MAC_OFFSET, macAddress);
        }
        super.commit(frame);
    }
}
