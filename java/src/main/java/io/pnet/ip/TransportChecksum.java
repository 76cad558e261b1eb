package io.pnet.ip;

import io.pnet.wire.Checksum;

/** Verifies the checksums of TCP, UDP and ICMPv6 over their pseudo-headers (RFC 9293, 768, 8200). */
final class TransportChecksum
{
    private TransportChecksum()
    {
    }

    static boolean isValid(final IpPacket packet)
    {
        final long pseudoSum = Checksum.pseudoHeader(
            packet.sourceHi, packet.sourceLo, packet.destinationHi, packet.destinationLo,
            packet.protocol, packet.length);
        return Checksum.isValid(pseudoSum + Checksum.sum(packet.buffer, packet.offset, packet.length));
    }
}
