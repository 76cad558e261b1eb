package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/** An open packet ring as C describes it ({@code struct pnet_packet}); set-up only, read once by {@link PacketRing}. */
final class NativePacket
{
    /** Alone on its interface. */
    static final int NO_GROUP = -2;
    /** The first member of a group. */
    static final int NEW_GROUP = -1;

    private final UnsafeBuffer out = new UnsafeBuffer(Messages.allocate(NativeLayout.sizeOf("pnet_packet")));
    private final NativeInterface facts =
        new NativeInterface(out, NativeLayout.fieldOffset("pnet_packet", "interface"));

    private NativePacket()
    {
    }

    /**
     * Opens a ring on an interface, or over descriptors that were inherited.
     *
     * @param spec     for messages.
     * @param name     the interface; null with descriptors.
     * @param ringFd   an inherited, bound packet socket, or -1.
     * @param gatherFd a second one, or -1.
     * @param group    the fanout group to join, {@link #NEW_GROUP} or {@link #NO_GROUP}.
     * @param members  how many share what the options say of rings and buffers.
     * @param seed     of a new group's hash.
     */
    static NativePacket open(
        final String spec, final String name, final int ringFd, final int gatherFd, final LinkOptions options,
        final int group, final int members, final int seed) throws LinkException
    {
        final UnsafeBuffer in = new UnsafeBuffer(Messages.allocate(NativeLayout.sizeOf("pnet_packet_options")));
        NativeInterface.putName(in, NativeLayout.fieldOffset("pnet_packet_options", "name"), name);
        // The filter is for our address, which is derived from the interface's.
        final long mac = options.filter() ? options.macFor(interfaceMac(spec, name, ringFd, options)) : -1;
        in.putLong(NativeLayout.fieldOffset("pnet_packet_options", "mac"), mac);
        put(in, "ring_fd", ringFd);
        put(in, "gather_fd", gatherFd);
        put(in, "rx_slot_bytes", options.rxSlotBytes());
        put(in, "rx_slots", Math.max(1, options.rxSlots() / members));
        put(in, "tx_slot_bytes", options.txSlotBytes());
        put(in, "tx_slots", (options.txSlots() + members - 1) / members);
        put(in, "copy_large", options.copyLarge() ? 1 : 0);
        put(in, "receive_buffer_bytes", options.receiveBufferBytes() / members);
        put(in, "send_buffer_bytes", options.sendBufferBytes());
        put(in, "ring_send_buffer_bytes", options.ringSendBufferBytes());
        put(in, "qdisc_bypass", options.qdiscBypass() ? 1 : 0);
        put(in, "promiscuous", options.promiscuous() ? 1 : 0);
        put(in, "fanout_group", group);
        put(in, "fanout_seed", seed);

        final NativePacket packet = new NativePacket();
        final int result = Native.pnet_packet_open(in.addressOffset(), packet.out.addressOffset());
        if (result < 0)
        {
            throw LinkErrors.opening(spec, packet.get("failed_step"), -result);
        }
        return packet;
    }

    void close()
    {
        Native.pnet_packet_close(out.addressOffset());
    }

    NativeInterface facts()
    {
        return facts;
    }

    String interfaceName()
    {
        return facts.name();
    }

    /** A view over both rings; zeros after {@link #close}. */
    UnsafeBuffer ring()
    {
        final long address = out.getLong(NativeLayout.fieldOffset("pnet_packet", "address"));
        final long length = out.getLong(NativeLayout.fieldOffset("pnet_packet", "length"));
        return new UnsafeBuffer(address, (int)length);
    }

    int txOffset()
    {
        return (int)out.getLong(NativeLayout.fieldOffset("pnet_packet", "tx_offset"));
    }

    int ringFd()
    {
        return get("ring_fd");
    }

    int gatherFd()
    {
        return get("gather_fd");
    }

    int watchFd()
    {
        return get("watch_fd");
    }

    int rxSlotBytes()
    {
        return get("rx_slot_bytes");
    }

    int rxSlots()
    {
        return get("rx_slots");
    }

    int txSlotBytes()
    {
        return get("tx_slot_bytes");
    }

    int txSlots()
    {
        return get("tx_slots");
    }

    int vnetLength()
    {
        return get("vnet_header_bytes");
    }

    /** The group it is a member of. */
    int fanoutGroup()
    {
        return get("fanout_group");
    }

    int receiveBufferBytes()
    {
        return get("receive_buffer_bytes");
    }

    private int get(final String field)
    {
        return out.getInt(NativeLayout.fieldOffset("pnet_packet", field));
    }

    private static void put(final UnsafeBuffer in, final String field, final int value)
    {
        in.putInt(NativeLayout.fieldOffset("pnet_packet_options", field), value);
    }

    private static long interfaceMac(
        final String spec, final String name, final int ringFd, final LinkOptions options) throws LinkException
    {
        if (options.mac() != LinkOptions.DERIVED_MAC)
        {
            return 0;
        }
        return NativeInterface.read(spec, ringFd, name).mac();
    }
}
