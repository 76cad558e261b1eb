package io.pnet.link;

import io.pnet.wire.EthernetHeader;
import org.agrona.collections.Long2ObjectHashMap;

import java.util.ArrayList;
import java.util.List;

/**
 * A switch in memory. It learns nothing: a frame to a port's own MAC address goes there, one to a group or to nobody's
 * address goes to every other port.
 *
 * <p>All ports belong to one thread; with that, everything is deterministic. Ports receive in the order in which
 * senders flush.
 */
public final class Switch
{
    private static final long FIRST_MAC_ADDRESS = 0x0250_4E01_0000L;

    private final List<Port> ports = new ArrayList<>();
    private final Long2ObjectHashMap<Port> byMacAddress = new Long2ObjectHashMap<>();
    private int made;

    /**
     * A new port.
     *
     * @throws IllegalArgumentException when the options' MAC address is another port's.
     */
    public Port port(final MemoryLinkOptions options, final LinkContext context)
    {
        final Port port = new Port(options, context, FIRST_MAC_ADDRESS + ++made);
        final long macAddress = port.capabilities().macAddress();
        if (byMacAddress.containsKey(macAddress))
        {
            throw new IllegalArgumentException(
                "MAC address %012x is another port's already: give each port its own, or none".formatted(macAddress));
        }
        ports.add(port);
        byMacAddress.put(macAddress, port);
        return port;
    }

    /** Ports that are open. */
    public int ports()
    {
        return ports.size();
    }

    /** A link into the switch. */
    public final class Port extends MemoryLink
    {
        private Port(final MemoryLinkOptions options, final LinkContext context, final long madeUpMacAddress)
        {
            super(options, context, madeUpMacAddress);
        }

        @Override
        void route(final TxFrame frame)
        {
            final Port only = byMacAddress.get(
                EthernetHeader.destination(frame.buffer(), frame.offset()));
            if (only != null)
            {
                // A frame to its own sender goes nowhere, as on a switch.
                if (only != this)
                {
                    only.inbound().stage(frame, offload(), this);
                }
                return;
            }
            for (int i = 0; i < ports.size(); i++)
            {
                final Port port = ports.get(i);
                if (port != this)
                {
                    port.inbound().stage(frame, offload(), this);
                }
            }
        }

        @Override
        public void close()
        {
            super.close();
            if (ports.remove(this))
            {
                byMacAddress.remove(capabilities().macAddress());
            }
        }
    }
}
