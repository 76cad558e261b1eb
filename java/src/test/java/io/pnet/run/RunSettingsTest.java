package io.pnet.run;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunSettingsTest
{
    private static final String LEAST = "link=packet:veth0,ip=10.0.0.2/24";

    private static RunSettings parse(final String options)
    {
        return RunSettings.parse(options, Map.<String, String>of()::get);
    }

    @Test
    void aLinkAndAnAddressAreEnough()
    {
        final RunSettings settings = parse(LEAST);
        assertEquals("packet:veth0", settings.link);
        assertEquals(List.of("10.0.0.2/24"), settings.addresses);
        assertEquals(List.of(), settings.gateways);
        assertEquals(1, settings.stacks);
        assertEquals(0, settings.cpus.length);
        assertNull(settings.mtu);
        assertNull(settings.pcap);
        assertEquals(Duration.ofSeconds(5), settings.linger);
        assertEquals(RunSettings.Start.NOW, settings.start);
        assertFalse(settings.quiet);
        assertFalse(settings.hugePages);
        assertTrue(settings.routing.isLoopbackServed());
    }

    @Test
    void readsEveryOption() throws Exception
    {
        final RunSettings settings = parse("link='fd:7,8',ip=10.0.0.2/24+fd00::2/64,gateway=10.0.0.1,mac=" +
            "02:00:00:00:00:01,mtu=1400,pcap=/tmp/a b.pcap,impair='loss=1%,seed=7',ecn,congestion=bbr,counters," +
            "exclude=192.0.2.0/24,exclude=198.51.100.7,loopback=off,linger=500ms,quiet,debug=off,start=lazy," +
            "dns=10.0.0.53+10.0.0.54,search=example.org,hostname=server,stacks=2,pin=3+1,huge-pages");
        assertEquals("fd:7,8", settings.link);
        assertEquals(List.of("10.0.0.2/24", "fd00::2/64"), settings.addresses);
        assertEquals(List.of("10.0.0.1"), settings.gateways);
        assertEquals("02:00:00:00:00:01", settings.mac);
        assertEquals(1400, settings.mtu);
        assertEquals(Path.of("/tmp/a b.pcap"), settings.pcap);
        assertEquals("loss=1%,seed=7", settings.impair);
        assertTrue(settings.ecn);
        assertEquals("bbr", settings.congestion);
        assertTrue(settings.counters);
        assertTrue(settings.routing.isKernels(InetAddress.getByName("192.0.2.9")));
        assertTrue(settings.routing.isKernels(InetAddress.getByName("198.51.100.7")));
        assertFalse(settings.routing.isKernels(InetAddress.getByName("198.51.100.8")));
        assertFalse(settings.routing.isLoopbackServed());
        assertEquals(Duration.ofMillis(500), settings.linger);
        assertTrue(settings.quiet);
        assertFalse(settings.debug);
        assertEquals(RunSettings.Start.LAZY, settings.start);
        assertEquals(List.of("10.0.0.53", "10.0.0.54"), settings.dns);
        assertEquals(List.of("example.org"), settings.search);
        assertEquals("server", settings.hostName);
        assertEquals(2, settings.stacks);
        assertArrayEquals(new int[]{3, 1}, settings.cpus);
        assertTrue(settings.hugePages);
    }

    @Test
    void theEnvironmentSaysWhatTheOptionsDoNot()
    {
        final RunSettings settings = RunSettings.parse("ip=10.0.0.3/24", Map.of(
            "PNET_LINK", "tap:tap0", "PNET_IP", "10.0.0.2/24 fd00::2/64", "PNET_QUIET", "on",
            "PNET_GATEWAY", "10.0.0.1  fd00::1 ", "PNET_STACKS", "2", "PNET_PIN", "0,1", "PNET_HUGE_PAGES", "on")::get);
        assertEquals("tap:tap0", settings.link);
        assertEquals(List.of("10.0.0.3/24"), settings.addresses);
        assertEquals(List.of("10.0.0.1", "fd00::1"), settings.gateways);
        assertTrue(settings.quiet);
        assertEquals(2, settings.stacks);
        assertArrayEquals(new int[]{0, 1}, settings.cpus);
        assertTrue(settings.hugePages);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "ip=10.0.0.2/24 | missing link: say link=packet:IFACE, link=tap:NAME or link=fd:N, or set PNET_LINK",
        "link=eth0,ip=10.0.0.2/24 | bad link 'eth0': it is packet:IFACE, tap:NAME or fd:N",
        "link=packet:veth0 | missing ip: give the address to use on packet:veth0, for example ip=10.0.0.2/24, " +
            "or set PNET_IP",
        LEAST + ",mtu=big | bad mtu 'big': it is a number",
        LEAST + ",stacks=two | bad stacks 'two': it is a number",
        LEAST + ",pin=0+last | bad pin 'last': it is a CPU's number, one for each stack",
        LEAST + ",quiet=perhaps | bad quiet 'perhaps': it is on or off",
        LEAST + ",linger=5m | bad linger '5m': write it as 5s or 500ms",
        LEAST + ",start=soon | bad start 'soon': it is now or lazy",
        LEAST + ",exclude=10.0.0.0/99 | bad prefix length in '10.0.0.0/99': it is a number from 0 to 32",
        LEAST + ",speed=1 | there is no option 'speed'; there are congestion, counters, debug, dns, ecn, exclude, " +
            "gateway, hostname, hosts, huge-pages, impair, ip, linger, link, loopback, mac, mtu, pcap, pin, quiet, " +
            "search, stacks, start",
    })
    void whatIsWrongIsToldInOneLine(final String options, final String message)
    {
        final String said = assertThrows(IllegalArgumentException.class, () -> parse(options)).getMessage();
        assertEquals(message, said);
    }

    @Test
    void explainsWhatTheEnvironmentSays()
    {
        final Map<String, String> environment = new HashMap<>(Map.of(
            "PNET_EXCLUDE", "192.0.2.0/24 198.51.100.7", "PNET_LOOPBACK", "off", "PNET_STACKS", "2"));
        assertEquals(
            List.of(
                "127.0.0.0/8, ::1: kernel",
                "192.0.2.0/24: kernel (excluded)",
                "198.51.100.7/32: kernel (excluded)",
                "Unix-domain sockets: kernel",
                "everything else (own addresses, wildcard, multicast, remote hosts): Pnet",
                "servers on the wildcard: Pnet only",
                "stacks: 2, each on a thread of its own"),
            Launch.explain(environment::get));
        environment.put("PNET_LINK", "kernel");
        assertEquals(List.of("everything: kernel (--link kernel)"), Launch.explain(environment::get));
        environment.put("PNET_LOOPBACK", "maybe");
        assertEquals(
            "bad loopback 'maybe': it is on or off",
            assertThrows(IllegalArgumentException.class, () -> Launch.explain(environment::get)).getMessage());
    }
}
