package io.pnet.nio.permutation;

/** Ours at both ends, and both are one: a process that connects to its own address. */
final class PnetToItselfTest extends AllCases
{
    PnetToItselfTest() throws Exception
    {
        super(Pairs.pnetToItself());
    }
}
