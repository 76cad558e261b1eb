package io.pnet.link;

/** Does what another link does; tests change one thing. */
public class Delegate implements Link
{
    private final Link link;

    protected Delegate(final Link link)
    {
        this.link = link;
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return link.capabilities();
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        return link.poll(handler, limit, nowNs);
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return link.claim(headLength, gathered);
    }

    @Override
    public void commit(final TxFrame frame)
    {
        link.commit(frame);
    }

    @Override
    public int flush(final long nowNs)
    {
        return link.flush(nowNs);
    }

    @Override
    public boolean isCongested()
    {
        return link.isCongested();
    }

    @Override
    public int fd()
    {
        return link.fd();
    }

    @Override
    public long nextDeadlineNs()
    {
        return link.nextDeadlineNs();
    }

    @Override
    public void close()
    {
        link.close();
    }
}
