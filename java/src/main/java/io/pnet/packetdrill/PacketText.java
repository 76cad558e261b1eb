package io.pnet.packetdrill;

import io.pnet.packetdrill.PacketSpec.OptionSpec;
import io.pnet.wire.TcpHeader;

import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes packets down as the language does, for reports. */
final class PacketText
{
    private PacketText()
    {
    }

    /** What a script expects. */
    static String of(final PacketSpec spec)
    {
        final StringBuilder out = new StringBuilder();
        switch (spec.protocol)
        {
            case UDP:
                return "udp (" + spec.length + ")";
            case ICMP:
                return "icmp " + spec.icmpType + (spec.icmpCode == null ? "" : " " + spec.icmpCode);
            default:
                break;
        }
        out.append(ip(spec.ecn == PacketSpec.UNSET ? -1 : (int)spec.ecn));
        out.append(flags(spec.flags)).append(' ')
            .append(spec.seq == PacketSpec.UNSET ? "...(" + spec.length + ")" : range((int)spec.seq, spec.length));
        if (spec.ack != PacketSpec.UNSET)
        {
            out.append(" ack ").append(spec.ack);
        }
        if (spec.window != PacketSpec.UNSET)
        {
            out.append(" win ").append(spec.window);
        }
        if (spec.urgent != PacketSpec.UNSET)
        {
            out.append(" urg ").append(spec.urgent);
        }
        if (spec.options == null)
        {
            out.append(" <...>");
        }
        else if (!spec.options.isEmpty())
        {
            out.append(spec.options.stream()
                .map(option -> option(option, null)).collect(Collectors.joining(",", " <", ">")));
        }
        return out.toString();
    }

    /** What the stack has sent, in the script's numbers. */
    static String of(final SeenPacket seen, final Flow flow)
    {
        switch (seen.protocol)
        {
            case UDP:
                return "udp (" + seen.length + ")" + ports(seen, flow);
            case ICMP:
                return "icmp type_" + seen.icmpType + " code_" + seen.icmpCode;
            default:
                break;
        }
        final StringBuilder out = new StringBuilder();
        if ((seen.trafficClass & 3) != 0)
        {
            out.append(ip(seen.trafficClass & 3));
        }
        out.append(flags(seen.flags)).append(' ').append(range(flow.toScript(seen.seq), seen.length));
        if ((seen.flags & TcpHeader.ACK) != 0)
        {
            out.append(" ack ").append(Integer.toUnsignedString(seen.ack));
        }
        out.append(" win ").append(seen.window);
        if (seen.urgent != 0)
        {
            out.append(" urg ").append(seen.urgent);
        }
        if (!seen.options.isEmpty())
        {
            out.append(seen.options.stream()
                .map(option -> option(option, flow)).collect(Collectors.joining(",", " <", ">")));
        }
        return out.append(ports(seen, flow)).toString();
    }

    private static String ports(final SeenPacket seen, final Flow flow)
    {
        return seen.isOf(flow) ? "" : " (ports " + seen.sourcePort + " > " + seen.destinationPort + ")";
    }

    /** Seconds from the start, as times are written. */
    static String seconds(final long ns)
    {
        return String.format(Locale.ROOT, "%.6f", ns / 1e9);
    }

    private static String ip(final int ecn)
    {
        switch (ecn)
        {
            case 0:
                return "[noecn] ";
            case 1:
                return "[ect1] ";
            case 2:
                return "[ect0] ";
            case 3:
                return "[ce] ";
            default:
                return "";
        }
    }

    private static String range(final int seq, final int length)
    {
        return Integer.toUnsignedString(seq) + ":" + Integer.toUnsignedString(seq + length) + "(" + length + ")";
    }

    static String flags(final int flags)
    {
        final StringBuilder out = new StringBuilder();
        append(out, flags, TcpHeader.FIN, 'F');
        append(out, flags, TcpHeader.SYN, 'S');
        append(out, flags, TcpHeader.RST, 'R');
        append(out, flags, TcpHeader.PSH, 'P');
        append(out, flags, TcpHeader.URG, 'U');
        append(out, flags, TcpHeader.ECE, 'E');
        append(out, flags, TcpHeader.CWR, 'W');
        append(out, flags, PacketParser.FLAG_AE, 'A');
        append(out, flags, TcpHeader.ACK, '.');
        return out.length() == 0 ? "-" : out.toString();
    }

    private static void append(final StringBuilder out, final int flags, final int flag, final char name)
    {
        if ((flags & flag) != 0)
        {
            out.append(name);
        }
    }

    private static String option(final OptionSpec option, final Flow flow)
    {
        switch (option.name())
        {
            case "sack":
                final StringBuilder out = new StringBuilder("sack");
                for (int i = 0; i + 1 < option.values().size(); i += 2)
                {
                    out.append(' ').append(option.value(i)).append(':').append(option.value(i + 1));
                }
                return out.toString();
            case "TS":
                return "TS val " + (flow == null || !flow.knowsTimestamps() ? number(option.value(0)) :
                    Integer.toUnsignedString(flow.timestampToScript((int)option.value(0)))) +
                    " ecr " + number(option.value(1));
            case "raw":
                return "raw " + option.values().stream().map(String::valueOf).collect(Collectors.joining(" ")) +
                    (option.bytes() == null ? "" : " " + HexFormat.of().formatHex(option.bytes()));
            default:
                return option.name() +
                    option.values().stream().map(value -> " " + number(value)).collect(Collectors.joining()) +
                    (option.bytes() == null || option.bytes().length == 0 ? "" :
                        " " + HexFormat.of().formatHex(option.bytes()));
        }
    }

    private static String number(final long value)
    {
        return value == PacketSpec.UNSET ? "*" : Long.toString(value);
    }
}
