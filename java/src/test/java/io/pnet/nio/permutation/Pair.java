package io.pnet.nio.permutation;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;

/**
 * Who connects and who is connected to.
 *
 * @param absent    an address that the client has a way to and where nobody answers; null where there is none, as on
 *                  the kernel's loopback.
 * @param resources what stands behind the two, closed with the pair; may be null.
 */
record Pair(Side client, Side server, InetAddress absent, Closeable resources) implements Closeable
{
    @Override
    public void close() throws IOException
    {
        if (resources != null)
        {
            resources.close();
        }
    }

    @Override
    public String toString()
    {
        return client + " to " + server;
    }
}
