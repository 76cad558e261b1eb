package io.pnet.packetdrill;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The language's names for types and codes of ICMP and ICMPv6. */
final class IcmpNames
{
    private static final Pattern NUMBERED = Pattern.compile("(?:type|code)_(\\d+)");

    private static final Map<String, Integer> TYPES_V4 = Map.ofEntries(
        Map.entry("echo_reply", 0),
        Map.entry("unreachable", 3),
        Map.entry("source_quench", 4),
        Map.entry("redirect", 5),
        Map.entry("echo_request", 8),
        Map.entry("time_exceeded", 11),
        Map.entry("parameter_problem", 12),
        Map.entry("timestamp_request", 13),
        Map.entry("timestamp_reply", 14),
        Map.entry("information_request", 15),
        Map.entry("information_reply", 16),
        Map.entry("address_mask_request", 17),
        Map.entry("address_mask_reply", 18));

    private static final Map<String, Integer> TYPES_V6 = Map.of(
        "unreachable", 1,
        "packet_too_big", 2,
        "time_exceeded", 3,
        "parameter_problem", 4,
        "echo_request", 128,
        "echo_reply", 129);

    private static final Map<String, Integer> CODES_V4 = Map.ofEntries(
        Map.entry("net_unreachable", 0),
        Map.entry("host_unreachable", 1),
        Map.entry("protocol_unreachable", 2),
        Map.entry("port_unreachable", 3),
        Map.entry("frag_needed", 4),
        Map.entry("source_route_failed", 5),
        Map.entry("net_unknown", 6),
        Map.entry("host_unknown", 7),
        Map.entry("source_host_isolated", 8),
        Map.entry("net_prohibited", 9),
        Map.entry("host_prohibited", 10),
        Map.entry("net_unreachable_for_tos", 11),
        Map.entry("host_unreachable_for_tos", 12),
        Map.entry("packet_filtered", 13),
        Map.entry("precedence_violation", 14),
        Map.entry("precedence_cutoff", 15),
        Map.entry("ttl_exceeded_in_transit", 0),
        Map.entry("frag_reass_exceeded", 1));

    private static final Map<String, Integer> CODES_V6 = Map.ofEntries(
        Map.entry("no_route", 0),
        Map.entry("admin_prohibited", 1),
        Map.entry("not_neighbour", 2),
        Map.entry("address_unreachable", 3),
        Map.entry("port_unreachable", 4),
        Map.entry("exceeded_hop_limit", 0),
        Map.entry("exceeded_frag_time", 1),
        Map.entry("header_field", 0),
        Map.entry("unknown_next_header", 1),
        Map.entry("unknown_option", 2));

    private IcmpNames()
    {
    }

    /** Returns the type's number, or -1. */
    static int type(final boolean isV4, final String name)
    {
        return number(isV4 ? TYPES_V4 : TYPES_V6, name);
    }

    /** Returns the code's number, 0 when it has no name, or -1. */
    static int code(final boolean isV4, final String name)
    {
        return name == null ? 0 : number(isV4 ? CODES_V4 : CODES_V6, name);
    }

    private static int number(final Map<String, Integer> names, final String name)
    {
        final Matcher numbered = NUMBERED.matcher(name);
        return numbered.matches() ? Integer.parseInt(numbered.group(1)) & 0xFF : names.getOrDefault(name, -1);
    }
}
