package io.pnet.bench.flood;

import io.pnet.counters.Counters;
import io.pnet.ip.IpAddress;
import io.pnet.link.ChunkPool;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkOptions;
import io.pnet.link.Links;
import io.pnet.link.TxFrame;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpHeader;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends SYNs from addresses that nobody has, at a steady rate, to one listener. For namespaces of a test's own only:
 * the sources are those that RFC 2544 sets aside for benchmarks, 198.18.0.0/15.
 *
 * <pre>SynFlood LINK MAC ADDRESS PORT RATE SECONDS</pre>
 *
 * Prints how many it has sent in all and a second.
 */
public final class SynFlood
{
    private static final int SOURCES = 0xC612_0000;
    private static final int SOURCE_BITS = 17;
    private static final int OPTIONS_LENGTH = 20;
    private static final int SEGMENT_LENGTH = TcpHeader.MIN_LENGTH + OPTIONS_LENGTH;
    private static final int FRAME_LENGTH = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH + SEGMENT_LENGTH;
    private static final int BATCH = 50;

    private final Link link;
    private final long mac;
    private final int address;
    private final int port;
    private final SplittableRandom random = new SplittableRandom(1);
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ip = new Ipv4Header();
    private final TcpHeader tcp = new TcpHeader();

    private SynFlood(final Link link, final long mac, final int address, final int port)
    {
        this.link = link;
        this.mac = mac;
        this.address = address;
        this.port = port;
    }

    /** Floods. */
    public static void main(final String[] arguments) throws IOException
    {
        if (arguments.length != 6)
        {
            System.err.println("usage: SynFlood LINK MAC ADDRESS PORT RATE SECONDS");
            System.exit(2);
        }
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters());
        // Nobody answers an address that we do not have: what comes in is of no interest.
        final LinkOptions options = new LinkOptions().promiscuous(false).rxRing(2_048, 64).txRing(2_048, 1_024);
        final Link link = Links.open(arguments[0], options, context);
        try
        {
            new SynFlood(
                link,
                Long.parseLong(arguments[1].replace(":", ""), 16),
                IpAddress.parse(arguments[2]).v4Bits(),
                Integer.parseInt(arguments[3]))
                .run(Long.parseLong(arguments[4]), Long.parseLong(arguments[5]) * 1_000_000_000L);
        }
        finally
        {
            link.close();
        }
    }

    private void run(final long rate, final long durationNs)
    {
        final long startNs = System.nanoTime();
        long sent = 0;
        long nowNs = startNs;
        while (nowNs - startNs < durationNs)
        {
            final long due = Math.min(BATCH, (nowNs - startNs) * rate / 1_000_000_000L - sent);
            for (long i = 0; i < due; i++)
            {
                if (!send())
                {
                    break;
                }
                sent++;
            }
            link.flush(nowNs);
            if (due < BATCH)
            {
                LockSupport.parkNanos(100_000);
            }
            nowNs = System.nanoTime();
        }
        System.out.printf("{\"syns\": %d, \"per_second\": %.0f}%n", sent, sent * 1e9 / (nowNs - startNs));
    }

    private boolean send()
    {
        final TxFrame frame = link.claim(FRAME_LENGTH, false);
        if (frame == null)
        {
            return false;
        }
        final UnsafeBuffer buffer = frame.buffer();
        final int source = SOURCES | random.nextInt(1 << SOURCE_BITS);
        ethernet.wrap(buffer, frame.offset()).destination(mac).source(link.capabilities().macAddress())
            .type(EthernetHeader.TYPE_IPV4);
        final int network = frame.offset() + EthernetHeader.LENGTH;
        ip.wrap(buffer, network).headerLength(Ipv4Header.MIN_LENGTH).typeOfService(0)
            .totalLength(Ipv4Header.MIN_LENGTH + SEGMENT_LENGTH).identification(0)
            .flagsAndFragment(Ipv4Header.FLAG_DF).ttl(64).protocol(ProtocolNumber.TCP)
            .source(source).destination(address).updateHeaderChecksum();
        final int at = network + Ipv4Header.MIN_LENGTH;
        tcp.wrap(buffer, at).sourcePort(1_024 + random.nextInt(60_000)).destinationPort(port)
            .sequenceNumber(random.nextInt()).acknowledgmentNumber(0).headerLength(SEGMENT_LENGTH)
            .flags(TcpHeader.SYN).window(64_240).checksum(0).urgentPointer(0);
        // As Linux's.
        int option = TcpOptions.putMss(buffer, at + TcpHeader.OPTIONS_OFFSET, 1_460);
        option = TcpOptions.putSackPermitted(buffer, option);
        option = TcpOptions.putTimestamps(buffer, option, random.nextInt(), 0);
        TcpOptions.putWindowScale(buffer, option, 7);
        final long sum = Checksum.pseudoHeaderV4(source, address, ProtocolNumber.TCP, SEGMENT_LENGTH) +
            Checksum.sum(buffer, at, SEGMENT_LENGTH);
        tcp.checksum(Checksum.finish(sum));
        link.commit(frame);
        return true;
    }
}
