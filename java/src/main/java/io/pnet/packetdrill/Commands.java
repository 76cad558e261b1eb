package io.pnet.packetdrill;

import io.pnet.tcp.Connection;
import io.pnet.tcp.TcpState;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shell commands of scripts, as far as they mean something here: settings, checks of states, and what sets up a
 * machine that is not there. Nothing is ever handed to a shell.
 */
final class Commands
{
    private static final Pattern SYSCTL_SCRIPT = Pattern.compile("(.*/)?set_sysctls\\.(py|sh)");
    private static final Pattern INITIAL_WINDOW = Pattern.compile(".*\\binitcwnd\\s+(\\d+).*");
    private static final Pattern COUNT = Pattern.compile("grep -c\\s+(\\w+)");
    private static final Pattern EXPECTED_COUNT = Pattern.compile("grep\\s+(\\d+)");
    private static final Pattern PORT_OPTION = Pattern.compile("-p\\s+(\\d+)");
    private static final long S = 1_000_000_000L;

    private final Host host;
    private final Sysctls sysctls;

    Commands(final Host host, final Sysctls sysctls)
    {
        this.host = host;
        this.sysctls = sysctls;
    }

    /**
     * Runs commands, one a line or separated by semicolons.
     *
     * @return what went wrong, or null.
     * @throws ScriptException when a command means nothing here.
     */
    String run(final String text, final int line)
    {
        for (final String command : split(text))
        {
            final String wrong = runOne(command, line);
            if (wrong != null)
            {
                return wrong;
            }
        }
        return null;
    }

    private static List<String> split(final String text)
    {
        final List<String> commands = new ArrayList<>();
        for (final String each : text.replace("\\\n", " ").split("[\n;]|&&"))
        {
            final String command = each
                .replaceAll("#.*$", "").replaceAll("[12]?>\\s*(/dev/null|&[12])", "").replaceAll("\\s+", " ").strip();
            if (!command.isEmpty())
            {
                commands.add(command);
            }
        }
        return commands;
    }

    private String runOne(final String command, final int line)
    {
        final List<String> words = words(command);
        final String program = words.get(0);
        if (SYSCTL_SCRIPT.matcher(program).matches())
        {
            for (final String assignment : words.subList(1, words.size()))
            {
                set(assignment.replaceFirst("^/proc/sys/", "").replaceFirst("^([^=]*)$", "$1="), line);
            }
            return null;
        }
        if (program.endsWith("defaults.sh"))
        {
            sysctls.linuxDefaults();
            return null;
        }
        if (program.matches("/tmp/sysctl_restore_.*"))
        {
            return null;
        }
        switch (program)
        {
            case "sysctl":
                for (final String word : words.subList(1, words.size()))
                {
                    if (!word.startsWith("-"))
                    {
                        set(word, line);
                    }
                }
                return null;
            case "sync":
            case "true":
            case ":":
            case "echo":
                return null;
            case "sleep":
                host.advanceTo(host.elapsedNs() + (long)(Double.parseDouble(words.get(1)) * S));
                return null;
            case "sockstat":
                return countStates(command, line);
            case "tcpdrop":
                return dropConnections(words, line);
            case "ip":
                return ip(command, line);
            case "tc":
                if (command.matches("tc qdisc (add|del|replace|change) dev \\S+ root.*") && !command.contains("netem"))
                {
                    return null;
                }
                break;
            case "nstat":
                if (command.equals("nstat") || command.equals("nstat -n"))
                {
                    return null;
                }
                break;
            case "ethtool":
                if (command.startsWith("ethtool -K"))
                {
                    return null;
                }
                break;
            default:
                break;
        }
        throw ScriptException.unsupported(line, "command: " + command);
    }

    /** Words as a shell would cut them, quotes taken away. */
    private static List<String> words(final String command)
    {
        final List<String> words = new ArrayList<>();
        final Matcher matcher = Pattern.compile("(?:[^\\s\"']|\"[^\"]*\"|'[^']*')+").matcher(command);
        while (matcher.find())
        {
            words.add(matcher.group().replaceAll("[\"']", ""));
        }
        return words;
    }

