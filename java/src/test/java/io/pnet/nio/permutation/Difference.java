package io.pnet.nio.permutation;

/**
 * What ours does otherwise than the kernel's channels. {@code java/nio-differences.md} is this list; where one is named
 * in a case, the case asserts what is said here.
 */
enum Difference
{
    SO_REUSEPORT(
        "several listeners on one port, which the kernel balances",
        "refused with UnsupportedOperationException: one stack has one accept queue a port"),
    SO_INCOMING_NAPI_ID(
        "names the queue of the network card that a packet came from",
        "refused with UnsupportedOperationException: there is no such queue"),
    SO_OOBINLINE(
        "off at first: a byte of urgent data is taken out of the stream and dropped",
        "always on, setOOBInline(false) changes nothing: RFC 6093 wants urgent data to stay in the stream");

    final String kernel;
    final String ours;

    Difference(final String kernel, final String ours)
    {
        this.kernel = kernel;
        this.ours = ours;
    }

    /** Whether an option is one that ours refuses. */
    static boolean isUnsupported(final String option)
    {
        for (final Difference each : values())
        {
            if (each.name().equals(option))
            {
                return true;
            }
        }
        return false;
    }
}
