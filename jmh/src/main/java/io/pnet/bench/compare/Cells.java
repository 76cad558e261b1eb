package io.pnet.bench.compare;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Takes figures one after the other, each on a wire of its own, shows each as it comes, and why one did not. */
final class Cells implements AutoCloseable
{
    final PrintStream screen = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    /** Where the programs' output is kept while they run. */
    final Path folder;
    private final Call call;
    private final long beganNs = System.nanoTime();
    private int failed;

    Cells(final Call call) throws IOException
    {
        this.call = call;
        folder = Files.createTempDirectory("pnet-cells");
    }

    /** Something that takes a figure on a wire, notes it, and says it. */
    interface Measurement
    {
        String on(Wire wire) throws IOException, InterruptedException;
    }

    /** Something that takes a figure without a wire. */
    interface Figure
    {
        String take() throws IOException, InterruptedException;
    }

    /** What a command does with its cells. */
    interface Command
    {
        void run(Call call, Cells cells) throws IOException, InterruptedException;
    }

    /**
     * Runs a command and ends the JVM: with 0, with 1 if a cell failed, with 2 if it was called wrongly.
     *
     * @param groups what {@code --only} may name.
     */
    static void run(final String[] args, final Collection<String> groups, final Command command)
        throws IOException, InterruptedException
    {
        System.setProperty("java.awt.headless", "true");
        final Call call;
        try
        {
            call = Call.of(args);
            if (!groups.containsAll(call.only()))
            {
                throw new IllegalArgumentException("--only takes some of: " + String.join(",", groups));
            }
        }
        catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException e)
        {
            System.err.println("compare: " + e.getMessage());
            System.exit(2);
            return;
        }
        final int failed;
        try (Cells cells = new Cells(call))
        {
            command.run(call, cells);
            failed = cells.failed();
        }
        System.exit(failed == 0 ? 0 : 1);
    }

    /** @param failures gets the reason of a failure. */
    void take(
        final String title, final Setup setup, final Role role, final List<String> failures, final Measurement cell)
    {
        take(title, failures, () ->
        {
            try (Wire wire = Wire.up(call.net(), call.name(), setup, role))
            {
                return cell.on(wire);
            }
        });
    }

    void take(final String title, final List<String> failures, final Figure figure)
    {
        String outcome;
        try
        {
            outcome = figure.take();
        }
        catch (final CellFailure e)
        {
            failed++;
            failures.add(e.getMessage());
            outcome = "FAILED: " + e.getMessage();
        }
        catch (final IOException e)
        {
            // A process that ends while /proc is read is one of these.
            failed++;
            failures.add(e.toString());
            outcome = "FAILED: " + e;
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        screen.printf("[%3.0f s] %s: %s%n", elapsedS(), title, outcome);
    }

    double elapsedS()
    {
        return (System.nanoTime() - beganNs) / 1e9;
    }

    int failed()
    {
        return failed;
    }

    @Override
    public void close() throws IOException
    {
        try (Stream<Path> files = Files.walk(folder))
        {
            files.sorted(Comparator.reverseOrder()).forEach(file ->
            {
                try
                {
                    Files.delete(file);
                }
                catch (final IOException e)
                {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
