package io.pnet.nio.permutation;

import io.pnet.link.Namespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * The kernel's channels with ours, over a TAP, both in one JVM in a namespace of its own: every case is run there by
 * {@link CaseRunner} and reported here.
 */
@Tag("interop")
final class KernelAndPnetTest
{
    @TestFactory
    List<DynamicTest> kernelToPnet() throws Exception
    {
        return results("kernel-pnet");
    }

    @TestFactory
    List<DynamicTest> pnetToKernel() throws Exception
    {
        return results("pnet-kernel");
    }

    private static List<DynamicTest> results(final String pair) throws Exception
    {
        Assumptions.assumeTrue(
            Files.isWritable(Path.of("/dev/net/tun")), "no access to /dev/net/tun: run as root, or chmod 0666 it");
        final Path results = Files.createTempFile("pnet-" + pair, ".txt");
        try
        {
            Namespace.run(CaseRunner.class, pair, results.toString());
            return read(results);
        }
        finally
        {
            Files.delete(results);
        }
    }

    private static List<DynamicTest> read(final Path results) throws IOException
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
