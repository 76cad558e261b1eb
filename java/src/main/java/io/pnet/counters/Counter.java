package io.pnet.counters;

/**
 * Everything a stack counts.
 *
 * <p>The law of the books: every frame that a link, or another stack of the group, shows meets exactly one end. It is
 * thrown away, and counted under exactly one constant whose {@link #isDrop()} is true; or somebody uses it, and it is
 * counted under exactly one whose {@link #isUse()} is true; or it was handed to a transport of the user's own, which
 * has no counters here. So between two duty cycles
 * <pre>
 *   link.rx.frames + group.rx.frames = the drops + the uses + what transports of the user's own were handed
 * </pre>
 * and {@link Counters#unaccounted()} is the last of these: 0 in a stack that has none.
 */
public enum Counter
{
    // ---- link, receive
    LINK_RX_FRAMES("link.rx.frames"),
    LINK_RX_BYTES("link.rx.bytes"),
    /** Frames that arrived through the socket's queue because they did not fit a ring slot. */
    LINK_RX_COPIED("link.rx.large"),
    /** Frames that the kernel dropped because our ring or socket queue was full (PACKET_STATISTICS). */
    LINK_RX_KERNEL_DROPS("link.rx.kernel.drops"),
    LINK_RX_DROP_TRUNCATED("link.rx.drop.truncated", true),
    LINK_RX_DROP_NO_CHUNK("link.rx.drop.no.chunk", true),
    LINK_RX_DROP_BAD_OFFLOAD("link.rx.drop.bad.offload", true),
    LINK_DOWN("link.down"),

    // ---- link, transmit
    LINK_TX_FRAMES("link.tx.frames"),
    LINK_TX_BYTES("link.tx.bytes"),
    /** Claims refused because the kernel had not yet taken what was committed before. */
    LINK_TX_FULL("link.tx.full"),
    /** Frames that a queueing discipline or the device dropped, or that there was no memory for (ENOBUFS, ENOMEM). */
    LINK_TX_DROPPED("link.tx.dropped"),
    /** Frames that the kernel found malformed or too large (EINVAL, EMSGSIZE), and what else it would not take. */
    LINK_TX_DROP_REFUSED("link.tx.drop.refused"),
    /** Frames for an interface that was down or gone, and those that waited when the link was closed. */
    LINK_TX_DROP_DOWN("link.tx.drop.down"),
    /** Times that a slot of the TX ring did not come back, so that small frames went by the other lane. */
    LINK_TX_RING_STUCK("link.tx.ring.stuck"),

    // ---- the other stacks of a group
    /** Frames that came from another stack, and copies of what all of them should hear. */
    GROUP_RX_FRAMES("group.rx.frames"),
    /** Frames that were given to the stack whose flow they belong to. */
    GROUP_TX_FRAMES("group.tx.frames"),
    GROUP_TX_DROP_FULL("group.tx.drop.full", true),

    // ---- Ethernet
    ETH_RX_DROP_SHORT("eth.rx.drop.short", true),
    ETH_RX_DROP_NOT_FOR_US("eth.rx.drop.not.for.us", true),
    ETH_RX_DROP_VLAN("eth.rx.drop.vlan", true),
    ETH_RX_DROP_UNKNOWN_TYPE("eth.rx.drop.unknown.type", true),

    // ---- ARP
    ARP_RX("arp.rx"),
    ARP_TX("arp.tx"),
    ARP_RX_DROP_MALFORMED("arp.rx.drop.malformed", true),
    ARP_RX_DROP_NOT_FOR_US("arp.rx.drop.not.for.us", true),
    ARP_CONFLICTS("arp.conflicts"),

    // ---- neighbours
    NEIGHBOUR_FAILED("neighbour.failed"),
    NEIGHBOUR_TX_DROP_QUEUE_FULL("neighbour.tx.drop.queue.full"),
    NEIGHBOUR_TX_DROP_UNREACHABLE("neighbour.tx.drop.unreachable"),

