package io.pnet.link;

/**
 * A link without a kernel behind it, whose frames are gone once they are committed: there is nothing to flush, nothing
 * gets congested, and no descriptor to wait on. What becomes of frames, and where others come from, is for the subclass
 * to say.
 */
public abstract class ImmediateLink implements Link
{
    private final LinkCapabilities capabilities;

    protected ImmediateLink(final LinkCapabilities capabilities)
    {
        this.capabilities = capabilities;
    }

    @Override
    public final LinkCapabilities capabilities()
    {
        return capabilities;
    }

    @Override
    public final int flush(final long nowNs)
    {
        return 0;
    }

    @Override
    public final boolean isCongested()
    {
        return false;
    }

    @Override
    public final int fd()
    {
        return -1;
    }
}
