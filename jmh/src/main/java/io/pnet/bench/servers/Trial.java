package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** One server on all sides: every step on the one and then on the other, the load in turns. */
final class Trial
{
    private static final int OPEN_AT_STOP = 200;
    private static final String P99 = ", p99";

    private final Plan plan;
    private final Server server;
    private final ServersResults results;
    private final Consumer<String> screen;

    /**
     * How much is asked.
     *
     * @param keepAlive   connections that are kept at a time; 0 for nothing but the load table.
     * @param points      connections of the load table.
     * @param rounds      rounds of the load table.
     * @param loadSeconds how long a figure of the load table takes.
     * @param warmAt      connections of the loads before the first figure, which warm each side.
     * @param warmSeconds how long each of these takes.
     */
    record Plan(
        int keepAlive, List<Integer> points, int rounds, double loadSeconds, List<Integer> warmAt, double warmSeconds)
    {
        static Plan usual()
        {
            return new Plan(5000, List.of(1, 8, 64, 1000), 3, 3, List.of(64), 5);
        }

        static Plan quick()
        {
            return new Plan(500, List.of(1, 64), 1, 2, List.of(64), 2);
        }

        /** The load table alone, at the points that have targets, each of them warm. */
        Plan loadAlone()
        {
            final List<Integer> targets = List.of(64, 1000);
            return new Plan(0, targets, rounds, loadSeconds, targets, warmSeconds);
        }

        boolean isLoadAlone()
        {
            return keepAlive == 0;
        }
    }

    /** Something that is asked of a running server. */
    private interface Question
    {
        double of(Running running) throws IOException, InterruptedException;
    }

    Trial(final Plan plan, final Server server, final ServersResults results, final Consumer<String> screen)
    {
        this.plan = plan;
        this.server = server;
        this.results = results;
        this.screen = screen;
    }

    void run(final List<Place> places, final Path logs) throws IOException, InterruptedException
    {
        final List<Running> sides = new ArrayList<>();
        for (final Place place : places)
        {
            sides.add(new Running(place, server, logs));
        }
        try
        {
            asked(sides, "start until it serves", Unit.SECONDS, Running::start);
            if (!plan.isLoadAlone())
            {
                transfers(sides, places);
            }
            if (server.isLoaded())
            {
                load(sides, places, logs);
            }
            if (!plan.isLoadAlone())
            {
                all(sides, "SIGTERM, " + OPEN_AT_STOP + " connections open", Unit.SECONDS,
                    running -> Steps.stop(running, OPEN_AT_STOP));
                asked(sides, "again on the same port at once", Unit.SECONDS, Running::start);
                all(sides, "SIGTERM, idle", Unit.SECONDS, Running::stop);
            }
        }
        finally
        {
            for (final Running side : sides)
            {
                side.close();
            }
        }
    }

    /** The large file both ways, and many connections. */
    private void transfers(final List<Running> sides, final List<Place> places) throws InterruptedException
    {
        if (!server.download().isEmpty())
        {
            all(sides, size(places) + " down, SHA-256", Unit.BYTES_PER_SECOND, Steps::download);
        }
        if (!server.upload().isEmpty())
        {
            all(sides, size(places) + " up, SHA-256", Unit.BYTES_PER_SECOND, Steps::upload);
        }
        switch (server.protocol())
        {
            case ECHO -> all(sides, size(places) + " up and back, SHA-256", Unit.BYTES_PER_SECOND, Steps::echo);
            case ZOOKEEPER -> all(sides, "its CLI: create, get, ls, delete", Unit.SECONDS, Steps::zooKeeperCli);
            default ->
            {
            }
        }
        if (server.protocol() != Server.Protocol.HTTP2_TLS)
        {
            all(sides, plan.keepAlive() + " connections kept, 3 answers each", Unit.SECONDS,
                running -> Steps.keepAlive(running, plan.keepAlive()));
        }
    }

    /** The sides, and beside them the server's rival on the kernel's. */
    private void load(final List<Running> sides, final List<Place> places, final Path logs)
        throws InterruptedException, IOException
    {
        final List<Running> all = new ArrayList<>(sides);
        if (server.rival() != null && places.get(0).side == Side.KERNEL)
        {
            all.add(new Running(places.get(0), server.rival(), logs));
        }
        try
        {
            if (all.size() > sides.size())
            {
                attempt(results.row(server.title(), server.rival().title() + ": start until it serves", Unit.SECONDS),
                    all.get(sides.size()), Running::start);
            }
            load(all);
        }
        finally
        {
            for (final Running rival : all.subList(sides.size(), all.size()))
            {
                rival.close();
            }
        }
    }

