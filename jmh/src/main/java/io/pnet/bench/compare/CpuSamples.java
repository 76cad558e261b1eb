package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * In which of its parts the whole machine computes, kernel and JVM and programs: samples by {@code perf record} of
 * every processor, each with the kernel's part of its stack. A sample in the kernel belongs to the innermost function
 * whose name says what it works for; helpers (allocation, locks) belong to who called them.
 *
 * <p>What {@code perf} sees of Java is that it is Java; {@link Stages} takes that apart.
 */
final class CpuSamples
{
    /** Java code of Pnet's process, to be taken apart. */
    static final String JAVA = "Java";
    static final String COPYING_IN_JAVA = "copying in the JVM";
    static final String JVM = "JVM (compilers, collector)";
    static final String WAITING = "waiting and waking";
    static final String CALLS = "system calls";
    static final String COPYING = "copying in the kernel";
    static final String RING = "packet socket, TAP";
    static final String DEVICES = "devices and queues";
    static final String KERNEL_IP = "kernel's IP";
    static final String NETFILTER = "netfilter";
    static final String KERNEL_TCP = "kernel's TCP";
    static final String PROGRAM = "kernel's program";
    static final String REST = "interrupts, rest";
    /** Samples a second of each processor; no divisor of a tick. */
    static final int FREQUENCY = 1999;

    /** By name, tried in this order for each function, the innermost first. */
    private static final Map<String, Pattern> KERNEL = kernel();
    private static final String IDLE = "idle";
    private static final Pattern HEAD = Pattern.compile("(\\S.*?)\\s+(-?\\d+)/(-?\\d+)\\s*");
    private static final Pattern FRAME = Pattern.compile("\\s+([0-9a-f]+) (.*?) \\((.*)\\)\\s*");
    private static final Pattern COPIES =
        Pattern.compile("(?i).*(memmove|memcpy|arraycopy|_copy_|copy_memory|Copy::).*");
    private static final Pattern JVM_THREADS = Pattern.compile("(C[12] Comp|G1 |GC Thread|VM |Z|Shenandoah).*");

    private CpuSamples()
    {
    }

    private static Map<String, Pattern> kernel()
    {
        final Map<String, Pattern> kernel = new LinkedHashMap<>();
        kernel.put(IDLE, Pattern.compile("do_idle|default_idle.*|.*safe_halt.*|cpuidle.*|cpu_startup_entry|.*mwait.*"));
        kernel.put(NETFILTER, Pattern.compile("(nf_|nft_|__nf_|ipt_|xt_).*"));
        kernel.put(RING, Pattern.compile("(packet_|__packet_|tpacket_|prb_|fanout_|run_filter|tun_|tap_|__tun_).*"));
        kernel.put(COPYING, Pattern.compile("(rep_movs|copy_user|_copy_|__copy_|copyin|copyout|copy_page|memcpy|" +
            "__memcpy|skb_copy_|skb_store_bits|skb_checksum|__skb_checksum|csum_|do_csum).*"));
        kernel.put(WAITING, Pattern.compile("(schedule|__schedule|try_to_wake|wake_|__wake_|ttwu|finish_task_switch|" +
            "futex|do_futex|__x64_sys_futex|ep_|do_epoll|__x64_sys_epoll|poll_|do_poll|do_sys_poll|do_ppoll|" +
            "__x64_sys_p?poll|hrtimer_|do_sched_yield|__x64_sys_sched_yield|yield|pick_next|update_curr|" +
            "dequeue_task|dequeue_entit|enqueue_task|enqueue_entit|select_task|sock_def_readable|" +
            "sock_def_write|prepare_to_wait|eventfd|default_wake|autoremove_wake|pollwake|switch_mm|__switch_to).*"));
        kernel.put(KERNEL_TCP, Pattern.compile("(tcp_|__tcp_|tcp4_|tcp6_|inet_|inet6_|sk_|__sk_|release_sock|" +
            "__release_sock|lock_sock|cubictcp|bictcp).*"));
        kernel.put(KERNEL_IP, Pattern.compile("(ip_|__ip_|ipv4_|fib_|neigh_|arp_|rt_|ip6_|ipv6_|udp_|icmp).*"));
        kernel.put(DEVICES, Pattern.compile("(veth_|netif_|__netif_|net_rx|net_tx|napi_|__napi|gro_|dev_|__dev_|" +
            "process_backlog|sch_|qdisc_|__qdisc|tbf_|fq_|pfifo|br_|skb_segment|skb_gso|validate_xmit|" +
            "enqueue_to_backlog|do_softirq|__do_softirq|handle_softirqs|backlog_).*"));
        kernel.put(CALLS, Pattern.compile("(entry_SYSCALL|do_syscall|__x64_sys|x64_sys|__sys_|___sys_|sock_|" +
            "vfs_|ksys_|fdget|fput|syscall_|security_).*"));
        return kernel;
    }

