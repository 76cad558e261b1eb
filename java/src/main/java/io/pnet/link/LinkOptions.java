package io.pnet.link;

/**
 * How a kernel link is opened. A builder that may be shared once it is filled; every setter returns {@code this}.
 *
 * <p><b>Ring geometry.</b> The defaults give an RX ring of 8,192 slots of 2 KiB (16 MiB, locked in the kernel): 100 ms
 * of MTU-sized frames at 1 Gbit/s, 10 ms at 10 Gbit/s. Frames that do not fit a slot come whole through the socket's
 * queue, which holds {@link #receiveBufferBytes()} (32 MiB: some 500 frames of 64 KiB, 250 ms at 1 Gbit/s). The TX ring
 * of 1,024 slots of 2 KiB (2 MiB) carries small frames, for which the kernel holds {@link #ringSendBufferBytes()}, four
 * times as much as of large ones: where a shaper's queue is, many answers to SYNs must not keep a bulk transfer from
 * filling it. Large frames are gathered from where they lie.
 *
 * <p>So a process that stands still for 10 to 200 ms while 1 Gbit/s comes in loses nothing that way (PauseInteropTest):
 * what its peer may send meanwhile, a window, is less than either holds. A peer whose time-out is shorter than the
 * pause still sends a segment again.
 *
 * <p>Slots of 2 KiB hold frames of up to {@code slot - 82} bytes on receive and {@code slot - 50} on transmit.
 */
public final class LinkOptions
{
    /** {@link #mac()}: derive one from {@link #macSeed()}. */
    public static final long DERIVED_MAC = -1;

    private long mac = DERIVED_MAC;
    private long macSeed;
    private int mtu;
    private boolean offload = true;
    private int rxSlotBytes = 2_048;
    private int rxSlots = 8_192;
    private int txSlotBytes = 2_048;
    private int txSlots = 1_024;
    private boolean copyLarge = true;
    private int receiveBufferBytes = 32 << 20;
    private int sendBufferBytes = 262_144;
    private int ringSendBufferBytes = 4 * 262_144;
    private boolean qdiscBypass;
    private boolean promiscuous = true;
    private boolean filter = true;
    private boolean uring = true;

    /** The defaults. */
    public LinkOptions()
    {
    }

    /** Our MAC address, 48 bits in the low end, or {@link #DERIVED_MAC}. */
    public LinkOptions mac(final long mac)
    {
        if (mac != DERIVED_MAC && (mac < 0 || mac >>> 48 != 0 || (mac >>> 40 & 1) != 0 || mac == 0))
        {
            throw new IllegalArgumentException("not a unicast MAC address: " + Long.toHexString(mac));
        }
        this.mac = mac;
        return this;
    }

    public long mac()
    {
        return mac;
    }

    /**
     * What a derived MAC address is made of, together with the interface's own: the same seed on the same interface
     * gives the same address, so give every process on an interface another one (a hash of its IP address is good).
     */
    public LinkOptions macSeed(final long macSeed)
    {
        this.macSeed = macSeed;
        return this;
    }

    public long macSeed()
    {
        return macSeed;
    }

    /** Largest IP packet to send; 0, or more than the interface's MTU, stands for the interface's MTU. */
    public LinkOptions mtu(final int mtu)
    {
        this.mtu = mtu;
        return this;
    }

    public int mtu()
    {
        return mtu;
    }

    /**
     * Whether the stack may leave checksums and segmentation to the link (default), and on a TAP, whether the kernel
     * may leave them to us. What a packet ring receives is up to the sender's device.
     */
    public LinkOptions offload(final boolean offload)
    {
        this.offload = offload;
        return this;
    }

    public boolean offload()
    {
        return offload;
    }

    /** Geometry of the RX ring: bytes a slot (a multiple of 16) and slots, rounded up to whole blocks of pages. */
    public LinkOptions rxRing(final int slotBytes, final int slots)
    {
        this.rxSlotBytes = slotBytes;
        this.rxSlots = slots;
        return this;
    }

