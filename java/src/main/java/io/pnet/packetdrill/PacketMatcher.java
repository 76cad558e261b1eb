package io.pnet.packetdrill;

import io.pnet.packetdrill.PacketSpec.OptionSpec;
import io.pnet.packetdrill.PacketSpec.Protocol;
import io.pnet.wire.TcpHeader;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Compares a packet that the stack has sent with what a script expects. */
final class PacketMatcher
{
    private static final long MS = 1_000_000L;

    private final Set<Relax> relax;
    private final long toleranceNs;

    PacketMatcher(final Set<Relax> relax, final long toleranceNs)
    {
        this.relax = relax;
        this.toleranceNs = toleranceNs;
    }

    /**
     * Compares; a first SYN or time stamp also fixes what the script's numbers mean.
     *
     * @return what differs, or null.
     */
    String compare(final PacketSpec spec, final SeenPacket seen, final Flow flow)
    {
        final List<String> wrong = new ArrayList<>();
        if (spec.protocol != seen.protocol)
        {
            return "the protocol differs";
        }
        if (!seen.isChecksumValid)
        {
            wrong.add("the checksum is wrong");
        }
        if (!seen.isOf(flow))
        {
            wrong.add("it belongs to another pair of ports than " + flow);
        }
        compareIp(spec, seen, wrong);
        switch (spec.protocol)
        {
            case TCP:
                compareTcp(spec, seen, flow, wrong);
                break;
            case UDP:
                differ(wrong, "length", spec.length, seen.length);
                break;
            default:
                compareIcmp(spec, seen, wrong);
                break;
        }
        return wrong.isEmpty() ? null : String.join("; ", wrong);
    }

    private static void compareIp(final PacketSpec spec, final SeenPacket seen, final List<String> wrong)
    {
        final int ecn = seen.trafficClass & 3;
        if (spec.isAnyEct && ecn != 1 && ecn != 2 || !spec.isAnyEct && spec.ecn != PacketSpec.UNSET && spec.ecn != ecn)
        {
            wrong.add("the ECN field differs");
        }
        differ(wrong, "type of service", spec.tos, seen.trafficClass);
        differ(wrong, "time to live", spec.ttl, seen.ttl);
        differ(wrong, "flow label", spec.flowLabel, seen.flowLabel);
    }

    private void compareTcp(final PacketSpec spec, final SeenPacket seen, final Flow flow, final List<String> wrong)
    {
        // Of several segments in one nobody can say which was pushed.
        final int ignored = relax.contains(Relax.PSH) || seen.isJoined ? TcpHeader.PSH : 0;
        if ((spec.flags & ~ignored) != (seen.flags & ~ignored))
        {
            wrong.add("the flags differ");
        }
        if ((spec.flags & seen.flags & TcpHeader.SYN) != 0)
        {
            flow.learnSequence(spec.seq == PacketSpec.UNSET ? 0 : spec.seq, seen.seq);
        }
        if (spec.seq != PacketSpec.UNSET && (int)spec.seq != flow.toScript(seen.seq))
        {
            wrong.add("the sequence number differs");
        }
        differ(wrong, "length", spec.length, seen.length);
        if ((spec.flags & TcpHeader.ACK) != 0 && (int)spec.ack != seen.ack)
        {
            wrong.add("the acknowledgement number differs");
        }
        if (!relax.contains(Relax.WINDOW))
        {
            differ(wrong, "window", spec.window, seen.window);
        }
        differ(wrong, "urgent pointer", spec.urgent, seen.urgent);
        if (spec.options != null)
        {
            compareOptions(spec.options, seen, flow, wrong);
        }
    }

    private static void compareIcmp(final PacketSpec spec, final SeenPacket seen, final List<String> wrong)
    {
        differ(wrong, "type", IcmpNames.type(seen.isV4, spec.icmpType), seen.icmpType);
        if (spec.icmpCode != null)
        {
            differ(wrong, "code", IcmpNames.code(seen.isV4, spec.icmpCode), seen.icmpCode);
        }
        differ(wrong, "MTU", spec.mtu, seen.isV4 ? seen.icmpRest & 0xFFFF : seen.icmpRest);
    }

    // ---- options

    private void compareOptions(
        final List<OptionSpec> expected, final SeenPacket seen, final Flow flow, final List<String> wrong)
    {
        List<OptionSpec> left = expected;
        List<OptionSpec> right = seen.options;
        if (relax.contains(Relax.OPTIONS))
        {
            left = essential(left);
            right = essential(right);
        }
        if (!names(left).equals(names(right)))
        {
            wrong.add("the options differ");
            return;
        }
        for (int i = 0; i < left.size(); i++)
        {
            if (!isSame(left.get(i), right.get(i), flow))
            {
                wrong.add("option " + left.get(i).name() + " differs");
            }
        }
    }

    /** Without padding, in one order. */
    private static List<OptionSpec> essential(final List<OptionSpec> options)
    {
        return options.stream()
            .filter(option -> !option.name().equals("nop") && !option.name().equals("eol"))
            .sorted(Comparator.comparing(OptionSpec::name))
            .toList();
    }

    private static List<String> names(final List<OptionSpec> options)
    {
        return options.stream().map(OptionSpec::name).toList();
    }

    private boolean isSame(final OptionSpec expected, final OptionSpec actual, final Flow flow)
    {
        switch (expected.name())
        {
            case "mss":
                return relax.contains(Relax.MSS) || isSame(expected, actual);
            case "wscale":
                return relax.contains(Relax.WINDOW) || isSame(expected, actual);
            case "TS":
                return isTimestampSame(expected.value(0), (int)actual.value(0), flow) &&
                    (expected.value(1) == PacketSpec.UNSET || (int)expected.value(1) == (int)actual.value(1));
            default:
                return isSame(expected, actual);
        }
    }

    private static boolean isSame(final OptionSpec expected, final OptionSpec actual)
    {
        if (expected.values().size() != actual.values().size() || !Arrays.equals(expected.bytes(), actual.bytes()))
        {
            return false;
        }
        for (int i = 0; i < expected.values().size(); i++)
        {
            if (expected.value(i) != PacketSpec.UNSET && (int)expected.value(i) != (int)actual.value(i))
            {
                return false;
            }
        }
        return true;
    }

    /** Time stamps count milliseconds, and may be off as far as times may. */
    private boolean isTimestampSame(final long expected, final int actual, final Flow flow)
    {
        if (expected == PacketSpec.UNSET)
        {
            return true;
        }
        flow.learnTimestamp(expected, actual);
        return relax.contains(Relax.TIMESTAMPS) ||
            Math.abs(flow.timestampToScript(actual) - (int)expected) <= Math.max(1, toleranceNs / MS);
    }

    private static void differ(final List<String> wrong, final String what, final long expected, final long actual)
    {
        if (expected != PacketSpec.UNSET && expected != actual)
        {
            wrong.add("the " + what + " differs");
        }
    }

    /** Whether the next packet carries on where one ends, so that both may be pieces of one that is expected. */
    static boolean isContinued(final SeenPacket first, final SeenPacket next)
    {
        return next.protocol == Protocol.TCP && next.sourcePort == first.sourcePort &&
            next.destinationPort == first.destinationPort && next.seq == first.seq + first.length &&
            next.ack == first.ack && (first.flags & (TcpHeader.SYN | TcpHeader.FIN | TcpHeader.RST)) == 0 &&
            next.length > 0;
    }
}
