package io.pnet.nio.permutation;

/** Ours at both ends: two processes, joined in memory. */
final class PnetToPnetTest extends AllCases
{
    PnetToPnetTest() throws Exception
    {
        super(Pairs.pnetToPnet());
    }
}
