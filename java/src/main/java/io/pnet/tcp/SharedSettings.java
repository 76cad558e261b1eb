package io.pnet.tcp;

/** What connections have been opened with lately: those that have the same settings share one copy. */
final class SharedSettings
{
    private static final int KEPT = 8;

    private final TcpSettings[] kept = new TcpSettings[KEPT];
    private int next;

    /** A copy of settings that nobody changes any more, the same one for as many connections as possible. */
    TcpSettings of(final TcpSettings settings)
    {
        for (final TcpSettings each : kept)
        {
            if (each != null && each.isSameAs(settings))
            {
                return each;
            }
        }
        final TcpSettings copy = settings.copy();
        kept[next] = copy;
        next = (next + 1) % KEPT;
        return copy;
    }
}
