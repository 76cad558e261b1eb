package io.pnet.dns;

import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.socket.UdpSocket;
import io.pnet.stack.IpProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Look-ups of one process at name servers on another, joined by a pipe. */
@Timeout(60)
class ResolverTest
{
    private static final int A = DnsMessage.A;
    private static final int AAAA = DnsMessage.AAAA;
    private static final String SERVER = "10.0.0.53";
    private static final String SECOND = "10.0.0.54";

    @TempDir
    private Path folder;
    private IpProcess client;
    private IpProcess serving;
    private FakeServer server;
    private final DnsSettings settings = new DnsSettings().servers(SERVER);

    @BeforeEach
    void start() throws IOException
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 16L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
        client = process(pipe.left(), left, "10.0.0.1/24", "fd00::1/64");
        serving = process(pipe.right(), right, "10.0.0.53/24", "10.0.0.54/24", "fd00::53/64");
        server = new FakeServer(serving, SERVER);
        settings.hostsFile = folder.resolve("hosts");
        settings.timeout = Duration.ofSeconds(10);
        settings.hostName = "me.example";
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

    @AfterEach
    void stop()
    {
        server.close();
        client.close();
        serving.close();
    }

    private Resolver resolver()
    {
        return new Resolver(client, settings, SelectorProvider.provider(), InetAddress::isLoopbackAddress);
    }

    private List<String> find(final String host) throws UnknownHostException
    {
        return resolver().addresses(host, true, true).stream().map(InetAddress::getHostAddress).toList();
    }

    private UnknownHostException fails(final String host)
    {
        return assertThrows(UnknownHostException.class, () -> resolver().addresses(host, true, true));
    }

    @Test
    void findsBothVersionsAndKeepsTheNameThatWasAskedFor() throws Exception
    {
        server.host("both.example", 10, 1, 1, 1)
            .host("both.example", 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9);
        assertEquals(List.of("10.1.1.1", "fd00:0:0:0:0:0:0:9"), find("Both.Example"));
        assertEquals("Both.Example/10.1.1.1", resolver().addresses("Both.Example", true, false).get(0).toString());
        assertEquals(List.of("both.example 1", "both.example 28", "both.example 1"), server.asked);
    }

    @Test
    void asksOnlyForVersionsThatAreOfUse() throws Exception
    {
        server.host("v4.example", 10, 1, 1, 1);
        settings.noAaaa = true;
        assertEquals(List.of("10.1.1.1"), find("v4.example"));
        assertEquals(List.of("v4.example 1"), server.asked);
    }

    @Test
    void drawsAnotherIdentifierAndPortEachTime() throws Exception
    {
        server.host("one.example", 10, 1, 1, 1);
        for (int i = 0; i < 8; i++)
        {
            find("one.example");
        }
        final long distinct =
            server.queries.stream().mapToInt(query -> ByteBuffer.wrap(query).getShort(0)).distinct().count();
        assertTrue(distinct >= 15, distinct + " identifiers in 16 queries");
    }

    @Test
    void followsAliasesTheServerDoesNotFollow() throws Exception
    {
        server.on("www.example", A, query -> List.of(Answers.to(query).alias("www.example", "cdn.example").bytes()));
        server.host("cdn.example", 10, 1, 1, 2);
        assertEquals(List.of("10.1.1.2"), find("www.example"));
    }

    @Test
    void givesUpOnAliasesWithoutEnd()
    {
        for (int i = 0; i < 20; i++)
        {
            final String target = "a" + (i + 1) + ".example";
            final String name = "a" + i + ".example";
            server.on(name, A, query -> List.of(Answers.to(query).alias(name, target).bytes()));
        }
        assertEquals("a0.example: no such name", fails("a0.example").getMessage());
    }

    @Test
    void turnsToTcpWhenTruncated() throws Exception
    {
        server.on("big.example", A, query -> List.of(Answers.to(query).truncated().bytes()));
        server.onStream("big.example", A, query ->
        {
            final Answers answer = Answers.to(query);
            for (int i = 0; i < 3000; i++)
            {
                answer.address("big.example", 10, 2, i >> 8, i & 0xFF);
            }
            return List.of(answer.bytes());
        });
        assertEquals(3000, find("big.example").size());
        assertTrue(server.asked.contains("big.example 1 tcp"), server.asked.toString());
    }

