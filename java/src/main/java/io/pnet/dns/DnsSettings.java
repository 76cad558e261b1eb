package io.pnet.dns;

import io.pnet.ip.IpAddress;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How names are looked up: what {@code resolv.conf(5)} says, and what the user says instead. Plain values, to be set
 * before they are used.
 */
public final class DnsSettings
{
    /** Where the system keeps its own. */
    public static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    /** The port of name servers. */
    public static final int PORT = 53;

    private static final int MAX_NDOTS = 15;
    private static final int MAX_TIMEOUT_S = 30;
    private static final int MAX_ATTEMPTS = 5;

    /** The name servers, in the order in which they are asked. */
    public List<InetSocketAddress> servers = List.of(new InetSocketAddress("127.0.0.1", PORT));
    /** What is appended to names that are not complete. */
    public List<String> search = List.of();
    /** Names with so many dots are tried as they are first, and with the search list after that. */
    public int ndots = 1;
    /** How long one server is waited for. */
    public Duration timeout = Duration.ofSeconds(5);
    /** How many times each server is asked. */
    public int attempts = 2;
    /** Whether each look-up begins with another server. */
    public boolean rotate;
    /** Whether TCP is used at once. */
    public boolean useTcp;
    /** Whether IPv6 addresses are never asked for. */
    public boolean noAaaa;
    /** Names that need no server; it is read again when it changes. */
    public Path hostsFile = Path.of("/etc/hosts");
    /** This process's own name, which its own addresses go with; null for the kernel's. */
    public String hostName;

    /** What the system's {@code /etc/resolv.conf} says; the defaults where there is none. */
    public static DnsSettings system()
    {
        try
        {
            // Comments may hold any bytes.
            return parse(Files.readAllLines(RESOLV_CONF, StandardCharsets.ISO_8859_1));
        }
        catch (final IOException ex)
        {
            // resolv.conf(5): without the file the server is the one on this machine.
            return new DnsSettings();
        }
    }

    /** From the lines of a {@code resolv.conf}. What it does not know or cannot read it passes over, as others do. */
    public static DnsSettings parse(final List<String> lines)
    {
        final DnsSettings settings = new DnsSettings();
        final List<InetSocketAddress> servers = new ArrayList<>();
        for (final String line : lines)
        {
            final String[] words = line.strip().split("\\s+");
            if (words.length < 2 || words[0].startsWith("#") || words[0].startsWith(";"))
            {
                continue;
            }
            switch (words[0])
            {
                case "nameserver" -> addServer(servers, words[1]);
                case "domain" -> settings.search = List.of(words[1]);
                case "search" -> settings.search = List.of(Arrays.copyOfRange(words, 1, words.length));
                case "options" ->
                {
                    for (int i = 1; i < words.length; i++)
                    {
                        settings.option(words[i]);
                    }
                }
                default ->
                {
                    // sortlist and the like.
                }
            }
        }
        if (!servers.isEmpty())
        {
            settings.servers = List.copyOf(servers);
        }
        return settings;
    }

    /**
     * Takes the name servers from an option.
     *
     * @param text {@code ADDR[+ADDR...]}, each an IPv4 or IPv6 literal, with a port as {@code 10.0.0.1:5353} or
     *             {@code [fd00::1]:5353}.
     * @return this.
     * @throws IllegalArgumentException one line, if it is anything else.
     */
    public DnsSettings servers(final String text)
    {
        final List<InetSocketAddress> parsed = new ArrayList<>();
        for (final String each : text.split("\\+", -1))
        {
            parsed.add(server(each));
        }
        servers = List.copyOf(parsed);
        return this;
    }

    private static InetSocketAddress server(final String text)
    {
        String host = text;
        int port = PORT;
        final int colon = text.lastIndexOf(':');
        if (text.startsWith("[") ? text.indexOf("]:") > 0 : colon > 0 && text.indexOf(':') == colon)
        {
            host = text.substring(0, colon);
            port = text.substring(colon + 1).matches("\\d{1,5}") ? Integer.parseInt(text.substring(colon + 1)) : 0;
        }
        if (host.startsWith("[") && host.endsWith("]"))
        {
            host = host.substring(1, host.length() - 1);
        }
        if (port < 1 || port > 0xFFFF)
        {
            throw new IllegalArgumentException("bad port in name server '" + text + "': it is 1 to 65535");
        }
        try
        {
            return new InetSocketAddress(IpAddress.parse(host).toInetAddress(), port);
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IllegalArgumentException(
                "bad name server '" + text + "': write it as 10.0.0.1 or fd00::1, several with + between");
        }
    }

    private static void addServer(final List<InetSocketAddress> servers, final String text)
    {
        try
        {
            // An IPv6 scope names the kernel's interface; ours is the only link there is.
            final int scope = text.indexOf('%');
            final IpAddress address = IpAddress.parse(scope < 0 ? text : text.substring(0, scope));
            servers.add(new InetSocketAddress(address.toInetAddress(), PORT));
        }
        catch (final IllegalArgumentException ex)
        {
            // Passed over, as by the C library; the other servers may do.
        }
    }

    private void option(final String word)
    {
        final int colon = word.indexOf(':');
        final String digits = word.substring(colon + 1);
        if (colon > 0 && digits.matches("\\d{1,6}"))
        {
            final int value = Integer.parseInt(digits);
            switch (word.substring(0, colon))
            {
                case "ndots" -> ndots = Math.min(value, MAX_NDOTS);
                case "timeout" -> timeout = Duration.ofSeconds(Math.min(Math.max(value, 1), MAX_TIMEOUT_S));
                case "attempts" -> attempts = Math.min(Math.max(value, 1), MAX_ATTEMPTS);
                default ->
                {
                    // For other resolvers.
                }
            }
            return;
        }
        rotate |= word.equals("rotate");
        useTcp |= word.equals("use-vc");
        noAaaa |= word.equals("no-aaaa");
    }
}
