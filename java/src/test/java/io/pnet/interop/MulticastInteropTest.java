package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Groups with the kernel: either end hears the other, and the reports are what Wireshark takes for valid ones. */
@Tag("interop")
class MulticastInteropTest
{
    @ParameterizedTest
    @ValueSource(strings = {"ring", "tap"})
    void eitherEndHearsTheOtherAndReportsItsGroups(final String attach) throws Exception
    {
        try (InteropWire wire = new InteropWire(attach))
        {
            final String capture = wire.folder().resolve("groups.pcap").toString();
            final InteropWire.Running sniffer = wire.start(
                "right", List.of("tshark", "-i", "veth0", "-f", "igmp or icmp6 or ip6[6] == 0", "-w", capture))
                .awaitWord("Capturing");
            final InteropWire.Running pnet = wire.java(
                MulticastPeer.class, "pnet", wire.link, InteropWire.PNET_V4 + "/24", InteropWire.PNET_V6 + "/64");
            pnet.awaitWord("joined");
            final InteropWire.Running kernel = wire.start("right", List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), MulticastPeer.class.getName(), "kernel"));
            kernel.awaitWord("heard pnet and pnet");
            pnet.awaitWord("heard kernel and kernel").awaitWord("end").awaitEnd().ok();
            kernel.awaitEnd().ok();
            sniffer.interrupt();
            sniffer.awaitEnd();

            assertEquals("", wire.kernel(
                "tshark", "-r", capture, "-Y", "_ws.malformed or igmp.checksum.status == \"Bad\" or " +
                    "icmpv6.checksum.status == \"Bad\"").ok().out());
            // Ours: two for the join, two for the leave, to the routers' group, which is what snooping goes by.
            final List<String> igmp = wire.kernel(
                "tshark", "-r", capture, "-Y", "igmp and ip.src == " + InteropWire.PNET_V4, "-T", "fields",
                "-e", "igmp.version", "-e", "ip.dst", "-e", "ip.ttl", "-e", "igmp.record_type", "-e", "igmp.maddr",
                "-E", "separator= ").ok().out().lines().toList();
            assertEquals(List.of(
                "3 224.0.0.22 1 4 " + MulticastPeer.GROUP_V4, "3 224.0.0.22 1 4 " + MulticastPeer.GROUP_V4,
                "3 224.0.0.22 1 3 " + MulticastPeer.GROUP_V4, "3 224.0.0.22 1 3 " + MulticastPeer.GROUP_V4), igmp);
            final String mld = wire.kernel(
                "tshark", "-r", capture, "-Y",
                "icmpv6.type == 143 and icmpv6.mldr.mar.multicast_address == " + MulticastPeer.GROUP_V6, "-T", "fields",
                "-e", "icmpv6.mldr.mar.record_type").ok().out();
            assertTrue(mld.contains("4") && mld.contains("3"), mld);
        }
    }
}
