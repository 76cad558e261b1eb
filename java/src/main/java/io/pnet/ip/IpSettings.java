package io.pnet.ip;

/**
 * What can be set about the Internet layer. Plain values, read when the layer is made.
 */
public final class IpSettings
{
    /** Whether a new address is probed before use and announced. */
    public boolean addressDetection = true;
    /** Between conflict probes, ns. */
    public long probeIntervalNs = 200_000_000L;
    /** How many conflict probes. */
    public int probeCount = 3;
    /** Whether echo requests are answered. */
    public boolean answerEcho = true;
    /** Upper bound of the memory that waiting fragments may take, bytes. */
    public int reassemblyBytes = 4 << 20;
    /** TTL and hop limit of what we send. */
    public int hopLimit = 64;
    /** ICMP errors we send on average at most, per second. */
    public int icmpErrorsPerSecond = 100;
    /** ICMP errors that may be sent at once. */
    public int icmpErrorBurst = 50;
}