    @Test
    void asksOverTcpAtOnceWhenTold() throws Exception
    {
        settings.useTcp = true;
        settings.noAaaa = true;
        server.onStream("tcp.example", A,
            query -> List.of(Answers.to(query).address("tcp.example", 10, 1, 1, 1).bytes()));
        assertEquals(List.of("10.1.1.1"), find("tcp.example"));
        assertEquals(List.of("tcp.example 1 tcp"), server.asked);
    }

    @Test
    void passesOverAnswersThatAreNotItsOwn() throws Exception
    {
        server.on("spoofed.example", A, query -> List.of(
            Answers.to(query).address("spoofed.example", 6, 6, 6, 6).id(Answers.to(query).id() ^ 1).bytes(),
            Answers.to(Answers.to(query).id(), "other.example", A).address("other.example", 6, 6, 6, 6).bytes(),
            Answers.to(Answers.to(query).id(), "spoofed.example", DnsMessage.PTR).bytes(),
            Answers.to(query).address("spoofed.example", 6, 6, 6, 6).notAResponse().bytes(),
            new byte[]{1, 2, 3},
            new byte[0],
            Answers.to(query).address("spoofed.example", 10, 1, 1, 1).bytes()));
        assertEquals(List.of("10.1.1.1"), find("spoofed.example"));
    }

    @Test
    void takesNoAnswerFromAnotherPortOrAddress() throws Exception
    {
        settings.noAaaa = true;
        settings.attempts = 1;
        settings.timeout = Duration.ofSeconds(20);
        try (UdpSocket otherPort = UdpSocket.open(serving, new InetSocketAddress(SERVER, 5353));
            UdpSocket otherAddress = UdpSocket.open(serving, new InetSocketAddress(SECOND, 53)))
        {
            server.on("port.example", A, query ->
            {
                final byte[] forged = Answers.to(query).address("port.example", 6, 6, 6, 6).bytes();
                try
                {
                    otherPort.send(ByteBuffer.wrap(forged), server.asker);
                    otherAddress.send(ByteBuffer.wrap(forged), server.asker);
                }
                catch (final IOException ex)
                {
                    throw new AssertionError(ex);
                }
                return List.of(Answers.to(query).address("port.example", 10, 1, 1, 1).bytes());
            });
            assertEquals(List.of("10.1.1.1"), find("port.example"));
        }
    }

    @Test
    void asksTheNextServerWhenOneIsSilentFailsOrIsNotThere() throws Exception
    {
        settings.timeout = Duration.ofMillis(500);
        settings.servers("10.0.0.99+10.0.0.54:54+10.0.0.53+" + SECOND);
        server.on("second.example", A, query -> List.of(Answers.to(query).rcode(DnsMessage.SERVER_FAILURE).bytes()));
        server.on("second.example", AAAA, query -> List.of(Answers.to(query).rcode(DnsMessage.REFUSED).bytes()));
        try (FakeServer second = new FakeServer(serving, SECOND))
        {
            second.host("second.example", 10, 1, 1, 3);
            assertEquals(List.of("10.1.1.3"), find("second.example"));
            assertEquals(2, second.asked.size());
        }
    }

    @Test
    void saysWhoDidNotAnswer()
    {
        settings.timeout = Duration.ofMillis(300);
        server.on("silent.example", A, query -> List.of());
        server.on("silent.example", AAAA, query -> List.of());
        final long startNs = System.nanoTime();
        assertEquals("silent.example: 10.0.0.53 did not answer", fails("silent.example").getMessage());
        final long tookMs = (System.nanoTime() - startNs) / 1_000_000;
        assertTrue(tookMs >= 590 && tookMs < 10_000, tookMs + " ms for two attempts of 300 ms");
        assertEquals(4, server.asked.size());
    }

    @Test
    void asksAgainOnlyForWhatIsMissing() throws Exception
    {
        settings.timeout = Duration.ofSeconds(1);
        server.host("half.example", 10, 1, 1, 1);
        server.on("half.example", AAAA, query -> List.of());
        assertEquals(List.of("10.1.1.1"), find("half.example"));
        assertEquals(List.of("half.example 1", "half.example 28", "half.example 28"), server.asked);
    }

