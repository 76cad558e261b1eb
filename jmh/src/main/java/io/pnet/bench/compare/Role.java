package io.pnet.bench.compare;

/** Who sends and who receives. The sender is the left end of the wire, the receiver the right one. */
enum Role
{
    KERNEL_TO_KERNEL(false, false),
    PNET_TO_KERNEL(true, false),
    KERNEL_TO_PNET(false, true),
    PNET_TO_PNET(true, true);

    final boolean pnetSends;
    final boolean pnetReceives;

    Role(final boolean pnetSends, final boolean pnetReceives)
    {
        this.pnetSends = pnetSends;
        this.pnetReceives = pnetReceives;
    }

    String title()
    {
        return end(pnetSends) + " \u2192 " + end(pnetReceives);
    }

    private static String end(final boolean pnet)
    {
        return pnet ? "Pnet" : "kernel";
    }
}