    // ---- IP
    IP_RX_PACKETS("ip.rx.packets"),
    /** Packets handed to a registered protocol, which counts what becomes of them. */
    IP_RX_DELIVERED("ip.rx.delivered"),
    IP_TX_PACKETS("ip.tx.packets"),
    IP_RX_DROP_SHORT("ip.rx.drop.short", true),
    IP_RX_DROP_VERSION("ip.rx.drop.version", true),
    IP_RX_DROP_HEADER_LENGTH("ip.rx.drop.header.length", true),
    IP_RX_DROP_TOTAL_LENGTH("ip.rx.drop.total.length", true),
    IP_RX_DROP_HEADER_CHECKSUM("ip.rx.drop.header.checksum", true),
    IP_RX_DROP_MARTIAN("ip.rx.drop.martian", true),
    IP_RX_DROP_NOT_FOR_US("ip.rx.drop.not.for.us", true),
    IP_RX_DROP_OPTIONS("ip.rx.drop.options", true),
    IP_RX_DROP_EXTENSION_HEADER("ip.rx.drop.extension.header", true),
    IP_RX_DROP_UNKNOWN_PROTOCOL("ip.rx.drop.unknown.protocol", true),
    IP_FRAGMENTS_RX("ip.fragments.rx"),
    IP_FRAGMENTS_TX("ip.fragments.tx"),
    IP_REASSEMBLED("ip.reassembled"),
    /** Fragments that became part of a reassembled packet, without the one that completed it. */
    IP_FRAGMENTS_MERGED("ip.fragments.merged"),
    /** Gauge: fragments that wait for the rest of their packet. */
    IP_FRAGMENTS_WAITING("ip.fragments.waiting"),
    IP_RX_DROP_FRAGMENT_DUPLICATE("ip.rx.drop.fragment.duplicate", true),
    IP_RX_DROP_FRAGMENT_MALFORMED("ip.rx.drop.fragment.malformed", true),
    IP_RX_DROP_FRAGMENT_OVERLAP("ip.rx.drop.fragment.overlap", true),
    IP_RX_DROP_FRAGMENT_NO_MEMORY("ip.rx.drop.fragment.no.memory", true),
    /** A congestion mark on one fragment of a packet that is not ECN-capable on another (RFC 3168 section 5.3). */
    IP_RX_DROP_FRAGMENT_ECN("ip.rx.drop.fragment.ecn", true),
    IP_RX_DROP_FRAGMENT_TIMEOUT("ip.rx.drop.fragment.timeout", true),
    IP_TX_DROP_NO_ROUTE("ip.tx.drop.no.route"),
    IP_TX_DROP_TOO_BIG("ip.tx.drop.too.big"),
    /** Fragments and packets that had waited, for which the link then had no room. */
    IP_TX_DROP_LINK_FULL("ip.tx.drop.link.full"),

    // ---- ICMP and NDP
    ICMP_RX("icmp.rx"),
    ICMP_TX("icmp.tx"),
    ICMP_RX_ECHO_REQUESTS("icmp.rx.echo.requests"),
    ICMP_RX_ERRORS("icmp.rx.errors"),
    ICMP_TX_ERRORS("icmp.tx.errors"),
    ICMP_TX_RATE_LIMITED("icmp.tx.rate.limited"),
    ICMP_RX_DROP_MALFORMED("icmp.rx.drop.malformed", true),
    ICMP_RX_DROP_CHECKSUM("icmp.rx.drop.checksum", true),
    ICMP_RX_DROP_UNKNOWN_TYPE("icmp.rx.drop.unknown.type", true),
    ICMP_RX_DROP_UNMATCHED("icmp.rx.drop.unmatched", true),
    /** Redirects, source quenches, queries: understood, and nothing here acts on them. */
    ICMP_RX_DROP_IGNORED("icmp.rx.drop.ignored", true),
    IGMP_RX("igmp.rx"),
    IGMP_TX("igmp.tx"),
    IGMP_RX_DROP_MALFORMED("igmp.rx.drop.malformed", true),
    IGMP_RX_DROP_CHECKSUM("igmp.rx.drop.checksum", true),
    /** Reports that are for routers, and types that nobody has defined. */
    IGMP_RX_DROP_IGNORED("igmp.rx.drop.ignored", true),
    MLD_RX("mld.rx"),
    MLD_TX("mld.tx"),
    MLD_RX_DROP_MALFORMED("mld.rx.drop.malformed", true),
    NDP_RX("ndp.rx"),
    NDP_TX("ndp.tx"),
    NDP_RX_DROP_MALFORMED("ndp.rx.drop.malformed", true),
    NDP_RX_DROP_HOP_LIMIT("ndp.rx.drop.hop.limit", true),
    NDP_RX_DROP_NOT_FOR_US("ndp.rx.drop.not.for.us", true),
    /** Router advertisements, router solicitations and redirects: valid, and nothing here acts on them yet. */
    NDP_RX_DROP_IGNORED("ndp.rx.drop.ignored", true),
    NDP_CONFLICTS("ndp.conflicts"),
    PATH_MTU_UPDATES("path.mtu.updates"),

