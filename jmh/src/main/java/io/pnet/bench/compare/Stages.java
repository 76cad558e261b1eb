package io.pnet.bench.compare;

import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * In which of Pnet's stages Java code computes: samples of the JDK's own Flight Recorder, one a millisecond, which sees
 * through inlining and needs no privileges. A sample belongs to the package of the innermost method that is Pnet's and
 * no mere view over bytes.
 */
final class Stages
{
    static final List<String> NAMES = List.of("link", "IP", "TCP", "duty cycle", "API", "application", "JDK");

    private Stages()
    {
    }

    /** Starts recording in a JVM. */
    static void start(final long pid) throws IOException, InterruptedException
    {
        jcmd(pid, "JFR.start", "name=stages", "settings=none",
            "+jdk.ExecutionSample#enabled=true", "+jdk.ExecutionSample#period=1ms",
            "+jdk.ExecutionSample#stackTrace=true");
    }

    /** Has the JVM tell perf what its compiled code is called. */
    static void nameCode(final long pid) throws IOException, InterruptedException
    {
        jcmd(pid, "Compiler.perfmap");
    }

    /** Stops, and counts the samples by stage. */
    static Map<String, Integer> stop(final long pid, final Path file) throws IOException, InterruptedException
    {
        jcmd(pid, "JFR.stop", "name=stages", "filename=" + file);
        final Map<String, Integer> samples = new LinkedHashMap<>();
        NAMES.forEach(name -> samples.put(name, 0));
        try (RecordingFile recording = new RecordingFile(file))
        {
            while (recording.hasMoreEvents())
            {
                final RecordedEvent event = recording.readEvent();
                if (event.getEventType().getName().equals("jdk.ExecutionSample") && event.getStackTrace() != null)
                {
                    final String stage = stage(event.getStackTrace().getFrames().stream()
                        .map(Stages::type).toList());
                    samples.merge(stage, 1, Integer::sum);
                }
            }
        }
        Files.delete(file);
        return samples;
    }

    /** @param types whose methods run, the innermost first. */
    static String stage(final List<String> types)
    {
        for (final String type : types)
        {
            if (type.startsWith("io.pnet.") && !type.startsWith("io.pnet.wire."))
            {
                return switch (type.split("\\.")[2])
                {
                    case "link" -> "link";
                    case "ip" -> "IP";
                    case "tcp", "transport", "udp" -> "TCP";
                    case "stack", "counters" -> "duty cycle";
                    case "socket", "nio" -> "API";
                    default -> "application";
                };
            }
        }
        return "JDK";
    }

    private static String type(final RecordedFrame frame)
    {
        return frame.getMethod().getType().getName();
    }

    private static void jcmd(final long pid, final String... words) throws IOException, InterruptedException
    {
        final Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        final List<String> command = new java.util.ArrayList<>(List.of(jcmd.toString(), "" + pid));
        command.addAll(List.of(words));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes()).strip();
        if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0 || said.contains("Warning!"))
        {
            throw new CellFailure("jcmd " + words[0] + ": " + said.replace('\n', ' '));
        }
    }
}
