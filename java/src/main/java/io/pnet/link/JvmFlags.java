package io.pnet.link;

import org.agrona.DirectBuffer;

/**
 * The flags without which the JVM refuses what Agrona and JavaCPP do. This class runs nothing of either, so that it can
 * be asked before the first raw {@code IllegalAccessError}.
 */
public final class JvmFlags
{
    /** What every program that runs Pnet from the class path passes to its JVM. */
    public static final String REQUIRED =
        "--add-exports java.base/jdk.internal.misc=ALL-UNNAMED --enable-native-access=ALL-UNNAMED";

    private static final String PACKAGE = "jdk.internal.misc";

    private JvmFlags()
    {
    }

    /**
     * Says whether Agrona may use the memory access that it is built on.
     *
     * @throws IllegalStateException one line with the exact flag, when it may not.
     */
    public static void check()
    {
        final String missing = missing();
        if (missing != null)
        {
            throw new IllegalStateException(missing);
        }
    }

    /** What is missing, in one line that names the flags; null when nothing is. */
    public static String missing()
    {
        // On the module path Agrona is a module of its own, on the class path it shares the unnamed one with us. Naming
        // an interface of it runs nothing.
        final Module agrona = DirectBuffer.class.getModule();
        if (Object.class.getModule().isExported(PACKAGE, agrona))
        {
            return null;
        }
        final String flags =
            agrona.isNamed() ? REQUIRED.replace("misc=ALL-UNNAMED", "misc=" + agrona.getName()) : REQUIRED;
        return "the JVM keeps " + PACKAGE + " from Agrona: start java with " + flags;
    }
}
