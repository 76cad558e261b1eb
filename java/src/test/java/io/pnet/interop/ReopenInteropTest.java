package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Reconnecting from a port whose connection the kernel still has, since the process that had it is gone. */
@Tag("interop")
class ReopenInteropTest
{
    /** RFC 9293 figure 9: the kernel's ACK is reset, and our SYN follows at once instead of after its time-out. */
    @ParameterizedTest
    @CsvSource({"ring, v4", "ring, v6", "tap, v4"})
    void whatTheKernelStillHasIsResetAndTheConnectionThere(final String attach, final String version) throws Exception
    {
        final String server = version.equals("v6") ? InteropWire.KERNEL_V6 : InteropWire.KERNEL_V4;
        try (InteropWire wire = new InteropWire(attach))
        {
            final InteropWire.Running kernel = wire.javaAt("right", ReopenPeer.class, "serve").awaitWord("listening");
            client(wire, "vanish", server).awaitEnd().ok();
            kernel.awaitWord("accepted");
            assertEquals(1, established(wire));
            assertEquals(
                "echoed 1 rejected 1 resets 1 repeated 1\n",
                client(wire, "echo", server).awaitEnd().ok().out());
            kernel.awaitWord("lost: Connection reset");
        }
    }

    private static InteropWire.Running client(final InteropWire wire, final String what, final String server)
        throws Exception
    {
        return wire.java(
            ReopenPeer.class, what, wire.link, server, InteropWire.PNET_V4 + "/24", InteropWire.PNET_V6 + "/64");
    }

    /** How many connections the kernel has. */
    private static long established(final InteropWire wire) throws Exception
    {
        return wire.kernel("ss", "-Htn", "state", "established").ok().out().lines().count();
    }
}
