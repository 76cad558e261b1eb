package io.pnet.nio.permutation;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** Every group of cases over one pair: a subclass says over which, and nests the groups. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PairTest
{
    final Pair both;

    PairTest(final Pair both)
    {
        this.both = both;
    }

    @AfterAll
    void closePair() throws Exception
    {
        both.close();
    }
}
