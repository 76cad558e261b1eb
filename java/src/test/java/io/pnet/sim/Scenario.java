package io.pnet.sim;

import io.pnet.link.ImpairmentSpec;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.tcp.EcnMode;
import io.pnet.tcp.TcpSettings;
import io.pnet.tcp.congestion.Bbr;
import io.pnet.tcp.congestion.Cubic;
import io.pnet.tcp.congestion.NewReno;

import java.io.IOException;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One transfer over one bad path, everything about it drawn from a seed: the same seed is the same run, frame by frame.
 * What is checked is in {@link ScenarioRun}.
 */
final class Scenario
{
    static final long MS = 1_000_000L;
    static final long SECOND_NS = 1_000 * MS;
    /** Where there is loss there are at least so many losses. */
    static final int MIN_LOSSES = 20;
    /**
     * A connection that moves nothing for so long is stuck. Where a fifth of everything is lost, or several frames in a
     * row that may be one and the same retransmission, time-outs back off far; and ARP has no checksum, so that a wrong
     * MAC address may be believed until the neighbour is probed. Where half of all questions or their answers are lost
     * ten in a row are nothing special, and each takes the longest time-out then. A burst counts frames: in the end
     * three questions for a neighbour every two minutes are all that feed it.
     */
    private static final long STUCK_NS = 120 * SECOND_NS;
    private static final long PATIENT_STUCK_NS = 1_500 * SECOND_NS;
    private static final long HEAVY_STUCK_NS = 7_200 * SECOND_NS;
    private static final long MAX_RTO_MS = new TcpSettings().maxRtoNs / MS;
    private static final double SOME_LOSS = 0.15;
    private static final double HEAVY_LOSS = 0.25;
    private static final String[] LOSSES = {
        "", "loss=0.1%", "loss=1%", "loss=5%", "loss=10%", "loss=20%", "loss=30%", "burst=1%:2..6",
        "burst=0.2%:5..20", "loss=5%,burst=0.5%:2..10" };

    final long seed;
    final SplittableRandom random;
    final String path;
    final String[] addresses = { "10.0.0.1/24 fd00::1/64", "10.0.0.2/24 fd00::2/64" };
    final String target;
    final MemoryLinkOptions[] links = new MemoryLinkOptions[2];
    final TcpSettings[] settings = new TcpSettings[2];
    final Transfer.Reading[] reading = new Transfer.Reading[2];
    /** Share of the ECN-capable frames of each side that are marked. */
    final double marks;
    /** Whether stacks stand still for up to two seconds now and then. */
    final boolean hasPauses;
    /** Whether time leaps by minutes now and then, nobody running in between. */
    final boolean hasLeaps;
    /** Whether received frames carry stamps, of a wall clock that is set to and fro. */
    final boolean hasStamps;
    /** Sequence numbers wrap, or change sign, while the client sends: in how many bytes; 0: they are as they come. */
    final int wrapsAfter;
    final boolean hasLoss;
    final boolean hasFaults;
    final boolean isPatient;
    private final boolean isHeavy;
    private final StringBuilder text = new StringBuilder();

    Scenario(final long seed)
    {
        this.seed = seed;
        random = new SplittableRandom(seed);
        final int lossKind = (int)Math.floorMod(seed, (long)LOSSES.length);
        hasLoss = lossKind != 0;
        final int[] mtus = { 1_280, 1_500, 9_000, 1_280 + random.nextInt(7_721) };
        final int mtu = mtus[random.nextInt(4)];
        path = drawPath(LOSSES[lossKind], lossKind >= 4, mtu);
        hasFaults = !path.isEmpty();
        hasPauses = random.nextInt(4) == 0;
        hasLeaps = random.nextInt(8) == 0;
        hasStamps = random.nextInt(3) == 0;
        marks = random.nextInt(2) == 0 ? 0 : 0.001 * (1 << random.nextInt(6));
        wrapsAfter = random.nextInt(6) == 0 ? 1 + random.nextInt(1 << 20) : 0;
        final ImpairmentSpec.Direction direction = ImpairmentSpec.parse(path).out();
        isHeavy = direction.loss() > HEAVY_LOSS;
        isPatient = direction.loss() > SOME_LOSS || direction.burst() > 0 || direction.corrupt() > 0 ||
            direction.blackout().toNs() > 0 || hasPauses || hasLeaps;

        target = random.nextBoolean() ? "10.0.0.2" : "fd00::2";
        for (int i = 0; i < 2; i++)
        {
            final boolean isGsoOut = random.nextBoolean();
            final boolean isGsoIn = random.nextBoolean();
            links[i] = new MemoryLinkOptions()
                .mtu(random.nextInt(8) == 0 ? mtus[random.nextInt(4)] : mtu)
                .queueFrames(random.nextInt(4) == 0 ? 64 : 1_024)
                .txOffload(isGsoOut)
                .rxGso(isGsoIn);
            settings[i] = drawSettings();
            reading[i] = Transfer.Reading.values()[random.nextInt(3)];
            text.append(i == 0 ? "client" : ", server").append(isGsoOut ? " gso-out" : "")
                .append(isGsoIn ? " gso-in" : "").append(describe(settings[i])).append(' ')
                .append(reading[i].name().toLowerCase(Locale.ROOT));
        }
        text.append(", mtu ").append(mtu).append(", to ").append(target)
            .append(hasPauses ? ", pauses" : "").append(hasLeaps ? ", leaps" : "").append(hasStamps ? ", stamps" : "")
            .append(marks > 0 ? ", marks " + marks : "").append(wrapsAfter > 0 ? ", wraps after " + wrapsAfter : "");
    }

