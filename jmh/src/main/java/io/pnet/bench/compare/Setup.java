package io.pnet.bench.compare;

/**
 * The wire that a figure was taken on.
 *
 * @param rate     what shapes it, in {@code ci/net}'s words: {@code 100m}, {@code 1g} or {@code none}.
 * @param offloads {@code on} (frames of up to 64 KiB), {@code mtu} (every frame fits the MTU) or {@code off} (so, and
 *                 every checksum is computed).
 * @param family   4 or 6.
 * @param attach   how Pnet sits on the wire: {@code ring}, {@code tap} (bridged to the wire) or {@code host} (the TAP
 *                 is the wire, and the kernel's interface the other end of it).
 */
record Setup(String rate, String offloads, int family, String attach)
{
    static Setup of(final String rate, final String offloads)
    {
        return new Setup(rate, offloads, 4, "ring");
    }

    Setup with(final int otherFamily, final String otherAttach)
    {
        return new Setup(rate, offloads, otherFamily, otherAttach);
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
            default -> "";
        };
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
