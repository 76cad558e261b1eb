package io.pnet.hostile;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertFalse;

/**
 * Every fuzz target over its seeds and what a few changes make of them, without a fuzzer: what {@code ci/fuzz} found
 * once is among the seeds and stays found. The seeds are the files of {@code fuzz/TARGET}.
 */
class FuzzSeedsTest
{
    private static final int CHANGES = 6;

    @ParameterizedTest
    @EnumSource
    void takesItsSeedsAndTheirLike(final FuzzTarget target) throws IOException, URISyntaxException
    {
        final List<byte[]> seeds = new ArrayList<>();
        final Path folder = Path.of(FuzzSeedsTest.class.getResource("/fuzz/" + target.name()).toURI());
        try (Stream<Path> files = Files.list(folder))
        {
            for (final Path file : files.sorted().toList())
            {
                seeds.add(Files.readAllBytes(file));
            }
        }
        assertFalse(seeds.isEmpty(), "no seeds");
        final SplittableRandom random = new SplittableRandom(target.ordinal());
        run(target, new byte[0]);
        for (final byte[] seed : seeds)
        {
            run(target, seed);
            for (int i = 0; i < CHANGES && seed.length > 0; i++)
            {
                final byte[] changed = java.util.Arrays.copyOf(seed, random.nextInt(4) == 0 ?
                    random.nextInt(1, seed.length + 9) : seed.length);
                for (int j = random.nextInt(1, 4); j > 0; j--)
                {
                    changed[random.nextInt(changed.length)] = (byte)random.nextInt(256);
                }
                run(target, changed);
            }
        }
    }

    private static void run(final FuzzTarget target, final byte[] input) throws IOException
    {
        try
        {
            target.run(input);
        }
        catch (final AssertionError | RuntimeException ex)
        {
            throw new AssertionError(target + " " + HexFormat.of().formatHex(input) + ": " + ex.getMessage(), ex);
        }
    }
}