    /** Rounds, and in each every point on every side, the sides taking turns in being first. */
    private void load(final List<Running> sides) throws InterruptedException
    {
        final boolean isHttp2 = server.protocol() == Server.Protocol.HTTP2_TLS;
        final String tool = isHttp2 ? "h2load, " : "wrk, ";
        for (final Running side : sides)
        {
            for (final int connections : plan.warmAt())
            {
                attempt(results.row(server.title(), prefix(side) + "warm-up, " + connections + " connections",
                    Unit.REQUESTS_PER_SECOND), side,
                    running -> ask(running, connections, plan.warmSeconds()).perSecond());
            }
        }
        final List<Running> turns = new ArrayList<>(sides);
        for (int round = 0; round < plan.rounds(); round++)
        {
            for (final int connections : plan.points())
            {
                final String point = tool + connections + (connections == 1 ? " connection" : " connections");
                for (final Running side : turns)
                {
                    point(side, point, connections);
                }
                Collections.reverse(turns);
            }
        }
        beside();
    }

    private void point(final Running side, final String point, final int connections) throws InterruptedException
    {
        final ServersResults.Row rate =
            results.row(server.title(), prefix(side) + point, Unit.REQUESTS_PER_SECOND);
        rate.isBarred = side.server == server;
        attempt(rate, side, running ->
        {
            final Load load = ask(running, connections, plan.loadSeconds());
            if (load.p99Ns() > 0)
            {
                results.row(server.title(), prefix(side) + point + P99, Unit.LATENCY_NS)
                    .cell(running.place.side).figures.add(load.p99Ns());
            }
            return load.perSecond();
        });
    }

    private String prefix(final Running running)
    {
        return running.server == server ? "" : running.server.title() + ": ";
    }

    /** What Pnet gave stands beside the rival's figures, too. */
    private void beside()
    {
        if (server.rival() == null)
        {
            return;
        }
        final String prefix = server.rival().title() + ": ";
        for (final ServersResults.Row row : results.rows)
        {
            if (row.subject.equals(server.title()) && row.step.startsWith(prefix) && row.unit != Unit.SECONDS)
            {
                final String step = row.step.substring(prefix.length());
                results.rows.stream()
                    .filter(own -> own.subject.equals(row.subject) && own.step.equals(step))
                    .forEach(own -> row.pnet.figures.addAll(own.pnet.figures));
            }
        }
    }

    private Load ask(final Running running, final int connections, final double seconds)
        throws IOException, InterruptedException
    {
        running.requireRunning();
        return server.protocol() == Server.Protocol.HTTP2_TLS ?
            Load.h2load(running.place, running.server, connections, seconds) :
            Load.wrk(running.place, running.server, connections, seconds);
    }

    private void all(final List<Running> sides, final String step, final Unit unit, final Question question)
        throws InterruptedException
    {
        asked(sides, step, unit, running ->
        {
            running.requireRunning();
            return question.of(running);
        });
    }

    private void asked(final List<Running> sides, final String step, final Unit unit, final Question question)
        throws InterruptedException
    {
        final ServersResults.Row row = results.row(server.title(), step, unit);
        for (final Running side : sides)
        {
            attempt(row, side, question);
        }
    }

    private void attempt(final ServersResults.Row row, final Running running, final Question question)
        throws InterruptedException
    {
        final Side side = running.place.side;
        String outcome;
        try
        {
            final double figure = question.of(running);
            row.cell(side).figures.add(figure);
            outcome = row.unit.format(figure);
        }
        catch (final CellFailure | IOException e)
        {
            row.cell(side).failures.add(String.valueOf(e.getMessage()));
            outcome = "FAILED: " + e.getMessage();
        }
        screen.accept(server.title() + ", " + row.step + ", " + side.title + ": " + outcome);
    }

    private static String size(final List<Place> places)
    {
        final int megabytes = places.get(0).tools.megabytes();
        return megabytes % 1024 == 0 ? megabytes / 1024 + " GiB" : megabytes + " MiB";
    }
}
