package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the virtio header says about segmentation, in both directions. */
final class VnetHeaderTest
{
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[VnetHeader.LENGTH]);
    private final UnsafeBuffer data = new UnsafeBuffer(new byte[4_096]);

    private int encodedType(final TxFrame frame)
    {
        VnetHeader.encode(header, 0, VnetHeader.LENGTH, frame, 0);
        return header.getByte(VnetHeader.GSO_TYPE_OFFSET) & 0xFF;
    }

    @Test
    void saysThatOnlyTheFirstSegmentCarriesCwr()
    {
        final TxFrame frame = new TxFrame().wrap(data, 0, 4_000).gso(RxFrame.GSO_TCPV6, 1_000, 74);
        assertEquals(RxFrame.GSO_TCPV6, encodedType(frame));
        assertEquals(RxFrame.GSO_TCPV6 | VnetHeader.GSO_ECN, encodedType(frame.gsoCwr()));
    }

    @Test
    void saysNothingOfASingleSegmentWithCwr()
    {
        assertEquals(RxFrame.GSO_NONE, encodedType(new TxFrame().wrap(data, 0, 100).gsoCwr()));
        assertEquals(RxFrame.GSO_TCPV4, encodedType(
            new TxFrame().wrap(data, 0, 100).gsoCwr().wrap(data, 0, 4_000).gso(RxFrame.GSO_TCPV4, 1_000, 54)));
    }

    @Test
    void takesAFrameWhoseFirstSegmentCarriesCwr()
    {
        header.putByte(VnetHeader.GSO_TYPE_OFFSET, (byte)(RxFrame.GSO_TCPV4 | VnetHeader.GSO_ECN));
        header.putShort(VnetHeader.GSO_SIZE_OFFSET, (short)1_448);
        final RxFrame frame = new RxFrame().wrap(data, 0, 4_000);
        assertTrue(VnetHeader.decode(header, 0, frame));
        assertEquals(RxFrame.GSO_TCPV4, frame.gsoType());
        assertEquals(1_448, frame.gsoSize());
    }
}
