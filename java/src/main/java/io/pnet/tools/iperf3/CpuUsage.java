package io.pnet.tools.iperf3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * CPU time of this process in percent of the time that passed: 200 when two cores were busy.
 *
 * @param total  user and system together.
 * @param user   in user mode.
 * @param system in the kernel.
 */
record CpuUsage(double total, double user, double system)
{
    /** Nothing known. */
    static final CpuUsage NONE = new CpuUsage(0, 0, 0);

    private static final double NS_PER_TICK = 1e9 / 100;

    /** What was used until an instant. */
    record Mark(long nowNs, double userNs, double systemNs)
    {
        static Mark now()
        {
            try
            {
                // Fields are counted from behind the command's name, which may hold spaces.
                final String stat = Files.readString(Path.of("/proc/self/stat"));
                final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                return new Mark(
                    System.nanoTime(),
                    Long.parseLong(fields[11]) * NS_PER_TICK,
                    Long.parseLong(fields[12]) * NS_PER_TICK);
            }
            catch (final IOException | RuntimeException ex)
            {
                return new Mark(System.nanoTime(), 0, 0);
            }
        }
    }

    static CpuUsage between(final Mark from, final Mark to)
    {
        final double elapsedNs = Math.max(1, to.nowNs - from.nowNs);
        final double user = 100 * (to.userNs - from.userNs) / elapsedNs;
        final double system = 100 * (to.systemNs - from.systemNs) / elapsedNs;
        return new CpuUsage(user + system, user, system);
    }
}
