package io.pnet.dns;

import io.pnet.socket.TcpServerSocket;
import io.pnet.socket.TcpSocket;
import io.pnet.socket.UdpSocket;
import io.pnet.stack.IpProcess;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A name server on a process of ours that says what it is told to, over UDP and TCP. */
final class FakeServer implements AutoCloseable
{
    /** What it was asked, as "NAME TYPE", with "tcp" behind it where it was over TCP. */
    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<byte[]> queries = new CopyOnWriteArrayList<>();
    /** Where the last datagram came from. */
    volatile InetSocketAddress asker;

    private final UdpSocket udp;
    private final TcpServerSocket tcp;
    private final Map<String, Function<byte[], List<byte[]>>> datagrams = new ConcurrentHashMap<>();
    private final Map<String, Function<byte[], List<byte[]>>> streams = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();

    FakeServer(final IpProcess process, final String address) throws IOException
    {
        final InetSocketAddress local = new InetSocketAddress(address, 53);
        udp = UdpSocket.open(process, local);
        tcp = TcpServerSocket.bind(process, local, 16, null);
        start(this::serveDatagrams);
        start(this::serveStreams);
    }

    /** Says nothing to what is not told here; "no such name" to names that are not told at all. */
    FakeServer on(final String name, final int type, final Function<byte[], List<byte[]>> answers)
    {
        datagrams.put(name + " " + type, answers);
        return this;
    }

    FakeServer onStream(final String name, final int type, final Function<byte[], List<byte[]>> answers)
    {
        streams.put(name + " " + type, answers);
        return this;
    }

    /** One address for a name. */
    FakeServer host(final String name, final int... address)
    {
        return on(name, address.length == 4 ? DnsMessage.A : DnsMessage.AAAA,
            query -> List.of(Answers.to(query).address(name, address).bytes()));
    }

    private interface Body
    {
        void run() throws IOException;
    }

    private void start(final Body body)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                body.run();
            }
            catch (final IOException ex)
            {
                // It was closed.
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void serveDatagrams() throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(1500);
        while (true)
        {
            buffer.clear();
            final InetSocketAddress from = udp.receive(buffer);
            final byte[] query = new byte[buffer.flip().remaining()];
            buffer.get(query);
            queries.add(query);
            asker = from;
            for (final byte[] answer : answers(datagrams, query, ""))
            {
                udp.send(ByteBuffer.wrap(answer), from);
            }
        }
    }

    private void serveStreams() throws IOException
    {
        while (true)
        {
            try (TcpSocket socket = tcp.accept())
            {
                final DataInputStream input = new DataInputStream(socket.inputStream());
                final byte[] query = new byte[input.readUnsignedShort()];
                input.readFully(query);
                for (final byte[] answer : answers(streams, query, " tcp"))
                {
                    socket.write(ByteBuffer.allocate(2 + answer.length)
                        .putShort((short)answer.length).put(answer).flip());
                }
            }
        }
    }

    private List<byte[]> answers(
        final Map<String, Function<byte[], List<byte[]>>> from, final byte[] query, final String suffix)
    {
        final Answers answer = Answers.to(query);
        asked.add(answer.name() + " " + answer.type() + suffix);
        final Function<byte[], List<byte[]>> told = from.get(answer.name() + " " + answer.type());
        if (told != null)
        {
            return told.apply(query);
        }
        final boolean isKnown = from.keySet().stream().anyMatch(key -> key.startsWith(answer.name() + " "));
        return List.of(answer.rcode(isKnown ? DnsMessage.NO_ERROR : DnsMessage.NO_SUCH_NAME).bytes());
    }

    @Override
    public void close()
    {
        udp.close();
        tcp.close();
        for (final Thread thread : threads)
        {
            try
            {
                thread.join(10_000);
            }
            catch (final InterruptedException ex)
            {
                throw new AssertionError(ex);
            }
        }
    }
}
