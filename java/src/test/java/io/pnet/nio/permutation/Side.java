package io.pnet.nio.permutation;

import io.pnet.nio.PnetSelectorProvider;
import io.pnet.stack.IpProcess;

import java.net.InetAddress;
import java.nio.channels.spi.SelectorProvider;

/**
 * One end: whose channels, and the address they have.
 *
 * @param address6 null where there is no IPv6.
 * @param isKernel whether the channels are the JDK's own.
 */
record Side(String name, SelectorProvider provider, InetAddress address, InetAddress address6, boolean isKernel)
{
    /** What its stack holds and has counted, for a case that failed; nothing where it is the kernel. */
    String state()
    {
        if (!(provider instanceof PnetSelectorProvider ours))
        {
            return name + "\n";
        }
        final IpProcess process = ours.process();
        final StringBuilder text = new StringBuilder(name + "\n");
        process.exclusively(() ->
        {
            process.stack().tcp().forEachConnection(c -> text.append("  " + c + " " + c.info() + "\n"));
            return null;
        });
        process.counters().forEach((counter, value) -> text.append(value == 0 ? "" : "  " + counter + "=" + value));
        return text.append("\n").toString();
    }

    @Override
    public String toString()
    {
        return name;
    }
}
