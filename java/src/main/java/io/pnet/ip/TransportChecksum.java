package io.pnet.ip;

/** Verifies and completes the checksums of TCP, UDP and ICMPv6 over their pseudo-headers (RFC 9293, 768, 8200). */
final class TransportChecksum
{
    private TransportChecksum()
    {
    }

    static boolean isValid(final IpPacket packet)
    {
        throw new UnsupportedOperationException();
    }
}
