package io.pnet.bench.compare;

import java.util.ArrayList;
import java.util.List;

/** What a reader has to know to read the figures rightly. */
final class Notes
{
    private Notes()
    {
    }

    static List<String> about(final Results results)
    {
        final List<String> notes = new ArrayList<>();
        notes.add("\"The kernel\" is kernel to kernel on the same wire, with the faster of two programs: the real " +
            "iperf3, and pnet iperf3 on the JDK's NIO (a quick run has the second one on the unshaped " +
            "links only). Ratios are Pnet's median over that median.");
        notes.add("The shaped links take as long as real Ethernet does: 1538 bytes of time a full frame. tbf counts " +
            "1514, so it is set to 98.44 and 984.4 Mbit/s (burst 128k, latency 20 ms, both directions). TCP over " +
            "IPv4 with time stamps then reaches 94.1 and 941 Mbit/s at most.");
        notes.add("Goodput is what the receiver's program took in; the first " + results.warmUpSeconds +
            " s count for nobody. CPU seconds per gigabyte (10^9 bytes) are of the whole machine, all its processes " +
            "included, over the " + results.measuredSeconds + " s after that; beside them stands what each end's " +
            "process was charged with. On a veth pair much of the receiver's work runs in softirq on the sender's " +
            "core. \"JIT\" is the part that the compilers of both ends' JVMs took: these are seconds old, and a " +
            "process that lives longer has it behind it.");
        notes.add("\"MTU-sized frames\": tso, gso and gro are off on both ends of the veth pair, so every frame on " +
            "the wire fits the MTU. Pnet may still hand over larger frames, which the kernel cuts before the wire.");
        notes.add("A TAP run bridges the TAP to the veth in Pnet's namespace, so that the same shaper is in the way; " +
            "its ratio is to the kernel on the plain wire.");
        notes.add("Round trips: 64 bytes there and back over one TCP connection, TCP_NODELAY, one at a time. Kernel " +
            "ends: " + io.pnet.bench.RoundTrip.KERNEL_WAITS + ". Pnet ends: " + io.pnet.bench.RoundTrip.PNET_WAITS +
            ". Under load, a second connection between the same two processes sends as much as it can from left to " +
            "right.");
        return notes;
    }
}
