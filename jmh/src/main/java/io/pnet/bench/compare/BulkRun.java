package io.pnet.bench.compare;

/**
 * One transfer in one direction.
 *
 * @param goodput         payload that the receiver's program took in, in bit/s, the warm-up left out.
 * @param retransmissions segments sent again, over the whole transfer, as the sender's stack counts them; -1 unknown.
 * @param cpu             CPU seconds per gigabyte (10^9 bytes of payload).
 */
record BulkRun(double goodput, long retransmissions, Cpu cpu)
{
}
