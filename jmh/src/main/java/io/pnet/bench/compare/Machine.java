package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the figures were taken on.
 *
 * @param busyBefore share of all cores that was in use in the half second before the first run.
 */
public record Machine(
    String cpu, int cores, String kernel, String jdk, String iperf3, long memoryMiB, String pnet, double busyBefore)
{
    private static final long BUSY_SAMPLE_MS = 500;

    /**
     * Looks at this machine.
     *
     * @param version of Pnet.
     */
    public static Machine here(final String version) throws IOException, InterruptedException
    {
        final double[] before = busyAndAll();
        Thread.sleep(BUSY_SAMPLE_MS);
        final double[] after = busyAndAll();
        return new Machine(
            first("/proc/cpuinfo", "model name"),
            Runtime.getRuntime().availableProcessors(),
            "Linux " + Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
            System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
            firstLineOf("iperf3", "--version"),
            Long.parseLong(first("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1024,
            version,
            (after[0] - before[0]) / Math.max(1, after[1] - before[1]));
    }

    /** What a reader has to know. */
    public List<String> lines()
    {
        final List<String> lines = new ArrayList<>(List.of(
            "CPU: " + cpu + ", " + cores + " cores",
            "Memory: " + memoryMiB + " MiB",
            "Kernel: " + kernel + ", CUBIC on every kernel end",
            "JDK: " + jdk,
            "Programs: " + iperf3 + "; Pnet " + pnet));
        if (busyBefore > 0.05)
        {
            lines.add("This machine was " + Math.round(busyBefore * 100) +
                " % busy with other work before the first run; CPU figures include such work");
        }
        return lines;
    }

    private static double[] busyAndAll() throws IOException
    {
        final String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+");
        double all = 0;
        for (int i = 1; i <= 8; i++)
        {
            all += Double.parseDouble(fields[i]);
        }
        return new double[] {all - Double.parseDouble(fields[4]) - Double.parseDouble(fields[5]), all};
    }

    private static String first(final String file, final String key) throws IOException
    {
        for (final String line : Files.readAllLines(Path.of(file)))
        {
            if (line.startsWith(key))
            {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "unknown";
    }

    private static String firstLineOf(final String... command) throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String all = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        final String line = all.lines().findFirst().orElse("unknown");
        return line.replaceAll("\\s*\\(.*", "");
    }
}