    @Test
    void leavesEdnsAwayForServersThatDoNotKnowIt() throws Exception
    {
        settings.noAaaa = true;
        server.on("old.example", A, query -> List.of(query[11] == 0 ?
            Answers.to(query).address("old.example", 10, 1, 1, 1).bytes() :
            Answers.to(query).rcode(DnsMessage.FORMAT_ERROR).bytes()));
        assertEquals(List.of("10.1.1.1"), find("old.example"));
        assertEquals(2, server.asked.size());
    }

    @Test
    void triesTheSearchListByTheNumberOfDots() throws Exception
    {
        settings.noAaaa = true;
        settings.search = List.of("a.example", "b.example");
        server.host("db.b.example", 10, 1, 1, 1).host("x.y", 10, 1, 1, 2);
        assertEquals(List.of("10.1.1.1"), find("db"));
        assertEquals(List.of("10.1.1.2"), find("x.y"));
        fails("db.");
        assertEquals(List.of("db.a.example 1", "db.b.example 1", "x.y 1", "db 1"), server.asked);
        server.asked.clear();
        settings.ndots = 2;
        assertEquals(List.of("10.1.1.2"), find("x.y"));
        assertEquals(List.of("x.y.a.example 1", "x.y.b.example 1", "x.y 1"), server.asked);
    }

    @Test
    void triesTheNextNameWhenAServerCannotTellButNotWhenItIsSilent() throws Exception
    {
        settings.noAaaa = true;
        settings.attempts = 1;
        settings.search = List.of("broken.example", "good.example");
        server.on("db.broken.example", A, query ->
            List.of(Answers.to(query).rcode(DnsMessage.SERVER_FAILURE).bytes()));
        server.host("db.good.example", 10, 1, 1, 1);
        assertEquals(List.of("10.1.1.1"), find("db"));
        server.on("web.broken.example", A, query ->
            List.of(Answers.to(query).rcode(DnsMessage.SERVER_FAILURE).bytes()));
        assertEquals("web: 10.0.0.53 could not answer: server failure", fails("web").getMessage());
        server.asked.clear();
        settings.timeout = Duration.ofMillis(200);
        server.on("off.broken.example", A, query -> List.of());
        assertEquals("off: 10.0.0.53 did not answer", fails("off").getMessage());
        assertEquals(List.of("off.broken.example 1"), server.asked);
    }

    @Test
    void saysWhenThereIsNoSuchName()
    {
        assertEquals("nowhere.example: no such name", fails("nowhere.example").getMessage());
        assertEquals(2, server.asked.size(), "asked once for each version");
        server.on("bare.example", DnsMessage.PTR, query -> List.of());
        assertEquals("bare.example: no such name", fails("bare.example").getMessage());
    }

    @Test
    void neverAsksForWhatIsNoName()
    {
        for (final String name : new String[]{"", ".", "a..b", "a b", "x".repeat(64), "b\u00fccher.example", "a\\b"})
        {
            fails(name);
        }
        assertEquals(List.of(), server.asked);
    }

    @Test
    void looksIntoTheHostsFileFirstAndSeesItChange() throws Exception
    {
        Files.writeString(settings.hostsFile, """
            # comment
            10.3.0.1\tdb.example db # the database
            fd00::3 db
            nonsense db
            10.3.0.9 me.example
            """);
        final Resolver resolver = resolver();
        assertEquals(2, resolver.addresses("DB", true, true).size());
        assertEquals("db.example", resolver.name(IpAddress.parse("10.3.0.1")));
        Files.writeString(settings.hostsFile, "10.3.0.22 db\n");
        assertEquals("db/10.3.0.22", resolver.addresses("db", true, true).get(0).toString());
        // The own name is ours, whatever is there.
        assertEquals("me.example/10.0.0.1", resolver.addresses("me.example", true, false).get(0).toString());
        assertEquals(List.of(), server.asked);
    }

