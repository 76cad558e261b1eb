package io.pnet.link;

import io.pnet.wire.EthernetHeader;
import org.agrona.collections.Long2ObjectHashMap;

import java.util.ArrayList;
import java.util.List;

/**
 * A switch in memory. It learns nothing: a frame to a port's own MAC address goes there, one to a group or to nobody's
 * address goes to every other port. Several ports may share an address, as a packet ring's fanout does.
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

    /**
     * Ports that share a MAC address, each for another owner.
     *
     * @param steering says which of them a frame goes to.
     */
    public List<Port> group(
        final MemoryLinkOptions options, final List<LinkContext> contexts, final FrameSteering steering)
    {
        final Port first = port(options, contexts.get(0));
        first.steering = steering;
        options.macAddress(first.capabilities().macAddress());
        for (final LinkContext context : contexts.subList(1, contexts.size()))
        {
            final Port member = new Port(options, context, 0);
            member.first = first;
            first.members.add(member);
        }
        return List.copyOf(first.members);
    }

    /** Addresses that are in use. */
    public int ports()
    {
        return ports.size();
    }

    /** A link into the switch. */
    public final class Port extends MemoryLink
    {
        private final List<Port> members = new ArrayList<>(List.of(this));
        private Port first = this;
        private FrameSteering steering;

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
                if (only != first)
                {
                    only.member(frame).inbound().stage(frame, offload(), this);
                }
                return;
            }
            for (int i = 0; i < ports.size(); i++)
            {
                final Port port = ports.get(i);
                if (port != first)
                {
                    port.member(frame).inbound().stage(frame, offload(), this);
                }
            }
        }

        private Port member(final TxFrame frame)
        {
            return steering == null ? this :
                members.get(steering.member(frame.buffer(), frame.offset(), frame.headLength()));
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
