package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Two stacks behind one address, on a packet ring each, and the kernel at the other end. */
@Tag("interop")
class GroupInteropTest
{
    @Test
    void theKernelSeesOneHost() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
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

    private static long value(final String line, final String label)
    {
        return Long.parseLong(line.replaceFirst(".* " + label.replace(".", "\\.") + "=(-?\\d+).*", "$1"));
    }
}
