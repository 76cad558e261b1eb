package io.pnet.tcp;

import io.pnet.link.ChunkPool;

/** Connections whose writers found no chunk to write into, first come, first served. Owned by the stack's owner. */
final class StarvedWriters
{
    private final TcpTransport tcp;
    private final ChunkPool chunks;
    private Connection head;
    private Connection tail;

    StarvedWriters(final TcpTransport tcp, final ChunkPool chunks)
    {
        this.tcp = tcp;
        this.chunks = chunks;
    }

    /** Has a writer that found no chunk wait for one, behind those that wait already. */
    void add(final Connection c)
    {
        if (!c.isStarved)
        {
            c.isStarved = true;
            if (tail == null)
            {
                head = c;
            }
            else
            {
                tail.nextStarved = c;
            }
            tail = c;
        }
    }

    /** Tells as many writers as there are chunks now. */
    void feed()
    {
        if (head == null)
        {
            return;
        }
        for (int left = chunks.available(); left > 0 && head != null; left--)
        {
            final Connection c = head;
            head = c.nextStarved;
            tail = head == null ? null : tail;
            c.nextStarved = null;
            c.isStarved = false;
            c.sendBuffer.clearStarved();
            tcp.writable(c);
        }
    }
}
