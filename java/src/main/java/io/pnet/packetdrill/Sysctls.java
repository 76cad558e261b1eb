package io.pnet.packetdrill;

import io.pnet.tcp.EcnMode;
import io.pnet.tcp.SynCookieUse;
import io.pnet.tcp.TcpCompatibility;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;

import java.util.Map;
import java.util.Set;

/**
 * Settings of FreeBSD and Linux by their names, mapped to the stack's. What tunes caches and limits that are not here
 * is passed over when its value is what holds here anyway; everything else is unknown.
 */
final class Sysctls
{
    private static final long S = 1_000_000_000L;
    private static final long MS = 1_000_000L;

    /** FreeBSD's housekeeping: changes nothing that a script could see of this stack. */
    private static final Set<String> FREEBSD_IGNORED = Set.of(
        "hostcache.purgenow", "hostcache.purge", "hostcache.expire", "hostcache.enable", "hostcache.prune",
        "log_debug", "log_in_vain", "maxtcptw", "tso", "nolocaltimewait", "do_tcpdrain",
        "isn_reseed_interval", "soreceive_stream", "recvbuf_inc", "recvbuf_max", "sendbuf_inc", "sendbuf_max",
        "recvbuf_auto", "sendbuf_auto", "sendbuf_auto_lowat", "syncache.see_other", "syncache.rst_on_sock_fail",
        "reass.maxqueuelen", "reass.maxsegments", "bb.log_auto_mode", "require_unique_port", "v6mssdflt", "mssdflt",
        "minmss", "drop", "per_cpu_timers", "map_limit", "split_limit", "sack.maxholes", "sack.globalmaxholes",
        "fast_finwait2_recycle", "tcbhashsize", "msl_local", "ack_war_timewindow", "ack_war_cnt",
        "maxunacktime", "pmtud_blackhole_mss", "v6pmtud_blackhole_mss", "insecure_ack", "rexmit_min");

    /** What is so here, whatever a script says. */
    private static final Map<String, Set<String>> FREEBSD_FIXED = Map.ofEntries(
        Map.entry("blackhole", Set.of("0")),
        Map.entry("blackhole_local", Set.of("0", "1")),
        Map.entry("path_mtu_discovery", Set.of("1")),
        Map.entry("pmtud_blackhole_detection", Set.of("0", "1", "2", "3")),
        Map.entry("rfc3042", Set.of("1")),
        Map.entry("rfc3390", Set.of("1")),
        Map.entry("rfc3465", Set.of("0", "1")),
        Map.entry("rfc6675_pipe", Set.of("1")),
        Map.entry("sack.revised", Set.of("1")),
        Map.entry("sack.tso", Set.of("0", "1")),
        Map.entry("do_prr", Set.of("1", "2")),
        Map.entry("do_prr_conservative", Set.of("0")),
        Map.entry("do_lrd", Set.of("1")),
        Map.entry("newcwv", Set.of("0")),
        Map.entry("syncookies", Set.of("0", "1")),
        Map.entry("syncookies_only", Set.of("0")),
        Map.entry("always_keepalive", Set.of("0", "1")),
        Map.entry("functions_default", Set.of("freebsd")),
        Map.entry("functions_inherit_listen_socket_stack", Set.of("0", "1")),
        Map.entry("tolerate_missing_ts", Set.of("0")),
        Map.entry("ts_offset_per_conn", Set.of("0", "1")),
        Map.entry("rexmit_slop_extra", Set.of("0")),
        Map.entry("udp_tunneling_port", Set.of("0")),
        Map.entry("rexmit_drop_options", Set.of("0")),
        Map.entry("ecn.generalized", Set.of("0")));

