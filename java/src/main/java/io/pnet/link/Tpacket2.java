package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A slot of a TPACKET_V2 ring: static accessors over the mapped region, since slots are met at many offsets.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |                           tp_status                           |
 *  +---------------------------------------------------------------+
 *  |             tp_len: bytes of the frame on the wire            |
 *  +---------------------------------------------------------------+
 *  |           tp_snaplen: bytes of it that are in the slot        |
 *  +-------------------------------+-------------------------------+
 *  |    tp_mac: where it starts    |            tp_net             |
 *  +-------------------------------+-------------------------------+
 *  |                            tp_sec                             |
 *  +---------------------------------------------------------------+
 *  |                            tp_nsec                            |
 *  +-------------------------------+-------------------------------+
 *  |          tp_vlan_tci          |          tp_vlan_tpid         |
 *  +-------------------------------+-------------------------------+
 * </pre>
 */
final class Tpacket2
{
    static final int STATUS_OFFSET = 0;
    static final int LENGTH_OFFSET = 4;
    static final int SNAP_LENGTH_OFFSET = 8;
    static final int MAC_OFFSET = 12;
    static final int SECONDS_OFFSET = 16;
    static final int NANOS_OFFSET = 20;
    static final int VLAN_TCI_OFFSET = 24;

    static final int STATUS_USER = 1;
    static final int STATUS_COPY = 1 << 1;
    static final int STATUS_LOSING = 1 << 2;
    static final int STATUS_CHECKSUM_NOT_READY = 1 << 3;
    static final int STATUS_VLAN_VALID = 1 << 4;
    static final int STATUS_CHECKSUM_VALID = 1 << 7;

    static final int STATUS_AVAILABLE = 0;
    static final int STATUS_SEND_REQUEST = 1;
    static final int STATUS_SENDING = 2;
    static final int STATUS_WRONG_FORMAT = 4;

    /** The first byte of a TX slot that may carry data. */
    static final int TX_DATA_OFFSET = 32;

    private Tpacket2()
    {
    }

    static void verify()
    {
        NativeLayout.expect("offsetof tpacket2_hdr tp_status", STATUS_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_len", LENGTH_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_snaplen", SNAP_LENGTH_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_mac", MAC_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_sec", SECONDS_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_nsec", NANOS_OFFSET);
        NativeLayout.expect("offsetof tpacket2_hdr tp_vlan_tci", VLAN_TCI_OFFSET);
        NativeLayout.expect("TP_STATUS_USER", STATUS_USER);
        NativeLayout.expect("TP_STATUS_COPY", STATUS_COPY);
        NativeLayout.expect("TP_STATUS_LOSING", STATUS_LOSING);
        NativeLayout.expect("TP_STATUS_CSUMNOTREADY", STATUS_CHECKSUM_NOT_READY);
        NativeLayout.expect("TP_STATUS_VLAN_VALID", STATUS_VLAN_VALID);
        NativeLayout.expect("TP_STATUS_CSUM_VALID", STATUS_CHECKSUM_VALID);
        NativeLayout.expect("TP_STATUS_SEND_REQUEST", STATUS_SEND_REQUEST);
        NativeLayout.expect("TP_STATUS_SENDING", STATUS_SENDING);
        NativeLayout.expect("TP_STATUS_WRONG_FORMAT", STATUS_WRONG_FORMAT);
        NativeLayout.expect("TX_DATA_OFFSET", TX_DATA_OFFSET);
    }

    /** Pairs with the kernel's store of the status after it has written (RX) or read (TX) the slot. */
    static int statusAcquire(final UnsafeBuffer ring, final int slot)
    {
        return ring.getIntAcquire(slot + STATUS_OFFSET);
    }

    /** Hands the slot to the kernel: our reads (RX) and writes (TX) of it come before. */
    static void statusRelease(final UnsafeBuffer ring, final int slot, final int status)
    {
        ring.putIntRelease(slot + STATUS_OFFSET, status);
    }

    static int length(final UnsafeBuffer ring, final int slot)
    {
        return ring.getInt(slot + LENGTH_OFFSET);
    }

    static void length(final UnsafeBuffer ring, final int slot, final int length)
    {
        ring.putInt(slot + LENGTH_OFFSET, length);
    }

    static int snapLength(final UnsafeBuffer ring, final int slot)
    {
        return ring.getInt(slot + SNAP_LENGTH_OFFSET);
    }

    /** Where the Ethernet header starts, from the slot. */
    static int mac(final UnsafeBuffer ring, final int slot)
    {
        return ring.getShort(slot + MAC_OFFSET) & 0xFFFF;
    }

    /** On transmit: where the virtio header starts (PACKET_TX_HAS_OFF). */
    static void mac(final UnsafeBuffer ring, final int slot, final int offset)
    {
        ring.putShort(slot + MAC_OFFSET, (short)offset);
    }

    /** CLOCK_REALTIME in ns. */
    static long timestampNs(final UnsafeBuffer ring, final int slot)
    {
        return (ring.getInt(slot + SECONDS_OFFSET) & 0xFFFF_FFFFL) * 1_000_000_000L +
            ring.getInt(slot + NANOS_OFFSET);
    }

    static int vlanTci(final UnsafeBuffer ring, final int slot)
    {
        return ring.getShort(slot + VLAN_TCI_OFFSET) & 0xFFFF;
    }
}