    @Test
    void knowsItselfAndTheLoopbackWithoutAsking() throws Exception
    {
        assertEquals(List.of("10.0.0.1", "fd00:0:0:0:0:0:0:1"), find("me.example"));
        assertEquals(List.of("127.0.0.1", "0:0:0:0:0:0:0:1"), find("localhost"));
        assertEquals("me.example", resolver().name(IpAddress.parse("fd00::1")));
        assertEquals("localhost", resolver().name(IpAddress.parse("127.0.0.9")));
        assertEquals(List.of(), server.asked);
        settings.hostName = null;
        assertNotEquals("localhost", resolver().ownName());
    }

    @Test
    void findsNamesOfAddresses() throws Exception
    {
        final String v4 = "9.1.1.10.in-addr.arpa";
        final String v6 = "9." + "0.".repeat(27) + "0.0.d.f.ip6.arpa";
        server.on(v4, DnsMessage.PTR, query -> List.of(Answers.to(query)
            .pointer(v4, "$(reboot).example").pointer(v4, "Nine.Example").bytes()));
        server.on(v6, DnsMessage.PTR, query -> List.of(Answers.to(query).pointer(v6, "six.example").bytes()));
        assertEquals("nine.example", resolver().name(IpAddress.parse("10.1.1.9")));
        assertEquals("six.example", resolver().name(IpAddress.parse("fd00::9")));
        final UnknownHostException ex =
            assertThrows(UnknownHostException.class, () -> resolver().name(IpAddress.parse("10.1.1.8")));
        assertEquals("10.1.1.8 has no name", ex.getMessage());
    }

    @Test
    void anInterruptEndsNoLookUpAndIsKept() throws Exception
    {
        server.host("one.example", 10, 1, 1, 1);
        Thread.currentThread().interrupt();
        assertEquals(List.of("10.1.1.1"), find("one.example"));
        assertTrue(Thread.interrupted());

        final Thread asking = Thread.currentThread();
        server.on("slow.example", A, query ->
        {
            asking.interrupt();
            return List.of(Answers.to(query).address("slow.example", 10, 1, 1, 4).bytes());
        });
        assertEquals(List.of("10.1.1.4"), find("slow.example"));
        assertTrue(Thread.interrupted());
    }

    @Test
    void survivesAServerThatTalksNonsense()
    {
        settings.timeout = Duration.ofMillis(20);
        settings.attempts = 1;
        final SplittableRandom random = new SplittableRandom(1);
        server.on("fuzz.example", A, query ->
        {
            final byte[] answer = Answers.to(query).alias("fuzz.example", "b").address("b", 10, 0, 0, 1).bytes();
            for (int i = random.nextInt(1, 8); i > 0; i--)
            {
                answer[random.nextInt(2, answer.length)] = (byte)random.nextInt();
            }
            return List.of(answer);
        });
        int found = 0;
        for (int i = 0; i < 300; i++)
        {
            try
            {
                found += find("fuzz.example").size();
            }
            catch (final UnknownHostException ex)
            {
                // What it is for.
            }
        }
        assertTrue(server.asked.size() >= 300);
        assertTrue(found < 300);
    }

    @Test
    void asksTheKernelsServersThroughTheKernel() throws Exception
    {
        settings.noAaaa = true;
        try (DatagramChannel kernel = DatagramChannel.open().bind(new InetSocketAddress("127.0.0.1", 0)))
        {
            settings.servers("127.0.0.1:" + ((InetSocketAddress)kernel.getLocalAddress()).getPort());
            final Thread thread = new Thread(() ->
            {
                try
                {
                    final ByteBuffer buffer = ByteBuffer.allocate(1500);
                    final var from = kernel.receive(buffer);
                    final byte[] query = new byte[buffer.flip().remaining()];
                    buffer.get(query);
                    kernel.send(ByteBuffer.wrap(Answers.to(query).address("k.example", 10, 1, 1, 7).bytes()), from);
                }
                catch (final IOException ex)
                {
                    throw new AssertionError(ex);
                }
            });
            thread.start();
            assertEquals(List.of("10.1.1.7"), find("k.example"));
            thread.join();
        }
        // Nobody is there any more: said at once, not after the time-out.
        final long startNs = System.nanoTime();
        fails("k.example");
        assertTrue(System.nanoTime() - startNs < 9_000_000_000L);
    }
}
