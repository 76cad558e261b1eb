package io.pnet.wire;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ipv6ExtensionTest
{
    private static final String PADDED = "0104" + "00000000";
    private static final String TCP = "00".repeat(20);

    private final Ipv6Extension extension = new Ipv6Extension();

    @Test
    void walksTheHopByHopHeaderOfLinux()
    {
        final UnsafeBuffer frame = KernelFrames.buffer(KernelFrames.MLD_V2_REPORT);
        assertEquals(Ipv6Extension.TRANSPORT, extension.walk(frame, 14, frame.capacity() - 14));
        assertEquals(ProtocolNumber.ICMPV6, extension.protocol());
        assertEquals(62, extension.transportOffset());
        assertEquals(54, extension.nextHeaderOffset());
        assertEquals(-1, extension.fragmentHeaderOffset());
    }

    @Test
    void aPlainPacketHasNothingToWalk()
    {
        assertEquals(Ipv6Extension.TRANSPORT, walk(6, TCP));
        assertEquals(ProtocolNumber.TCP, extension.protocol());
        assertEquals(40, extension.transportOffset());
        assertEquals(6, extension.nextHeaderOffset());
    }

    @Test
    void walksAllKindsInOrder()
    {
        assertEquals(Ipv6Extension.TRANSPORT, walk(0,
            "3c00" + PADDED + "2b01" + "010c" + "00".repeat(12) + "3c000400" + "00000000" + "0600" + PADDED + TCP));
        assertEquals(ProtocolNumber.TCP, extension.protocol());
        assertEquals(40 + 8 + 16 + 8 + 8, extension.transportOffset());
    }

    @Test
    void stopsAtAFragment()
    {
        assertEquals(Ipv6Extension.FRAGMENT, walk(60, "2c00" + PADDED + "11000009" + "deadbeef" + TCP));
        assertEquals(ProtocolNumber.FRAGMENT, extension.protocol());
        assertEquals(48, extension.fragmentHeaderOffset());
        assertEquals(48, extension.transportOffset());
        assertEquals(40, extension.nextHeaderOffset());

        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8]);
        assertEquals(8, Ipv6Extension.putFragment(buffer, 0, 17, 1_448, true, 0xDEADBEEF));
        assertEquals(17, Ipv6Extension.fragmentNextHeader(buffer, 0));
        assertEquals(1_448, Ipv6Extension.fragmentOffset(buffer, 0));
        assertTrue(Ipv6Extension.isMoreFragments(buffer, 0));
        assertEquals(0xDEADBEEF, Ipv6Extension.identification(buffer, 0));
        Ipv6Extension.putFragment(buffer, 0, 17, 1_448, false, 1);
        assertFalse(Ipv6Extension.isMoreFragments(buffer, 0));
    }

    @Test
    void walksThroughAnAtomicFragment()
    {
        assertEquals(Ipv6Extension.TRANSPORT, walk(44, "06000000" + "deadbeef" + TCP));
        assertEquals(ProtocolNumber.TCP, extension.protocol());
        assertEquals(40, extension.fragmentHeaderOffset());
        assertEquals(48, extension.transportOffset());
    }

    @Test
    void hopByHopMustComeFirst()
    {
        assertEquals(Ipv6Extension.PARAMETER_PROBLEM, walk(60, "0000" + PADDED + "0600" + PADDED + TCP));
        assertEquals(Icmpv6Header.CODE_UNKNOWN_NEXT_HEADER, extension.problemCode());
        assertEquals(40, extension.problemOffset());
    }

    @Test
    void theTwoHighBitsSayWhatToDoWithAnUnknownOption()
    {
        assertEquals(Ipv6Extension.TRANSPORT, walk(60, "0600" + "1e04" + "00000000" + TCP));
        assertEquals(Ipv6Extension.MALFORMED, walk(60, "0600" + "5e04" + "00000000" + TCP));
        assertEquals(Ipv6Extension.PARAMETER_PROBLEM, walk(60, "0600" + "00" + "9e03" + "000000" + TCP));
        assertEquals(Icmpv6Header.CODE_UNKNOWN_OPTION, extension.problemCode());
        assertEquals(43, extension.problemOffset());
        assertFalse(extension.isProblemForUnicastOnly());
        assertEquals(Ipv6Extension.PARAMETER_PROBLEM, walk(60, "0600" + "de04" + "00000000" + TCP));
        assertTrue(extension.isProblemForUnicastOnly());
    }

    @Test
    void aRoutingHeaderWithSegmentsLeftIsAProblem()
    {
        assertEquals(Ipv6Extension.PARAMETER_PROBLEM, walk(43, "06000001" + "00000000" + TCP));
        assertEquals(Icmpv6Header.CODE_ERRONEOUS_FIELD, extension.problemCode());
        assertEquals(42, extension.problemOffset());
    }

    @Test
    void truncatedAndEndlessPacketsAreMalformed()
    {
        assertEquals(Ipv6Extension.MALFORMED, walk(0, ""));
        assertEquals(Ipv6Extension.MALFORMED, walk(0, "0600" + "0104" + "000000"));
        assertEquals(Ipv6Extension.MALFORMED, walk(0, "0601" + PADDED));
        assertEquals(Ipv6Extension.MALFORMED, walk(44, "06000000" + "dead"));
        assertEquals(Ipv6Extension.MALFORMED, walk(0, "0600" + "0105" + "00000000"));
        assertEquals(Ipv6Extension.MALFORMED, walk(60, "0600" + "010200" + "00" + "00" + "1e"));
        assertEquals(Ipv6Extension.MALFORMED, walk(60, ("3c00" + PADDED).repeat(20) + TCP));
        assertEquals(Ipv6Extension.MALFORMED, walk(60, "0604" + "1e00".repeat(19) + TCP + TCP));
        assertEquals(Ipv6Extension.MALFORMED, walk(59, ""));
    }

    @Test
    void neverReadsBeyondThePacketWhateverItHolds()
    {
        final SplittableRandom random = new SplittableRandom(8200);
        final int[] kinds = { 0, 6, 17, 43, 44, 58, 59, 60 };
        final int[] results = new int[4];
        for (int i = 0; i < 200_000; i++)
        {
            final byte[] bytes = new byte[40 + random.nextInt(100)];
            for (int j = 40; j < bytes.length; j++)
            {
                bytes[j] = (byte)(random.nextInt(3) == 0 ? kinds[random.nextInt(kinds.length)] : random.nextInt(3));
            }
            bytes[6] = (byte)kinds[random.nextInt(kinds.length)];
            final int result = extension.walk(new UnsafeBuffer(bytes), 0, bytes.length);
            assertTrue(extension.transportOffset() <= bytes.length);
            results[result]++;
        }
        for (int result = 0; result < 4; result++)
        {
            assertTrue(results[result] > 100, "result " + result + " met " + results[result] + " times");
        }
    }

    private int walk(final int nextHeader, final String hex)
    {
        final UnsafeBuffer buffer = KernelFrames.buffer("60000000" + "0000" + "%02x".formatted(nextHeader) + "40" +
            "00".repeat(32) + hex);
        return extension.walk(buffer, 0, buffer.capacity());
    }
}
