package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Counts the system calls of a process for a while, with what this machine lets us: perf, else strace. */
final class Syscalls
{
    private static final String EVENT = "raw_syscalls:sys_enter";

    /** What counts: {@code perf}, {@code strace}, or null where neither may. */
    final String source;

    private Syscalls(final String source)
    {
        this.source = source;
    }

    static Syscalls here() throws InterruptedException
    {
        if (works("perf", "stat", "-e", EVENT, "true"))
        {
            return new Syscalls("perf");
        }
        return new Syscalls(works("strace", "-c", "-f", "true") ? "strace" : null);
    }

    /** What the source is, for readers. */
    String words()
    {
        return source == null ? "System calls were not counted: neither perf nor strace may here." :
            source.equals("perf") ? "System calls are counted by perf (" + EVENT + "), in runs of their own." :
                "System calls are counted by strace -c, in runs of their own that it slows down a lot.";
    }

    /** Counts from now on; null where nothing can. */
    Process start(final long pid, final double seconds, final Path file) throws IOException
    {
        if (source == null)
        {
            return null;
        }
        final List<String> command = source.equals("perf") ?
            List.of("perf", "stat", "-x,", "-o", file.toString(), "-e", EVENT, "-p", "" + pid, "sleep", "" + seconds) :
            List.of("timeout", "-s", "INT", "" + seconds, "strace", "-c", "-f", "-o", file.toString(), "-p", "" + pid);
        return new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** The calls, once the time is over; NaN where nothing counts. */
    static double calls(final Process counting, final Path file) throws IOException, InterruptedException
    {
        if (counting == null)
        {
            return Double.NaN;
        }
        if (!counting.waitFor(10, TimeUnit.SECONDS))
        {
            counting.destroyForcibly();
            throw new CellFailure("what counts the system calls did not end");
        }
        return parse(Files.readString(file));
    }

    /** The figure in perf's or strace's table. */
    static double parse(final String text)
    {
        for (final String line : text.lines().toList())
        {
            if (line.contains(EVENT))
            {
                return figure(line.substring(0, line.indexOf(',')), text);
            }
            final String[] words = line.trim().split("\\s+");
            if (words.length >= 5 && words[words.length - 1].equals("total"))
            {
                return figure(words[3], text);
            }
        }
        throw new CellFailure("no count of system calls in: " + text.strip().replace('\n', ' '));
    }

    private static double figure(final String word, final String text)
    {
        try
        {
            return Double.parseDouble(word);
        }
        catch (final NumberFormatException e)
        {
            throw new CellFailure("no count of system calls in: " + text.strip().replace('\n', ' '));
        }
    }

    private static boolean works(final String... command) throws InterruptedException
    {
        try
        {
            final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            final String said = new String(process.getInputStream().readAllBytes());
            return process.waitFor() == 0 && !said.contains("not supported") && !said.contains("not counted");
        }
        catch (final IOException e)
        {
            return false;
        }
    }
}
