package io.pnet.nio.permutation;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

/** What {@link CaseRunner} has written in a JVM of its own, as tests of this one. */
final class CaseResults
{
    private CaseResults()
    {
    }

    static String text(final Path file)
    {
        try
        {
            return Files.readString(file);
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    static List<DynamicTest> read(final Path results) throws IOException
    {
        final List<DynamicTest> tests = new ArrayList<>();
        for (final String line : Files.readAllLines(results))
        {
            final String[] fields = line.split("\t", 4);
            tests.add(DynamicTest.dynamicTest(fields[0], () ->
            {
                final String said = fields.length > 3 ? fields[3].replace("\\n", "\n") : "";
                Assumptions.assumeFalse(fields[2].equals(CaseRunner.ABORTED), said);
                if (fields[2].equals(CaseRunner.FAILED))
                {
                    fail(said);
                }
            }));
        }
        assertFalse(tests.isEmpty(), "no case was run");
        return tests;
    }
}
