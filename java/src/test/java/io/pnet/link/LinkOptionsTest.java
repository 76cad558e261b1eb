package io.pnet.link;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class LinkOptionsTest
{
    private static final long INTERFACE = 0x5254_0012_3456L;

    @Test
    void derivesUnicastLocallyAdministeredAddressesThatDifferFromTheInterfaces()
    {
        final Set<Long> seen = new HashSet<>();
        for (int seed = 0; seed < 10_000; seed++)
        {
            final long mac = new LinkOptions().macSeed(seed).macFor(INTERFACE);
            assertEquals(0x02, mac >>> 40 & 0x03, "local and unicast");
            assertEquals(0, mac >>> 48, "48 bits");
            assertNotEquals(INTERFACE, mac);
            seen.add(mac);
        }
        assertEquals(10_000, seen.size(), "no two seeds gave the same");
    }

    @Test
    void derivesTheSameAddressFromTheSameSeed()
    {
        assertEquals(
            new LinkOptions().macSeed(7).macFor(INTERFACE), new LinkOptions().macSeed(7).macFor(INTERFACE));
        assertNotEquals(
            new LinkOptions().macSeed(7).macFor(INTERFACE), new LinkOptions().macSeed(7).macFor(INTERFACE + 1));
    }

    @Test
    void keepsAnAddressThatWasGiven()
    {
        assertEquals(0x0200_0000_0001L, new LinkOptions().mac(0x0200_0000_0001L).macFor(INTERFACE));
    }

    @Test
    void refusesAddressesThatNoHostMayHave()
    {
        for (final long mac : new long[]{0, 0x0100_5E00_0001L, 0xFFFF_FFFF_FFFFL, 1L << 48, -2})
        {
            assertThrows(IllegalArgumentException.class, () -> new LinkOptions().mac(mac));
        }
    }

    @Test
    void neverRaisesTheMtuOverTheInterfaces()
    {
        assertEquals(1_500, new LinkOptions().mtuFor(1_500));
        assertEquals(1_500, new LinkOptions().mtu(9_000).mtuFor(1_500));
        assertEquals(1_280, new LinkOptions().mtu(1_280).mtuFor(1_500));
    }
}
