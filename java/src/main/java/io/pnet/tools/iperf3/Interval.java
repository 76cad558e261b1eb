package io.pnet.tools.iperf3;

import io.pnet.tools.net.StreamInfo;

/**
 * What a stream did between two reports.
 *
 * @param stream        which.
 * @param start         seconds since the test began.
 * @param end           seconds since the test began.
 * @param bytes         sent or received.
 * @param packets       UDP: datagrams sent, or sent by the peer as far as we know.
 * @param retransmits   TCP sender: segments sent again; -1 when unknown.
 * @param info          TCP sender: the connection's state at the end; null when unknown.
 * @param lost          UDP receiver: datagrams lost.
 * @param outOfOrder    UDP receiver: datagrams out of order.
 * @param jitterSeconds UDP receiver: jitter at the end.
 * @param omitted       belongs to the warm-up.
 */
record Interval(
    TestStream stream,
    double start,
    double end,
    long bytes,
    long packets,
    long retransmits,
    StreamInfo info,
    long lost,
    long outOfOrder,
    double jitterSeconds,
    boolean omitted)
{
    double seconds()
    {
        return end - start;
    }
}