    // ---- UDP
    /** Packets for one of our endpoints; with USO a packet carries several datagrams. */
    UDP_RX_PACKETS("udp.rx.packets"),
    UDP_RX_DATAGRAMS("udp.rx.datagrams"),
    UDP_TX_DATAGRAMS("udp.tx.datagrams"),
    UDP_RX_DROP_MALFORMED("udp.rx.drop.malformed", true),
    UDP_RX_DROP_CHECKSUM("udp.rx.drop.checksum", true),
    UDP_RX_DROP_NO_PORT("udp.rx.drop.no.port", true),
    /** Datagrams that had arrived at their socket (and are counted so), but found its queue full. */
    UDP_RX_DROP_QUEUE_FULL("udp.rx.drop.queue.full"),

    // ---- TCP
    TCP_RX_SEGMENTS("tcp.rx.segments"),
    TCP_TX_SEGMENTS("tcp.tx.segments"),
    TCP_RX_BYTES("tcp.rx.bytes"),
    TCP_TX_BYTES("tcp.tx.bytes"),
    TCP_RX_DROP_MALFORMED("tcp.rx.drop.malformed", true),
    TCP_RX_DROP_CHECKSUM("tcp.rx.drop.checksum", true),
    TCP_RX_DROP_NO_CONNECTION("tcp.rx.drop.no.connection", true),
    TCP_RX_DROP_NOT_UNICAST("tcp.rx.drop.not.unicast", true),
    TCP_RX_DROP_SYN_QUEUE_FULL("tcp.rx.drop.syn.queue.full", true),
    TCP_RX_DROP_UNACCEPTABLE("tcp.rx.drop.unacceptable", true),
    TCP_RX_DROP_PAWS("tcp.rx.drop.paws", true),
    TCP_RX_DROP_BAD_ACK("tcp.rx.drop.bad.ack", true),
    TCP_RX_DROP_NO_ACK("tcp.rx.drop.no.ack", true),
    TCP_RX_DROP_BLIND("tcp.rx.drop.blind", true),
    TCP_RX_DROP_CLOSED("tcp.rx.drop.closed", true),
    TCP_RX_OUT_OF_ORDER("tcp.rx.out.of.order"),
    TCP_RX_DUPLICATE_BYTES("tcp.rx.duplicate.bytes"),
    TCP_RX_OUT_OF_ORDER_DISCARDED("tcp.rx.out.of.order.discarded"),
    TCP_RX_COPIED_BYTES("tcp.rx.copied.bytes"),
    TCP_RX_RETAINED_BYTES("tcp.rx.retained.bytes"),
    TCP_TX_COPIED_BYTES("tcp.tx.copied.bytes"),
    TCP_TX_GATHERED_BYTES("tcp.tx.gathered.bytes"),
    TCP_TX_RESETS("tcp.tx.resets"),
    TCP_TX_CHALLENGE_ACKS("tcp.tx.challenge.acks"),
    TCP_CONNECTIONS("tcp.connections"),
    TCP_CONNECTS("tcp.connects"),
    TCP_ACCEPTS("tcp.accepts"),
    /** Handshakes that were complete but found the listener's backlog full. */
    TCP_ACCEPT_OVERFLOWS("tcp.accept.overflows"),
    /** Gauge: handshakes of listeners that are not complete, and kept. */
    TCP_HALF_OPEN("tcp.half.open"),
    TCP_HALF_OPEN_TIMEOUTS("tcp.half.open.timeouts"),
    /** Connections that data in a SYN has opened (Fast Open), and SYNs whose cookie was not valid. */
    TCP_FAST_OPENS_ACCEPTED("tcp.fast.opens.accepted"),
    TCP_FAST_OPENS_REFUSED("tcp.fast.opens.refused"),
    /** SYNs of ours with data, those whose data was taken, and those that were not answered. */
    TCP_FAST_OPENS_SENT("tcp.fast.opens.sent"),
    TCP_FAST_OPENS_TAKEN("tcp.fast.opens.taken"),
    TCP_FAST_OPENS_FAILED("tcp.fast.opens.failed"),
    TCP_SYN_COOKIES_SENT("tcp.syn.cookies.sent"),
    TCP_SYN_COOKIES_ACCEPTED("tcp.syn.cookies.accepted"),
    TCP_SYN_COOKIES_FAILED("tcp.syn.cookies.failed"),
    /** Gauge: connections that are over and remembered. */
    TCP_TIME_WAIT("tcp.time.wait"),
    /** Connections in TIME_WAIT that made room for others before their time. */
    TCP_TIME_WAIT_RECYCLED("tcp.time.wait.recycled"),
    /** Connections in TIME_WAIT whose ports were used again, by us or by the peer. */
    TCP_TIME_WAIT_REUSED("tcp.time.wait.reused"),
    TCP_RESETS_RECEIVED("tcp.resets.received"),
    /** Connections closed by their users that were reset: there were too many of them, or their peers took too long. */
    TCP_ORPHANS_RESET("tcp.orphans.reset"),
    TCP_TIMEOUTS("tcp.timeouts"),
    TCP_RETRANSMITTED_SEGMENTS("tcp.retransmitted.segments"),
    TCP_RETRANSMITTED_BYTES("tcp.retransmitted.bytes"),
    TCP_FAST_RECOVERIES("tcp.fast.recoveries"),
    TCP_RTO_TIMEOUTS("tcp.rto.timeouts"),
    TCP_TAIL_LOSS_PROBES("tcp.tail.loss.probes"),
    TCP_TAIL_LOSS_REPAIRS("tcp.tail.loss.repairs"),
    TCP_SPURIOUS_TIMEOUTS("tcp.spurious.timeouts"),
    TCP_RX_DSACKS("tcp.rx.dsacks"),
    TCP_SPURIOUS_RECOVERIES("tcp.spurious.recoveries"),
    /** Connections that use explicit congestion notification. */
    TCP_ECN_CONNECTIONS("tcp.ecn.connections"),
    /** Segments that arrived with a congestion mark. */
    TCP_ECN_CE("tcp.ecn.ce"),
    /** Windows reduced because the peer reported a mark. */
    TCP_ECN_REDUCTIONS("tcp.ecn.reductions"),
    /** Large segments seemed to vanish, and smaller ones are sent. */
    TCP_BLACK_HOLES("tcp.black.holes"),
    TCP_MTU_PROBES("tcp.mtu.probes"),
    /** ICMP errors about nothing that is in flight, or that say of it what cannot be. */
    TCP_ICMP_IGNORED("tcp.icmp.ignored"),
    TCP_ZERO_WINDOW_PROBES("tcp.zero.window.probes"),
    TCP_DELAYED_ACKS("tcp.delayed.acks"),

