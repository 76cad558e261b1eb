package io.pnet.nio;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Which stack an address goes to. */
final class RoutingTest
{
    private static boolean isKernels(final Routing routing, final String literal)
    {
        try
        {
            return routing.isKernels(InetAddress.getByName(literal));
        }
        catch (final UnknownHostException ex)
        {
            throw new IllegalArgumentException(ex);
        }
    }

    @Test
    void loopbackIsTheKernelsAndTheRestIsOurs()
    {
        for (final String kernels : List.of("127.0.0.1", "127.9.9.9", "::1"))
        {
            assertTrue(isKernels(Routing.DEFAULT, kernels), kernels);
        }
        for (final String ours : List.of("0.0.0.0", "::", "10.0.0.1", "224.0.0.1", "fd00::1", "8.8.8.8"))
        {
            assertFalse(isKernels(Routing.DEFAULT, ours), ours);
        }
    }

    @Test
    void exclusionsAreTheKernels()
    {
        final Routing routing = Routing.parse("exclude=10.1.0.0/16+fd00::/8+192.0.2.7,loopback=off");
        assertFalse(routing.isLoopbackServed());
        for (final String kernels : List.of("10.1.2.3", "fd12::1", "192.0.2.7", "127.0.0.1"))
        {
            assertTrue(isKernels(routing, kernels), kernels);
        }
        for (final String ours : List.of("10.2.0.1", "fe80::1", "192.0.2.8", "0.0.0.0", "::"))
        {
            assertFalse(isKernels(routing, ours), ours);
        }
        assertEquals("10.1.0.0/16: kernel (excluded)", routing.explain().get(1));
        assertEquals("servers on the wildcard: Pnet only", routing.explain().get(routing.explain().size() - 1));
    }

    @Test
    void everythingCanBeExcluded()
    {
        final Routing routing = Routing.parse("exclude=0.0.0.0/0");
        assertTrue(isKernels(routing, "8.8.8.8"));
        assertFalse(isKernels(routing, "2001:db8::1"));
        assertFalse(isKernels(routing, "0.0.0.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exclude=", "exclude=10.0.0.0/33", "exclude=host", "loopback=maybe", "else", "exclude"})
    void whatIsNoOptionIsRefused(final String text)
    {
        assertThrows(IllegalArgumentException.class, () -> Routing.parse(text));
    }
}
