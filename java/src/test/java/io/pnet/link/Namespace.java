package io.pnet.link;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Runs the main method of a class in a JVM of its own, inside a fresh network namespace that dies with it. A JVM cannot
 * change its own namespace, so tests of kernel links are scenarios in such a main.
 */
public final class Namespace
{
    private static final long LIMIT_SECONDS = 120;

    private Namespace()
    {
    }

    /** Runs {@code main} with arguments; the test fails with its output when it does not exit with 0. */
    public static void run(final Class<?> main, final String... arguments) throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(enter());
        command.addAll(java(main, arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final String output;
        try (InputStream in = process.getInputStream())
        {
            final Thread limit = new Thread(() -> stop(process), "limit");
            limit.setDaemon(true);
            limit.start();
            output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            limit.interrupt();
        }
        if (output.contains("unshare: unshare failed"))
        {
            Assumptions.abort("this machine allows no network namespace: " + output.strip());
        }
        Assertions.assertEquals(0, process.exitValue(), () -> String.join(" ", arguments) + ":\n" + output);
        Assertions.assertFalse(output.contains("WARNING in native method"), () -> "-Xcheck:jni says:\n" + output);
    }

    /** The command that runs {@code main} in a JVM like this one. */
    static List<String> java(final Class<?> main, final String... arguments)
    {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (final String flag : ManagementFactory.getRuntimeMXBean().getInputArguments())
        {
            if (!flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
            {
                command.add(flag);
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs a command of the child's, like {@code ip link ...}, and throws with its output when it fails. */
    public static void sh(final String format, final Object... arguments) throws IOException, InterruptedException
    {
        final String line = String.format(Locale.ROOT, format, arguments);
        final Process process = new ProcessBuilder(line.split(" ")).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0)
        {
            throw new IOException(line + ": " + output);
        }
    }

    /**
     * Waits until an interface carries frames. The kernel attaches its queueing discipline a moment after it was set
     * up, and what is sent before is lost without a word.
     */
    public static void awaitUp(final String name) throws IOException, InterruptedException
    {
        for (int i = 0; i < 500; i++)
        {
            final Process process = new ProcessBuilder("ip", "link", "show", name).redirectErrorStream(true).start();
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            if (output.contains("state UP"))
            {
                return;
            }
            Thread.sleep(10);
        }
        throw new IOException(name + " does not come up");
    }

    private static List<String> enter()
    {
        // Real root keeps access to devices such as /dev/net/tun; anybody else becomes root of a user namespace.
        return "root".equals(System.getProperty("user.name")) ?
            List.of("unshare", "--net") : List.of("unshare", "--user", "--map-root-user", "--net");
    }

    private static void stop(final Process process)
    {
        try
        {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}
