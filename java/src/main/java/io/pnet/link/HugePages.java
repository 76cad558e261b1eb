package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Memory on pages of 2 MiB (transparent huge pages), of which the processor looks up one where it would look up 512
 * small ones. It is the process's until it ends.
 */
public final class HugePages
{
    static final int PAGE_BYTES = 2 << 20;

    private HugePages()
    {
    }

    /**
     * Why the kernel gives none, in one line; null when it does. Where it gives none, small pages take their place.
     *
     * @throws UnsatisfiedLinkError when there is no {@linkplain NativeLibrary native library}.
     */
    public static String refusal()
    {
        NativeLibrary.ensureAvailable();
        return refusal(Native.pnet_huge_allowed());
    }

    static String refusal(final int answer)
    {
        return answer > 0 ? null : "no huge pages for the buffers, small ones take their place: " +
            (answer == 0 ?
            "/sys/kernel/mm/transparent_hugepage/enabled says never; write madvise there" :
            "this kernel has none (" + Native.pnet_errno_name(-answer) + ")");
    }

    /** Zeroed memory, on huge pages if the kernel gives them. */
    static UnsafeBuffer allocate(final int bytes)
    {
        NativeLibrary.ensureAvailable();
        final long address = Native.pnet_huge_map(bytes);
        if (address < 0)
        {
            throw new OutOfMemoryError(
                "mmap of " + bytes + " bytes failed with " + Native.pnet_errno_name((int)-address));
        }
        return new UnsafeBuffer(address, bytes);
    }
}