    private static final Set<String> LINUX_IGNORED = Set.of(
        "tcp_no_metrics_save", "tcp_tso_win_divisor", "tcp_min_tso_segs", "tcp_tso_rtt_log", "tcp_autocorking",
        "tcp_pacing_ss_ratio", "tcp_pacing_ca_ratio", "tcp_notsent_lowat", "tcp_fastopen_key", "tcp_mem",
        "tcp_limit_output_bytes", "tcp_moderate_rcvbuf", "tcp_adv_win_scale", "tcp_app_win", "tcp_max_syn_backlog",
        "tcp_max_tw_buckets", "tcp_max_orphans", "tcp_invalid_ratelimit", "tcp_challenge_ack_limit",
        "tcp_low_latency", "tcp_stdurg", "tcp_comp_sack_delay_ns", "tcp_comp_sack_slack_ns", "tcp_comp_sack_nr",
        "tcp_early_demux", "tcp_base_mss", "tcp_min_snd_mss", "tcp_probe_interval", "tcp_probe_threshold",
        "tcp_plb_enabled", "tcp_backlog_ack_defer", "tcp_pingpong_thresh", "tcp_available_congestion_control",
        "tcp_allowed_congestion_control", "tcp_fastopen_blackhole_timeout_sec", "ip_local_port_range");

    private static final Map<String, Set<String>> LINUX_FIXED = Map.ofEntries(
        Map.entry("tcp_frto", Set.of("1", "2")),
        Map.entry("tcp_dsack", Set.of("1")),
        Map.entry("tcp_fack", Set.of("0", "1")),
        Map.entry("tcp_reordering", Set.of("3")),
        Map.entry("tcp_max_reordering", Set.of("300")),
        Map.entry("tcp_early_retrans", Set.of("3", "4")),
        Map.entry("tcp_recovery", Set.of("1")),
        Map.entry("tcp_slow_start_after_idle", Set.of("0", "1")),
        Map.entry("tcp_fastopen", Set.of("0", "1", "2", "3", "0x1", "0x2", "0x3")),
        Map.entry("tcp_ecn_fallback", Set.of("0", "1")),
        Map.entry("tcp_rfc1337", Set.of("1")),
        Map.entry("tcp_retrans_collapse", Set.of("0", "1")),
        Map.entry("tcp_shrink_window", Set.of("0")),
        Map.entry("tcp_thin_linear_timeouts", Set.of("0")),
        Map.entry("tcp_workaround_signed_windows", Set.of("0")),
        Map.entry("tcp_abort_on_overflow", Set.of("0")),
        Map.entry("tcp_tw_reuse", Set.of("0", "1", "2")),
        Map.entry("tcp_ecn_option", Set.of("0", "1", "2")),
        Map.entry("ip_no_pmtu_disc", Set.of("0")),
        Map.entry("ip_nonlocal_bind", Set.of("0", "1")),
        Map.entry("ip_forward", Set.of("0")));

    private final TcpSettings settings;

    Sysctls(final TcpSettings settings)
    {
        this.settings = settings;
    }

    /** What FreeBSD does by default where that shows. */
    void freeBsdDefaults()
    {
        settings.receiveBufferBytes = 65_536;
        settings.sendBufferBytes = 32_768 + TcpFile.BSD_SLACK;
        settings.maxRtoNs = 64 * S;
        settings.synTimeoutNs = 75 * S;
        settings.synReceivedTimeoutNs = 75 * S;
        settings.ecn = EcnMode.ACCEPT;
        settings.compatibility.rtoSlopNs = 200 * MS;
        settings.compatibility.ecnSynRetries = 1;
        settings.compatibility.quickAcks = 0;
        settings.compatibility.windowShift = 6;
        settings.compatibility.receivesIntoBuffer = true;
        settings.compatibility.softErrorsInHandshake = true;
        settings.compatibility.synFin = TcpCompatibility.SynFin.TAKE;
        settings.compatibility.repeatsRejectedSyn = false;
        settings.invalidAckIntervalNs = 0;
    }

    /** What Linux's suites set before each script. */
    void linuxDefaults()
    {
        settings.receiveBufferBytes = 15 << 20;
        settings.sendBufferBytes = 4 << 20;
        settings.timestamps = true;
        settings.sack = true;
        settings.windowScaling = true;
        settings.congestionControl = Cubic::new;
        settings.ecn = EcnMode.OFF;
        settings.synTimeoutNs = 63 * S;
    }