    public int rxSlotBytes()
    {
        return rxSlotBytes;
    }

    public int rxSlots()
    {
        return rxSlots;
    }

    /** Geometry of the TX ring; 0 slots: none, everything is gathered. */
    public LinkOptions txRing(final int slotBytes, final int slots)
    {
        this.txSlotBytes = slotBytes;
        this.txSlots = slots;
        return this;
    }

    public int txSlotBytes()
    {
        return txSlotBytes;
    }

    public int txSlots()
    {
        return txSlots;
    }

    /** Whether frames larger than an RX slot come whole through the socket's queue (default) or are dropped. */
    public LinkOptions copyLarge(final boolean copyLarge)
    {
        this.copyLarge = copyLarge;
        return this;
    }

    public boolean copyLarge()
    {
        return copyLarge;
    }

    /** Bytes of such frames that may wait; without CAP_NET_ADMIN the kernel cuts it at net.core.rmem_max. */
    public LinkOptions receiveBufferBytes(final int receiveBufferBytes)
    {
        this.receiveBufferBytes = receiveBufferBytes;
        return this;
    }

    public int receiveBufferBytes()
    {
        return receiveBufferBytes;
    }

    /**
     * Bytes that may wait in queueing disciplines and drivers per socket before the link is congested, at most: a
     * packet ring finds out how little keeps its link busy. It is the back-pressure that keeps a shaper's queue short.
     * 0: the kernel's default.
     */
    public LinkOptions sendBufferBytes(final int sendBufferBytes)
    {
        this.sendBufferBytes = sendBufferBytes;
        return this;
    }

    public int sendBufferBytes()
    {
        return sendBufferBytes;
    }

    /** As {@link #sendBufferBytes(int)}, of the small frames in the TX ring; without meaning where there is none. */
    public LinkOptions ringSendBufferBytes(final int ringSendBufferBytes)
    {
        this.ringSendBufferBytes = ringSendBufferBytes;
        return this;
    }

    public int ringSendBufferBytes()
    {
        return ringSendBufferBytes;
    }

    /** Whether frames pass queueing disciplines (and local captures) by; default false. */
    public LinkOptions qdiscBypass(final boolean qdiscBypass)
    {
        this.qdiscBypass = qdiscBypass;
        return this;
    }

    public boolean qdiscBypass()
    {
        return qdiscBypass;
    }

    /** Whether a packet ring sets the interface promiscuous (default), which it needs for a MAC address of its own. */
    public LinkOptions promiscuous(final boolean promiscuous)
    {
        this.promiscuous = promiscuous;
        return this;
    }

    public boolean promiscuous()
    {
        return promiscuous;
    }

    /** Whether the kernel filters for our MAC address, broadcast and multicast (default). */
    public LinkOptions filter(final boolean filter)
    {
        this.filter = filter;
        return this;
    }

    public boolean filter()
    {
        return filter;
    }

    /** Whether a TAP uses io_uring where the kernel has it (default), which costs a third to a sixth less a frame. */
    public LinkOptions uring(final boolean uring)
    {
        this.uring = uring;
        return this;
    }

    public boolean uring()
    {
        return uring;
    }

    /** The MAC address to use on an interface whose own is {@code interfaceMac}: unicast and locally administered. */
    long macFor(final long interfaceMac)
    {
        if (mac != DERIVED_MAC)
        {
            return mac;
        }
        // SplitMix64's finisher: every bit of seed and address reaches every bit of the result.
        long z = interfaceMac + 0x9E37_79B9_7F4A_7C15L * (macSeed + 1);
        z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        z ^= z >>> 31;
        final long derived = (z & 0xFCFF_FFFF_FFFFL) | 0x0200_0000_0000L;
        return derived == interfaceMac ? derived ^ 1 : derived;
    }

    int mtuFor(final int interfaceMtu)
    {
        return mtu > 0 && mtu < interfaceMtu ? mtu : interfaceMtu;
    }
}
