package io.pnet.bench.relay;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Three namespaces with a relay in the middle; everything in them ends with it. */
final class BadWire implements AutoCloseable
{
    private static final double START_TIMEOUT_S = 15;

    private final Tools tools;
    private final String name;
    private final Program relay;

    /**
     * What a wire is made with.
     *
     * @param net        the script, {@code ci/net}.
     * @param pnet       the launcher.
     * @param congestion what Pnet's ends are told to use, a name or a class; empty for what they use by themselves.
     * @param folder     where programs keep their output.
     * @param realTime   whether the relay may run before everything else, so that it keeps its times under load.
     */
    record Tools(Path net, Path pnet, String congestion, Path folder, boolean realTime)
    {
    }

    private BadWire(final Tools tools, final String name, final Program relay)
    {
        this.tools = tools;
        this.name = name;
        this.relay = relay;
    }

    /**
     * Makes namespaces and starts the relay.
     *
     * @param name       what the namespaces' names begin with.
     * @param impairment what the relay is told.
     */
    static BadWire up(final Tools tools, final String name, final Ends ends, final String impairment)
        throws IOException, InterruptedException
    {
        net(tools, "up", name, "--middle",
            "--left", ends.pnetSends ? "ring" : "kernel", "--right", ends.pnetReceives ? "ring" : "kernel");
        try
        {
            if (impairment.contains("mtu="))
            {
                // Linux looks for black holes only when told to; 1: when it has met one.
                for (final String side : List.of("left", "right"))
                {
                    run(List.of("ip", "netns", "exec", name + "-" + side,
                        "sysctl", "-q", "-w", "net.ipv4.tcp_mtu_probing=1"));
                }
            }
            final List<String> command = new ArrayList<>();
            if (tools.realTime())
            {
                command.addAll(List.of("chrt", "-f", "10"));
            }
            command.addAll(List.of(tools.pnet().toString(), "relay", "--link", "packet:left0", "--link",
                "packet:right0", "--impair", impairment, "--json"));
            final Program relay = Program.start("the relay", name + "-middle", tools.folder(), command);
            final BadWire wire = new BadWire(tools, name, relay);
            relay.awaitWord("relaying", START_TIMEOUT_S);
            return wire;
        }
        catch (final CellFailure | IOException e)
        {
            net(tools, "down", name);
            throw e;
        }
    }

    /** Starts a program at an end, {@code left} or {@code right}. */
    Program start(final String title, final String side, final List<String> command) throws IOException
    {
        return Program.start(title, name + "-" + side, tools.folder(), command);
    }

    Tools tools()
    {
        return tools;
    }

    /** Ends the relay and asks what it did. */
    RelayCounts end() throws IOException, InterruptedException
    {
        return RelayCounts.of(relay.end(5));
    }

    @Override
    public void close() throws IOException
    {
        try (relay)
        {
            net(tools, "down", name);
        }
    }

    private static void net(final Tools tools, final String... arguments) throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(tools.net().toString()));
        command.addAll(List.of(arguments));
        run(command);
    }

    private static void run(final List<String> command) throws IOException
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final String said = new String(process.getInputStream().readAllBytes()).strip();
        if (process.onExit().join().exitValue() != 0)
        {
            throw new CellFailure(String.join(" ", command) + " failed: " + said);
        }
    }
}
