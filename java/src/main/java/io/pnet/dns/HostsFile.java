package io.pnet.dns;

import io.pnet.ip.IpAddress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a {@code hosts(5)} file says. It is looked at for each look-up and read when it has changed. Any thread. */
final class HostsFile
{
    private record Content(
        FileTime modified, long size, Object key, Map<String, List<IpAddress>> addresses, Map<IpAddress, String> names)
    {
    }

    private static final Content NOTHING = new Content(null, -1, null, Map.of(), Map.of());

    private final Path file;
    private volatile Content content = NOTHING;

    HostsFile(final Path file)
    {
        this.file = file;
    }

    /** The addresses of a name, in the file's order; empty if it has none. */
    List<IpAddress> addresses(final String host)
    {
        return current().addresses.getOrDefault(DnsName.canonical(host), List.of());
    }

    /** The name of an address, or null. */
    String name(final IpAddress address)
    {
        return current().names.get(address);
    }

    private Content current()
    {
        try
        {
            final BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            final Content known = content;
            if (attributes.lastModifiedTime().equals(known.modified) && attributes.size() == known.size &&
                attributes.fileKey() != null && attributes.fileKey().equals(known.key))
            {
                return known;
            }
            final Content read = parse(
                Files.readAllLines(file, StandardCharsets.ISO_8859_1),
                attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
            content = read;
            return read;
        }
        catch (final IOException ex)
        {
            // No file, no names: as for everybody else.
            return NOTHING;
        }
    }

    private static Content parse(
        final List<String> lines, final FileTime modified, final long size, final Object key)
    {
        final Map<String, List<IpAddress>> addresses = new HashMap<>();
        final Map<IpAddress, String> names = new HashMap<>();
        for (final String line : lines)
        {
            final int comment = line.indexOf('#');
            final String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+");
            final IpAddress address = words.length < 2 ? null : address(words[0]);
            if (address != null)
            {
                names.putIfAbsent(address, words[1]);
                for (int i = 1; i < words.length; i++)
                {
                    final List<IpAddress> ofName =
                        addresses.computeIfAbsent(DnsName.canonical(words[i]), name -> new ArrayList<>());
                    if (!ofName.contains(address))
                    {
                        ofName.add(address);
                    }
                }
            }
        }
        return new Content(modified, size, key, addresses, names);
    }

    private static IpAddress address(final String text)
    {
        try
        {
            final int scope = text.indexOf('%');
            return IpAddress.parse(scope < 0 ? text : text.substring(0, scope));
        }
        catch (final IllegalArgumentException ex)
        {
            return null;
        }
    }
}