    /** Returns false when the setting, or this value of it, means nothing here. */
    boolean set(final String name, final String value)
    {
        try
        {
            if (name.startsWith("net.inet.tcp."))
            {
                return freeBsd(name.substring("net.inet.tcp.".length()), value);
            }
            if (name.startsWith("net.ipv4."))
            {
                return linux(name.substring("net.ipv4.".length()), value);
            }
            switch (name)
            {
                case "kern.ipc.maxsockbuf":
                    settings.compatibility.windowShift = shiftFor(Long.parseLong(value));
                    return true;
                case "net.inet.tcp6.rfc1323":
                    return false;
                case "net.core.rmem_max":
                case "net.core.wmem_max":
                case "net.core.somaxconn":
                case "net.core.default_qdisc":
                case "net.inet.udp.blackhole":
                case "net.inet.icmp.icmplim":
                case "net.inet.ip.random_id":
                    return true;
                default:
                    return name.startsWith("net.ipv4.conf.") || name.startsWith("net.ipv6.conf.");
            }
        }
        catch (final NumberFormatException ex)
        {
            return false;
        }
    }

    /** The shift with which the largest buffer can be said, as FreeBSD has it. */
    private static int shiftFor(final long bytes)
    {
        int shift = 0;
        while (shift < 14 && 0xFFFFL << shift < bytes)
        {
            shift++;
        }
        return shift;
    }

    private boolean freeBsd(final String name, final String value)
    {
        switch (name)
        {
            case "recvspace":
                settings.receiveBufferBytes = Integer.parseInt(value);
                return true;
            case "sendspace":
                settings.sendBufferBytes = Integer.parseInt(value) + TcpFile.BSD_SLACK;
                return true;
            case "sack.enable":
                settings.sack = isOn(value);
                return true;
            case "rfc1323":
                settings.windowScaling = value.equals("1") || value.equals("2");
                settings.timestamps = value.equals("1") || value.equals("3");
                return true;
            case "ecn.enable":
                return ecn(value, "1", "2");
            case "ecn.maxretries":
                settings.compatibility.ecnSynRetries = Integer.parseInt(value);
                return true;
            case "rexmit_initial":
                settings.initialRtoNs = Long.parseLong(value) * MS;
                return true;
            case "rexmit_slop":
                settings.compatibility.rtoSlopNs = Long.parseLong(value) * MS;
                return true;
            case "delacktime":
                settings.delayedAckNs = Long.parseLong(value) * MS;
                return true;
            case "delayed_ack":
                settings.delayedAckNs = isOn(value) ? 40 * MS : 0;
                settings.compatibility.quickAcks = isOn(value) ? 0 : Integer.MAX_VALUE;
                return true;
            case "keepinit":
                settings.synTimeoutNs = Long.parseLong(value) * MS;
                return true;
            case "keepidle":
                settings.keepAliveIdleNs = Long.parseLong(value) * MS;
                return true;
            case "keepintvl":
                settings.keepAliveIntervalNs = Long.parseLong(value) * MS;
                return true;
            case "keepcnt":
                settings.keepAliveProbes = Integer.parseInt(value);
                return true;
            case "msl":
                settings.maxSegmentLifetimeNs = Long.parseLong(value) * MS;
                return true;
            case "finwait2_timeout":
                settings.finWait2TimeoutNs = Long.parseLong(value) * MS;
                return true;
            case "initcwnd_segments":
                settings.initialWindowSegments = Integer.parseInt(value);
                return true;
            case "drop_synfin":
                settings.compatibility.synFin = isOn(value) ?
                    TcpCompatibility.SynFin.DROP : TcpCompatibility.SynFin.TAKE;
                return true;
            case "icmp_may_rst":
                settings.compatibility.icmpMayReset = isOn(value);
                return true;
            case "insecure_rst":
                settings.compatibility.insecureReset = isOn(value);
                return true;
            case "insecure_syn":
                settings.compatibility.insecureSyn = isOn(value);
                return true;
            case "cc.algorithm":
                return congestion(value);
            default:
                return FREEBSD_IGNORED.contains(name) || name.startsWith("fastopen.") && !isOn(value) ||
                    FREEBSD_FIXED.getOrDefault(name, Set.of()).contains(value);
        }
    }

