package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A wire whose left end is the kernel's and whose right end belongs to the side under test, which has 10.77.0.2 there
 * either way.
 */
final class Place implements AutoCloseable
{
    static final String LEFT = "10.77.0.1";
    static final String RIGHT = "10.77.0.2";

    final Side side;
    final Tools tools;
    private final String name;

    private Place(final Side side, final Tools tools, final String name)
    {
        this.side = side;
        this.tools = tools;
        this.name = name;
    }

    static Place up(final Side side, final Tools tools, final String prefix) throws IOException, InterruptedException
    {
        final Place place = new Place(side, tools, prefix + (side == Side.KERNEL ? "k" : "p"));
        place.net("up", place.name, "--right", side == Side.KERNEL ? "kernel" : "ring");
        return place;
    }

    /** Where the peers are: always the kernel. */
    String left()
    {
        return name + "-left";
    }

    /** Where the side under test is. */
    String right()
    {
        return name + "-right";
    }

    /**
     * Starts a Java program on the side under test, by its own command line: on Pnet's that is prefixed with
     * {@code pnet run}, and nothing else.
     */
    Program tested(final String title, final Path folder, final List<String> command) throws IOException
    {
        final List<String> words = new ArrayList<>(List.of("env", "--chdir=" + folder));
        words.addAll(prefixed(command));
        return Program.start(title, right(), tools.work(), words);
    }

    /** The same with something on its standard input, in the words of {@code printf}. */
    Program testedWithInput(final String title, final String input, final List<String> command) throws IOException
    {
        final List<String> words = new ArrayList<>(List.of("bash", "-c", "printf '" + input + "' | \"$@\"", "bash"));
        words.addAll(prefixed(command));
        return Program.start(title, right(), tools.work(), words);
    }

    private List<String> prefixed(final List<String> command)
    {
        if (side == Side.KERNEL)
        {
            return command;
        }
        final List<String> words = new ArrayList<>(List.of(
            tools.pnet().toString(), "run", "--link", "packet:veth0", "--ip", RIGHT + "/24", "--"));
        words.addAll(command);
        return words;
    }

    /** Starts a program at the kernel's end. */
    Program peer(final String title, final List<String> command) throws IOException
    {
        return Program.start(title, left(), tools.work(), command);
    }

    /** Runs a program at the kernel's end, and returns what it printed. */
    String ask(final String title, final double seconds, final List<String> command)
        throws IOException, InterruptedException
    {
        try (Program program = peer(title, command))
        {
            return program.await(seconds);
        }
    }

    /** Runs a line of shell at the kernel's end. */
    String shell(final String title, final double seconds, final String line, final String... arguments)
        throws IOException, InterruptedException
    {
        final List<String> words = new ArrayList<>(List.of("bash", "-c", "set -o pipefail; " + line, "bash"));
        words.addAll(List.of(arguments));
        return ask(title, seconds, words);
    }

    @Override
    public void close() throws IOException
    {
        try
        {
            net("down", name);
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void net(final String... arguments) throws IOException, InterruptedException
    {
        final List<String> words = new ArrayList<>(List.of(tools.net().toString()));
        words.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0)
        {
            throw new CellFailure("ci/net " + arguments[0] + " failed: " + said.strip());
        }
    }
}
