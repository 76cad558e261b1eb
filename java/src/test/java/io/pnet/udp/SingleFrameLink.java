package io.pnet.udp;

import io.pnet.link.FrameHandler;
import io.pnet.link.Link;
import io.pnet.link.LinkCapabilities;
import io.pnet.link.RxFrame;
import io.pnet.link.TxFrame;

/** Shows one frame, once; everything else is another link's. */
final class SingleFrameLink implements Link
{
    private final Link link;
    private RxFrame frame;

    SingleFrameLink(final Link link, final RxFrame frame)
    {
        this.link = link;
        this.frame = frame;
    }

    @Override
    public LinkCapabilities capabilities()
    {
        return link.capabilities();
    }

    @Override
    public int poll(final FrameHandler handler, final int limit, final long nowNs)
    {
        if (frame == null)
        {
            return 0;
        }
        handler.onFrame(frame);
        frame = null;
        return 1;
    }

    @Override
    public TxFrame claim(final int headLength, final boolean gathered)
    {
        return link.claim(headLength, gathered);
    }

    @Override
    public void commit(final TxFrame committed)
    {
        link.commit(committed);
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