    private String drawPath(final String losses, final boolean isLossy, final int mtu)
    {
        final StringBuilder impairment = new StringBuilder(losses);
        if (random.nextInt(3) == 0)
        {
            add(impairment, "reorder=" + (1 + random.nextInt(10)) + "%:3.." + (3 + random.nextInt(48)));
        }
        if (random.nextInt(3) == 0)
        {
            add(impairment, "dup=" + (1 + random.nextInt(5)) + "%");
        }
        if (random.nextInt(3) == 0)
        {
            add(impairment, "corrupt=" + (isLossy ? 1 : 1 + random.nextInt(5)) + "%");
        }
        if (random.nextInt(4) != 0)
        {
            final int delayUs = 50 << random.nextInt(12);
            add(impairment, "delay=" + delayUs + "us");
            if (random.nextBoolean())
            {
                add(impairment, "jitter=" + Math.max(1, delayUs / (1 + random.nextInt(8))) + "us");
            }
        }
        if (random.nextInt(4) == 0)
        {
            add(impairment, "rate=" + (2 << random.nextInt(9)) + "mbit,queue=" + (32 << random.nextInt(4)) + "kB");
        }
        if (random.nextInt(6) == 0)
        {
            final int fromMs = random.nextInt(2_000);
            final int lengthMs = 100 << random.nextInt(7);
            final long periodMs = fromMs + 3L * lengthMs + random.nextInt(20_000);
            add(impairment, "blackout=" + fromMs + "ms.." + (fromMs + lengthMs) + "ms/" +
                outOfStep(periodMs, lengthMs) + "ms");
        }
        if (random.nextInt(8) == 0)
        {
            add(impairment, "mtu=" + (1_280 + random.nextInt(mtu - 1_279)) + ":icmp");
        }
        return impairment.toString();
    }

    /** A period that the longest time-out is no multiple of: else what meets one black-out meets the next ones, too. */
    private static long outOfStep(final long periodMs, final int lengthMs)
    {
        long ms = periodMs;
        while (Math.min(MAX_RTO_MS % ms, ms - MAX_RTO_MS % ms) < lengthMs)
        {
            ms += lengthMs;
        }
        return ms;
    }

    private static void add(final StringBuilder impairment, final String item)
    {
        impairment.append(impairment.length() == 0 ? "" : ",").append(item);
    }

    private TcpSettings drawSettings()
    {
        final TcpSettings drawn = new TcpSettings();
        drawn.userTimeoutNs = 2 * (isHeavy ? HEAVY_STUCK_NS : PATIENT_STUCK_NS);
        drawn.sack = random.nextInt(4) != 0;
        drawn.timestamps = random.nextInt(4) != 0;
        drawn.windowScaling = random.nextInt(4) != 0;
        drawn.noDelay = random.nextBoolean();
        drawn.ecn = EcnMode.values()[random.nextInt(3)];
        if (random.nextInt(3) == 0)
        {
            drawn.sendBufferBytes = (8 << 10) << random.nextInt(8);
        }
        if (random.nextInt(3) == 0)
        {
            drawn.receiveBufferBytes = (8 << 10) << random.nextInt(8);
        }
        if (random.nextInt(6) == 0)
        {
            drawn.maxSegmentSize = 256 + random.nextInt(1_200);
        }
        if (random.nextInt(3) == 0)
        {
            drawn.delayedAckNs = (1 + random.nextInt(200)) * MS;
        }
        switch (random.nextInt(6))
        {
            case 0:
                drawn.congestionControl = NewReno::new;
                break;
            case 1:
                drawn.congestionControl = Cubic::withAlternativeBackoff;
                break;
            case 2:
                drawn.congestionControl = Bbr::new;
                break;
            default:
                drawn.congestionControl = Cubic::new;
                break;
        }
        return drawn;
    }

    private static String describe(final TcpSettings settings)
    {
        return (settings.sack ? "" : " no-sack") + (settings.timestamps ? "" : " no-ts") +
            (settings.windowScaling ? "" : " no-ws") + (settings.noDelay ? " nodelay" : "") +
            " ecn-" + settings.ecn.name().toLowerCase(Locale.ROOT) +
            (settings.maxSegmentSize == 0 ? "" : " mss " + settings.maxSegmentSize) +
            " ack " + settings.delayedAckNs / MS + "ms" +
            " snd " + (settings.sendBufferBytes >> 10) + "k rcv " + (settings.receiveBufferBytes >> 10) + "k " +
            settings.congestionControl.get().name();
    }

    /** What happens to frames that are sent, so that what a link delivers is what its stack sees; null: nothing. */
    ImpairmentSpec impairment()
    {
        return hasFaults ? ImpairmentSpec.parse("out." + path.replace(",", ",out.")) : null;
    }

    long stuckNs()
    {
        return isHeavy ? HEAVY_STUCK_NS : isPatient ? PATIENT_STUCK_NS : STUCK_NS;
    }

    /** Runs it to its end; an {@link AssertionError} says what went wrong, and with which seed. */
    void run() throws IOException
    {
        try (Network network = new Network(seed))
        {
            new ScenarioRun(this, network).run();
        }
        catch (final AssertionError | RuntimeException ex)
        {
            throw new AssertionError(this + ": " + ex.getMessage(), ex);
        }
    }

    @Override
    public String toString()
    {
        return "seed " + seed + " (" + (path.isEmpty() ? "clean" : path) + "; " + text + ")";
    }
}
