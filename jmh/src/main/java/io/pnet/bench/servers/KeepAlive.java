package io.pnet.bench.servers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * A client that keeps many connections: opens them, says something on each and waits for every answer, twice more on
 * the same ones, then leaves, or stays until the server has closed the last. One thread, the kernel's channels.
 */
public final class KeepAlive
{
    /** Connections that are being opened at a time: fewer than any server's backlog, as many clients would. */
    private static final int OPENING = 50;
    private static final int ROUNDS = 3;
    private static final long LIMIT_NS = 60_000_000_000L;

    private final InetSocketAddress server;
    private final int count;
    private final Talk talk;
    private final Selector selector;
    private final List<Conversation> conversations = new ArrayList<>();
    private int opened;
    private int answered;
    private int closed;

    private final class Conversation
    {
        final SocketChannel channel;
        final SelectionKey key;
        final ByteBuffer in = ByteBuffer.allocate(4096);
        int answers;

        Conversation() throws IOException
        {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            key = channel.register(selector, 0, this);
            final boolean isConnected = channel.connect(server);
            key.interestOps(isConnected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT);
            if (isConnected)
            {
                say(talk.first());
            }
        }

        /** Requests are small: a fresh or an answered connection has room for one. */
        void say(final byte[] words) throws IOException
        {
            final ByteBuffer out = ByteBuffer.wrap(words);
            channel.write(out);
            if (out.hasRemaining())
            {
                throw new IOException("no room for a request on a connection that had nothing to do");
            }
        }

        void onReady() throws IOException
        {
            if (key.isConnectable())
            {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                say(talk.first());
                return;
            }
            final int length = channel.read(in);
            if (length < 0)
            {
                throw new IOException("the server closed a connection after " + answers + " answers");
            }
            final int answer = talk.answerLength(in.duplicate().flip());
            if (answer >= 0)
            {
                in.flip().position(answer);
                in.compact();
                answers++;
                answered++;
            }
        }
    }

    private KeepAlive(final InetSocketAddress server, final int count, final Talk talk) throws IOException
    {
        this.server = server;
        this.count = count;
        this.talk = talk;
        selector = Selector.open();
    }

    /**
     * Keeps connections to a server.
     *
     * @param args address, port, how many connections, protocol, path, and {@code leave} or {@code stay}.
     * @throws IOException if one connection fails.
     */
    public static void main(final String[] args) throws IOException
    {
        final KeepAlive client = new KeepAlive(
            new InetSocketAddress(args[0], Integer.parseInt(args[1])), Integer.parseInt(args[2]),
            Talk.of(args[3], args[4]));
        final long beganNs = System.nanoTime();
        client.open();
        for (int round = 1; round < ROUNDS; round++)
        {
            client.again();
        }
        System.out.printf("%d connections, %d answers each, seconds %.3f%n",
            client.count, ROUNDS, (System.nanoTime() - beganNs) / 1e9);
        if (args[5].equals("stay"))
        {
            System.out.println("staying");
            client.awaitEnd();
            System.out.println("every connection was closed");
        }
    }

    private void open() throws IOException
    {
        final long deadlineNs = System.nanoTime() + LIMIT_NS;
        while (answered < count)
        {
            while (opened < count && opened - answered < OPENING)
            {
                conversations.add(new Conversation());
                opened++;
            }
            serve(deadlineNs);
        }
    }

    private void again() throws IOException
    {
        final long deadlineNs = System.nanoTime() + LIMIT_NS;
        answered = 0;
        final Queue<Conversation> waiting = new ArrayDeque<>(conversations);
        int said = 0;
        while (answered < count)
        {
            for (; said - answered < OPENING && !waiting.isEmpty(); said++)
            {
                waiting.remove().say(talk.again());
            }
            serve(deadlineNs);
        }
    }

    private void serve(final long deadlineNs) throws IOException
    {
        if (selector.select(1000) == 0 && System.nanoTime() - deadlineNs > 0)
        {
            throw new IOException("only " + answered + " of " + count + " connections had their answer in time");
        }
        for (final SelectionKey key : selector.selectedKeys())
        {
            ((Conversation)key.attachment()).onReady();
        }
        selector.selectedKeys().clear();
    }

    /** An end of stream and a reset are both an end; silence is not. */
    private void awaitEnd() throws IOException
    {
        final long deadlineNs = System.nanoTime() + LIMIT_NS;
        while (closed < count)
        {
            selector.select(1000);
            for (final SelectionKey key : selector.selectedKeys())
            {
                onEnd((Conversation)key.attachment());
            }
            selector.selectedKeys().clear();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IOException("the server left " + (count - closed) + " of " + count + " connections open");
            }
        }
    }

    private void onEnd(final Conversation conversation) throws IOException
    {
        try
        {
            if (conversation.channel.read(conversation.in.clear()) >= 0)
            {
                return;
            }
        }
        catch (final IOException e)
        {
            conversation.answers = -1;
        }
        conversation.channel.close();
        closed++;
    }
}
