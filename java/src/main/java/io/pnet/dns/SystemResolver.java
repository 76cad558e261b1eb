package io.pnet.dns;

import io.pnet.ip.IpAddress;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Makes {@link InetAddress} ask a {@link Resolver}, for the whole JVM.
 *
 * <p>JDK 18 and later have a service provider interface for this, but it is looked up by the system class loader, which
 * does not know us when an agent runs us in a loader of our own, and it is not there on 17, for which we are compiled.
 * So we do by hand what it does: InetAddress keeps its resolver in a static field, {@code resolver} (18 and later, of
 * the public type {@code InetAddressResolver}) or {@code nameService} (17, of a private interface); it is set to a
 * {@link Proxy} of the field's own type. That needs java.net opened, by
 * {@code --add-opens java.base/java.net=ALL-UNNAMED} or an agent, and changes no class file of the JVM. What
 * InetAddress has cached before is forgotten.
 */
public final class SystemResolver
{
    private static final String NEEDED = "--add-opens java.base/java.net=ALL-UNNAMED";

    // As InetAddressResolver.LookupPolicy has them.
    private static final int IPV4 = 1;
    private static final int IPV6 = 2;
    private static final int IPV4_FIRST = 4;
    private static final int IPV6_FIRST = 8;

    private final Resolver resolver;

    private SystemResolver(final Resolver resolver)
    {
        this.resolver = resolver;
    }

    /**
     * Installs a resolver; the last one wins. {@link InetAddress#getLocalHost()} is the process's own name and address
     * from now on.
     *
     * @throws IllegalStateException one line, when this JVM does not let us: java.net is not opened, or has neither of
     *                               the fields.
     */
    public static void install(final Resolver resolver)
    {
        final SystemResolver system = new SystemResolver(resolver);
        try
        {
            final Field modern = find("resolver");
            final Field field = modern != null ? modern : find("nameService");
            if (field == null)
            {
                throw new IllegalStateException(
                    "this JDK (" + Runtime.version() + ") has no place for a resolver that we know");
            }
            field.setAccessible(true);
            final InvocationHandler handler = system::answer;
            field.set(null, Proxy.newProxyInstance(field.getType().getClassLoader(), new Class<?>[]{field.getType()},
                handler));
            forget("cache");
            forget("expirySet");
            system.setLocalHost();
        }
        catch (final InaccessibleObjectException ex)
        {
            throw new IllegalStateException("cannot set the JVM's resolver: start java with " + NEEDED, ex);
        }
        catch (final ReflectiveOperationException ex)
        {
            throw new IllegalStateException(
                "cannot set the resolver of this JDK (" + Runtime.version() + "): " + ex.getMessage(), ex);
        }
    }

    /** The kernel's name for this machine, as the JDK would use it; {@code localhost} when it has none. */
    public static String kernelHostName()
    {
        try
        {
            final Field impl = InetAddress.class.getDeclaredField("impl");
            impl.setAccessible(true);
            final Method name = Class.forName("java.net.InetAddressImpl").getDeclaredMethod("getLocalHostName");
            name.setAccessible(true);
            return (String)name.invoke(impl.get(null));
        }
        catch (final ReflectiveOperationException | InaccessibleObjectException ex)
        {
            final String environment = System.getenv("HOSTNAME");
            return environment == null || environment.isEmpty() ? "localhost" : environment;
        }
    }

    private static Field find(final String name)
    {
        try
        {
            return InetAddress.class.getDeclaredField(name);
        }
        catch (final NoSuchFieldException ex)
        {
            return null;
        }
    }

    private static void forget(final String name) throws IllegalAccessException
    {
        final Field field = find(name);
        if (field != null)
        {
            field.setAccessible(true);
            final Object cached = field.get(null);
            if (cached instanceof Map<?, ?> map)
            {
                map.clear();
            }
            else if (cached instanceof Collection<?> collection)
            {
                collection.clear();
            }
        }
    }

