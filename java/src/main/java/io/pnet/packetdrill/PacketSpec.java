package io.pnet.packetdrill;

import java.util.List;

/** A packet as a script writes it down. Null, or {@link #UNSET} where a number is meant, is what it does not say. */
final class PacketSpec
{
    /** A number that was not given, or {@code *}. */
    static final long UNSET = Long.MIN_VALUE;

    /** What is inside the IP header. */
    enum Protocol
    {
        TCP, UDP, ICMP
    }

    Protocol protocol = Protocol.TCP;
    /** Two bits, or {@link #UNSET}; 3 stands for ECT(0) or ECT(1) when {@code isAnyEct}. */
    long ecn = UNSET;
    boolean isAnyEct;
    long tos = UNSET;
    long ttl = UNSET;
    long flowLabel = UNSET;
    int sourcePort = -1;
    int destinationPort = -1;

    // ---- TCP
    int flags;
    long seq;
    int length;
    long ack = UNSET;
    long window = UNSET;
    long urgent = UNSET;
    /** Null: any. */
    List<OptionSpec> options = List.of();

    // ---- ICMP
    String icmpType;
    String icmpCode;
    long mtu = UNSET;
    /** The packet that the message quotes, or null. */
    PacketSpec quoted;

    /**
     * A TCP option.
     *
     * @param name   as the language has it: mss, nop, eol, wscale, sackOK, sack, TS, FO, FOEXP, md5, ECN, raw.
     * @param values its numbers, {@link #UNSET} where anything will do.
     * @param bytes  what stands in it as bytes, or null.
     */
    record OptionSpec(String name, List<Long> values, byte[] bytes)
    {
        static OptionSpec of(final String name, final Long... values)
        {
            return new OptionSpec(name, List.of(values), null);
        }

        long value(final int index)
        {
            return values.get(index);
        }
    }
}
