package io.pnet.interop;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** dnsmasq at the kernel's end, and an unchanged program under the agent that asks it through InetAddress. */
@Tag("interop")
class NamesInteropTest
{
    /** More than fits a datagram of 1232 bytes. */
    private static final int MANY = 150;

    private static Path agent() throws IOException
    {
        try (Stream<Path> files = Files.list(InteropWire.TOP.resolve("java/target")))
        {
            return files.filter(file -> file.getFileName().toString().matches("pnet-.*-agent\\.jar"))
                .findFirst().orElseThrow(() -> new AssertionError("mvn package has left no agent"));
        }
    }

    private static InteropWire.Running dnsmasq(final InteropWire wire) throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
            "--pid-file=", "--log-facility=-", "--log-queries", "--local=/test/",
            "--local=/2.1.10.in-addr.arpa/", "--listen-address=" + InteropWire.KERNEL_V4, "--bind-interfaces",
            "--host-record=db.test,10.1.2.3,fd00::7", "--cname=www.test,db.test"));
        for (int i = 0; i < MANY; i++)
        {
            command.add("--host-record=many.test,10.9.0." + i);
        }
        return wire.start("right", command).awaitWord("started");
    }

    @Test
    void namesAndInterfacesAreThoseOfTheProcess() throws Exception
    {
        try (InteropWire wire = new InteropWire("ring"))
        {
            dnsmasq(wire);
            final Path hosts = Files.writeString(wire.folder().resolve("hosts"), "10.3.3.3 written.test\n");
            final String options = "link=" + wire.link +
                ",ip=" + InteropWire.PNET_V4 + "/24,ip=" + InteropWire.PNET_V6 + "/64" +
                ",dns=" + InteropWire.KERNEL_V4 + ",search=test,hostname=me.test,hosts=" + hosts;
            // Nothing of Pnet on its class path, but the program itself.
            final String classes = NamesProgram.class.getProtectionDomain().getCodeSource().getLocation().getPath();
            final InteropWire.Outcome outcome = wire.start("left", List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-javaagent:" + agent() + "=" + options,
                "-cp", classes, NamesProgram.class.getName(), InteropWire.KERNEL_V4))
                .awaitEnd().ok();
            assertEquals("10.1.2.3+fd00:0:0:0:0:0:0:7", line(outcome, "db"));
            assertEquals("10.1.2.3+fd00:0:0:0:0:0:0:7", line(outcome, "www"));
            assertEquals("10.1.2.3+fd00:0:0:0:0:0:0:7", line(outcome, "short"));
            assertEquals(Integer.toString(MANY), line(outcome, "many"));
            assertTrue(line(outcome, "unknown").contains("no such name"), outcome::out);
            assertEquals("db.test", line(outcome, "reverse"));
            assertEquals("me.test/" + InteropWire.PNET_V4, line(outcome, "local"));
            assertEquals(InteropWire.PNET_V4 + "+fd77:0:0:0:0:0:0:1", line(outcome, "localByName"));
            assertEquals("10.3.3.3", line(outcome, "written"));
            assertEquals("true", line(outcome, "localhost"));
            assertEquals("veth0", line(outcome, "interface"));
            assertEquals("veth0:" + InteropWire.PNET_V4 + "+veth0:fd77:0:0:0:0:0:0:1", line(outcome, "addresses"));
            assertEquals("true", line(outcome, "up"));
            assertEquals(InteropWire.PNET_V4, line(outcome, "async"));
        }
    }

    private static String line(final InteropWire.Outcome outcome, final String key)
    {
        return outcome.out().lines().filter(line -> line.startsWith(key + "=")).findFirst()
            .map(line -> line.substring(key.length() + 1))
            .orElseThrow(() -> new AssertionError("no " + key + " in " + outcome));
    }
}
