package io.pnet.packetdrill;

import io.pnet.packetdrill.PacketSpec.OptionSpec;
import io.pnet.packetdrill.PacketSpec.Protocol;
import io.pnet.wire.TcpHeader;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads packets: what stands in front of them, TCP, UDP and ICMP, options, and packets that are quoted. */
final class PacketParser
{
    /** The ACE field's third bit, the former NS (RFC 9768 section 3.1). */
    static final int FLAG_AE = 0x100;
    private static final Pattern FLAGS = Pattern.compile("(-|[A-Za-z0-9.]+)(?=\\s)");
    private static final Pattern BLOB = Pattern.compile("[0-9a-zA-Z]+");
    private static final Set<String> FOREIGN = Set.of(
        "sctp", "udplite", "gre", "GREv0", "mpls", "ipv4", "ipv6", "raw", "psp", "mptcp", "dccp");

    private final Cursor cursor;

    PacketParser(final Cursor cursor)
    {
        this.cursor = cursor;
    }

    PacketSpec packet(final boolean isInbound)
    {
        final PacketSpec spec = new PacketSpec();
        if (isInbound)
        {
            spec.ecn = 0;
        }
        ipInfo(spec);
        ports(spec);
        ipInfo(spec);
        body(spec, isInbound);
        return spec;
    }

    // ---- in front

    private void ipInfo(final PacketSpec spec)
    {
        final String end;
        if (cursor.accept("["))
        {
            end = "]";
        }
        else if (cursor.accept("("))
        {
            end = ")";
        }
        else
        {
            return;
        }
        while (!cursor.accept(end))
        {
            cursor.accept(",");
            final String word = cursor.expectWord("what the IP header holds");
            switch (word.toLowerCase(java.util.Locale.ROOT))
            {
                case "noecn":
                case "nonect":
                    spec.ecn = 0;
                    break;
                case "ect1":
                    spec.ecn = 1;
                    break;
                case "ect0":
                    spec.ecn = 2;
                    break;
                case "ce":
                    spec.ecn = 3;
                    break;
                case "ect01":
                    spec.ecn = 2;
                    spec.isAnyEct = true;
                    break;
                case "tos":
                case "class":
                    spec.tos = number("a type of service");
                    break;
                case "ttl":
                case "hlim":
                    spec.ttl = number("a time to live");
                    break;
                case "flowlabel":
                    spec.flowLabel = number("a flow label");
                    break;
                default:
                    throw cursor.unsupported("'" + word + "' in front of a packet");
            }
        }
    }

    private void ports(final PacketSpec spec)
    {
        final int before = cursor.position();
        final String source = cursor.match(ScriptParser.INTEGER);
        if (source != null && cursor.accept(">"))
        {
            spec.sourcePort = Integer.parseInt(source);
            spec.destinationPort = (int)number("a destination port");
            return;
        }
        cursor.position(before);
    }

    // ---- bodies

    private void body(final PacketSpec spec, final boolean isInbound)
    {
        final String word = cursor.peekWord();
        if (word != null && FOREIGN.contains(word) && !cursor.isNext(word + " ."))
        {
            throw cursor.unsupported("packets of " + word);
        }
        if ("udp".equals(word))
        {
            cursor.word();
            spec.protocol = Protocol.UDP;
            spec.length = parenthesized();
        }
        else if ("icmp".equals(word) || "icmpv6".equals(word))
        {
            cursor.word();
            icmp(spec, isInbound);
        }
        else
        {
            tcp(spec);
        }
    }

    private int parenthesized()
    {
        cursor.expect("(");
        final int length = (int)number("a length");
        cursor.expect(")");
        return length;
    }

