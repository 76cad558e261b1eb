package io.pnet.bench.servers;

/** Whose TCP is under test. */
enum Side
{
    KERNEL("kernel"), PNET("Pnet");

    final String title;

    Side(final String title)
    {
        this.title = title;
    }
}
