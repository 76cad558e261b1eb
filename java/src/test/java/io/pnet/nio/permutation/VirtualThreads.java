package io.pnet.nio.permutation;

import org.junit.jupiter.api.Assumptions;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Virtual threads where the JDK has them: the tests are compiled for 17. */
final class VirtualThreads
{
    private static final MethodHandle OF_VIRTUAL = find(Thread.class, "ofVirtual");
    private static final MethodHandle UNSTARTED = findUnstarted();

    private VirtualThreads()
    {
    }

    /** Ends the case as not run, with the reason, where there are none. */
    static void areNeeded()
    {
        Assumptions.assumeTrue(
            UNSTARTED != null && Runtime.version().feature() >= 21,
            () -> "JDK " + Runtime.version().feature() + " has no virtual threads; they came with 21");
    }

    static Thread unstarted(final Runnable body)
    {
        try
        {
            return (Thread)UNSTARTED.invoke(OF_VIRTUAL.invoke(), body);
        }
        catch (final Throwable ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    private static MethodHandle find(final Class<?> owner, final String name)
    {
        try
        {
            final Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
            return MethodHandles.publicLookup().findStatic(owner, name, MethodType.methodType(builder));
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }

    private static MethodHandle findUnstarted()
    {
        try
        {
            return MethodHandles.publicLookup().findVirtual(
                Class.forName("java.lang.Thread$Builder"),
                "unstarted",
                MethodType.methodType(Thread.class, Runnable.class));
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }
}
