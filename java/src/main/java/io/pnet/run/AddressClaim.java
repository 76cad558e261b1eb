package io.pnet.run;

import io.pnet.link.NativeClaim;

import java.io.IOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One process owns an address. A JVM that finds it held by an ancestor, or by another process of the same
 * {@code pnet run}, has only inherited the settings and keeps to the kernel; held by anybody else, it is taken.
 */
final class AddressClaim
{
    /** Set by the launcher: the same for everything that one {@code pnet run} starts. */
    static final String SESSION = "PNET_SESSION";

    private final String link;
    private final String session;
    private final List<NativeClaim> claims = new ArrayList<>();

    /**
     * @param link    where the addresses are to be used.
     * @param session of this process; null without the launcher.
     */
    AddressClaim(final String link, final String session)
    {
        this.link = link;
        this.session = session;
    }

    /**
     * Takes all addresses or none.
     *
     * @return null when they are ours; else one line that says why this JVM has none.
     * @throws BindException one line, when a stranger has one.
     */
    String take(final List<String> addresses) throws IOException
    {
        for (final String prefix : addresses)
        {
            final String address = prefix.replaceFirst("/.*", "");
            final String name = link + "/" + address;
            final NativeClaim claim = NativeClaim.take(name);
            if (claim == null)
            {
                release();
                return refused(address, NativeClaim.holder(name));
            }
            claims.add(claim);
        }
        return null;
    }

    /** Gives them back. */
    void release()
    {
        claims.forEach(NativeClaim::close);
        claims.clear();
    }

    private String refused(final String address, final long holder) throws BindException
    {
        final String who = holder == NativeClaim.NOBODY ? "another process" : "process " + holder;
        if (isAncestor(holder) || isOfOurSession(holder))
        {
            return address + " belongs to " + who + ": this JVM keeps to the kernel's network";
        }
        throw new BindException(
            "address " + address + " on " + link + " is in use by " + who + "; choose another address");
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
