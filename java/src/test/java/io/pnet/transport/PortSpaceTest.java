package io.pnet.transport;

import io.pnet.ip.IpAddress;
import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PortSpaceTest
{
    private static final IpAddress V4 = IpAddress.parse("10.0.0.1");
    private static final IpAddress OTHER_V4 = IpAddress.parse("10.0.0.2");
    private static final IpAddress V6 = IpAddress.parse("fd00::1");

    private final PortSpace ports = new PortSpace(new Random(1));

    private boolean bind(final IpAddress address, final int port)
    {
        return ports.bind(address.hi(), address.lo(), port);
    }

    private void release(final IpAddress address, final int port)
    {
        ports.release(address.hi(), address.lo(), port);
    }

    @Test
    void givesOnePortToSeveralAddressesButOnlyOnceToEach()
    {
        assertTrue(bind(V4, 80));
        assertTrue(bind(OTHER_V4, 80));
        assertTrue(bind(V6, 80));
        assertFalse(bind(V4, 80));
        assertTrue(bind(V4, 81));
        assertEquals(4, ports.size());
    }

    @Test
    void refusesAnAddressWhereAWildcardHasThePort()
    {
        assertTrue(bind(IpAddress.ANY, 80));
        assertFalse(bind(V4, 80));
        assertFalse(bind(V6, 80));
        assertFalse(bind(IpAddress.ANY_V4, 80));
        assertFalse(bind(IpAddress.ANY, 80));
    }

    @Test
    void refusesAWildcardWhereAnAddressHasThePort()
    {
        assertTrue(bind(V6, 80));
        assertFalse(bind(IpAddress.ANY, 80));
        assertTrue(bind(IpAddress.ANY_V4, 80));
        assertFalse(bind(V4, 80));
    }

    @Test
    void freesWhatIsReleasedAndNothingElse()
    {
        assertTrue(bind(V4, 80));
        release(OTHER_V4, 80);
        assertFalse(bind(V4, 80));
        release(V4, 80);
        assertTrue(bind(IpAddress.ANY, 80));
        release(IpAddress.ANY, 80);
        assertTrue(bind(IpAddress.ANY_V4, 80));
        release(IpAddress.ANY_V4, 80);
        assertTrue(bind(V4, 80));
    }

    @Test
    void choosesEveryEphemeralPortOnceAndThenNone()
    {
        final Set<Integer> chosen = new HashSet<>();
        final int count = PortSpace.EPHEMERAL_LAST - PortSpace.EPHEMERAL_FIRST + 1;
        for (int i = 0; i < count; i++)
        {
            final int port = ports.bindEphemeral(V4.hi(), V4.lo());
            assertTrue(port >= PortSpace.EPHEMERAL_FIRST && port <= PortSpace.EPHEMERAL_LAST);
            assertTrue(chosen.add(port));
        }
        assertEquals(PortSpace.NONE, ports.bindEphemeral(V4.hi(), V4.lo()));
        assertTrue(ports.bindEphemeral(OTHER_V4.hi(), OTHER_V4.lo()) > 0);
    }

    @Test
    void choosesUnpredictablePorts()
    {
        final Set<Integer> first = new HashSet<>();
        for (int seed = 0; seed < 100; seed++)
        {
            first.add(new PortSpace(new Random(seed * 7919L)).bindEphemeral(V4.hi(), V4.lo()));
        }
        assertTrue(first.size() > 90, "only " + first.size() + " different ports in 100 draws");
    }

    @Test
    void saysWhatIsWrongWithAPort()
    {
        assertEquals(
            "bad port 70000: it is 1 to 65535",
            assertThrows(IllegalArgumentException.class, () -> bind(V4, 70_000)).getMessage());
    }
}
