package io.pnet.ip;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static io.pnet.ip.Packets.PEER4;
import static io.pnet.ip.Packets.PEER6;
import static io.pnet.ip.Packets.PEER_MAC;
import static io.pnet.ip.Packets.arp;
import static io.pnet.ip.Packets.icmp6Packet;
import static io.pnet.ip.Packets.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Somebody on the link asks for us under thousands of names: those that we talk to stay known. */
class NeighbourFloodTest extends IpFixture
{
    private static final int NAMES = 3 * NeighbourCache.CAPACITY;
    private static final long SPOOFED_MAC = 0x0250_4E00_0666L;

    @BeforeEach
    void open()
    {
        openWithAddresses();
    }

    @Test
    void requestsOfThousandsDisplaceNobodyWhomWeTalkTo()
    {
        talksTo(PEER4);
        nowNs += SECOND;
        for (int i = 0; i < NAMES; i++)
        {
            receive(arp(1, SPOOFED_MAC, "10.0." + (1 + i / 250) + "." + (1 + i % 250), 0, "10.0.0.1"));
            sentOne();
        }
        assertFloodWasBounded();
        talksTo(PEER4);
    }

    @Test
    void solicitationsOfThousandsDisplaceNobodyWhomWeTalkTo()
    {
        talksTo(PEER6);
        nowNs += SECOND;
        for (int i = 0; i < NAMES; i++)
        {
            receive(icmp6Packet("fd00::1:" + Integer.toHexString(i), "fd00::1", 135, 0, 0,
                target("fd00::1", 1, SPOOFED_MAC)).hopLimit(255).frame());
            sentOne();
        }
        assertFloodWasBounded();
        talksTo(PEER6);
    }

    private void assertFloodWasBounded()
    {
        assertEquals(NeighbourCache.CAPACITY, ip.neighbours.size(), "not a flood");
    }

    /** What is sent goes out at once, without a question. */
    private void talksTo(final IpAddress peer)
    {
        assertTrue(send(destination(peer), (byte)1));
        sentOne().toMac(PEER_MAC);
    }
}
