package io.pnet.tools.net;

/**
 * What TCP knows about a connection.
 *
 * @param retransmits segments sent again, since the connection began.
 * @param rttUs       smoothed round-trip time, microseconds.
 * @param rttVarUs    its variation, microseconds.
 * @param cwnd        congestion window, bytes.
 * @param sndWnd      the peer's window, bytes.
 * @param pathMtu     path MTU, bytes.
 */
public record StreamInfo(long retransmits, long rttUs, long rttVarUs, long cwnd, long sndWnd, long pathMtu)
{
}
