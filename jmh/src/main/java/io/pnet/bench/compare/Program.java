package io.pnet.bench.compare;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A program that runs at one end of a wire, its output in files, ended at the latest when it is closed. */
public final class Program implements AutoCloseable
{
    private static final long POLL_MS = 10;
    /** Where /proc/net/dev has the bytes that an interface sent; those that it received are the first. */
    private static final int SENT_FIELD = 8;

    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private Program(final String name, final Process process, final Path out, final Path err)
    {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts a program in a namespace.
     *
     * @param name      what failures call it.
     * @param namespace where.
     * @param folder    where its output is kept while it runs.
     * @param command   the command and its arguments.
     */
    public static Program start(
        final String name, final String namespace, final Path folder, final List<String> command) throws IOException
    {
        final List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        whole.addAll(command);
        final Path out = Files.createTempFile(folder, "out", ".txt");
        final Path err = Files.createTempFile(folder, "err", ".txt");
        // `ip netns exec` becomes the command, and pnet's launcher becomes java: the process stays the same one.
        final Process process = new ProcessBuilder(whole)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
        return new Program(name, process, out, err);
    }

    public long pid()
    {
        return process.pid();
    }

    /** The code that the program ended with; it must have ended. */
    public int exitCode()
    {
        return process.exitValue();
    }

    public String output() throws IOException
    {
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    /**
     * Waits until the program ends by itself.
     *
     * @return what it printed.
     * @throws CellFailure if it takes longer, or ends with another code than 0.
     */
    public String await(final double seconds) throws IOException, InterruptedException
    {
        if (!process.waitFor((long)(seconds * 1000), TimeUnit.MILLISECONDS))
        {
            throw new CellFailure(name + " did not end within " + Math.round(seconds) + " s" + said());
        }
        if (process.exitValue() != 0)
        {
            throw new CellFailure(name + " ended with " + process.exitValue() + said());
        }
        return output();
    }

    /** What it said on the error stream. */
    String errors() throws IOException
    {
        return Files.readString(err, StandardCharsets.UTF_8);
    }

    /** Asks the program to end, and returns what it printed. */
    public String end(final double seconds) throws IOException, InterruptedException
    {
        stop(seconds);
        return output();
    }

    /** Asks the program to end, and waits until it has. */
    public void stop(final double seconds) throws IOException, InterruptedException
    {
        process.destroy();
        if (!process.waitFor((long)(seconds * 1000), TimeUnit.MILLISECONDS))
        {
            throw new CellFailure(name + " did not end within " + Math.round(seconds) + " s of being asked" + said());
        }
    }

    /** Copies what the program has printed so far, standard output first, into a file. */
    public void copyOutput(final Path file) throws IOException
    {
        Files.copy(out, file, StandardCopyOption.REPLACE_EXISTING);
        try (OutputStream all = Files.newOutputStream(file, StandardOpenOption.APPEND))
        {
            Files.copy(err, all);
        }
    }

    /** Waits until the program has said a word. */
    public void awaitWord(final String word, final double seconds) throws IOException, InterruptedException
    {
        final long deadlineNs = System.nanoTime() + (long)(seconds * 1e9);
        while (!said(word))
        {
            requireAlive();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new CellFailure(name + " did not say '" + word + "'" + said());
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** Waits until the program listens on a port: kernel sockets show it, Pnet's programs say it. */
    public void awaitListening(final int port, final double seconds) throws IOException, InterruptedException
    {
        final long deadlineNs = System.nanoTime() + (long)(seconds * 1e9);
        while (!listensInKernel(port) && !said("listening"))
        {
            requireAlive();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new CellFailure(name + " does not listen on port " + port + said());
            }
            Thread.sleep(POLL_MS);
        }
    }

    public void requireAlive() throws IOException
    {
        if (!process.isAlive())
        {
            throw new CellFailure(name + " ended early with " + process.exitValue() + said());
        }
    }

    /** Bytes that an interface in the program's namespace has carried, both ways together. */
    long carriedBytes(final String device) throws IOException
    {
        final String[] counts = counts(process.pid(), device);
        return Long.parseLong(counts[0]) + Long.parseLong(counts[SENT_FIELD]);
    }

    /** Frames that an interface in the program's namespace has received. */
    long receivedFrames(final String device) throws IOException
    {
        return Long.parseLong(counts(process.pid(), device)[1]);
    }

    @Override
    public void close() throws IOException
    {
        process.destroy();
        try
        {
            process.onExit().get(2, TimeUnit.SECONDS);
        }
        catch (final TimeoutException | ExecutionException e)
        {
            process.destroyForcibly().onExit().join();
        }
        catch (final InterruptedException e)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
    }

    /** What /proc/net/dev says of an interface. */
    private static String[] counts(final long pid, final String device) throws IOException
    {
        for (final String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/dev")))
        {
            final int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).trim().equals(device))
            {
                return line.substring(colon + 1).trim().split("\\s+");
            }
        }
        throw new CellFailure("no interface " + device + " where the receiver runs");
    }

    private boolean listensInKernel(final int port) throws IOException
    {
        final String suffix = String.format(":%04X", port);
        for (final String table : List.of("tcp", "tcp6"))
        {
            final Path file = Path.of("/proc/" + process.pid() + "/net/" + table);
            if (!Files.exists(file))
            {
                continue;
            }
            for (final String line : Files.readAllLines(file))
            {
                final String[] fields = line.trim().split("\\s+");
                if (fields.length > 3 && fields[1].endsWith(suffix) && fields[3].equals("0A"))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean said(final String word) throws IOException
    {
        return (Files.readString(out) + Files.readString(err)).toLowerCase(Locale.ROOT).contains(word);
    }

    private String said() throws IOException
    {
        final String printed = Files.readString(out);
        // iperf3 -J puts its error, the last thing that it says, into the JSON.
        final int inJson = printed.indexOf("\"error\":");
        final String all = (Files.readString(err) + (inJson < 0 ? printed : printed.substring(inJson))).strip();
        final int limit = 300;
        return all.isEmpty() ? "" : ": " + all.substring(0, Math.min(limit, all.length())).replace('\n', ' ');
    }
}
