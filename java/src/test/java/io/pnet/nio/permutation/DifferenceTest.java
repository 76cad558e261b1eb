package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The list of differences that users read is the one that the cases know; {@code -Dpnet.update=true} writes it. */
final class DifferenceTest
{
    private static final Path LIST = Path.of("nio-differences.md");

    @Test
    void everyPairHasAllCases()
    {
        final Set<Class<?>> groups = Set.copyOf(CaseRunner.GROUPS);
        for (final Class<?> pair : List.of(KernelToKernelTest.class, PnetToPnetTest.class, PnetToItselfTest.class))
        {
            assertEquals(
                groups,
                Arrays.stream(pair.getDeclaredClasses()).map(Class::getSuperclass).collect(Collectors.toSet()),
                pair::getName);
        }
    }

    @Test
    void theListIsUpToDate() throws IOException
    {
        final StringBuilder text = new StringBuilder("""
            # What `io.pnet.nio` does otherwise than the JDK's channels

            Everything else is the same, and held by the cases in `src/test/java/io/pnet/nio/permutation`, which run
            over the kernel's channels and over ours, in all combinations. This list is written by `DifferenceTest`.

            | what | the kernel's | ours |
            |---|---|---|
            """);
        for (final Difference each : Difference.values())
        {
            text.append("| ").append(each.name()).append(" | ").append(each.kernel)
                .append(" | ").append(each.ours).append(" |\n");
        }
        if (Boolean.getBoolean("pnet.update"))
        {
            Files.writeString(LIST, text);
        }
        assertEquals(text.toString(), Files.readString(LIST), "run this test with -Dpnet.update=true");
    }
}
