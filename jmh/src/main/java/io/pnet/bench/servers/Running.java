package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A server on one side: started, asked, stopped and started again. */
final class Running implements AutoCloseable
{
    private static final double START_LIMIT_S = 60;
    private static final double STOP_LIMIT_S = 20;
    private static final int SIGTERM_EXIT = 128 + 15;

    final Place place;
    final Server server;
    private final Path logs;
    private Program program;
    private int starts;

    Running(final Place place, final Server server, final Path logs)
    {
        this.place = place;
        this.server = server;
        this.logs = logs;
    }

    /** Starts the server and waits until it serves; returns the seconds that took. */
    double start() throws IOException, InterruptedException
    {
        final Path base = Files.createDirectories(
            place.tools.work().resolve(server.name() + "-" + place.side.name().toLowerCase(Locale.ROOT)));
        final Server.Command command = server.start().in(base, place.tools);
        final long beganNs = System.nanoTime();
        program = place.tested(server.title(), command.folder(), command.words());
        starts++;
        try
        {
            awaitServing(beganNs);
        }
        catch (final CellFailure e)
        {
            close();
            throw e;
        }
        return (System.nanoTime() - beganNs) / 1e9;
    }

    private void awaitServing(final long beganNs) throws IOException, InterruptedException
    {
        final long deadlineNs = beganNs + (long)(START_LIMIT_S * 1e9);
        while (!serves())
        {
            program.requireAlive();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new CellFailure("does not serve after " + START_LIMIT_S + " s");
            }
            Thread.sleep(20);
        }
    }

    /** Whether the server answers: a resource where it has one, elsewhere a connection that stays. */
    private boolean serves() throws IOException, InterruptedException
    {
        final ProcessBuilder attempt = server.hello().isEmpty() ?
            new ProcessBuilder("ip", "netns", "exec", place.left(), "nc", "-z", "-w1", Place.RIGHT,
                String.valueOf(server.port())) :
            new ProcessBuilder("ip", "netns", "exec", place.left(), "curl", "-skf", "--connect-timeout", "0.5",
                "--max-time", "10", server.url(server.hello()));
        final Process process = attempt.redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        return process.waitFor() == 0;
    }

    void requireRunning() throws IOException
    {
        if (program == null)
        {
            throw new CellFailure("the server does not run");
        }
        program.requireAlive();
    }

    /** Asks the server to end, as {@code kill} does: the seconds that took; its exit code must tell of no fault. */
    double stop() throws IOException, InterruptedException
    {
        requireRunning();
        final long beganNs = System.nanoTime();
        program.stop(STOP_LIMIT_S);
        final double seconds = (System.nanoTime() - beganNs) / 1e9;
        final int code = program.exitCode();
        close();
        if (code != 0 && code != SIGTERM_EXIT)
        {
            throw new CellFailure("ended with " + code + " when asked to end");
        }
        return seconds;
    }

    @Override
    public void close() throws IOException
    {
        if (program != null)
        {
            program.copyOutput(logs.resolve(
                server.name() + "-" + place.side.name().toLowerCase(Locale.ROOT) + "-" + starts + ".log"));
            program.close();
            program = null;
        }
    }
}
