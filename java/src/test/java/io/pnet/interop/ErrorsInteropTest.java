package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What goes wrong at the user's end is said in one line that names it, with exit code 1, or 2 for a wrong call. */
@Tag("interop")
class ErrorsInteropTest
{
    @Test
    void wrongInterface() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(1, "veth7", wire.start("left", pnet("packet:veth7", "10.77.0.1/24", "-s")));
        }
    }

    @Test
    void interfaceThatIsDown() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("left", List.of("ip", "link", "set", "veth0", "down")).awaitEnd().ok();
            fails(1, "veth0", wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-s")));
        }
    }

    @Test
    void interfaceThatGoesDownLaterIsToldOf() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final InteropWire.Running server =
                wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-s")).awaitWord("listening");
            wire.start("left", List.of("ip", "link", "set", "veth0", "down")).awaitEnd().ok();
            server.awaitWord("packet:veth0 is down: nothing comes or goes");
            wire.start("left", List.of("ip", "link", "set", "veth0", "up")).awaitEnd().ok();
            wire.kernel("ping", "-c", "1", "-w", "10", "10.77.0.1").ok();
        }
    }

    @Test
    void noPermission() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final List<String> command = new ArrayList<>(List.of(
                "setpriv", "--bounding-set", "-net_raw,-net_admin", "--inh-caps", "-net_raw,-net_admin"));
            command.addAll(pnet("packet:veth0", "10.77.0.1/24", "-s"));
            fails(1, "CAP_NET_RAW", wire.start("left", command));
        }
    }

    @Test
    void addressAlreadyTakenOnTheWire() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(1, "10.77.0.2", wire.start("left", pnet("packet:veth0", "10.77.0.2/24", "-s")));
            fails(1, "fd77::2", wire.start("left", pnet("packet:veth0", "fd77::2/64", "-s")));
        }
    }

    /** No probe finds it: two sockets on one interface do not hear each other. */
    @Test
    void addressOfAnotherProcessOnTheSameInterface() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            final List<String> command = pnet("packet:veth0", "10.77.0.1/24", "-s");
            command.addAll(List.of("--ip", "fd77::1/64"));
            final InteropWire.Running first = wire.start("left", command).awaitWord("listening");
            final String holder = " on packet:veth0 is in use by process ";
            fails(1, "10.77.0.1" + holder, wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-s")));
            fails(1, "fd77::1" + holder, wire.start("left", pnet("packet:veth0", "fd77::0:1/64", "-s")));
            fails(1, "10.77.0.1" + holder, wire.start("left", List.of(
                InteropWire.PNET, "run", "--link", "packet:veth0", "--ip", "10.77.0.1/24", "--", "java",
                "-cp", "/", "Nothing")));
            first.terminate();
            first.awaitEnd();
            wire.start("left", command).awaitWord("listening");
        }
    }

    @Test
    void badPrefix() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(2, "10.77.0.1/33", wire.start("left", pnet("packet:veth0", "10.77.0.1/33", "-s")));
            fails(2, "10.77.0.1", wire.start("left", pnet("packet:veth0", "10.77.0.1", "-s")));
            fails(2, "10.77.0.256", wire.start("left", pnet("packet:veth0", "10.77.0.256/24", "-s")));
        }
    }

    @Test
    void unknownLinkAndUnknownOption() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(2, "carrier-pigeon", wire.start("left", pnet("carrier-pigeon:1", "10.77.0.1/24", "-s")));
            fails(2, "--warp", wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-s", "--warp")));
        }
    }

    @Test
    void portInUse() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            fails(1, "5201", wire.start("right", List.of(InteropWire.PNET, "iperf3", "--link", "kernel", "-s")));
        }
    }

    @Test
    void peerUnreachable() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(1, "10.77.0.9", wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-c", "10.77.0.9")));
            fails(1, "192.0.2.1", wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-c", "192.0.2.1")));
        }
    }

    @Test
    void connectionRefused() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            fails(1, "refused", wire.start("left", pnet("packet:veth0", "10.77.0.1/24", "-c", "10.77.0.2")));
        }
    }

    @Test
    void fullDiskUnderACapture() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            // Traffic goes on uncaptured; that it did shows in the line and in the exit code.
            wire.start("right", List.of("iperf3", "-s", "--forceflush")).awaitWord("listening");
            fails(1, "/dev/full", wire.start(
                "left",
                pnet("packet:veth0", "10.77.0.1/24", "-c", "10.77.0.2", "-t", "1", "--pcap", "/dev/full")));
            fails(1, "/no/such/folder", wire.start(
                "left", pnet("packet:veth0", "10.77.0.1/24", "-s", "--pcap", "/no/such/folder/x.pcap")));
        }
    }

    private static List<String> pnet(final String link, final String address, final String... more)
    {
        final List<String> command = new ArrayList<>(List.of(
            InteropWire.PNET, "iperf3", "--link", link, "--ip", address));
        command.addAll(List.of(more));
        return command;
    }

    private static void fails(final int code, final String named, final InteropWire.Running running) throws Exception
    {
        final InteropWire.Outcome outcome = running.awaitEnd();
        assertEquals(code, outcome.exit(), outcome::toString);
        assertEquals(1, outcome.err().strip().lines().count(), () -> "one line, but: " + outcome.err());
        assertTrue(outcome.err().contains(named), () -> "names " + named + ", but: " + outcome.err());
        assertFalse((outcome.out() + outcome.err()).matches("(?s).*(Exception|\\tat ).*"), outcome::toString);
    }
}
