package io.pnet.tools;

import com.google.gson.Gson;
import io.pnet.counters.Counters;
import io.pnet.link.Capture;
import io.pnet.link.ChunkPool;
import io.pnet.link.ImpairmentSpec;
import io.pnet.link.KernelWait;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.link.Relay;
import io.pnet.stack.RealtimeOffset;
import org.agrona.concurrent.SystemNanoClock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;

/** {@code pnet relay}: joins two links like a wire, a bad one if so told, and says at the end what it did. */
@Command(
    name = "relay",
    description = "Join two links like a wire, a bad one if so told, and say at the end what was done.",
    footer = {
        "",
        "SPEC is KEY=VALUE,... for both directions; in. before a key: only from the first",
        "link to the second, out.: only back. Frames of up to 64 KiB are cut to the MTU",
        "before anything happens to them.",
        "  loss=1%%              each frame by itself",
        "  burst=0.1%%:3..20     a burst begins at 0.1 %% of frames, and takes 3 to 20",
        "  dup=1%%               delivered twice",
        "  reorder=2%%:3..50     held back behind 3 to 50 later ones",
        "  reorder=2%%:1ms..5ms  held back for so long",
        "  delay=10ms           and jitter=2ms: up to so much more or less, in order",
        "  corrupt=0.1%%         one bit, or a burst of up to 15, flipped",
        "  rate=100mbit         with Ethernet's overhead; queue=20ms or queue=256kB waits",
        "  mtu=1400             larger packets vanish; mtu=1400:icmp tells their sender",
        "  blackout=5s..7s/30s  nothing passes from 5 to 7 s, and again every 30 s",
        "  seed=7               the same frames lost, doubled and damaged in each run"},
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class RelayCommand implements Callable<Integer>
{
    private static final long SPIN_NS = 5_000;
    private static final long MAX_WAIT_NS = 1_000_000_000L;
    private static final long REALTIME_SAMPLE_NS = 100_000_000L;
    private static final long SMALL_CHUNK_BYTES = 256L << 20;
    private static final long LARGE_CHUNK_BYTES = 64L << 20;

    @Spec
    private CommandSpec spec;

    @Option(
        names = "--link",
        paramLabel = "LINK",
        description = "packet:IFACE, tap:NAME or fd:N[,M]; twice. Give the interfaces no addresses of their own.")
    private final List<String> links = new ArrayList<>();

    @Option(names = "--impair", paramLabel = "SPEC", defaultValue = "", description = "What happens to frames, above.")
    private String impair;

    @Option(names = "--seed", paramLabel = "N", description = "The same as seed=N in SPEC.")
    private Long seed;

    @Option(names = "--impair-neighbours", description = "Impair ARP and NDP too, which otherwise pass unharmed.")
    private boolean impairNeighbours;

    @Option(names = {"-t", "--time"}, paramLabel = "SECONDS", description = "End after so long; otherwise never.")
    private Double seconds;

    @Option(
        names = "--pcap",
        paramLabel = "FILE",
        description = "Write what passes the first link to a capture file; given twice, the second link's too.")
    private final List<Path> pcaps = new ArrayList<>();

    @Option(names = {"-J", "--json"}, description = "Say at the end in JSON what was done.")
    private boolean json;

    @Option(names = "--quiet", description = "Only results and errors.")
    private boolean quiet;

    @Option(names = "--debug", description = "Show a stack trace when something fails.")
    private boolean debug;

    private final List<Counters> counters = List.of(new Counters(), new Counters());
    private volatile boolean isInterrupted;
    private volatile String captureFailure;

    @Override
    public Integer call() throws IOException
    {
        final ImpairmentSpec impairment = impairment();
        validate();
        pcaps.forEach(OptionCheck::capture);
        try (KernelWait wait = new KernelWait())
        {
            final Interrupts interrupts = new Interrupts(() ->
            {
                isInterrupted = true;
                wait.signal();
            });
            try
            {
                final RelayReport report = relay(impairment, wait);
                System.out.println(json ? new Gson().toJson(report) : report.text());
            }
            finally
            {
                interrupts.close();
            }
        }
        catch (final UnsatisfiedLinkError ex)
        {
            throw new CommandException(ex.getMessage(), ex);
        }
        if (captureFailure != null)
        {
            throw new CommandException(captureFailure);
        }
        return Main.OK;
    }

    private RelayReport relay(final ImpairmentSpec impairment, final KernelWait wait) throws IOException
    {
        final Relay relay;
        final long beganNs;
        try (Link first = open(0);
            Link second = open(1);
            Relay opened = new Relay(
                first, second, impairment, new SplittableRandom(),
                new ChunkPool(ChunkPool.SMALL, SMALL_CHUNK_BYTES), new ChunkPool(ChunkPool.LARGE, LARGE_CHUNK_BYTES),
                !impairNeighbours))
        {
            if (!quiet)
            {
                System.err.println("relay: relaying between " + links.get(0) + " and " + links.get(1) + ": " +
                    impairment);
            }
            relay = opened;
            beganNs = System.nanoTime();
            run(opened, first, second, wait, beganNs);
        }
        // The links count their last drops when they are closed.
        return new RelayReport(links, impairment, relay, counters, (System.nanoTime() - beganNs) / 1e9);
    }

    private void run(
        final Relay relay, final Link first, final Link second, final KernelWait wait, final long beganNs)
    {
        final long endNs = seconds == null ? Long.MAX_VALUE : beganNs + (long)(seconds * 1e9);
        long idleSinceNs = beganNs;
        long sampledNs = beganNs;
        long realtimeOffsetNs = RealtimeOffset.sample(SystemNanoClock.INSTANCE);
        for (long nowNs = beganNs; nowNs < endNs && !isInterrupted; nowNs = System.nanoTime())
        {
            if (nowNs - sampledNs > REALTIME_SAMPLE_NS)
            {
                sampledNs = nowNs;
                realtimeOffsetNs = RealtimeOffset.sample(SystemNanoClock.INSTANCE);
            }
            if (relay.doWork(nowNs, realtimeOffsetNs) > 0)
            {
                idleSinceNs = nowNs;
            }
            else if (nowNs - idleSinceNs >= SPIN_NS)
            {
                final long untilNs = Math.min(relay.nextDeadlineNs(), endNs) - nowNs;
                wait.await(
                    first.fd(), first.isCongested(), second.fd(), second.isCongested(),
                    Math.max(0, Math.min(untilNs, MAX_WAIT_NS)));
                idleSinceNs = System.nanoTime();
            }
            else
            {
                Thread.onSpinWait();
            }
        }
    }

    private Link open(final int index) throws IOException
    {
        final LinkContext context =
            new LinkContext(new ChunkPool(ChunkPool.LARGE, LARGE_CHUNK_BYTES), counters.get(index));
        final Link link;
        try
        {
            // Everything that comes, whoever it is for, and without a queue of our own on the way out.
            link = Links.open(links.get(index), new LinkOptions().filter(false).qdiscBypass(true), context);
        }
        catch (final IllegalArgumentException ex)
        {
            throw usage(ex.getMessage());
        }
        if (pcaps.size() <= index)
        {
            return link;
        }
        final Path file = pcaps.get(index);
        try
        {
            final long nowNs = System.nanoTime();
            final long epochOffsetNs = -RealtimeOffset.sample(SystemNanoClock.INSTANCE);
            return new Capture(
                link,
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE),
                Capture.WHOLE_FRAMES,
                nowNs,
                at -> at + epochOffsetNs,
                message -> captureFailure = "--pcap " + file + ": " + message);
        }
        catch (final IOException ex)
        {
            link.close();
            throw new CommandException("--pcap " + file + ": " + ex.getMessage(), ex);
        }
    }

    private ImpairmentSpec impairment()
    {
        final ImpairmentSpec parsed;
        try
        {
            parsed = ImpairmentSpec.parse(seed == null ? impair : withSeed(impair, seed));
        }
        catch (final IllegalArgumentException ex)
        {
            throw usage("--impair: " + ex.getMessage());
        }
        // One drawn here is told, so that the run can be had again.
        return parsed.seed().isPresent() ? parsed :
            ImpairmentSpec.parse(withSeed(parsed.toString(), new SecureRandom().nextInt(Integer.MAX_VALUE)));
    }

    private static String withSeed(final String text, final long seed)
    {
        return text + (text.isBlank() ? "" : ",") + "seed=" + seed;
    }

    private void validate()
    {
        if (links.size() != 2)
        {
            throw usage("give --link twice, for example --link packet:veth0 --link packet:veth1");
        }
        for (final String link : links)
        {
            if (!link.matches("packet:\\S+|tap:\\S+|fd:\\d+(,\\d+)?"))
            {
                throw usage("--link " + link + " is no link: say packet:IFACE, tap:NAME or fd:N");
            }
        }
        if (links.get(0).equals(links.get(1)))
        {
            throw usage("--link " + links.get(0) + " twice: a wire has two ends");
        }
        if (seconds != null && !(seconds > 0 && seconds <= 1e9))
        {
            throw usage("--time " + seconds + " is out of range: more than 0");
        }
        if (pcaps.size() > 2)
        {
            throw usage("--pcap is given once for the first link and once for the second");
        }
    }

    private ParameterException usage(final String message)
    {
        return new ParameterException(spec.commandLine(), message);
    }
}
