package io.pnet.jvm;

import io.pnet.ip.IpAddress;
import io.pnet.link.LinkCapabilities;
import io.pnet.stack.IpProcess;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What {@link NetworkInterface} says in a process with addresses of its own, for servers that look there for an address
 * to bind or to advertise.
 *
 * <p>It shows the addresses that a socket of this JVM can be bound to, and no other: Pnet's, on the interface that is
 * the link ({@code packet:veth1} is veth1; a link without a name shows as {@value #NAMELESS}), and of the kernel's
 * those that are routed to the kernel, the loopback's first of all. The link's interface is up, does multicast, and has
 * Pnet's MAC address and MTU. Interfaces without an address that counts stay, without addresses.
 *
 * <p>NetworkInterface gets everything from native methods of its own and keeps nothing, so no field could be set once.
 * Its class file is changed in its constants only: the calls of those natives go to a class beside it, and from there
 * to us; see {@link ClassFile}. That takes an agent, whose manifest says {@code Can-Retransform-Classes: true}, and
 * java.net opened to us.
 */
public final class SystemInterfaces
{
    /** The link's interface where the kernel has none by the link's name. */
    public static final String NAMELESS = "pnet0";

    private static final String OWNER = "java/net/NetworkInterface";
    private static final String HOOK = "java/net/PnetInterfaceNatives";
    /** An index that no interface of the kernel has. */
    private static final int NAMELESS_INDEX = 0x706E;
    private static final Set<String> NATIVES = Set.of(
        "getAll", "getByName0", "getByIndex0", "getByInetAddress0", "boundInetAddress0",
        "isUp0", "isLoopback0", "supportsMulticast0", "isP2P0", "getMacAddr0", "getMTU0");

    private final Supplier<IpProcess> source;
    private final Predicate<InetAddress> isKernels;
    private final Map<String, MethodHandle> natives = new HashMap<>();
    private final Field addresses;
    private final Field bindings;
    private final Field children;
    private final Field interfaceAddress;
    private final Field interfaceBroadcast;
    private final Field interfacePrefix;
    private final Constructor<InterfaceAddress> newInterfaceAddress;
    private final Constructor<NetworkInterface> newInterface;
    private final Field displayName;

    private SystemInterfaces(final Supplier<IpProcess> source, final Predicate<InetAddress> isKernels)
        throws ReflectiveOperationException
    {
        this.source = source;
        this.isKernels = isKernels;
        addresses = field(NetworkInterface.class, "addrs");
        bindings = field(NetworkInterface.class, "bindings");
        children = field(NetworkInterface.class, "childs");
        displayName = field(NetworkInterface.class, "displayName");
        interfaceAddress = field(InterfaceAddress.class, "address");
        interfaceBroadcast = field(InterfaceAddress.class, "broadcast");
        interfacePrefix = field(InterfaceAddress.class, "maskLength");
        newInterfaceAddress = InterfaceAddress.class.getDeclaredConstructor();
        newInterfaceAddress.setAccessible(true);
        newInterface =
            NetworkInterface.class.getDeclaredConstructor(String.class, int.class, InetAddress[].class);
        newInterface.setAccessible(true);
    }

    /**
     * Changes NetworkInterface for good, for the whole JVM.
     *
     * @param source    gives the process when it is first asked for; null while there is none, and then everything is
     *                  the kernel's.
     * @param isKernels which addresses of the kernel's interfaces are used through the kernel.
     * @throws IllegalStateException one line, when this JVM does not let us.
     */
    public static void install(
        final Instrumentation instrumentation,
        final Supplier<IpProcess> source,
        final Predicate<InetAddress> isKernels)
    {
        try
        {
            final SystemInterfaces interfaces = new SystemInterfaces(source, isKernels);
            final MethodHandles.Lookup lookup =
                MethodHandles.privateLookupIn(NetworkInterface.class, MethodHandles.lookup());
            for (final Method each : NetworkInterface.class.getDeclaredMethods())
            {
                if (NATIVES.contains(each.getName()))
                {
                    interfaces.natives.put(each.getName(), lookup.unreflect(each));
                }
            }
            final Class<?> hook = lookup.defineClass(
                ClassFile.of(SystemInterfaces.class, "InterfaceNatives")
                    .rename(Map.of("io/pnet/jvm/InterfaceNatives", HOOK)).bytes());
            final Field handler = hook.getDeclaredField("handler");
            handler.setAccessible(true);
            final InvocationHandler answer = interfaces::answer;
            handler.set(null, answer);
            redirect(instrumentation);
        }
        catch (final InaccessibleObjectException | ReflectiveOperationException | LinkageError ex)
        {
            throw new IllegalStateException(
                "cannot change what NetworkInterface says on this JDK (" + Runtime.version() + "): " + ex, ex);
        }
    }

    private static void redirect(final Instrumentation instrumentation)
    {
        final List<String> missing = new ArrayList<>(NATIVES);
        final ClassFileTransformer transformer = new ClassFileTransformer()
        {
            @Override
            public byte[] transform(
                final ClassLoader loader,
                final String name,
                final Class<?> type,
                final ProtectionDomain domain,
                final byte[] bytes)
            {
                if (type != NetworkInterface.class)
                {
                    return null;
                }
                final ClassFile file = new ClassFile(bytes);
                missing.removeAll(file.redirect(OWNER, NATIVES, HOOK));
                return file.bytes();
            }
        };
        if (!instrumentation.isRetransformClassesSupported())
        {
            throw new IllegalStateException(
                "cannot change what NetworkInterface says: the agent's manifest needs Can-Retransform-Classes: true");
        }
        instrumentation.addTransformer(transformer, true);
        try
        {
            instrumentation.retransformClasses(NetworkInterface.class);
        }
        catch (final UnmodifiableClassException ex)
        {
            throw new IllegalStateException("cannot change what NetworkInterface says: " + ex, ex);
        }
        finally
        {
            instrumentation.removeTransformer(transformer);
        }
        if (missing.contains("getAll"))
        {
            throw new IllegalStateException(
                "cannot change what NetworkInterface says: this JDK (" + Runtime.version() + ") has others inside");
        }
    }

    private static Field field(final Class<?> type, final String name) throws NoSuchFieldException
    {
        final Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** In the place of a native method. */
    private Object answer(final Object method, final Method unused, final Object[] arguments) throws Throwable
    {
        final String name = (String)method;
        final IpProcess process = source.get();
        if (process == null)
        {
            return original(name, arguments);
        }
        switch (name)
        {
            case "getAll":
                return all(process);
            case "getByName0":
                return arguments[0].equals(linkName(process)) ?
                    link(process) : shown((NetworkInterface)original(name, arguments));
            case "getByIndex0":
                final NetworkInterface link = link(process);
                return arguments[0].equals(link.getIndex()) ?
                    link : shown((NetworkInterface)original(name, arguments));
            case "getByInetAddress0":
                return isOurs(process, arguments[0]) ? link(process) :
                    isKernels.test((InetAddress)arguments[0]) ?
                        shown((NetworkInterface)original(name, arguments)) : null;
            case "boundInetAddress0":
                return isOurs(process, arguments[0]) ||
                    isKernels.test((InetAddress)arguments[0]) && (boolean)original(name, arguments);
            default:
                return linkName(process).equals(arguments[arguments.length - 2]) ?
                    ofLink(process.link(), name) : original(name, arguments);
        }
    }

    private static String linkName(final IpProcess process)
    {
        final String spec = process.linkName();
        return spec.startsWith("packet:") || spec.startsWith("tap:") ?
            spec.substring(spec.indexOf(':') + 1) : NAMELESS;
    }

    private Object original(final String name, final Object... arguments) throws Throwable
    {
        return natives.get(name).invokeWithArguments(arguments);
    }

    private static Object ofLink(final LinkCapabilities link, final String name)
    {
        return switch (name)
        {
            case "isUp0", "supportsMulticast0" -> true;
            case "isLoopback0", "isP2P0" -> false;
            case "getMTU0" -> link.mtu();
            case "getMacAddr0" -> macBytes(link.macAddress());
            default -> throw new UnsupportedOperationException(name);
        };
    }

    private static byte[] macBytes(final long address)
    {
        final byte[] bytes = new byte[6];
        for (int i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(address >>> 40 - 8 * i);
        }
        return bytes;
    }

    private static boolean isOurs(final IpProcess process, final Object address)
    {
        return process.addresses().contains(IpAddress.of((InetAddress)address));
    }

    private NetworkInterface[] all(final IpProcess process) throws Throwable
    {
        final String linkName = linkName(process);
        final NetworkInterface[] known = (NetworkInterface[])original("getAll");
        final List<NetworkInterface> all = new ArrayList<>();
        boolean isThere = false;
        for (final NetworkInterface each : known == null ? new NetworkInterface[0] : known)
        {
            final boolean isLink = each.getName().equals(linkName);
            isThere |= isLink;
            all.add(isLink ? withOurs(process, each) : shown(each));
        }
        if (!isThere)
        {
            all.add(link(process));
        }
        return all.toArray(new NetworkInterface[0]);
    }

    private NetworkInterface link(final IpProcess process) throws Throwable
    {
        final String linkName = linkName(process);
        final NetworkInterface known = (NetworkInterface)original("getByName0", linkName);
        if (known != null)
        {
            return withOurs(process, known);
        }
        final NetworkInterface made = newInterface.newInstance(linkName, NAMELESS_INDEX, new InetAddress[0]);
        displayName.set(made, linkName);
        children.set(made, new NetworkInterface[0]);
        return withOurs(process, made);
    }

    /** One of the kernel's, with the addresses that are used through the kernel. */
    private NetworkInterface shown(final NetworkInterface kernels) throws IllegalAccessException
    {
        if (kernels != null)
        {
            final InetAddress[] all = (InetAddress[])addresses.get(kernels);
            final InterfaceAddress[] bound = (InterfaceAddress[])bindings.get(kernels);
            addresses.set(kernels, all == null ? new InetAddress[0] :
                Arrays.stream(all).filter(isKernels).toArray(InetAddress[]::new));
            bindings.set(kernels, bound == null ? new InterfaceAddress[0] :
                Arrays.stream(bound).filter(each -> isKernels.test(each.getAddress()))
                    .toArray(InterfaceAddress[]::new));
            final NetworkInterface[] below = (NetworkInterface[])children.get(kernels);
            for (final NetworkInterface each : below == null ? new NetworkInterface[0] : below)
            {
                shown(each);
            }
        }
        return kernels;
    }

    private NetworkInterface withOurs(final IpProcess process, final NetworkInterface link)
        throws ReflectiveOperationException
    {
        shown(link);
        final List<InetAddress> all = new ArrayList<>();
        final List<InterfaceAddress> bound = new ArrayList<>();
        for (final IpAddress each : process.addresses())
        {
            final int prefixLength = process.prefixLength(each);
            final InetAddress address = each.toInetAddress();
            all.add(address);
            final InterfaceAddress binding = newInterfaceAddress.newInstance();
            interfaceAddress.set(binding, address);
            interfacePrefix.set(binding, (short)prefixLength);
            if (address instanceof Inet4Address && prefixLength < 31)
            {
                interfaceBroadcast.set(binding, IpAddress.v4(each.v4Bits() | -1 >>> prefixLength).toInetAddress());
            }
            bound.add(binding);
        }
        all.addAll(List.of((InetAddress[])addresses.get(link)));
        bound.addAll(List.of((InterfaceAddress[])bindings.get(link)));
        addresses.set(link, all.toArray(new InetAddress[0]));
        bindings.set(link, bound.toArray(new InterfaceAddress[0]));
        return link;
    }
}
