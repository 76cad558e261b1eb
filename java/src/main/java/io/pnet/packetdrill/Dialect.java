package io.pnet.packetdrill;

/** Whose socket calls, constants and defaults a script was written for. */
public enum Dialect
{
    /** Linux's calls over this stack's own defaults. */
    PNET,
    /** FreeBSD. */
    FREEBSD,
    /** Linux. */
    LINUX;

    boolean isBsd()
    {
        return this == FREEBSD;
    }
}
