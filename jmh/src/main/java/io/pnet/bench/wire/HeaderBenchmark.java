package io.pnet.bench.wire;

import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv4Header;
import io.pnet.wire.TcpHeader;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/** Reading what demultiplexing a TCP segment over IPv4 needs, through views over a frame. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class HeaderBenchmark
{
    private static final int ETHERNET = 14;
    private static final String FRAME =
        "020000000002" + "020000000001" + "0800" +
        "4500003412344000" + "40060000" + "0a4d0001" + "0a4d0002" +
        "c0001451" + "01020304" + "05060708" + "8010ffff" + "00000000" + "0101080a0000000100000002";

    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ip = new Ipv4Header();
    private final TcpHeader tcp = new TcpHeader();
    private UnsafeBuffer frame;

    /** An acknowledgment with time stamps. */
    @Setup
    public void fill()
    {
        final byte[] bytes = HexFormat.of().parseHex(FRAME);
        frame = new UnsafeBuffer(BufferUtil.allocateDirectAligned(128, 64));
        frame.putBytes(2, bytes);
        ip.wrap(frame, 2 + ETHERNET).updateHeaderChecksum();
    }

    /** Views re-wrapped and the fields that find the connection read, with IPv4's checksum. */
    @Benchmark
    public int demultiplex()
    {
        ethernet.wrap(frame, 2);
        ip.wrap(frame, 2 + ETHERNET);
        if (ip.version() != 4 || !ip.isHeaderChecksumValid() || ip.isFragment())
        {
            throw new IllegalStateException("the frame is good");
        }
        tcp.wrap(frame, 2 + ETHERNET + ip.headerLength());
        return ip.source() * 31 + ip.destination() + tcp.sourcePort() + tcp.destinationPort() +
            tcp.sequenceNumber() + tcp.acknowledgmentNumber() + tcp.flags() + tcp.window();
    }
}
