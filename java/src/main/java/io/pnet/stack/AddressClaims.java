package io.pnet.stack;

import io.pnet.ip.IpAddress;
import io.pnet.link.NativeClaim;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that a process has on a link, each claimed in its network namespace. Two sockets on one interface do
 * not hear each other, so that no probe finds a second process there; and both would answer the peers, one with resets.
 */
final class AddressClaims implements AutoCloseable
{
    private final List<NativeClaim> claims = new ArrayList<>();

    /**
     * Takes all addresses or none.
     *
     * @throws AddressHeldException when another process, or this one already, has one of them.
     */
    void take(final String linkName, final List<IpAddress> addresses) throws IOException
    {
        try
        {
            for (final IpAddress address : addresses)
            {
                final String name = linkName + "/" + address;
                final NativeClaim claim = NativeClaim.take(name);
                if (claim == null)
                {
                    throw new AddressHeldException(address.toString(), linkName, NativeClaim.holder(name));
                }
                claims.add(claim);
            }
        }
        catch (final IOException ex)
        {
            close();
            throw ex;
        }
    }

    /** Gives them back. */
    @Override
    public synchronized void close()
    {
        claims.forEach(NativeClaim::close);
        claims.clear();
    }
}
