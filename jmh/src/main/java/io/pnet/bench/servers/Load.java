package io.pnet.bench.servers;

import io.pnet.bench.compare.CellFailure;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a load generator found.
 *
 * @param perSecond requests a second.
 * @param p99Ns     99 % of the answers took at most so many nanoseconds; 0 if it does not say.
 */
record Load(double perSecond, double p99Ns)
{
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern P99 = Pattern.compile("99%\\s+([0-9.]+)(us|ms|s|m)\\b");
    private static final Pattern H2_RATE = Pattern.compile("finished in [^,]+, ([0-9.]+) req/s");

    /** wrk, HTTP/1.1: any error on a connection or answer other than 2xx is a failure. */
    static Load wrk(final Place place, final Server server, final int connections, final double seconds)
        throws IOException, InterruptedException
    {
        final String said = place.ask("wrk", seconds + 15, List.of(
            "wrk", "-t1", "-c" + connections, "-d" + Math.round(seconds) + "s", "--latency", "--timeout", "5s",
            server.url(server.hello())));
        refuse(said, "Socket errors");
        refuse(said, "Non-2xx");
        final Matcher p99 = P99.matcher(said);
        final double unitNs = !p99.find() ? 0 : switch (p99.group(2))
        {
            case "us" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            default -> 60e9;
        };
        if (unitNs == 0)
        {
            throw new CellFailure("wrk gave no p99");
        }
        return new Load(figure(RATE, said), Double.parseDouble(p99.group(1)) * unitNs);
    }

    /** h2load, HTTP/2 with ten streams a connection: any request without a 2xx answer is a failure. */
    static Load h2load(final Place place, final Server server, final int connections, final double seconds)
        throws IOException, InterruptedException
    {
        final String said = place.ask("h2load", seconds + 30, List.of(
            "h2load", "-t1", "-c" + connections, "-m10", "-D" + Math.round(seconds), "--warm-up-time=1",
            server.url(server.hello())));
        if (!said.contains(" 0 failed, 0 errored, 0 timeout"))
        {
            refuse(said, "requests:");
        }
        return new Load(figure(H2_RATE, said), 0);
    }

    private static void refuse(final String said, final String word)
    {
        said.lines().filter(line -> line.contains(word)).findFirst().ifPresent(line ->
        {
            throw new CellFailure(line.strip());
        });
    }

    private static double figure(final Pattern pattern, final String said)
    {
        final Matcher matcher = pattern.matcher(said);
        if (!matcher.find())
        {
            throw new CellFailure("no figure in: " + said.strip().replace('\n', ' '));
        }
        final double perSecond = Double.parseDouble(matcher.group(1));
        if (perSecond == 0)
        {
            throw new CellFailure("not one request was answered");
        }
        return perSecond;
    }
}
