package io.pnet.stack;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Tells virtual threads from others, on JDKs that have them (21 and later). Any thread. */
public final class VirtualThreads
{
    private static final MethodHandle IS_VIRTUAL = find();

    private VirtualThreads()
    {
    }

    /** Whether a thread is virtual: it may park, but must not wait in native code, which would pin its carrier. */
    public static boolean isVirtual(final Thread thread)
    {
        if (IS_VIRTUAL == null)
        {
            return false;
        }
        try
        {
            return (boolean)IS_VIRTUAL.invokeExact(thread);
        }
        catch (final Throwable ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    private static MethodHandle find()
    {
        try
        {
            return MethodHandles.publicLookup().findVirtual(
                Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }
}