    private void tcp(final PacketSpec spec)
    {
        final String flags = cursor.match(FLAGS);
        if (flags == null)
        {
            throw cursor.malformed("expected TCP flags" + cursor.here());
        }
        spec.flags = flags(flags);
        sequence(spec);
        if (cursor.acceptWord("ack"))
        {
            spec.ack = number("an acknowledgement number");
        }
        if (cursor.acceptWord("win"))
        {
            spec.window = numberOrAny("a window");
        }
        if (cursor.acceptWord("urg"))
        {
            spec.urgent = numberOrAny("an urgent pointer");
        }
        if (cursor.peek() == '<' && isOptionList())
        {
            cursor.expect("<");
            spec.options = options();
        }
        if (cursor.isNext("/"))
        {
            throw cursor.unsupported("encapsulation" + cursor.here());
        }
        if ((spec.flags & TcpHeader.ACK) != 0 && spec.ack == PacketSpec.UNSET)
        {
            throw cursor.malformed("the ACK flag is set, but there is no ack");
        }
    }

    /** An event without a time may follow, and an inbound packet begins with the same character. */
    private boolean isOptionList()
    {
        final int before = cursor.position();
        cursor.expect("<");
        final boolean is;
        if (cursor.accept("...") || cursor.accept(">"))
        {
            is = true;
        }
        else
        {
            boolean isRaw = false;
            while (cursor.match(ScriptParser.INTEGER) != null)
            {
                isRaw = true;
            }
            final String word = isRaw ? null : cursor.peekWord();
            is = word == null ? cursor.isNext(",") || cursor.isNext(">") :
                word.length() > 1 && Character.isLowerCase(word.charAt(1)) || word.matches("TS|FO|FOEXP|ECN|MD5");
        }
        cursor.position(before);
        return is;
    }

    private int flags(final String text)
    {
        int flags = 0;
        for (final char c : text.toCharArray())
        {
            switch (c)
            {
                case 'F':
                    flags |= TcpHeader.FIN;
                    break;
                case 'S':
                    flags |= TcpHeader.SYN;
                    break;
                case 'R':
                    flags |= TcpHeader.RST;
                    break;
                case 'P':
                    flags |= TcpHeader.PSH;
                    break;
                case '.':
                    flags |= TcpHeader.ACK;
                    break;
                case 'U':
                    flags |= TcpHeader.URG;
                    break;
                case 'E':
                    flags |= TcpHeader.ECE;
                    break;
                case 'W':
                case 'C':
                    flags |= TcpHeader.CWR;
                    break;
                case 'A':
                case 'N':
                    flags |= FLAG_AE;
                    break;
                case '-':
                    break;
                default:
                    if (c < '0' || c > '7')
                    {
                        throw cursor.malformed("'" + c + "' is no TCP flag, in '" + text + "'");
                    }
                    // The three bits of ACE as a number.
                    flags |= ((c - '0' & 4) != 0 ? FLAG_AE : 0) | ((c - '0' & 2) != 0 ? TcpHeader.CWR : 0) |
                        ((c - '0' & 1) != 0 ? TcpHeader.ECE : 0);
                    break;
            }
        }
        return flags;
    }

    private void sequence(final PacketSpec spec)
    {
        if (cursor.accept("..."))
        {
            spec.seq = PacketSpec.UNSET;
            spec.length = parenthesized();
            return;
        }
        spec.seq = number("a sequence number");
        cursor.expect(":");
        final long end = number("the end of the sequence numbers");
        spec.length = parenthesized();
        if ((int)(end - spec.seq) != spec.length)
        {
            throw cursor.malformed(spec.seq + ":" + end + " is not " + spec.length + " bytes");
        }
    }

    // ---- ICMP

    private void icmp(final PacketSpec spec, final boolean isInbound)
    {
        spec.protocol = Protocol.ICMP;
        spec.icmpType = cursor.expectWord("a type of ICMP message");
        final String next = cursor.peekWord();
        if (next != null && !next.equals("mtu") && !next.equals("id") && cursor.peek() != '[')
        {
            spec.icmpCode = cursor.word();
        }
        if (cursor.acceptWord("mtu"))
        {
            spec.mtu = number("an MTU");
        }
        if (cursor.acceptWord("id"))
        {
            spec.seq = number("an identifier");
        }
        if (cursor.accept("["))
        {
            spec.quoted = quoted(isInbound);
            cursor.expect("]");
        }
    }

