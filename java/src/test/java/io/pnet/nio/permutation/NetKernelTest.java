package io.pnet.nio.permutation;

import org.junit.jupiter.api.Nested;

/** The sockets of java.net as the JDK makes them: what holds here is what {@link NetPnetTest} asks of ours. */
final class NetKernelTest extends PairTest
{
    NetKernelTest() throws Exception
    {
        super(Pairs.kernelToKernel());
    }

    @Nested
    final class Sockets extends NetSocketCases
    {
        Sockets()
        {
            super(both);
        }
    }

    @Nested
    final class Datagrams extends NetDatagramCases
    {
        Datagrams()
        {
            super(both);
        }
    }
}
