package io.pnet.bench.compare;

import java.util.List;

/**
 * The wire that a figure was taken on.
 *
 * @param rate     what shapes it, in {@code ci/net}'s words: {@code 100m}, {@code 1g} or {@code none}.
 * @param offloads {@code on} (frames of up to 64 KiB), {@code mtu} (every frame fits the MTU) or {@code off} (so, and
 *                 every checksum is computed).
 * @param family   4 or 6.
 * @param attach   how Pnet sits on the wire: {@code ring}, {@code tap} (bridged to the wire) or {@code host} (the TAP
 *                 is the wire, and the kernel's interface the other end of it), or {@code routed} (on a TAP behind the
 *                 host's IP forwarding).
 * @param netfilter what stands in the forwarding host's way, in {@code ci/net}'s words; null for nothing.
 */
record Setup(String rate, String offloads, int family, String attach, String netfilter)
{
    /** The second number of the networks behind forwarding hosts, with the end's number added. */
    private static final int INNER = 77;

    static Setup of(final String rate, final String offloads)
    {
        return new Setup(rate, offloads, 4, "ring", null);
    }

    Setup with(final int otherFamily, final String otherAttach)
    {
        return new Setup(rate, offloads, otherFamily, otherAttach, netfilter);
    }

    /** Behind the host's IP forwarding; with null nothing of netfilter's is there. */
    Setup routed(final String rules)
    {
        return new Setup(rate, offloads, family, "routed", rules);
    }

    /** How people call the link. */
    String link()
    {
        return switch (rate)
        {
            case "100m" -> "100 Mbit/s";
            case "1g" -> "1 Gbit/s";
            default -> "unshaped";
        };
    }

    String frames()
    {
        return switch (offloads)
        {
            case "on" -> "offloads on";
            case "off" -> "offloads off";
            default -> "MTU-sized frames";
        };
    }

    /** Everything in one line, the usual left out. */
    String title()
    {
        return link() + ", " + frames() + (family == 6 ? ", IPv6" : "") + switch (attach)
        {
            case "tap" -> ", TAP bridged";
            case "host" -> ", TAP";
            case "routed" -> ", routed" + (netfilter == null ? "" : ", netfilter " + netfilter);
            default -> "";
        };
    }

    /** What the sender is told to reach. */
    String target(final Role role)
    {
        return attach.equals("routed") && role.pnetReceives ? "10.79.0.2" : address(2);
    }

    /** What Pnet is told of itself and of its way. */
    List<String> pnetOptions(final int end)
    {
        final String inner = "10." + (INNER + end) + ".0.";
        return attach.equals("routed") ?
            List.of("--link", pnetLink(), "--ip", inner + "2/24", "--gateway", inner + "1") :
            List.of("--link", pnetLink(), "--ip", prefix(end));
    }

    /** What Pnet's {@code --link} is told. */
    String pnetLink()
    {
        return attach.equals("ring") ? "packet:veth0" : "tap:tap0";
    }

    /** An interface in either namespace that all frames of the wire pass. */
    String device()
    {
        return attach.equals("host") ? "tap0" : "veth0";
    }

    /** What a program at this end is told to reach: left is 1, right is 2. */
    String address(final int end)
    {
        return family == 6 ? "fd77::" + end : "10.77.0." + end;
    }

    /** The address with its prefix length, as {@code --ip} takes it. */
    String prefix(final int end)
    {
        return address(end) + (family == 6 ? "/64" : "/24");
    }
}
