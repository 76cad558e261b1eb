package io.pnet.packetdrill;

import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpInfo;
import io.pnet.tcp.TcpState;

import java.util.HashMap;
import java.util.Map;

/** TCP_INFO by the names of its fields, in the units of the dialect's system. */
final class InfoFields
{
    private static final long US = 1_000L;

    private InfoFields()
    {
    }

    static Map<String, Long> of(final TcpFile file, final Dialect dialect, final Symbols symbols)
    {
        final Map<String, Long> fields = new HashMap<>();
        final Connection connection = file.connection();
        final String state = file.isListening() ? "LISTEN" :
            connection == null ? TcpState.CLOSED.name() : connection.state().name();
        fields.put("tcpi_state", symbols.get("TCP_" + state));
        if (connection == null)
        {
            return fields;
        }
        final TcpInfo info = connection.info();
        final long mss = Math.max(1, info.mss());
        final boolean isBsd = dialect.isBsd();
        fields.put("tcpi_rto", info.rtoNs() / US);
        fields.put("tcpi_rtt", info.rttNs() / US);
        fields.put("tcpi_rttvar", info.rttvarNs() / US);
        fields.put("tcpi_min_rtt", info.minRttNs() / US);
        fields.put("tcpi_snd_mss", mss);
        fields.put("tcpi_pmtu", (long)info.pathMtu());
        fields.put("tcpi_snd_wnd", (long)info.sndWnd());
        fields.put("tcpi_rcv_wnd", (long)info.rcvWnd());
        fields.put("tcpi_rcv_space", (long)info.rcvWnd());
        fields.put("tcpi_snd_cwnd", isBsd ? info.cwnd() : info.cwnd() / mss);
        fields.put("tcpi_snd_ssthresh", isBsd ? info.ssthresh() : info.ssthresh() == Integer.MAX_VALUE ?
            (long)Integer.MAX_VALUE : info.ssthresh() / mss);
        fields.put("tcpi_total_retrans", info.retransmittedSegments());
        fields.put("tcpi_snd_rexmitpack", info.retransmittedSegments());
        fields.put("tcpi_bytes_retrans", info.retransmittedBytes());
        fields.put("tcpi_bytes_received", info.bytesReceived());
        fields.put("tcpi_bytes_sent", info.bytesSent() + info.retransmittedBytes());
        final long sent = Math.max(0, info.unacknowledged() - info.unsent());
        fields.put("tcpi_unacked", (sent + mss - 1) / mss);
        fields.put("tcpi_notsent_bytes", (long)info.unsent());
        fields.put("tcpi_bytes_acked", info.bytesSent() - sent);
        fields.put("tcpi_delivered", info.delivered() / mss);
        fields.put("tcpi_pacing_rate", info.pacingRate());
        fields.put("tcpi_delivery_rate", info.deliveryRate());
        fields.put("tcpi_delivery_rate_app_limited", info.isAppLimited() ? 1L : 0L);
        fields.put("tcpi_busy_time", info.busyNs() / US);
        fields.put("tcpi_rwnd_limited", info.rwndLimitedNs() / US);
        fields.put("tcpi_sndbuf_limited", info.sndbufLimitedNs() / US);
        fields.put("tcpi_options", options(connection, info));
        fields.put("tcpi_ca_state", caState(info));
        return fields;
    }

    private static long options(final Connection connection, final TcpInfo info)
    {
        return (connection.usesTimestamps() ? 1 : 0) | (connection.usesSack() ? 2 : 0) |
            (connection.usesWindowScaling() ? 4 : 0) | (info.isEcn() ? 8 : 0);
    }

    private static long caState(final TcpInfo info)
    {
        switch (info.recovery())
        {
            case "RECOVERY":
                return 3;
            case "LOSS":
                return 4;
            default:
                return 0;
        }
    }
}