    private void set(final String assignment, final int line)
    {
        final int equals = assignment.indexOf('=');
        if (equals < 0)
        {
            throw ScriptException.unsupported(line, "reading the setting " + assignment);
        }
        final String name = assignment.substring(0, equals).strip().replace('/', '.');
        final String value = assignment.substring(equals + 1).strip();
        if (!sysctls.set(name, value))
        {
            throw ScriptException.unsupported(line, "setting " + name + " to " + value);
        }
    }

    private String ip(final String command, final int line)
    {
        final Matcher window = INITIAL_WINDOW.matcher(command);
        if (command.startsWith("ip route ") && window.matches() &&
            !command.matches(".*\\b(initrwnd|mtu|advmss|rto_min|quickack|features|congctl)\\b.*"))
        {
            host.settings.initialWindowSegments = Integer.parseInt(window.group(1));
            return null;
        }
        if (command.startsWith("ip tcp_metrics "))
        {
            return null;
        }
        throw ScriptException.unsupported(line, "command: " + command);
    }

    // ---- states

    /** FreeBSD's way to see how many connections are in a state. */
    private String countStates(final String command, final int line)
    {
        final Matcher count = COUNT.matcher(command);
        if (!count.find())
        {
            throw ScriptException.unsupported(line, "command: " + command);
        }
        final String name = count.group(1);
        final Matcher expected = EXPECTED_COUNT.matcher(command);
        if (!expected.find(count.end()))
        {
            throw ScriptException.unsupported(line, "command: " + command);
        }
        final Matcher port = PORT_OPTION.matcher(command);
        final int onlyPort = port.find() ? Integer.parseInt(port.group(1)) : 0;
        final int actual = name.equals("LISTEN") ? listeners(onlyPort) : connections(name, onlyPort, line).size() +
            (state(name, line) == TcpState.SYN_RECEIVED ? halfOpen(onlyPort) : 0);
        return actual == Integer.parseInt(expected.group(1)) ? null :
            actual + " connections are in " + name + ", expected were " + expected.group(1);
    }

    private int listeners(final int port)
    {
        final int[] count = {0};
        host.stack().tcp().forEachListener(listener -> count[0] += port == 0 || listener.port() == port ? 1 : 0);
        return count[0];
    }

    private int halfOpen(final int port)
    {
        final int[] count = {0};
        host.stack().tcp().forEachListener(listener ->
            count[0] += port == 0 || listener.port() == port ? listener.halfOpenCount() : 0);
        return count[0];
    }

    private String dropConnections(final List<String> words, final int line)
    {
        final int state = words.indexOf("-s");
        if (state < 0 && !words.contains("-a") || state == words.size() - 1)
        {
            throw ScriptException.unsupported(line, "command: " + String.join(" ", words));
        }
        connections(state < 0 ? null : words.get(state + 1), 0, line).forEach(Connection::abort);
        host.settle();
        return null;
    }

    private List<Connection> connections(final String state, final int port, final int line)
    {
        final TcpState wanted = state == null ? null : state(state, line);
        final List<Connection> found = new ArrayList<>();
        host.stack().tcp().forEachConnection(connection ->
        {
            if ((wanted == null || connection.state() == wanted) &&
                (port == 0 || connection.localAddress().getPort() == port))
            {
                found.add(connection);
            }
        });
        return found;
    }

    private static TcpState state(final String name, final int line)
    {
        final String plain = name.toUpperCase(Locale.ROOT);
        try
        {
            return plain.equals("SYN_RCVD") || plain.equals("SYN_RECV") ? TcpState.SYN_RECEIVED :
                TcpState.valueOf(plain);
        }
        catch (final IllegalArgumentException ex)
        {
            throw ScriptException.unsupported(line, "the state " + name);
        }
    }
}
