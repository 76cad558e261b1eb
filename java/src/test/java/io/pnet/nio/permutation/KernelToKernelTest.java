package io.pnet.nio.permutation;

/** The kernel's channels with the kernel's: what holds here is what the cases ask of ours. */
final class KernelToKernelTest extends AllCases
{
    KernelToKernelTest() throws Exception
    {
        super(Pairs.kernelToKernel());
    }
}