    private boolean linux(final String name, final String value)
    {
        switch (name)
        {
            case "tcp_rmem":
                settings.receiveBufferBytes = last(value);
                return true;
            case "tcp_wmem":
                settings.sendBufferBytes = last(value);
                return true;
            case "tcp_sack":
                settings.sack = isOn(value);
                return true;
            case "tcp_timestamps":
                settings.timestamps = isOn(value);
                return true;
            case "tcp_window_scaling":
                settings.windowScaling = isOn(value);
                return true;
            case "tcp_ecn":
                return ecn(value, "1", "2");
            case "tcp_syn_retries":
                settings.synTimeoutNs = settings.initialRtoNs * ((1L << Integer.parseInt(value) + 1) - 1);
                return true;
            case "tcp_synack_retries":
                settings.synReceivedTimeoutNs = settings.initialRtoNs * ((1L << Integer.parseInt(value) + 1) - 1);
                return true;
            case "tcp_fin_timeout":
                settings.finWait2TimeoutNs = Long.parseLong(value) * S;
                return true;
            case "tcp_keepalive_time":
                settings.keepAliveIdleNs = Long.parseLong(value) * S;
                return true;
            case "tcp_keepalive_intvl":
                settings.keepAliveIntervalNs = Long.parseLong(value) * S;
                return true;
            case "tcp_keepalive_probes":
                settings.keepAliveProbes = Integer.parseInt(value);
                return true;
            case "tcp_rto_min_us":
                settings.minRtoNs = Long.parseLong(value) * 1_000L;
                return true;
            case "tcp_rto_max_ms":
                settings.maxRtoNs = Long.parseLong(value) * MS;
                return true;
            case "tcp_congestion_control":
                return congestion(value);
            case "tcp_mtu_probing":
                settings.blackHoleDetection = value.equals("1");
                return value.equals("0") || value.equals("1");
            case "tcp_syncookies":
                return cookies(value);
            default:
                return LINUX_IGNORED.contains(name) || LINUX_FIXED.getOrDefault(name, Set.of()).contains(value);
        }
    }

    private boolean cookies(final String value)
    {
        switch (value)
        {
            case "0":
                settings.synCookies = SynCookieUse.NEVER;
                return true;
            case "1":
                settings.synCookies = SynCookieUse.WHEN_FULL;
                return true;
            case "2":
                settings.synCookies = SynCookieUse.ALWAYS;
                return true;
            default:
                return false;
        }
    }

    private boolean ecn(final String value, final String always, final String ifAsked)
    {
        if (value.equals("0"))
        {
            settings.ecn = EcnMode.OFF;
        }
        else if (value.equals(always))
        {
            settings.ecn = EcnMode.REQUEST;
        }
        else if (value.equals(ifAsked))
        {
            settings.ecn = EcnMode.ACCEPT;
        }
        else
        {
            return false;
        }
        return true;
    }

    private boolean congestion(final String name)
    {
        switch (name)
        {
            case "cubic":
                settings.congestionControl = Cubic::new;
                return true;
            case "newreno":
            case "reno":
                settings.congestionControl = NewReno::new;
                return true;
            default:
                return false;
        }
    }

    private static boolean isOn(final String value)
    {
        return !value.equals("0");
    }

    private static int last(final String values)
    {
        final String[] parts = values.trim().split("[\\s,]+");
        return (int)Math.min(1 << 30, Long.parseLong(parts[parts.length - 1]));
    }
}
