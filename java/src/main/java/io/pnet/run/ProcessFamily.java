package io.pnet.run;

import io.pnet.link.NativeClaim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The processes whose settings this one may have inherited. A JVM that finds its address held by an ancestor, or by
 * another process of the same {@code pnet run}, keeps to the kernel; held by anybody else, it is taken.
 */
final class ProcessFamily
{
    /** Set by the launcher: the same for everything that one {@code pnet run} starts. */
    static final String SESSION = "PNET_SESSION";

    private final String session;

    /** @param session of this process; null without the launcher. */
    ProcessFamily(final String session)
    {
        this.session = session;
    }

    /** Whether this other process is one of them. */
    boolean has(final long pid)
    {
        return pid != ProcessHandle.current().pid() && (isAncestor(pid) || isOfOurSession(pid));
    }

    private static boolean isAncestor(final long pid)
    {
        Optional<ProcessHandle> each = ProcessHandle.current().parent();
        while (each.isPresent())
        {
            if (each.get().pid() == pid)
            {
                return true;
            }
            each = each.get().parent();
        }
        return false;
    }

    private boolean isOfOurSession(final long pid)
    {
        if (session == null || pid == NativeClaim.NOBODY)
        {
            return false;
        }
        try
        {
            final String environment =
                Files.readString(Path.of("/proc", Long.toString(pid), "environ"), StandardCharsets.ISO_8859_1);
            return Arrays.asList(environment.split("\0")).contains(SESSION + "=" + session);
        }
        catch (final IOException ex)
        {
            // Another user's, or gone this moment.
            return false;
        }
    }
}
