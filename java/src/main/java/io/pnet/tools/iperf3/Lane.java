package io.pnet.tools.iperf3;

import io.pnet.tools.net.PnetStream;
import io.pnet.tools.net.Stream;

import java.util.Locale;

/** How an application meets the stack: what is measured depends on it, so reports name it. */
enum Lane
{
    /** A thread for each stream, in blocking calls. */
    BLOCKING,
    /** Handlers on the stack's thread, TCP only. */
    HANDLERS;

    /**
     * A stream of this lane.
     *
     * @param connection connected and greeted; one of Pnet's for {@link #HANDLERS}.
     */
    TestStream tcp(final int index, final boolean isSender, final Settings settings, final Stream connection)
    {
        return this == HANDLERS ?
            new HandlerTestStream(index, isSender, settings, (PnetStream)connection) :
            new TcpTestStream(index, isSender, settings, connection);
    }

    /** As reports have it. */
    String text()
    {
        return name().toLowerCase(Locale.ROOT);
    }
}
