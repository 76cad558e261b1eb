package io.pnet.interop;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two stacks behind one address, on a packet ring or a queue of a TAP each, and the kernel at the other end. */
@Tag("interop")
class GroupInteropTest
{
    @ParameterizedTest
    @ValueSource(strings = {"ring", "queues"})
    void theKernelSeesOneHost(final String attach) throws Exception
    {
        try (InteropWire wire = new InteropWire(attach))
        {
            wire.javaAt("right", GroupProgram.class, "peer").awaitWord("listening");
            final InteropWire.Running pnet = wire.java(GroupProgram.class, wire.link).awaitWord("ready");
            for (final String address : List.of(InteropWire.PNET_V4, InteropWire.PNET_V6))
            {
                final String said = wire.kernel("ping", "-c", "3", "-i", "0.1", "-s", "3000", address).ok().out();
                assertTrue(said.contains(" 0% packet loss"), said);
            }
            wire.javaAt("right", GroupProgram.class, "talk").awaitEnd().ok();
            final List<String> stacks =
                pnet.awaitEnd().ok().out().lines().filter(line -> line.startsWith("stack ")).toList();
            assertEquals(2, stacks.size());
            final String first = stacks.get(0);
            final String second = stacks.get(1);
            for (final String stack : stacks)
            {
                assertEquals(0, value(stack, "tcp.rx.drop.no.connection"), stack);
                assertEquals(0, value(stack, "group.tx.drop.full"), stack);
                assertEquals(0, value(stack, "stack.internal.errors"), stack);
                assertEquals(0, value(stack, "unaccounted"), stack);
                assertTrue(value(stack, "tcp.accepts") > GroupProgram.CONNECTIONS / 2, stack);
                assertTrue(value(stack, "tcp.connects") > GroupProgram.CONNECTIONS / 2, stack);
            }
            assertEquals(
                2 * GroupProgram.CONNECTIONS + 1, value(first, "tcp.accepts") + value(second, "tcp.accepts"), first);
            assertEquals(
                2 * 2 * GroupProgram.UDP_PORTS,
                value(first, "udp.rx.datagrams") + value(second, "udp.rx.datagrams"), first + second);
            // Stack 0 gives away what it has put together, and errors; the kernel gives stack 1 nothing but its own.
            assertTrue(value(first, "group.tx.frames") > 0, first);
            assertEquals(0, value(second, "group.tx.frames"), second);
            assertEquals(6, value(first, "icmp.rx.echo.requests"), first);
        }
    }

    /** As root without any capability: who is nobody's owner may attach, and the kernel keeps bpf(2) from most. */
    @Test
    void aTapThatCannotBeSteeredIsToldInOneLine() throws Exception
    {
        final Path isKept = Path.of("/proc/sys/kernel/unprivileged_bpf_disabled");
        Assumptions.assumeTrue(
            Files.exists(isKept) && !Files.readString(isKept).strip().equals("0"), "anybody may load a program here");
        try (InteropWire wire = new InteropWire("queues"))
        {
            RunEndInteropTest.assertOneLine(
                wire.start("left", List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all", InteropWire.PNET,
                    "echo", "--link", wire.link, "--ip", InteropWire.PNET_V4 + "/24", "--stacks", "2", "7")),
                1, "cannot open tap:tap0: bpf(BPF_PROG_LOAD) failed with EPERM: several stacks on a TAP need CAP_BPF");
        }
        try (InteropWire wire = new InteropWire("tap"))
        {
            RunEndInteropTest.assertOneLine(
                wire.start("left", List.of(InteropWire.PNET,
                    "echo", "--link", wire.link, "--ip", InteropWire.PNET_V4 + "/24", "--stacks", "2", "7")),
                1, "cannot open tap:tap0: ioctl(TUNSETIFF, IFF_MULTI_QUEUE) failed with EINVAL: the interface exists " +
                    "and is no TAP with several queues");
        }
    }

    private static long value(final String line, final String label)
    {
        return Long.parseLong(line.replaceFirst(".* " + label.replace(".", "\\.") + "=(-?\\d+).*", "$1"));
    }
}
