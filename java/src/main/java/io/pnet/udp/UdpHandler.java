package io.pnet.udp;

import io.pnet.ip.IcmpError;
import org.agrona.concurrent.UnsafeBuffer;

/** What an endpoint is told. Called on the stack's owner. */
public interface UdpHandler
{
    /**
     * One datagram, in place.
     *
     * @param buffer     where it lies until this returns.
     * @param offset     of the payload.
     * @param length     bytes of payload, 0 to 65,527.
     * @param sourcePort 0 when the sender wants no answer.
     */
    void onDatagram(
        UdpEndpoint endpoint,
        UnsafeBuffer buffer,
        int offset,
        int length,
        long sourceHi,
        long sourceLo,
        int sourcePort);

    /**
     * An ICMP error quotes a datagram that the endpoint sent, or its next hop does not answer. Anybody on the way can
     * make such errors up: they are hints.
     */
    void onError(UdpEndpoint endpoint, IcmpError.Kind kind);

    /** There may be room again after a {@link UdpEndpoint#BACK_PRESSURED}; told once, to who has asked for it. */
    default void onRoom(final UdpEndpoint endpoint)
    {
    }
}
