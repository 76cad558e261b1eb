package io.pnet.run;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;

/**
 * Starts the network when the JVM looks up its first name. It stands where {@link InetAddress} keeps its resolver,
 * until the network has put its own there, or there is none and the JDK's is put back.
 */
final class LazyNames
{
    private final Runnable start;
    private final Field field;
    private final Object original;

    private LazyNames(final Runnable start, final Field field, final Object original)
    {
        this.start = start;
        this.field = field;
        this.original = original;
    }

    /**
     * Takes its stand.
     *
     * @param start starts the network, or does nothing once it is started.
     */
    static void install(final Runnable start) throws ReflectiveOperationException
    {
        Field field;
        Object original;
        try
        {
            field = InetAddress.class.getDeclaredField("resolver");
            // It is looked for when it is first used.
            final Method resolver = InetAddress.class.getDeclaredMethod("resolver");
            resolver.setAccessible(true);
            original = resolver.invoke(null);
            field.setAccessible(true);
        }
        catch (final NoSuchFieldException ex)
        {
            // Before JDK 18.
            field = InetAddress.class.getDeclaredField("nameService");
            field.setAccessible(true);
            original = field.get(null);
        }
        final LazyNames names = new LazyNames(start, field, original);
        field.set(null, Proxy.newProxyInstance(
            field.getType().getClassLoader(), new Class<?>[]{field.getType()}, names::answer));
    }

    private Object answer(final Object proxy, final Method method, final Object[] arguments) throws Throwable
    {
        if (method.getDeclaringClass() == Object.class)
        {
            return method.invoke(this, arguments);
        }
        start.run();
        if (field.get(null) == proxy)
        {
            field.set(null, original);
        }
        method.setAccessible(true);
        try
        {
            return method.invoke(field.get(null), arguments);
        }
        catch (final InvocationTargetException ex)
        {
            throw ex.getCause();
        }
    }
}
