package io.pnet.ip;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Addresses and the JDK's. */
final class IpAddressTest
{
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "10.0.0.200", "255.128.1.2", "::", "::1", "2001:db8:fedc:ba98:7654:3210:8081:f"})
    void areTheSameInTheJdksTypeAndBack(final String literal) throws Exception
    {
        final InetAddress expected = InetAddress.getByName(literal);
        final IpAddress address = IpAddress.parse(literal);
        assertEquals(expected, address.toInetAddress());
        assertEquals(expected, IpAddress.toInetAddress(address.hi(), address.lo()));
        assertEquals(address, IpAddress.of(expected));
    }
}
