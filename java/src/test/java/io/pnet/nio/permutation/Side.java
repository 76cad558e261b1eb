package io.pnet.nio.permutation;

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
    @Override
    public String toString()
    {
        return name;
    }
}
