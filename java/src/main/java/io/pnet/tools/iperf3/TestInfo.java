package io.pnet.tools.iperf3;

import java.net.InetSocketAddress;

/**
 * What is known when a test starts.
 *
 * @param settings what it does.
 * @param isServer which side we are.
 * @param cookie   the test's.
 * @param control  the control connection's peer.
 * @param lane     how our side meets its stack.
 */
record TestInfo(Settings settings, boolean isServer, String cookie, InetSocketAddress control, Lane lane)
{
    /** The note behind a stream's number in a bidirectional test, otherwise nothing. */
    String role(final TestStream stream)
    {
        return role(stream.isSender);
    }

    String role(final boolean isSender)
    {
        return !settings.bidirectional ? "" : "[" + (isSender ? "TX" : "RX") + "-" + (isServer ? "S" : "C") + "]";
    }
}
