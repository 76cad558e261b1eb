package io.pnet.bench.compare;

import io.pnet.bench.compare.CacheLine.Times;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CacheLineTest
{
    @ParameterizedTest
    @CsvSource({
        "50, 54, 47, 70, true", "50, 54, 310, 300, false", "50, 310, 50, 310, false", "310, 300, 280, 310, true",
        "NaN, 50, 50, 50, false", "50, 50, 50, NaN, false"})
    void runsAreAlikeWhereNothingMovedInThemOrBetweenThem(
        final double begin, final double end, final double otherBegin, final double otherEnd, final boolean isAlike)
    {
        assertEquals(isAlike, new Times(begin, end).isAlike(new Times(otherBegin, otherEnd)));
        assertEquals(isAlike, new Times(otherBegin, otherEnd).isAlike(new Times(begin, end)));
    }

    /** It ends, whatever the machine; a figure is none below what a single store and load take. */
    @Test
    void measures() throws InterruptedException
    {
        CacheLine.warmUp();
        final double ns = CacheLine.measureNs();
        assertTrue(Double.isNaN(ns) || ns > 1, () -> ns + " ns");
    }
}
