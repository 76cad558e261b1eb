package io.pnet.link;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JvmFlagsTest
{
    /** What the JVM without flags runs. */
    public static final class Child
    {
        private Child()
        {
        }

        public static void main(final String[] arguments)
        {
            final Throwable cause = NativeLibrary.unavailabilityCause();
            System.out.println(NativeLibrary.isAvailable() + (cause == null ? "" : " " + cause.getMessage()));
            JvmFlags.check();
        }
    }

    @Test
    void aJvmWithTheFlagsHasWhatItTakes()
    {
        assertDoesNotThrow(JvmFlags::check);
        assertNull(NativeLibrary.unavailabilityCause());
        assertTrue(NativeLibrary.isAvailable());
        assertDoesNotThrow(NativeLibrary::ensureAvailable);
    }

    @Test
    void aJvmWithoutTheFlagsIsToldThem() throws Exception
    {
        final String output = child();
        final String line =
            "the JVM keeps jdk.internal.misc from Agrona: start java with " + JvmFlags.REQUIRED;
        assertTrue(output.contains("false " + line + "\n"), output);
        assertTrue(output.contains("java.lang.IllegalStateException: " + line + "\n"), output);
    }

    @Test
    void theFlagsItNamesAreTheOnesThatHelp() throws Exception
    {
        assertEquals("true\n", child(JvmFlags.REQUIRED.split(" ")));
    }

    private static String child(final String... flags) throws Exception
    {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
