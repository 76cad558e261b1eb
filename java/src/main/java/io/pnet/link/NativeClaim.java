package io.pnet.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A name that one process in a network namespace holds until it closes the claim or dies. It leaves nothing behind: it
 * is an abstract Unix address, and a second one beside it says who holds it.
 */
public final class NativeClaim implements AutoCloseable
{
    /** Nobody is known to hold it. */
    public static final long NOBODY = -1;

    private static final Path SOCKETS = Path.of("/proc/net/unix");
    private static final String PREFIX = "pnet-claim:";
    private static final char HOLDER = '#';

    private final int fd;
    private final int holderFd;

    private NativeClaim(final int fd, final int holderFd)
    {
        this.fd = fd;
        this.holderFd = holderFd;
    }

    /**
     * Takes a name.
     *
     * @return null when another process has it, or this one has taken it before; see {@link #holder}.
     * @throws LinkException one line, when there is no telling.
     */
    public static NativeClaim take(final String name) throws LinkException
    {
        NativeLibrary.ensureAvailable();
        final int fd = Native.pnet_claim(PREFIX + name);
        if (fd == -Errno.EADDRINUSE)
        {
            return null;
        }
        if (fd < 0)
        {
            throw new LinkException("cannot claim " + name + ": " + Native.pnet_errno_name(-fd));
        }
        return new NativeClaim(fd, Native.pnet_claim(PREFIX + name + HOLDER + ProcessHandle.current().pid()));
    }

    /** The process that holds a name; {@link #NOBODY} when there is none, or none that can be told. */
    public static long holder(final String name)
    {
        final String start = "@" + PREFIX + name + HOLDER;
        try
        {
            // Names of sockets may hold any bytes.
            for (final String line : Files.readAllLines(SOCKETS, StandardCharsets.ISO_8859_1))
            {
                final int at = line.indexOf(start);
                final String pid = at < 0 ? "" : line.substring(at + start.length());
                if (pid.matches("\\d{1,10}"))
                {
                    return Long.parseLong(pid);
                }
            }
        }
        catch (final IOException ex)
        {
            // Without /proc nobody can be told.
        }
        return NOBODY;
    }

    @Override
    public void close()
    {
        Native.pnet_close(holderFd);
        Native.pnet_close(fd);
    }
}
