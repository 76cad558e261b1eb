package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time that the whole machine has used, in seconds, by kind, and what each end's process has used, from /proc.
 *
 * <p>The whole machine is the fair figure: on a veth pair a good part of the receiver's work runs in softirq on the
 * sender's core, so that a process's own time says only what its own threads were charged with.
 *
 * <p>What the JIT compilers of both ends' JVMs used is part of all that, and told besides: a JVM that is seconds old
 * compiles for longer than it transfers, a server's has long finished.
 */
record Cpu(double user, double system, double softirq, double sender, double receiver, double compilers)
{
    /** /proc counts in ticks; USER_HZ is 100 on every Linux that Java runs on. */
    private static final double TICKS_PER_SECOND = 100;

    static Cpu sample(final long senderPid, final long receiverPid) throws IOException
    {
        // cpu user nice system idle iowait irq softirq steal ...
        final String[] all = Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+");
        return new Cpu(
            ticks(all, 1) + ticks(all, 2),
            ticks(all, 3),
            ticks(all, 6) + ticks(all, 7),
            ofProcess(senderPid),
            ofProcess(receiverPid),
            ofCompilers(senderPid) + ofCompilers(receiverPid));
    }

    Cpu minus(final Cpu earlier)
    {
        return new Cpu(
            user - earlier.user,
            system - earlier.system,
            softirq - earlier.softirq,
            sender - earlier.sender,
            receiver - earlier.receiver,
            // A compiler thread that has nothing to do ends, and its time is no longer told.
            Math.max(0, compilers - earlier.compilers));
    }

    Cpu dividedBy(final double gigabytes)
    {
        return new Cpu(
            user / gigabytes,
            system / gigabytes,
            softirq / gigabytes,
            sender / gigabytes,
            receiver / gigabytes,
            compilers / gigabytes);
    }

    double total()
    {
        return user + system + softirq;
    }

    private static double ticks(final String[] fields, final int index)
    {
        return Long.parseLong(fields[index]) / TICKS_PER_SECOND;
    }

    /** Seconds that the JIT compilers of a JVM have used; 0 for what is no JVM. */
    static double ofCompilers(final long pid) throws IOException
    {
        double ns = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task")))
        {
            for (final Path thread : threads)
            {
                try
                {
                    if (Files.readString(thread.resolve("comm")).matches("C[12] Compiler.*\\s*"))
                    {
                        ns += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                    }
                }
                catch (final IOException ex)
                {
                    // The thread has ended since it was listed.
                    continue;
                }
            }
        }
        return ns / 1e9;
    }

    private static double ofProcess(final long pid) throws IOException
    {
        final String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        // The second field, in brackets, may hold anything; the third follows the last bracket.
        final List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        return (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) / TICKS_PER_SECOND;
    }
}
