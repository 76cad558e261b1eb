package io.pnet.ip;

import java.util.Arrays;

/** Routes, longest prefix first, the later of equal ones first. Walked when a destination is made, not per packet. */
final class RouteTable
{
    /** One route; a null gateway says that the prefix is on the link. */
    static final class Route
    {
        final long prefixHi;
        final long prefixLo;
        final int prefixLength;
        final boolean isV4;
        final IpAddress gateway;
        final NetworkInterface networkInterface;

        Route(
            final IpAddress prefix,
            final int prefixLength,
            final IpAddress gateway,
            final NetworkInterface networkInterface)
        {
            this.isV4 = prefix.isV4();
            this.prefixLength = isV4 ? 96 + prefixLength : prefixLength;
            this.prefixHi = prefix.hi() & Prefix.maskHi(this.prefixLength);
            this.prefixLo = prefix.lo() & Prefix.maskLo(this.prefixLength);
            this.gateway = gateway;
            this.networkInterface = networkInterface;
        }

        boolean matches(final long hi, final long lo)
        {
            return (hi & Prefix.maskHi(prefixLength)) == prefixHi &&
                (lo & Prefix.maskLo(prefixLength)) == prefixLo &&
                IpAddress.isV4(hi, lo) == isV4;
        }
    }

    private Route[] routes = new Route[0];

    void add(final Route route)
    {
        int at = 0;
        while (at < routes.length && routes[at].prefixLength > route.prefixLength)
        {
            at++;
        }
        final Route[] longer = new Route[routes.length + 1];
        System.arraycopy(routes, 0, longer, 0, at);
        longer[at] = route;
        System.arraycopy(routes, at, longer, at + 1, routes.length - at);
        routes = longer;
    }

    void remove(final Route route)
    {
        routes = Arrays.stream(routes).filter((other) -> other != route).toArray(Route[]::new);
    }

    /** The best route; with an interface given, the best one over it; null when there is none. */
    Route find(final long hi, final long lo, final NetworkInterface over)
    {
        for (final Route route : routes)
        {
            if (route.matches(hi, lo) && (over == null || route.networkInterface == over))
            {
                return route;
            }
        }
        return null;
    }
}
