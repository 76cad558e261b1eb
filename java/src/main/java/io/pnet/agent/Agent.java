package io.pnet.agent;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;

/**
 * The agent's entry. Its class file is of Java 8, so that an old JVM gets far enough to be told what it lacks; the
 * runtime's are of Java 17.
 */
public final class Agent
{
    private static final int LEAST_JAVA = 17;
    private static final String RUNTIME = "!/pnet-runtime/";
    private static final String MAIN = "io.pnet.run.Launch";

    private Agent()
    {
    }

    /** Gives the JVM its network before {@code main}; a failure is one line, and ends the JVM. */
    public static void premain(final String options, final Instrumentation instrumentation)
    {
        try
        {
            final int version = version(System.getProperty("java.specification.version"));
            if (version < LEAST_JAVA)
            {
                throw new IllegalStateException("needs Java " + LEAST_JAVA + " or newer, and this is Java " + version +
                    " (" + System.getProperty("java.home") + ")");
            }
            start(options, instrumentation);
        }
        catch (final InvocationTargetException ex)
        {
            fail(ex.getCause());
        }
        catch (final Exception | LinkageError ex)
        {
            fail(ex);
        }
    }

    /** The major version in 1.8, 11, 17. */
    static int version(final String specification)
    {
        return Integer.parseInt(specification.startsWith("1.") ? specification.substring(2) : specification);
    }

    private static void start(final String options, final Instrumentation instrumentation) throws Exception
    {
        final URL jar = Agent.class.getProtectionDomain().getCodeSource().getLocation();
        // It lives as long as the JVM: nobody closes it.
        @SuppressWarnings("resource")
        final ClassLoader runtime = new URLClassLoader(
            new URL[]{new URL("jar:" + jar + RUNTIME)}, ClassLoader.getSystemClassLoader().getParent());
        Class.forName(MAIN, true, runtime)
            .getMethod("start", String.class, Instrumentation.class)
            .invoke(null, options, instrumentation);
    }

    private static void fail(final Throwable cause)
    {
        final String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        System.err.println("pnet: " + message.trim().replaceAll("\\s*[\\r\\n]+\\s*", " "));
        System.exit(1);
    }
}
