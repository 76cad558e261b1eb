package io.pnet.tools.iperf3;

/**
 * One side's result of a stream.
 *
 * @param id            the stream's.
 * @param bytes         sent or received by this side.
 * @param retransmits   segments sent again; -1 when unknown or when this side received.
 * @param jitterSeconds UDP receiver.
 * @param errors        UDP receiver: datagrams lost.
 * @param packets       UDP: datagrams sent, or sent by the peer as far as this side knows.
 * @param outOfOrder    UDP receiver; not sent over the wire.
 * @param seconds       how long this side measured.
 */
record StreamResult(
    int id,
    long bytes,
    long retransmits,
    double jitterSeconds,
    long errors,
    long packets,
    long outOfOrder,
    double seconds)
{
}