    /**
     * getLocalHost takes the kernel's host name to the resolver, and does not ask at all when that is "localhost"; an
     * answer that it has cached it gives at once. So it gets one that does not expire.
     */
    private void setLocalHost() throws ReflectiveOperationException
    {
        final Class<?> type = Class.forName("java.net.InetAddress$CachedLocalHost");
        final Constructor<?> constructor = type.getDeclaredConstructor(String.class, InetAddress.class);
        constructor.setAccessible(true);
        final InetAddress address;
        try
        {
            address = sorted(resolver.addresses(resolver.ownName(), true, true), policyOfProperties())[0];
        }
        catch (final UnknownHostException ex)
        {
            throw new IllegalStateException("the process's own name has no address: " + ex.getMessage(), ex);
        }
        final Object cached = constructor.newInstance(resolver.ownName(), address);
        final Field expiry = type.getDeclaredField("expiryTime");
        expiry.setAccessible(true);
        // Compared by difference to System.nanoTime: a century from now.
        expiry.set(cached, System.nanoTime() + 100L * 365 * 86_400 * 1_000_000_000L);
        final Field field = InetAddress.class.getDeclaredField("cachedLocalHost");
        field.setAccessible(true);
        field.set(null, cached);
    }

    /** The methods of InetAddressResolver and of NameService. */
    private Object answer(final Object proxy, final Method method, final Object[] arguments) throws Throwable
    {
        switch (method.getName())
        {
            case "lookupByName":
                return List.of(addresses((String)arguments[0], policy(arguments[1]))).stream();
            case "lookupAllHostAddr":
                return addresses((String)arguments[0], policyOfProperties());
            case "lookupByAddress", "getHostByAddr":
                return resolver.name(address((byte[])arguments[0]));
            case "equals":
                return proxy == arguments[0];
            case "hashCode":
                return System.identityHashCode(proxy);
            case "toString":
                return "Pnet's resolver, " + resolver.ownName();
            default:
                throw new UnsupportedOperationException(method.toString());
        }
    }

    private InetAddress[] addresses(final String host, final int policy) throws UnknownHostException
    {
        final InetAddress[] addresses =
            sorted(resolver.addresses(host, (policy & IPV4) != 0, (policy & IPV6) != 0), policy);
        if (addresses.length == 0)
        {
            throw new UnknownHostException(host + ": no address");
        }
        return addresses;
    }

    private static IpAddress address(final byte[] bytes)
    {
        if (bytes.length != 4 && bytes.length != 16)
        {
            throw new IllegalArgumentException("an address of " + bytes.length + " bytes");
        }
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return bytes.length == 4 ?
            IpAddress.v4(buffer.getInt()) : new IpAddress(buffer.getLong(), buffer.getLong());
    }

    private static int policy(final Object lookupPolicy) throws ReflectiveOperationException
    {
        return (int)lookupPolicy.getClass().getMethod("characteristics").invoke(lookupPolicy);
    }

    /** On 17 the JDK's own look-up looks at the properties itself. */
    private static int policyOfProperties()
    {
        if (Boolean.getBoolean("java.net.preferIPv4Stack"))
        {
            return IPV4;
        }
        final String preferred = System.getProperty("java.net.preferIPv6Addresses", "false");
        return IPV4 | IPV6 |
            (preferred.equalsIgnoreCase("true") ? IPV6_FIRST : preferred.equalsIgnoreCase("system") ? 0 : IPV4_FIRST);
    }

    private static InetAddress[] sorted(final List<InetAddress> addresses, final int policy)
    {
        final List<InetAddress> sorted = new ArrayList<>(addresses);
        if ((policy & (IPV4_FIRST | IPV6_FIRST)) != 0)
        {
            final boolean isV4First = (policy & IPV4_FIRST) != 0;
            sorted.sort((a, b) -> Boolean.compare(isV4First != a instanceof Inet4Address,
                isV4First != b instanceof Inet4Address));
        }
        return sorted.toArray(new InetAddress[0]);
    }
}
