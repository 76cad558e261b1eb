package io.pnet.interop;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two namespaces joined by a wire, made by {@code ci/net}: Pnet at the left end (10.77.0.1 and fd77::1), the kernel at
 * the right one (10.77.0.2 and fd77::2); with {@code --middle} a third one, between two wires. Closing it ends all
 * that runs in them and removes them.
 */
final class InteropWire implements AutoCloseable
{
    static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    static final String PNET = TOP.resolve("java/target/pnet").toString();
    static final String PNET_V4 = "10.77.0.1";
    static final String PNET_V6 = "fd77::1";
    static final String KERNEL_V4 = "10.77.0.2";
    static final String KERNEL_V6 = "fd77::2";

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final long LIMIT_S = 60;

    private final String name = "pnt" + ProcessHandle.current().pid() + "i" + COUNT.incrementAndGet();
    private final Path folder;
    private final List<Running> running = new ArrayList<>();
    /** How Pnet opens its end. */
    final String link;

    /** What a command printed, and how it ended. */
    record Outcome(int exit, String out, String err)
    {
        Outcome ok()
        {
            Assertions.assertEquals(0, exit, this::toString);
            return this;
        }
    }

    /** A command that runs beside the test. */
    static final class Running
    {
        private final Process process;
        private final Path out;
        private final Path err;
        private final String command;

        Running(final Process process, final Path out, final Path err, final String command)
        {
            this.process = process;
            this.out = out;
            this.err = err;
            this.command = command;
        }

        /** Waits until it has printed a word. */
        Running awaitWord(final String word) throws IOException, InterruptedException
        {
            for (int i = 0; i < 3_000; i++)
            {
                if (Files.readString(out).contains(word) || Files.readString(err).contains(word))
                {
                    return this;
                }
                Assertions.assertTrue(process.isAlive(), () -> command + " ended early: " + said());
                Thread.sleep(10);
            }
            return Assertions.fail(command + " did not say '" + word + "' within 30 s: " + said());
        }

        Outcome awaitEnd() throws IOException, InterruptedException
        {
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
                Assertions.fail(command + " did not end within " + LIMIT_S + " s: " + said());
            }
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        }

        /** Asks it to end, as Ctrl-C does. */
        void interrupt() throws IOException, InterruptedException
        {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        }

        /** Has it stand still for a while, as a collector's pause has a JVM. */
        void pause(final long ms) throws IOException, InterruptedException
        {
            new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
            Thread.sleep(ms);
            new ProcessBuilder("kill", "-CONT", Long.toString(process.pid())).start().waitFor();
        }

        /** Asks it to end, as a service's manager does. */
        void terminate()
        {
            process.destroy();
        }

        private String said()
        {
            try
            {
                return Files.readString(out) + Files.readString(err);
            }
            catch (final IOException ex)
            {
                return ex.toString();
            }
        }
    }

    /**
     * Makes a wire.
     *
     * @param attach  {@code ring}, {@code tap} or {@code queues}.
     * @param options more for {@code ci/net up}.
     */
    InteropWire(final String attach, final String... options) throws IOException
    {
        Assumptions.assumeTrue(
            attach.equals("ring") || Files.isWritable(Path.of("/dev/net/tun")),
            "/dev/net/tun is not open to this user");
        link = attach.equals("ring") ? "packet:veth0" : "tap:tap0";
        folder = Files.createTempDirectory("pnet-interop");
        final List<String> command = new ArrayList<>(List.of("up", name, "--left", attach));
        command.addAll(Arrays.asList(options));
        net(command.toArray(new String[0]));
    }

    /** A folder for files, removed with the wire. */
    Path folder()
    {
        return folder;
    }

    /** Starts the pnet command at the left end, with its link and addresses. */
    Running pnet(final String command, final String... arguments) throws IOException
    {
        final List<String> all = new ArrayList<>(List.of(PNET, command));
        all.addAll(List.of("--link", link, "--ip", PNET_V4 + "/24", "--ip", PNET_V6 + "/64"));
        all.addAll(Arrays.asList(arguments));
        return start("left", all);
    }

    /** Starts a program of the test's own at the left end, in a JVM like this one. */
    Running java(final Class<?> main, final String... arguments) throws IOException
    {
        return javaAt("left", main, arguments);
    }

    /** The same at either end. */
    Running javaAt(final String side, final Class<?> main, final String... arguments) throws IOException
    {
        final List<String> all = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
            "-Dorg.bytedeco.javacpp.noPointerGC=true",
            "-cp", System.getProperty("java.class.path"), main.getName()));
        all.addAll(Arrays.asList(arguments));
        return start(side, all);
    }

    /** Runs a command at the kernel's end until it ends. */
    Outcome kernel(final String... command) throws IOException, InterruptedException
    {
        return start("right", List.of(command)).awaitEnd();
    }

    Running start(final String side, final List<String> command) throws IOException
    {
        final List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name + "-" + side));
        all.addAll(command);
        final Path out = Files.createTempFile(folder, "out", ".txt");
        final Path err = Files.createTempFile(folder, "err", ".txt");
        final Process process = new ProcessBuilder(all)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
        final Running started = new Running(process, out, err, String.join(" ", command));
        running.add(started);
        return started;
    }

    @Override
    public void close() throws IOException
    {
        for (final Running each : running)
        {
            each.process.destroy();
        }
        net("down", name);
        for (final Running each : running)
        {
            each.process.destroyForcibly().onExit().join();
        }
        try (var files = Files.list(folder))
        {
            for (final Path file : files.toList())
            {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static void net(final String... arguments) throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(TOP.resolve("ci/net").toString()));
        command.addAll(Arrays.asList(arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Assertions.assertEquals(0, process.onExit().join().exitValue(), () -> String.join(" ", command) + ": " + said);
    }
}
