package io.pnet.bench.relay;

import io.pnet.bench.compare.CellFailure;
import io.pnet.bench.compare.Program;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds the wire, between two kernels, against what it was told to be: what the relay says that it lost is what the
 * kernel misses and what the specification allows; the kernel's ping measures the delay, its TCP the rate.
 */
final class Validation
{
    private static final int ECHOES = 2_000;
    private static final Pattern RECEIVED = Pattern.compile("(\\d+) received");
    private static final Pattern AVERAGE = Pattern.compile("= [\\d.]+/([\\d.]+)/");

    private final BadWire.Tools tools;
    private final String name;

    Validation(final BadWire.Tools tools, final String name)
    {
        this.tools = tools;
        this.name = name;
    }

    /** Lines that say what was found; a failure is told as {@link CellFailure}. */
    List<String> run() throws IOException, InterruptedException
    {
        return List.of(loss(), delay(), rate());
    }

    private String loss() throws IOException, InterruptedException
    {
        final double share = 0.05;
        try (BadWire wire = BadWire.up(tools, name, Ends.LINUX_TO_LINUX, "in.loss=5%,seed=1"))
        {
            // Asked once before, so that the neighbour is known; this echo counts as well.
            ping(wire, 1, "0.2", false);
            final int received = received(ping(wire, ECHOES, "0.002", false));
            final RelayCounts counts = wire.end();
            final long lost = counts.there().lost;
            final double deviation = Math.sqrt(counts.there().frames * share * (1 - share));
            final String said = String.format(Locale.ROOT,
                "loss of 5 %%: of %d frames the relay lost %d, the kernel misses %d of %d echoes",
                counts.there().frames, lost, ECHOES - received, ECHOES);
            require(Math.abs(lost - (ECHOES - received)) <= 1 && counts.ownDrops == 0, said);
            require(Math.abs(lost - counts.there().frames * share) < 4 * deviation, said);
            return said;
        }
    }

    private String delay() throws IOException, InterruptedException
    {
        try (BadWire wire = BadWire.up(tools, name, Ends.LINUX_TO_LINUX, "delay=5ms,seed=1"))
        {
            ping(wire, 1, "0.2", true);
            final double average = average(ping(wire, 100, "0.01", true));
            final String said = String.format(Locale.ROOT, "delay of 5 ms each way: ping takes %.2f ms", average);
            require(average >= 10 && average < 12, said);
            return said;
        }
    }

    private String rate() throws IOException, InterruptedException
    {
        final Transfer transfer = Transfer.run(
            tools, name, Ends.LINUX_TO_LINUX, "rate=" + Point.RATE_MBIT + "mbit,queue=50ms,delay=1ms", 5, 1);
        // 1,448 of 1,538 bytes; the queue is long enough for whatever slow start does.
        final double most = Point.RATE_MBIT * 1e6 * 1_448 / 1_538;
        final String said = String.format(Locale.ROOT, "rate of %d Mbit/s: TCP brings %.1f Mbit/s of at most %.1f, " +
            "the relay lost %d frames of its own", Point.RATE_MBIT, transfer.goodput() / 1e6, most / 1e6,
            transfer.relay().ownDrops);
        require(transfer.goodput() <= most * 1.005 && transfer.goodput() >= most * 0.9, said);
        require(transfer.relay().ownDrops == 0, said);
        return said;
    }

    private static String ping(final BadWire wire, final int count, final String interval, final boolean mustReach)
        throws IOException, InterruptedException
    {
        try (Program ping = wire.start("ping", "left", List.of("sh", "-c",
            "ping -q -n -c " + count + " -i " + interval + " -W 1 10.77.0.2" + (mustReach ? "" : " || [ $? = 1 ]"))))
        {
            return ping.await(count * Double.parseDouble(interval) * 3 + 10);
        }
    }

    private static int received(final String text)
    {
        return (int)number(RECEIVED, text);
    }

    private static double average(final String text)
    {
        return number(AVERAGE, text);
    }

    private static double number(final Pattern pattern, final String text)
    {
        final Matcher matcher = pattern.matcher(text);
        if (!matcher.find())
        {
            throw new CellFailure("ping said something else: " + text.strip());
        }
        return Double.parseDouble(matcher.group(1));
    }

    private static void require(final boolean holds, final String said)
    {
        if (!holds)
        {
            throw new CellFailure("the wire is not what it was told to be: " + said);
        }
    }
}
