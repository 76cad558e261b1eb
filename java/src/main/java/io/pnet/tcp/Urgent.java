package io.pnet.tcp;

import io.pnet.wire.SeqNumber;

/**
 * The urgent mechanism (RFC 9293 section 3.8.5) in RFC 6093's reading: urgent data stays in the stream, and the pointer
 * names the first byte behind it. New applications should not use it; old ones may. Owned by the stack's owner.
 */
final class Urgent
{
    private Urgent()
    {
    }

    /** A segment with URG: the pointer counts from its own, untrimmed sequence number and never moves back. */
    static void arrives(final Connection c, final Segment s)
    {
        final int pointer = s.header.sequenceNumber() + s.header.urgentPointer();
        if (c.state.canReceive() && SeqNumber.gt(pointer, c.rcvNxt))
        {
            final long end = c.bytesReceived + (pointer - c.rcvNxt);
            if (end > c.urgentReceivedEnd)
            {
                c.urgentReceivedEnd = end;
                c.fireUrgent();
            }
        }
    }

    /** Whether a segment that starts at this offset of the stream has to say that urgent data lies ahead. */
    static boolean isAhead(final Connection c, final long offset)
    {
        return offset < c.urgentSentEnd;
    }

    /** What a segment at this offset says, as far as the field reaches. */
    static int pointer(final Connection c, final long offset)
    {
        return (int)Math.min(0xFFFF, c.urgentSentEnd - offset);
    }
}
