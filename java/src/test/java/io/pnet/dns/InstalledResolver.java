package io.pnet.dns;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A program with the resolver installed; prints what InetAddress says. Run by {@link SystemResolverTest}. */
final class InstalledResolver
{
    private InstalledResolver()
    {
    }

    public static void main(final String[] arguments) throws Exception
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions(), left, right);
        try (IpProcess client = process(pipe.left(), left, "10.0.0.1/24", "fd00::1/64");
            IpProcess serving = process(pipe.right(), right, "10.0.0.53/24");
            FakeServer server = new FakeServer(serving, "10.0.0.53"))
        {
            final String reverse = ".1.1.10.in-addr.arpa";
            server.host("both.example", 10, 1, 1, 1)
                .host("both.example", 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)
                .host("late.example", 10, 1, 1, 8)
                .on("1" + reverse, DnsMessage.PTR, query ->
                    List.of(Answers.to(query).pointer("1" + reverse, "both.example").bytes()))
                .on("2" + reverse, DnsMessage.PTR, query ->
                    List.of(Answers.to(query).pointer("2" + reverse, "both.example").bytes()));
            // Known before as unknown, and forgotten.
            print("before", attempt("late.example"));
            final DnsSettings settings = new DnsSettings().servers("10.0.0.53");
            settings.hostName = "me.example";
            settings.hostsFile = Path.of("/nonexistent");
            try
            {
                SystemResolver.install(new Resolver(
                    client, settings, SelectorProvider.provider(), InetAddress::isLoopbackAddress));
            }
            catch (final IllegalStateException ex)
            {
                System.out.println(ex.getMessage());
                System.exit(2);
            }
            print("both", Arrays.stream(InetAddress.getAllByName("both.example"))
                .map(InetAddress::getHostAddress).collect(Collectors.joining("+")));
            print("local", InetAddress.getLocalHost());
            print("localAgain", InetAddress.getLocalHost().equals(InetAddress.getByName("me.example")));
            print("ownName", InetAddress.getByName("10.0.0.1").getCanonicalHostName());
            print("reverse", InetAddress.getByName("10.1.1.1").getHostName());
            print("liar", InetAddress.getByName("10.1.1.2").getHostName());
            print("nameless", InetAddress.getByName("10.1.1.3").getCanonicalHostName());
            print("unknown", attempt("nowhere.example"));
            print("loopback", InetAddress.getByName("localhost").isLoopbackAddress());
            print("socketAddress", new InetSocketAddress("late.example", 1).getAddress().getHostAddress());
            print("literal", InetAddress.getByName("192.0.2.1").getHostAddress());
        }
    }

    private static Object attempt(final String host)
    {
        try
        {
            return InetAddress.getByName(host);
        }
        catch (final UnknownHostException ex)
        {
            return ex.getClass().getSimpleName();
        }
    }

    private static void print(final String key, final Object value)
    {
        System.out.println(key + "=" + value);
    }

    private static IpProcess process(final Pipe link, final LinkContext context, final String... addresses)
        throws IOException
    {
        final IpSettings ip = new IpSettings();
        ip.addressDetection = false;
        final var builder = IpProcess.builder().link(link, context).ip(ip).linger(Duration.ZERO);
        List.of(addresses).forEach(builder::address);
        final IpProcess process = builder.start();
        link.onFrames(process.driver()::wakeup);
        return process;
    }
}
