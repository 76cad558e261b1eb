package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Two namespaces and what joins them, made and removed by {@code ci/net}. */
final class Wire implements AutoCloseable
{
    private final Path net;
    private final String name;

    private Wire(final Path net, final String name)
    {
        this.net = net;
        this.name = name;
    }

    /**
     * Makes a wire.
     *
     * @param net   the script, {@code ci/net}.
     * @param name  what the namespaces' names begin with.
     * @param setup what kind of wire.
     * @param role  who has the ends.
     */
    static Wire up(final Path net, final String name, final Setup setup, final Role role)
        throws IOException
    {
        final Wire wire = new Wire(net, name);
        final boolean isTapAlone = setup.attach().equals("host");
        final String pnet = isTapAlone ? "tap" : setup.attach();
        final String kernel = isTapAlone ? "host" : "kernel";
        final boolean isRouted = setup.attach().equals("routed");
        final List<String> words = new ArrayList<>(List.of(
            "up", name,
            "--rate", setup.rate(),
            "--offloads", setup.offloads(),
            "--left", role.pnetSends ? pnet : isRouted && !role.pnetReceives ? "behind" : kernel,
            "--right", role.pnetReceives ? pnet : kernel));
        if (setup.netfilter() != null)
        {
            words.addAll(List.of("--netfilter", setup.netfilter()));
        }
        wire.run(words.toArray(String[]::new));
        return wire;
    }

    /** The namespace of the sender. */
    String left()
    {
        return name + "-left";
    }

    /** The namespace of the receiver. */
    String right()
    {
        return name + "-right";
    }

    @Override
    public void close() throws IOException
    {
        run("down", name);
    }

    private void run(final String... arguments) throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(net.toString()));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final String said = new String(process.getInputStream().readAllBytes()).strip();
        // It has closed its output, so it is about to end.
        if (process.onExit().join().exitValue() != 0)
        {
            throw new CellFailure("ci/net " + String.join(" ", arguments) + " failed: " + said);
        }
    }
}
