package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/** Says which of several links that share an interface gets a frame. */
@FunctionalInterface
public interface FrameSteering
{
    /**
     * Chooses.
     *
     * @param offset where the Ethernet header is.
     * @param length bytes of the frame; the headers at least are there.
     * @return a member's number, from 0.
     */
    int member(UnsafeBuffer buffer, int offset, int length);
}
