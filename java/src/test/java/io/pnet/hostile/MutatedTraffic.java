package io.pnet.hostile;

import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One round of mutated traffic, everything about it drawn from a seed: two stacks talk, and between their frames come
 * mutated ones to both. The same seed is the same round, frame by frame.
 */
final class MutatedTraffic
{
    /** Mutated frames in a round. */
    static final int FRAMES = 20_000;
    private static final int MAX_BURST = 24;
    private static final int CHECK_EVERY = 32;
    private static final List<byte[]> SEEDS = Seeds.all().stream().map(Seeds.Seed::frame).toList();

    private final long seed;
    private final SplittableRandom random;
    private final Corpus corpus = new Corpus(SEEDS);
    private final Mutator mutator;
    private final Deque<byte[]> late = new ArrayDeque<>();
    private final StringBuilder suspects = new StringBuilder();
    private final UnsafeBuffer held = new UnsafeBuffer(0, 0);
    private final boolean isTold;
    private int made;

    /**
     * Nothing happens yet.
     *
     * @param isTold whether to note every frame in hex, for a failure's message.
     */
    MutatedTraffic(final long seed, final boolean isTold)
    {
        this.seed = seed;
        this.isTold = isTold;
        random = new SplittableRandom(seed);
        mutator = new Mutator(corpus, random.split());
    }

    /** Runs it to its end; an {@link AssertionError} says what went wrong, with the seed and the last frames. */
    static void run(final long seed) throws IOException
    {
        try
        {
            new MutatedTraffic(seed, false).run();
        }
        catch (final AssertionError | RuntimeException ex)
        {
            // Once more, to say which frames it was.
            final MutatedTraffic again = new MutatedTraffic(seed, true);
            try
            {
                again.run();
            }
            catch (final AssertionError | RuntimeException same)
            {
                throw new AssertionError("seed " + seed + " after " + again.made + " frames: " + same.getMessage() +
                    "\nthe last ones, and to whom:" + again.suspects, same);
            }
            throw new AssertionError("seed " + seed + ", not again: " + ex.getMessage(), ex);
        }
    }

    private void run() throws IOException
    {
        try (Arena arena = new Arena(random.split(), corpus::add))
        {
            arena.settle();
            for (int step = 0; made < FRAMES; step++)
            {
                arena.stir();
                burst(arena);
                arena.settle();
                if (step % CHECK_EVERY == 0)
                {
                    arena.check();
                    suspects.setLength(0);
                }
                pass(arena);
            }
            arena.check();
            arena.checkService();
            arena.checkEmpty();
        }
    }

    private void burst(final Arena arena)
    {
        final int count = random.nextInt(1, MAX_BURST);
        for (int i = 0; i < count; i++)
        {
            if (!late.isEmpty() && random.nextInt(16) == 0)
            {
                // Long after its time.
                final byte[] bytes = late.poll();
                held.wrap(bytes);
                offer(arena, held, bytes.length);
                continue;
            }
            mutator.next();
            made++;
            offer(arena, mutator.frame, mutator.length);
            if (random.nextInt(64) == 0)
            {
                offer(arena, mutator.frame, mutator.length);
            }
            if (random.nextInt(64) == 0 && late.size() < 16)
            {
                final byte[] bytes = new byte[mutator.length];
                mutator.frame.getBytes(0, bytes);
                late.add(bytes);
            }
        }
    }

    private void offer(final Arena arena, final UnsafeBuffer buffer, final int length)
    {
        final int to = random.nextInt(4) == 0 ? 1 : 0;
        arena.nodes.get(to).link.offer(buffer, 0, length, random.nextInt(8) == 0, random.nextInt(4) == 0);
        if (isTold)
        {
            final byte[] bytes = new byte[length];
            buffer.getBytes(0, bytes);
            suspects.append('\n').append(to).append(' ').append(HexFormat.of().formatHex(bytes));
        }
    }

    private void pass(final Arena arena)
    {
        final int how = random.nextInt(64);
        if (how < 40)
        {
            arena.nowNs += random.nextInt(1_000_000);
        }
        else if (how < 62)
        {
            arena.run(random.nextInt(200) * Arena.MS);
        }
        else if (how == 62)
        {
            // Nobody ran for a while.
            arena.nowNs += random.nextInt(3_000) * Arena.MS;
        }
        else if (random.nextInt(8) == 0)
        {
            arena.run(random.nextInt(60) * Arena.SECOND);
        }
    }
}
