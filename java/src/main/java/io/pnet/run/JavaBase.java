package io.pnet.run;

import java.lang.instrument.Instrumentation;
import java.nio.channels.spi.SelectorProvider;
import java.util.Map;
import java.util.Set;

/**
 * What Pnet uses of the JDK beyond its public face. The agent opens it to the runtime's own unnamed module, and to
 * nobody else.
 */
final class JavaBase
{
    private static final String ACCESS = "jdk.internal.access";
    /** After the console (0), the application's hooks (1) and files that are deleted on exit (2). */
    private static final int EXIT_SLOT = 3;
    /** Before this System.load needs no permission. */
    private static final int NATIVE_ACCESS_SINCE = 24;

    private JavaBase()
    {
    }

    /** Opens the packages. Before anything touches Agrona, the native library or the sockets' implementations. */
    static void open(final Instrumentation instrumentation) throws ReflectiveOperationException
    {
        final Set<Module> us = Set.of(JavaBase.class.getModule());
        instrumentation.redefineModule(
            Object.class.getModule(),
            Set.of(),
            Map.of("jdk.internal.misc", us, ACCESS, us, "sun.nio.ch", us, "sun.net.spi", us),
            Map.of("java.net", us, "java.nio.channels.spi", us, "sun.nio.ch", us, "java.lang", us),
            Set.of(),
            Map.of());
        if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE)
        {
            // The JDK knows one answer for all unnamed modules; --enable-native-access=ALL-UNNAMED is the same.
            javaLang("addEnableNativeAccessToAllUnnamed", new Class<?>[0]);
        }
    }

    /** The provider that the JDK would have used. */
    static SelectorProvider kernelProvider() throws ReflectiveOperationException
    {
        return (SelectorProvider)Class.forName("sun.nio.ch.DefaultSelectorProvider").getMethod("get").invoke(null);
    }

    /** Runs something when the JVM ends, after all that the application registered has run. */
    static void atExit(final Runnable action) throws ReflectiveOperationException
    {
        javaLang(
            "registerShutdownHook",
            new Class<?>[]{int.class, boolean.class, Runnable.class},
            EXIT_SLOT, true, action);
    }

    private static void javaLang(final String method, final Class<?>[] types, final Object... arguments)
        throws ReflectiveOperationException
    {
        final Object access = Class.forName(ACCESS + ".SharedSecrets").getMethod("getJavaLangAccess").invoke(null);
        Class.forName(ACCESS + ".JavaLangAccess").getMethod(method, types).invoke(access, arguments);
    }
}
