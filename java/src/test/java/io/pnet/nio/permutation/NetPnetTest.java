package io.pnet.nio.permutation;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * The sockets of java.net in a JVM whose factories make ours, as {@code pnet run} has it. Factories are set once in a
 * JVM, so that it is one of its own.
 */
final class NetPnetTest
{
    private static final long LIMIT_S = 180;

    @TestFactory
    List<DynamicTest> javaNet() throws Exception
    {
        final Path results = Files.createTempFile("pnet-net", ".txt");
        final Path said = Files.createTempFile("pnet-net", ".log");
        try
        {
            final Process process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
                "--add-opens", "java.base/java.net=ALL-UNNAMED", "-Dorg.bytedeco.javacpp.noPointerGC=true",
                "-cp", System.getProperty("java.class.path"), CaseRunner.class.getName(),
                "net-pnet", results.toString())
                .redirectErrorStream(true).redirectOutput(said.toFile()).start();
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
            }
            assertEquals(0, process.waitFor(), () -> CaseResults.text(said));
            return CaseResults.read(results);
        }
        finally
        {
            Files.delete(results);
            Files.delete(said);
        }
    }
}