    private PacketSpec quoted(final boolean isInbound)
    {
        final PacketSpec inner = new PacketSpec();
        final String word = cursor.peekWord();
        if ("udp".equals(word))
        {
            cursor.word();
            inner.protocol = Protocol.UDP;
            inner.length = parenthesized();
        }
        else if (word != null && FOREIGN.contains(word))
        {
            throw cursor.unsupported("a quoted packet of " + word);
        }
        else if (Character.isDigit(cursor.peek()))
        {
            sequence(inner);
        }
        else
        {
            body(inner, !isInbound);
        }
        return inner;
    }

    // ---- options

    private List<OptionSpec> options()
    {
        final List<OptionSpec> options = new ArrayList<>();
        if (cursor.accept("..."))
        {
            cursor.expect(">");
            return null;
        }
        while (!cursor.accept(">"))
        {
            if (!options.isEmpty())
            {
                cursor.expect(",");
            }
            options.add(option());
        }
        return options;
    }

    private OptionSpec option()
    {
        final String raw = cursor.match(ScriptParser.INTEGER);
        if (raw != null)
        {
            final List<Long> bytes = new ArrayList<>();
            for (String each = raw; each != null; each = cursor.match(ScriptParser.INTEGER))
            {
                bytes.add(Long.decode(each));
            }
            return new OptionSpec("raw", bytes, null);
        }
        final String name = cursor.expectWord("a TCP option");
        switch (name)
        {
            case "nop":
            case "eol":
            case "sackOK":
                return OptionSpec.of(name);
            case "mss":
            case "wscale":
                return OptionSpec.of(name, numberOrAny("a value of " + name));
            case "sack":
                return sack();
            case "TS":
                cursor.expect("val");
                final long value = numberOrAny("a time stamp");
                cursor.expect("ecr");
                return OptionSpec.of(name, value, numberOrAny("an echoed time stamp"));
            case "FO":
            case "FOEXP":
            case "md5":
                return new OptionSpec(name, List.of(), blob());
            case "ECN":
                return accurateEcn();
            default:
                throw cursor.unsupported("TCP option '" + name + "'");
        }
    }

    private OptionSpec sack()
    {
        final List<Long> edges = new ArrayList<>();
        while (cursor.peek() != ',' && cursor.peek() != '>')
        {
            edges.add(number("the left edge of a block"));
            cursor.expect(":");
            edges.add(number("the right edge of a block"));
        }
        return new OptionSpec("sack", edges, null);
    }

    private OptionSpec accurateEcn()
    {
        throw cursor.unsupported("AccECN's option");
    }

    /** A blob of hexadecimal digits, or none. */
    private byte[] blob()
    {
        if (cursor.peek() == ',' || cursor.peek() == '>')
        {
            return new byte[0];
        }
        final String word = cursor.match(BLOB);
        if (word == null)
        {
            throw cursor.malformed("expected hexadecimal digits" + cursor.here());
        }
        final String digits = word.startsWith("0x") ? word.substring(2) : word;
        if (!digits.matches("([0-9a-fA-F]{2})+"))
        {
            throw cursor.unsupported("'" + word + "' as the value of a TCP option");
        }
        return HexFormat.of().parseHex(digits);
    }

    // ---- numbers

    private long number(final String what)
    {
        final String number = cursor.match(ScriptParser.INTEGER);
        if (number == null)
        {
            throw cursor.malformed("expected " + what + cursor.here());
        }
        return number.startsWith("0x") || number.startsWith("0X") ?
            Long.parseLong(number.substring(2), 16) : Long.parseLong(number);
    }

    private long numberOrAny(final String what)
    {
        return cursor.accept("*") || cursor.accept("...") ? PacketSpec.UNSET : number(what);
    }
}
