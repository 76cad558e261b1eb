package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What /proc says of the machine and of the two ends at one moment; any user may read it. Times in nanoseconds, from
 * ticks of 10 ms.
 *
 * @param systemNs        of the whole machine, without softirq.
 * @param senderSystemNs  with the softirq that ran while this process had the processor, as Linux charges it; so the
 *                        receiver's.
 * @param senderCompilersNs of the JIT compilers, where it is a JVM; part of its user time.
 * @param machineSwitches context switches of the whole machine.
 * @param frames          that the receiver's end of the wire has received.
 */
record Sample(
    long atNs,
    double machineNs,
    double systemNs,
    double softirqNs,
    double senderUserNs,
    double senderSystemNs,
    double receiverUserNs,
    double receiverSystemNs,
    double senderCompilersNs,
    double receiverCompilersNs,
    double senderSwitches,
    double receiverSwitches,
    double machineSwitches,
    double frames)
{
    private static final double TICK_NS = 1e7;

    static Sample of(final Program sender, final Program receiver, final String device) throws IOException
    {
        // cpu user nice system idle iowait irq softirq steal ...
        final String stat = Files.readString(Path.of("/proc/stat"));
        final String[] all = stat.lines().findFirst().orElseThrow().trim().split("\\s+");
        final String[] from = stat(sender);
        final String[] to = stat(receiver);
        final double softirq = ticks(all[6]) + ticks(all[7]);
        return new Sample(
            System.nanoTime(),
            ticks(all[1]) + ticks(all[2]) + ticks(all[3]) + softirq,
            ticks(all[3]),
            softirq,
            ticks(from[11]),
            ticks(from[12]),
            ticks(to[11]),
            ticks(to[12]),
            Cpu.ofCompilers(sender.pid()) * 1e9,
            Cpu.ofCompilers(receiver.pid()) * 1e9,
            switches(sender),
            switches(receiver),
            stat.lines().filter(line -> line.startsWith("ctxt ")).mapToDouble(line ->
                Double.parseDouble(line.substring(5))).sum(),
            receiver.receivedFrames(device));
    }

    /** The fields of /proc/PID/stat from the third on; the second, in brackets, may hold anything. */
    private static String[] stat(final Program program) throws IOException
    {
        final String stat = Files.readString(Path.of("/proc/" + program.pid() + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    /** Context switches of all threads, those that they asked for by waiting and those that befell them. */
    private static double switches(final Program program) throws IOException
    {
        double sum = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + program.pid() + "/task")))
        {
            for (final Path thread : threads)
            {
                sum += Files.readString(thread.resolve("status")).lines()
                    .filter(line -> line.contains("ctxt_switches:"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1).trim())).sum();
            }
        }
        catch (final NoSuchFileException e)
        {
            // A thread has ended while we looked; it was none that carries data.
        }
        return sum;
    }

    private static double ticks(final String field)
    {
        return Long.parseLong(field) * TICK_NS;
    }
}
