package io.pnet.ip;

import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;

/**
 * A link with our addresses on it. Owned by the stack's owner.
 */
public final class NetworkInterface
{
    private final Link link;
    private final LinkCapabilities capabilities;

    NetworkInterface(final Link link)
    {
        this.link = link;
        this.capabilities = link.capabilities();
    }

    /** The link underneath. */
    public Link link()
    {
        return link;
    }

    /** What the link can do. */
    public LinkCapabilities capabilities()
    {
        return capabilities;
    }
}
