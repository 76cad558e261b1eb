package io.pnet.ip;

import org.agrona.concurrent.UnsafeBuffer;

/** Is told what becomes of echo requests that we sent. Called on the stack's owner. */
public interface EchoHandler
{
    /**
     * A reply.
     *
     * @param sequence   of the request, 16 bits.
     * @param buffer     where the payload lies until this returns.
     * @param offset     of the payload.
     * @param length     bytes of payload.
     * @param hopLimit   TTL or hop limit as it arrived.
     * @param receivedNs ingress time, monotonic.
     */
    void onReply(
        int identifier,
        int sequence,
        long sourceHi,
        long sourceLo,
        UnsafeBuffer buffer,
        int offset,
        int length,
        int hopLimit,
        long receivedNs);

    /** An error that quotes a request; {@code error} is valid until this returns. */
    void onError(int identifier, int sequence, IcmpError error);
}
