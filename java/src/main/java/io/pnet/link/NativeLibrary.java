package io.pnet.link;

/**
 * Whether the native library is there. Probed once; when it is not, the cause is kept and says what to do.
 */
public final class NativeLibrary
{
    private static final Throwable CAUSE = load();

    private NativeLibrary()
    {
    }

    /** Whether kernel links can be opened in this JVM; in-memory links never need it. */
    public static boolean isAvailable()
    {
        return CAUSE == null;
    }

    /** Why not, with a one-line message; null when it is available. */
    public static Throwable unavailabilityCause()
    {
        return CAUSE;
    }

    /** Throws an {@link UnsatisfiedLinkError} with the {@linkplain #unavailabilityCause() cause}, or does nothing. */
    public static void ensureAvailable()
    {
        if (CAUSE != null)
        {
            final UnsatisfiedLinkError error = new UnsatisfiedLinkError(CAUSE.getMessage());
            error.initCause(CAUSE);
            throw error;
        }
    }

    private static Throwable load()
    {
        final String flags = JvmFlags.missing();
        if (flags != null)
        {
            return new IllegalStateException(flags);
        }
        final String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        try
        {
            NativeLayout.verify();
            return null;
        }
        catch (final IllegalStateException ex)
        {
            return ex;
        }
        catch (final LinkageError | RuntimeException ex)
        {
            final Throwable root = ex.getCause() == null ? ex : ex.getCause();
            return new IllegalStateException(
                "the native library could not be loaded on " + platform + ": " + root.getMessage() +
                "; put the classifier jar of this platform (linux-x86_64, linux-arm64) on the class path",
                ex);
        }
    }
}
