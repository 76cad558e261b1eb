package io.pnet.run;

import io.pnet.nio.Routing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the JVM was told: the agent's options, and for keys that are not among them the environment
 * ({@code PNET_LINK}, {@code PNET_IP} and so on). Values that are lists are separated by spaces or {@code +}, CPUs by
 * commas as well, and among the options a key may stand more than once.
 */
final class RunSettings
{
    /** When the network is started. */
    enum Start
    {
        /** Before {@code main}. */
        NOW,
        /** When the JVM opens its first channel or socket, or looks up its first name: start scripts run small JVMs. */
        LAZY
    }

    private static final Set<String> LISTS = Set.of("ip", "gateway", "exclude", "dns", "search", "pin");
    private static final Set<String> SINGLE = Set.of(
        "link", "mac", "mtu", "pcap", "impair", "ecn", "congestion", "counters", "loopback", "linger", "quiet", "debug",
        "start", "hosts", "hostname", "stacks", "huge-pages");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s)?");

    final String link;
    final List<String> addresses;
    final List<String> gateways;
    final String mac;
    final Integer mtu;
    final Path pcap;
    final String impair;
    final boolean ecn;
    final String congestion;
    /** How many stacks share the addresses. */
    final int stacks;
    /** A CPU for the thread of each stack; empty to have none pinned. */
    final int[] cpus;
    /** Whether buffers lie on huge pages, where the kernel gives any. */
    final boolean hugePages;
    final boolean counters;
    final Routing routing;
    final Duration linger;
    final boolean quiet;
    final boolean debug;
    final Start start;
    /** Name servers; empty for the system's. */
    final List<String> dns;
    /** What is appended to names; empty for the system's. */
    final List<String> search;
    /** This process's own name; null for the kernel's. */
    final Path hosts;
    final String hostName;

    private final Map<String, List<String>> options;
    private final Function<String, String> environment;

    private RunSettings(final Map<String, List<String>> options, final Function<String, String> environment)
    {
        this.options = options;
        this.environment = environment;
        for (final String key : options.keySet())
        {
            if (!LISTS.contains(key) && !SINGLE.contains(key))
            {
                final Set<String> known = new TreeSet<>(LISTS);
                known.addAll(SINGLE);
                throw new IllegalArgumentException(
                    "there is no option '" + key + "'; there are " + String.join(", ", known));
            }
        }
        link = value("link");
        addresses = list("ip");
        gateways = list("gateway");
        mac = value("mac");
        mtu = number("mtu");
        pcap = value("pcap") == null ? null : Path.of(value("pcap"));
        impair = value("impair");
        ecn = flag("ecn", false);
        congestion = value("congestion");
        stacks = value("stacks") == null ? 1 : number("stacks");
        cpus = cpus();
        hugePages = flag("huge-pages", false);
        counters = flag("counters", false);
        routing = routing();
        linger = duration("linger");
        quiet = flag("quiet", false);
        debug = flag("debug", false);
        start = start();
        dns = list("dns");
        search = list("search");
        hosts = value("hosts") == null ? null : Path.of(value("hosts"));
        hostName = value("hostname");
    }

    /**
     * Reads them where nothing is to be started: neither a link nor an address has to be there.
     *
     * @param environment gives a variable's value, or null.
     * @throws IllegalArgumentException one line that says what is wrong.
     */
    static RunSettings of(final Function<String, String> environment)
    {
        return new RunSettings(Map.of(), environment);
    }

    /**
     * Reads them.
     *
     * @param options     the agent's, null for none.
     * @param environment gives a variable's value, or null.
     * @throws IllegalArgumentException one line that says what is missing or wrong.
     */
    static RunSettings parse(final String options, final Function<String, String> environment)
    {
        final RunSettings settings = new RunSettings(OptionText.parse(options), environment);
        if (settings.link == null)
        {
            throw new IllegalArgumentException(
                "missing link: say link=packet:IFACE, link=tap:NAME or link=fd:N, or set PNET_LINK");
        }
        if (!settings.link.matches("packet:\\S+|tap:\\S+|fd:\\d+(,\\d+)?"))
        {
            throw new IllegalArgumentException(
                "bad link '" + settings.link + "': it is packet:IFACE, tap:NAME or fd:N");
        }
        if (settings.addresses.isEmpty())
        {
            throw new IllegalArgumentException("missing ip: give the address to use on " + settings.link +
                ", for example ip=10.0.0.2/24, or set PNET_IP");
        }
        return settings;
    }

    private String value(final String key)
    {
        final List<String> values = options.get(key);
        if (values == null)
        {
            return environment.apply("PNET_" + key.toUpperCase(Locale.ROOT).replace('-', '_'));
        }
        return values.get(values.size() - 1);
    }

    private List<String> list(final String key)
    {
        final List<String> all = new ArrayList<>();
        final List<String> given = options.getOrDefault(key, value(key) == null ? List.of() : List.of(value(key)));
        for (final String text : given)
        {
            Arrays.stream(text.split("[+\\s]+")).filter(each -> !each.isEmpty()).forEach(all::add);
        }
        return List.copyOf(all);
    }

    private boolean flag(final String key, final boolean otherwise)
    {
        final String value = value(key);
        if (value == null)
        {
            return otherwise;
        }
        return switch (value.toLowerCase(Locale.ROOT))
        {
            case "on", "true", "yes", "1" -> true;
            case "off", "false", "no", "0", "" -> false;
            default -> throw new IllegalArgumentException("bad " + key + " '" + value + "': it is on or off");
        };
    }

    private Integer number(final String key)
    {
        final String value = value(key);
        if (value != null && !value.matches("\\d{1,9}"))
        {
            throw new IllegalArgumentException("bad " + key + " '" + value + "': it is a number");
        }
        return value == null ? null : Integer.valueOf(value);
    }

    private int[] cpus()
    {
        return list("pin").stream().flatMap(text -> Arrays.stream(text.split(","))).mapToInt(RunSettings::cpu)
            .toArray();
    }

    private static int cpu(final String text)
    {
        if (!text.matches("\\d{1,4}"))
        {
            throw new IllegalArgumentException("bad pin '" + text + "': it is a CPU's number, one for each stack");
        }
        return Integer.parseInt(text);
    }

    private Duration duration(final String key)
    {
        final String value = value(key);
        if (value == null)
        {
            return Duration.ofSeconds(5);
        }
        final Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches())
        {
            throw new IllegalArgumentException("bad " + key + " '" + value + "': write it as 5s or 500ms");
        }
        final long count = Long.parseLong(matcher.group(1));
        return "ms".equals(matcher.group(2)) ? Duration.ofMillis(count) : Duration.ofSeconds(count);
    }

    private Start start()
    {
        final String value = value("start");
        if (value == null || value.equals("now"))
        {
            return Start.NOW;
        }
        if (value.equals("lazy"))
        {
            return Start.LAZY;
        }
        throw new IllegalArgumentException("bad start '" + value + "': it is now or lazy");
    }

    private Routing routing()
    {
        final List<String> parts = new ArrayList<>();
        final List<String> excluded = list("exclude");
        if (!excluded.isEmpty())
        {
            parts.add("exclude=" + String.join("+", excluded));
        }
        if (!flag("loopback", true))
        {
            parts.add("loopback=off");
        }
        return Routing.parse(String.join(",", parts));
    }
}
