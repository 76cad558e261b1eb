package io.pnet.bench.compare;

import java.util.List;

/**
 * What an MTU-sized segment of a transfer cost the whole machine: nanoseconds of CPU by who was charged with them, and
 * events.
 *
 * @param goodput     payload in bit/s.
 * @param perFrame    segments that a frame on the wire carried.
 * @param compilers   CPU of the JIT compilers of both ends, in none of the others.
 * @param other       CPU that was nobody's of these: other work of the machine; not in the sum.
 * @param machineSwitches context switches of the whole machine.
 */
record Packet(
    double goodput,
    double perFrame,
    double senderUser,
    double senderSystem,
    double receiverUser,
    double receiverSystem,
    double softirq,
    double compilers,
    double other,
    double senderSwitches,
    double receiverSwitches,
    double machineSwitches)
{
    /** Payload of a full segment over IPv4 with time stamps, MTU 1500. */
    static final int PAYLOAD = 1448;
    /** What the parts are called, in the order of {@link #parts}. */
    static final List<String> PARTS =
        List.of("sender, user", "sender, system", "softirq", "receiver, system", "receiver, user", "JIT compilers");

    static Packet of(final double goodput, final Sample begin, final Sample end)
    {
        final double segments = goodput / 8 * (end.atNs() - begin.atNs()) / 1e9 / PAYLOAD;
        final double softirq = end.softirqNs() - begin.softirqNs();
        // A compiler thread that has nothing to do ends, and its time is no longer told.
        final double senderCompilers = Math.max(0, end.senderCompilersNs() - begin.senderCompilersNs());
        final double receiverCompilers = Math.max(0, end.receiverCompilersNs() - begin.receiverCompilersNs());
        final double senderUser = Math.max(0, end.senderUserNs() - begin.senderUserNs() - senderCompilers);
        // Linux charges a process with the softirq that ran on top of it, and the machine with it once more.
        final double senderCharged = end.senderSystemNs() - begin.senderSystemNs();
        final double receiverCharged = end.receiverSystemNs() - begin.receiverSystemNs();
        final double charged = Math.max(1, senderCharged + receiverCharged);
        final double system = Math.min(charged, end.systemNs() - begin.systemNs());
        final double senderSystem = system * senderCharged / charged;
        final double receiverSystem = system * receiverCharged / charged;
        final double receiverUser = Math.max(0, end.receiverUserNs() - begin.receiverUserNs() - receiverCompilers);
        final double compilers = senderCompilers + receiverCompilers;
        final double all = end.machineNs() - begin.machineNs();
        return new Packet(
            goodput,
            segments / Math.max(1, end.frames() - begin.frames()),
            senderUser / segments,
            senderSystem / segments,
            receiverUser / segments,
            receiverSystem / segments,
            softirq / segments,
            compilers / segments,
            Math.max(0, all - softirq - senderUser - senderSystem - receiverUser - receiverSystem - compilers) /
                segments,
            (end.senderSwitches() - begin.senderSwitches()) / segments,
            (end.receiverSwitches() - begin.receiverSwitches()) / segments,
            (end.machineSwitches() - begin.machineSwitches()) / segments);
    }

    List<Double> parts()
    {
        return List.of(senderUser, senderSystem, softirq, receiverSystem, receiverUser, compilers);
    }

    /** Nanoseconds of all that the transfer was charged with. */
    double total()
    {
        return senderUser + senderSystem + softirq + receiverSystem + receiverUser + compilers;
    }
}
