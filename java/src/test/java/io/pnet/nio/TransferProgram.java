package io.pnet.nio;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.MemoryLinkOptions;
import io.pnet.link.Pipe;
import io.pnet.stack.IpProcess;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Transfers a file to and from channels; prints how that went. Run by {@link TransferTest}. */
final class TransferProgram
{
    private static final int SIZE = 20 << 20;

    private final ServerSocketChannel listener;
    private final PnetSelectorProvider clients;
    private final Path folder;
    private final byte[] content = new byte[SIZE];
    private volatile byte[] received;

    private TransferProgram(final IpProcess client, final IpProcess server, final Path folder) throws IOException
    {
        this.folder = folder;
        clients = new PnetSelectorProvider(client);
        listener = new PnetSelectorProvider(server).openServerSocketChannel();
        listener.bind(new InetSocketAddress("10.0.0.2", 80));
        new SplittableRandom(1).nextBytes(content);
        Files.write(folder.resolve("file"), content);
    }

    public static void main(final String[] arguments) throws Exception
    {
        final LinkContext left = new LinkContext(new ChunkPool(ChunkPool.LARGE, 32L << 20), new Counters());
        final LinkContext right = new LinkContext(new ChunkPool(ChunkPool.LARGE, 32L << 20), new Counters());
        final Pipe.Pair pipe = Pipe.pair(new MemoryLinkOptions().txOffload(true).rxGso(true), left, right);
        try (IpProcess client = process(pipe.left(), left, "10.0.0.1/24");
            IpProcess server = process(pipe.right(), right, "10.0.0.2/24"))
        {
            print("trusted", SocketChannels.areTransferTargets());
            print("shown", new PnetSelectorProvider(client).openSocketChannel());
            final TransferProgram program = new TransferProgram(client, server, Path.of(arguments[0]));
            program.sendBlocking();
            program.sendSelecting();
            program.receive();
            program.askForAStrangersSelector();
        }
        System.exit(0);
    }

    private static IpProcess process(final Pipe link, final LinkContext context, final String address)
        throws IOException
    {
        final IpSettings ip = new IpSettings();
        ip.addressDetection = false;
        final IpProcess process =
            IpProcess.builder().link(link, context).ip(ip).linger(Duration.ZERO).address(address).start();
        link.onFrames(process.driver()::wakeup);
        return process;
    }

    private static void print(final String key, final Object value)
    {
        System.out.println(key + "=" + value);
    }

    private SocketChannel connect() throws IOException
    {
        final SocketChannel channel = clients.openSocketChannel();
        channel.connect(listener.getLocalAddress());
        return channel;
    }

    /** Somebody who reads all that comes. */
    private Thread reader(final SocketChannel from)
    {
        final Thread thread = new Thread(() ->
        {
            try (from)
            {
                final ByteBuffer all = ByteBuffer.allocate(SIZE + 1);
                int n = 0;
                while (n >= 0)
                {
                    n = from.read(all);
                }
                received = Arrays.copyOf(all.array(), all.position());
            }
            catch (final IOException ex)
            {
                ex.printStackTrace();
            }
        });
        thread.start();
        return thread;
    }

    private void sendBlocking() throws Exception
    {
        try (FileChannel file = FileChannel.open(folder.resolve("file")); SocketChannel channel = connect())
        {
            final Thread reader = reader(listener.accept());
            final long first = file.transferTo(0, SIZE, channel);
            long position = first;
            while (position < SIZE)
            {
                position += file.transferTo(position, SIZE - position, channel);
            }
            print("beyond", file.transferTo(SIZE, 10, channel));
            channel.shutdownOutput();
            reader.join();
            print("first", first);
            print("blocking", Arrays.equals(content, received));
        }
    }

    private void sendSelecting() throws Exception
    {
        try (FileChannel file = FileChannel.open(folder.resolve("file"));
            SocketChannel channel = connect();
            Selector selector = clients.openSelector())
        {
            final Thread reader = reader(listener.accept());
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_WRITE);
            long position = 0;
            while (position < SIZE)
            {
                selector.select();
                selector.selectedKeys().clear();
                position += file.transferTo(position, SIZE - position, channel);
            }
            channel.shutdownOutput();
            reader.join();
            print("selecting", Arrays.equals(content, received));
        }
    }

    private void receive() throws Exception
    {
        try (FileChannel file = FileChannel.open(
            folder.resolve("copy"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            SocketChannel channel = connect())
        {
            final SocketChannel sender = listener.accept();
            final Thread thread = new Thread(() ->
            {
                try (sender)
                {
                    sender.write(ByteBuffer.wrap(content));
                }
                catch (final IOException ex)
                {
                    ex.printStackTrace();
                }
            });
            thread.start();
            long position = 0;
            long n = 1;
            while (n > 0)
            {
                n = file.transferFrom(channel, position, SIZE + 1);
                position += n;
            }
            thread.join();
        }
        print("receiving", Arrays.equals(content, Files.readAllBytes(folder.resolve("copy"))));
    }

    /** A selector of the JDK's cannot select our channels, and must say so rather than wait for ever. */
    private void askForAStrangersSelector() throws Exception
    {
        try (SocketChannel channel = connect(); Selector selector = SelectorProvider.provider().openSelector())
        {
            channel.configureBlocking(false);
            try
            {
                channel.register(selector, SelectionKey.OP_READ);
                selector.selectNow();
                print("stranger", "accepted");
            }
            catch (final IllegalSelectorException ex)
            {
                print("stranger", "refused");
            }
            listener.accept().close();
        }
    }
}
