package io.pnet.nio.permutation;

import io.pnet.link.Namespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
            return CaseResults.read(results);
        }
        finally
        {
            Files.delete(results);
        }
    }
}
