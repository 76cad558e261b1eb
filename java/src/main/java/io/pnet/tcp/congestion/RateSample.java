package io.pnet.tcp.congestion;

/**
 * What one acknowledgement tells about the path: how fast data was delivered between the sending of what it
 * acknowledges and now (draft-cheng-iccrg-delivery-rate-estimation). Filled by TCP; times in ns, sizes in bytes, rates
 * in bytes a second. Owned by the stack's owner.
 */
public final class RateSample
{
    /** The delivery rate over the last round trip; 0 when this acknowledgement does not tell. */
    public long rate;
    /** The time over which it was measured. */
    public long intervalNs;
    /** Whether the application sent too little for {@link #rate} to be the path's: then it is a lower bound. */
    public boolean isAppLimited;
    /** {@link CongestionWindow#delivered} when the latest of what is acknowledged was sent; -1 when unknown. */
    public long priorDelivered = -1;
    /** Bytes that this acknowledgement has delivered. */
    public int delivered;
    /** Bytes deemed lost since the last sample. */
    public int lost;
    /** Bytes in flight before it. */
    public int priorInFlight;
    /** The round-trip time of the latest that was sent once; 0 when there is none. */
    public long rttNs;
}