    // ---- stack
    STACK_CYCLES("stack.cycles"),
    STACK_HANDLER_ERRORS("stack.handler.errors"),
    STACK_INTERNAL_ERRORS("stack.internal.errors", true),
    STACK_KERNEL_WAITS("stack.kernel.waits"),
    CHUNKS_IN_USE("chunks.in.use");

    private final String label;
    private final boolean isDrop;

    Counter(final String label)
    {
        this(label, false);
    }

    Counter(final String label, final boolean isDrop)
    {
        this.label = label;
        this.isDrop = isDrop;
    }

    /** The counter's name for people and tools; stable between releases. */
    public String label()
    {
        return label;
    }

    /** Whether a received frame that is counted here has thereby met its end. */
    public boolean isDrop()
    {
        return isDrop;
    }

    /**
     * Whether a received frame that is counted here was used, and has thereby met its end. (Fragments that wait for the
     * rest of their packet are in use as well: they will be merged, or dropped.)
     */
    public boolean isUse()
    {
        switch (this)
        {
            case ARP_RX:
            case NDP_RX:
            case IGMP_RX:
            case MLD_RX:
            case ICMP_RX:
            case IP_FRAGMENTS_MERGED:
            case IP_FRAGMENTS_WAITING:
            case GROUP_TX_FRAMES:
            case TCP_RX_SEGMENTS:
            case UDP_RX_PACKETS:
                return true;
            default:
                return false;
        }
    }
}
