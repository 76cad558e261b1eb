package io.pnet.bench.relay;

/** Who sends, from the left, and who receives, at the right. */
enum Ends
{
    LINUX_TO_LINUX("Linux \u2192 Linux", false, false),
    PNET_TO_LINUX("Pnet \u2192 Linux", true, false),
    LINUX_TO_PNET("Linux \u2192 Pnet", false, true),
    PNET_TO_PNET("Pnet \u2192 Pnet", true, true);

    final String title;
    final boolean pnetSends;
    final boolean pnetReceives;

    Ends(final String title, final boolean pnetSends, final boolean pnetReceives)
    {
        this.title = title;
        this.pnetSends = pnetSends;
        this.pnetReceives = pnetReceives;
    }
}