    /** Whether this machine lets us; its answer is what readers are told if not. */
    static boolean mayRecord(final Path folder) throws InterruptedException
    {
        final Path file = folder.resolve("try.perf");
        try
        {
            final Process process = new ProcessBuilder(
                "perf", "record", "-q", "-a", "-e", "cpu-clock", "-g", "-o", file.toString(), "sleep", "0.01")
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor() == 0 && Files.deleteIfExists(file);
        }
        catch (final IOException e)
        {
            return false;
        }
    }

    /** Records every processor from now on, for so long. */
    static Process start(final double seconds, final Path file) throws IOException
    {
        return new ProcessBuilder("perf", "record", "-q", "-a", "-e", "cpu-clock", "-F", "" + FREQUENCY, "-g",
            "-o", file.toString(), "sleep", "" + seconds)
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    /**
     * The samples by part, once the recording is over.
     *
     * @param pnetPid  Pnet's process, which still runs; 0 if there is none.
     * @param programs the processes of the kernel's ends.
     */
    static Map<String, Integer> read(
        final Process recording, final Path file, final long pnetPid, final List<Long> programs)
        throws IOException, InterruptedException
    {
        if (!recording.waitFor(15, TimeUnit.SECONDS) || recording.exitValue() != 0)
        {
            recording.destroyForcibly();
            throw new CellFailure("perf record did not end well");
        }
        final Path said = Files.createTempFile(file.getParent(), "samples", ".txt");
        final Process script = new ProcessBuilder(
            "perf", "script", "-i", file.toString(), "-F", "comm,pid,tid,ip,sym,dso")
            .redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(said.toFile()).start();
        if (!script.waitFor(60, TimeUnit.SECONDS) || script.exitValue() != 0)
        {
            script.destroyForcibly();
            throw new CellFailure("perf script did not end well");
        }
        Files.delete(file);
        try
        {
            return parse(Files.readAllLines(said), pnetPid, programs);
        }
        finally
        {
            Files.delete(said);
        }
    }

    /** What {@code perf script} prints: a line that names the thread, then one a frame, then an empty one. */
    static Map<String, Integer> parse(final List<String> lines, final long pnetPid, final List<Long> programs)
    {
        final Map<String, Integer> parts = new LinkedHashMap<>();
        String thread = null;
        long pid = -1;
        String part = null;
        boolean isFirst = true;
        for (final String line : lines)
        {
            final Matcher head = HEAD.matcher(line);
            if (line.isBlank())
            {
                add(parts, thread, isOurs(thread, pid, pnetPid, programs) ? part : null);
                thread = null;
                part = null;
                isFirst = true;
            }
            else if (thread == null && head.matches())
            {
                thread = head.group(1);
                pid = Long.parseLong(head.group(2));
            }
            else if (part == null || part.equals(REST))
            {
                final Matcher frame = FRAME.matcher(line);
                if (!frame.matches())
                {
                    continue;
                }
                final boolean isKernel = frame.group(1).startsWith("ffffffff");
                if (isKernel)
                {
                    part = kernelPart(frame.group(2));
                }
                else if (isFirst)
                {
                    part = pid == pnetPid ? userPart(thread, frame.group(2), frame.group(3)) : PROGRAM;
                }
                isFirst = false;
            }
        }
        add(parts, thread, isOurs(thread, pid, pnetPid, programs) ? part : null);
        return parts;
    }

    private static void add(final Map<String, Integer> parts, final String thread, final String part)
    {
        if (thread != null && part != null && !part.equals(IDLE))
        {
            parts.merge(part, 1, Integer::sum);
        }
    }

    /** Who is somebody else's is not counted, even where it runs softirq for us: that is a little. */
    private static boolean isOurs(
        final String thread, final long pid, final long pnetPid, final List<Long> programs)
    {
        return thread != null &&
            (pid == 0 || pid == pnetPid || programs.contains(pid) || thread.startsWith("ksoftirqd"));
    }

    private static String kernelPart(final String symbol)
    {
        for (final Map.Entry<String, Pattern> part : KERNEL.entrySet())
        {
            if (part.getValue().matcher(symbol).matches())
            {
                return part.getKey();
            }
        }
        return REST;
    }

    private static String userPart(final String thread, final String symbol, final String file)
    {
        if (JVM_THREADS.matcher(thread).matches())
        {
            return JVM;
        }
        if (COPIES.matcher(symbol).matches())
        {
            return COPYING_IN_JAVA;
        }
        if (symbol.equals("Interpreter"))
        {
            return JVM;
        }
        // Compiled code is in no file, and has its names from the JVM; the clock is what the duty cycle asks for.
        return file.matches(".*perf-\\d+\\.map|\\[unknown]|//anon|\\[anon.*|\\[vdso]") ? JAVA : JVM;
    }
}
