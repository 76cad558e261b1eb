package io.pnet.bench.udp;

import io.pnet.bench.FarEnd;
import io.pnet.ip.IcmpError;
import io.pnet.ip.IpAddress;
import io.pnet.tcp.TcpSettings;
import io.pnet.udp.UdpEndpoint;
import io.pnet.udp.UdpHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Datagrams through a stack without I/O, each way, in ns a datagram; the checksum is the link's business. Good is 100
 * ns and less.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = {"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED"})
public class DatagramBenchmark
{
    private static final int BATCH = 16;
    private static final int REMOTE = 0x0A01_0001;

    /** Bytes of payload. */
    @Param({"64", "1472"})
    public int payload;

    private FarEnd farEnd;
    private UdpEndpoint endpoint;
    private long received;
    private long sent;

    private final UdpHandler handler = new UdpHandler()
    {
        @Override
        public void onDatagram(
            final UdpEndpoint to,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            received++;
        }

        @Override
        public void onError(final UdpEndpoint to, final IcmpError.Kind kind)
        {
            throw new IllegalStateException("an error came: " + kind);
        }
    };

    /** An endpoint with a peer, whose way is known. */
    @Setup
    public void open() throws IOException
    {
        farEnd = new FarEnd(false, new TcpSettings());
        endpoint = farEnd.stack().udp().bind(IpAddress.ANY_V4, 7, handler);
        endpoint.connect(IpAddress.parse("10.1.0.1"), 5_000);
        out();
        farEnd.run();
        farEnd.datagram(REMOTE, 5_000, 7, payload);
    }

    /** Every datagram has come. */
    @TearDown(Level.Iteration)
    public void check()
    {
        if (received != sent)
        {
            throw new IllegalStateException(received + " datagrams came, not " + sent);
        }
    }

    /** Received in place. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long in()
    {
        for (int i = 0; i < BATCH; i++)
        {
            farEnd.send();
        }
        sent += BATCH;
        farEnd.run();
        return received;
    }

    /** Claimed, written in place but for most of the payload, and sent. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int out()
    {
        for (int i = 0; i < BATCH; i++)
        {
            final int at = endpoint.claim(payload);
            endpoint.buffer().putInt(at, i);
            endpoint.commit();
        }
        return farEnd.run();
    }
}
