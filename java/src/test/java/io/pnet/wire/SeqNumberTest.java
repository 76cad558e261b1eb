package io.pnet.wire;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SeqNumberTest
{
    @Test
    void ordersAcrossTheWrap()
    {
        assertTrue(SeqNumber.lt(0xFFFF_FFF0, 0x10));
        assertTrue(SeqNumber.gt(0x10, 0xFFFF_FFF0));
        assertTrue(SeqNumber.lt(0x7FFF_FFFF, 0x8000_0000));
        assertFalse(SeqNumber.lt(5, 5));
        assertFalse(SeqNumber.gt(5, 5));
        assertTrue(SeqNumber.leq(5, 5));
        assertTrue(SeqNumber.geq(5, 5));
        assertTrue(SeqNumber.leq(-1, 0));
        assertFalse(SeqNumber.leq(0, -1));
        assertTrue(SeqNumber.geq(0, -1));
    }

    @Test
    void maxMinAndDiffAgreeWithTheOrder()
    {
        assertEquals(0x10, SeqNumber.max(0xFFFF_FFF0, 0x10));
        assertEquals(0x10, SeqNumber.max(0x10, 0xFFFF_FFF0));
        assertEquals(0xFFFF_FFF0, SeqNumber.min(0xFFFF_FFF0, 0x10));
        assertEquals(0xFFFF_FFF0, SeqNumber.min(0x10, 0xFFFF_FFF0));
        assertEquals(0x20, SeqNumber.diff(0x10, 0xFFFF_FFF0));
        assertEquals(-0x20, SeqNumber.diff(0xFFFF_FFF0, 0x10));
    }

    @Test
    void betweenIncludesBothEnds()
    {
        assertTrue(SeqNumber.between(-5, -5, 5));
        assertTrue(SeqNumber.between(-5, 5, 5));
        assertTrue(SeqNumber.between(-5, 0, 5));
        assertFalse(SeqNumber.between(-5, 6, 5));
        assertFalse(SeqNumber.between(-5, -6, 5));
    }

    @Test
    void aWindowIsHalfOpenAndMayBeEmpty()
    {
        assertTrue(SeqNumber.inWindow(-1, -1, 2));
        assertTrue(SeqNumber.inWindow(0, -1, 2));
        assertFalse(SeqNumber.inWindow(1, -1, 2));
        assertFalse(SeqNumber.inWindow(-1, -1, 0));
    }
}
