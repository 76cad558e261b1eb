package io.pnet.nio;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Files to channels and back, in JVMs that do and do not let us be what the JDK trusts. */
class TransferTest
{
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void transfersFiles(final boolean isExported) throws Exception
    {
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", System.getProperty("java.class.path"), "-Xmx384m",
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"));
        if (isExported)
        {
            command.addAll(List.of("--add-exports", "java.base/sun.nio.ch=ALL-UNNAMED"));
        }
        command.addAll(List.of(TransferProgram.class.getName(), folder.toString()));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final List<String> lines = process.inputReader().lines().toList();
        process.waitFor();
        assertEquals(Boolean.toString(isExported), line(lines, "trusted"));
        assertEquals("PnetSocketChannel[local=null remote=null unconnected]", line(lines, "shown"));
        assertEquals("0", line(lines, "beyond"));
        assertEquals("true", line(lines, "blocking"));
        assertEquals("true", line(lines, "selecting"));
        assertEquals("true", line(lines, "receiving"));
        assertEquals("refused", line(lines, "stranger"));
        if (isExported)
        {
            assertTrue(Long.parseLong(line(lines, "first")) >= 8 << 20, lines.toString());
        }
    }

    private static String line(final List<String> lines, final String key)
    {
        return lines.stream().filter(line -> line.startsWith(key + "=")).findFirst()
            .map(line -> line.substring(key.length() + 1))
            .orElseThrow(() -> new AssertionError("no " + key + " in " + lines));
    }
}
