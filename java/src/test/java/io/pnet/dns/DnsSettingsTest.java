package io.pnet.dns;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** resolv.conf and the option beside it. */
class DnsSettingsTest
{
    @Test
    void readsResolvConf()
    {
        final DnsSettings settings = DnsSettings.parse(List.of(
            "# a comment", "; another", "", "domain first.example", "nameserver 10.0.0.53",
            "  nameserver\tfe80::1%eth0", "nameserver not-an-address", "search a.example\tb.example ",
            "options ndots:99 timeout:3 attempts:0 rotate edns0 no-aaaa", "sortlist 10.0.0.0", "nameserver"));
        assertEquals(List.of(new InetSocketAddress("10.0.0.53", 53), new InetSocketAddress("fe80::1", 53)),
            settings.servers);
        assertEquals(List.of("a.example", "b.example"), settings.search);
        assertEquals(15, settings.ndots);
        assertEquals(Duration.ofSeconds(3), settings.timeout);
        assertEquals(1, settings.attempts);
        assertTrue(settings.rotate);
        assertTrue(settings.noAaaa);
        assertFalse(settings.useTcp);
    }

    @Test
    void takesTheServerOnThisMachineWhenNoneIsNamed()
    {
        final DnsSettings settings = DnsSettings.parse(List.of("options use-vc"));
        assertEquals(List.of(new InetSocketAddress("127.0.0.1", 53)), settings.servers);
        assertTrue(settings.useTcp);
    }

    @Test
    void takesServersFromAnOption()
    {
        final DnsSettings settings = new DnsSettings().servers("10.0.0.1+10.0.0.2:5353+fd00::1+[fd00::2]:54+[fd00::3]");
        assertEquals(
            List.of(
                new InetSocketAddress("10.0.0.1", 53), new InetSocketAddress("10.0.0.2", 5353),
                new InetSocketAddress("fd00::1", 53), new InetSocketAddress("fd00::2", 54),
                new InetSocketAddress("fd00::3", 53)),
            settings.servers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "dns.example", "10.0.0.1+", "10.0.0.1:0", "10.0.0.1:99999", "10.0.0.1,10.0.0.2", "[]"})
    void refusesAnOptionThatIsNotAddresses(final String text)
    {
        final IllegalArgumentException ex =
            assertThrows(IllegalArgumentException.class, () -> new DnsSettings().servers(text));
        assertTrue(ex.getMessage().contains("'" + text.split("\\+", -1)[text.contains("+") ? 1 : 0] + "'"),
            ex.getMessage());
    }
}
