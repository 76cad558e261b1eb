package io.pnet.packetdrill;

import io.pnet.ip.IpAddress;
import io.pnet.tcp.TcpSettings;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Runs scripts in the packetdrill language, each against a stack of its own in virtual time: the same script gives the
 * same outcome always.
 */
public final class Packetdrill
{
    private static final long US = 1_000L;
    private static final int DEFAULT_TOLERANCE_USECS = 4_000;
    private static final int DEFAULT_MTU = 1_500;
    /** With IPv6's longer header it leaves the segment size of IPv4, for scripts that are run with both. */
    private static final int MTU_FOR_BOTH = 1_520;
    private static final int MIN_MTU = 68;
    private static final int MAX_MTU = 65_535;
    private static final long SEED = 1;
    private static final String STANDARD = "STANDARD";
    private static final String FREEBSD = "FreeBSD";

    private final Set<Relax> relax = Relax.none();
    private final Map<String, String> defines = new LinkedHashMap<>();
    private final Map<String, String> overrides = new LinkedHashMap<>();
    private Dialect dialect;
    private boolean isNothingMore;

    /** What need not be met to the letter. */
    public Packetdrill relax(final Set<Relax> what)
    {
        relax.addAll(what.isEmpty() ? EnumSet.noneOf(Relax.class) : what);
        return this;
    }

    /** Whose calls and defaults are meant; null: what the script looks like. */
    public Packetdrill dialect(final Dialect whose)
    {
        dialect = whose;
        return this;
    }

    /** A word that stands for another one, and is defined for {@code #ifdef}. */
    public Packetdrill define(final String name, final String value)
    {
        defines.put(name, value);
        return this;
    }

    /** An option as a script has it at its head, in front of the script's own: {@code ip_version}, {@code ipv6}. */
    public Packetdrill option(final String name, final String value)
    {
        overrides.put(name, value);
        return this;
    }

    /** Whether something that is sent and that no event of the script takes is a failure also after its last event. */
    public Packetdrill nothingMore(final boolean isOn)
    {
        isNothingMore = isOn;
        return this;
    }

    /**
     * Runs one script. Where it says what a standard TCP does and what FreeBSD does ({@code #ifdef STANDARD}, {@code
     * #ifdef FreeBSD}), and the user has defined neither, either will do.
     */
    public Outcome run(final String name, final String text)
    {
        if (!text.contains("#if") || defines.containsKey(STANDARD) || defines.containsKey(FREEBSD))
        {
            return runOne(name, text, defines);
        }
        final Map<String, String> standard = new LinkedHashMap<>(defines);
        standard.put(STANDARD, "");
        final Outcome first = runOne(name, text, standard);
        final Map<String, String> bsd = new LinkedHashMap<>(defines);
        bsd.put(FREEBSD, "");
        final Outcome second = first.result() == Outcome.Result.PASSED ? first : runOne(name, text, bsd);
        return second.result() == Outcome.Result.PASSED ? second : first;
    }

    private Outcome runOne(final String name, final String text, final Map<String, String> defined)
    {
        Script script = null;
        try
        {
            script = ScriptParser.parse(text, defined);
            run(script);
            return Outcome.passed(name);
        }
        catch (final ScriptException ex)
        {
            return new Outcome(
                name,
                ex.isSkip() ? Outcome.Result.SKIPPED : Outcome.Result.FAILED,
                ex.line(),
                script == null ? null : source(script, ex.line()),
                ex.getMessage(),
                null,
                null);
        }
        catch (final Executor.Failed ex)
        {
            return new Outcome(
                name,
                Outcome.Result.FAILED,
                ex.event.line(),
                ex.event.text(),
                ex.getMessage(),
                ex.expected,
                ex.actual);
        }
        catch (final RuntimeException ex)
        {
            return new Outcome(name, Outcome.Result.FAILED, 0, null, "internal error: " + ex, null, null);
        }
    }

    private static String source(final Script script, final int line)
    {
        for (final Event event : script.events())
        {
            if (event.line() == line)
            {
                return event.text();
            }
        }
        return null;
    }

    private void run(final Script script)
    {
        final Map<String, String> options = new LinkedHashMap<>(overrides);
        options.putAll(script.options());
        final Dialect spoken = dialect != null ? dialect :
            script.isBsd() ? Dialect.FREEBSD : script.isLinux() ? Dialect.LINUX : Dialect.PNET;
        boolean isV6 = false;
        int mtu = 0;
        long toleranceUsecs = DEFAULT_TOLERANCE_USECS;
        IpAddress local = null;
        IpAddress remote = null;
        for (final Map.Entry<String, String> option : options.entrySet())
        {
            final String value = option.getValue();
            switch (option.getKey())
            {
                case "ip_version":
                    isV6 = isV6(value);
                    break;
                case "mtu":
                    mtu = (int)number(option, MIN_MTU, MAX_MTU);
                    break;
                case "tolerance_usecs":
                    toleranceUsecs = number(option, 0, 3_600_000_000L);
                    break;
                case "local_ip":
                    local = address(option);
                    break;
                case "remote_ip":
                    remote = address(option);
                    break;
                case "init_scripts":
                case "gateway_ip":
                case "netmask_ip":
                case "tcp_ts_tick_usecs":
                case "non_fatal":
                case "verbose":
                case "dry_run":
                case "debug":
                case "speed":
                case "bind_port":
                case "connect_port":
                case "persistent_tun_dev":
                case "send_omit_free":
                    break;
                default:
                    throw ScriptException.unsupported(0, "the option --" + option.getKey());
            }
        }
        if (local == null || local.isV4() == isV6)
        {
            local = IpAddress.parse(isV6 ? "fd3d:0a0b:17d6::1" : "192.168.0.1");
        }
        if (remote == null || remote.isV4() == isV6)
        {
            remote = IpAddress.parse(isV6 ? "fd3d:fa7b:d17d::1" : "192.0.2.1");
        }
        if (mtu == 0)
        {
            mtu = isV6 && !script.options().containsKey("ip_version") ? MTU_FOR_BOTH : DEFAULT_MTU;
        }
        final TcpSettings settings = new TcpSettings();
        final Sysctls sysctls = new Sysctls(settings);
        if (spoken.isBsd())
        {
            sysctls.freeBsdDefaults();
        }
        try (Host host = new Host(local, remote, mtu, settings, SEED))
        {
            new Executor(
                script, host, spoken, sysctls, relax, toleranceUsecs * US, isNothingMore).run();
        }
    }

    private static boolean isV6(final String value)
    {
        switch (value)
        {
            case "ipv4":
            case "ipv4-mapped-ipv6":
            case "ipv4_mapped_ipv6":
                return false;
            case "ipv6":
                return true;
            default:
                throw ScriptException.malformed(0, "--ip_version=" + value + ": it is ipv4, ipv6 or ipv4-mapped-ipv6");
        }
    }

    private static long number(final Map.Entry<String, String> option, final long min, final long max)
    {
        try
        {
            final long number = Long.decode(option.getValue());
            if (number >= min && number <= max)
            {
                return number;
            }
        }
        catch (final NumberFormatException ex)
        {
            // As if it were out of range.
        }
        throw ScriptException.malformed(
            0, "--" + option.getKey() + "=" + option.getValue() + ": it is a number from " + min + " to " + max);
    }

    private static IpAddress address(final Map.Entry<String, String> option)
    {
        try
        {
            return IpAddress.parse(option.getValue());
        }
        catch (final IllegalArgumentException ex)
        {
            throw ScriptException.malformed(0, "--" + option.getKey() + ": " + ex.getMessage());
        }
    }
}
