package io.pnet.ip;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import io.pnet.link.FrameHandler;
import io.pnet.link.RxFrame;
import io.pnet.wire.BigEndian;
import io.pnet.wire.EthernetHeader;
import org.agrona.concurrent.UnsafeBuffer;

/** Ethernet input of one interface: whether a frame is for us, and what it carries. */
final class FrameInput implements FrameHandler
{
    private static final int VLAN_ID_MASK = 0xFFF;

    private final Ip ip;
    private final NetworkInterface networkInterface;
    private final Counters counters;
    private boolean hasLogged;

    FrameInput(final Ip ip, final NetworkInterface networkInterface)
    {
        this.ip = ip;
        this.networkInterface = networkInterface;
        this.counters = ip.counters;
    }

    @Override
    public void onFrame(final RxFrame frame)
    {
        try
        {
            receive(frame);
        }
        catch (final Throwable ex)
        {
            // A defect of ours must not take the link's poll loop with it: the next frame may be fine.
            counters.increment(Counter.STACK_INTERNAL_ERRORS);
            if (!hasLogged)
            {
                hasLogged = true;
                // Asked for here and not before: a logger made early would set up logging before the application does.
                System.getLogger(FrameInput.class.getName())
                    .log(System.Logger.Level.ERROR, "a received frame was dropped by an internal error", ex);
            }
        }
    }

    private void receive(final RxFrame frame)
    {
        final UnsafeBuffer buffer = frame.buffer();
        final int offset = frame.offset();
        final int length = frame.length() - EthernetHeader.LENGTH;
        if (length < 0)
        {
            counters.increment(Counter.ETH_RX_DROP_SHORT);
            return;
        }
        final int vlan = frame.vlanTci();
        if (vlan > 0 && (vlan & VLAN_ID_MASK) != 0)
        {
            counters.increment(Counter.ETH_RX_DROP_VLAN);
            return;
        }
        final long destination = BigEndian.getUint48(buffer, offset);
        final boolean isUnicast = destination == networkInterface.macAddress;
        if (!isUnicast && destination != EthernetHeader.BROADCAST && !networkInterface.listensTo(destination))
        {
            counters.increment(Counter.ETH_RX_DROP_NOT_FOR_US);
            return;
        }
        final int network = offset + EthernetHeader.LENGTH;
        switch (EthernetHeader.type(buffer, offset))
        {
            case EthernetHeader.TYPE_IPV4:
                ip.ipv4Input.onPacket(networkInterface, frame, network, length, isUnicast);
                break;

            case EthernetHeader.TYPE_IPV6:
                ip.ipv6Input.onPacket(networkInterface, frame, network, length, isUnicast);
                break;

            case EthernetHeader.TYPE_ARP:
                ip.arp.onPacket(networkInterface, buffer, network, length);
                break;

            case EthernetHeader.TYPE_VLAN:
            case EthernetHeader.TYPE_PROVIDER_VLAN:
                counters.increment(Counter.ETH_RX_DROP_VLAN);
                break;

            default:
                counters.increment(Counter.ETH_RX_DROP_UNKNOWN_TYPE);
                break;
        }
    }
}
