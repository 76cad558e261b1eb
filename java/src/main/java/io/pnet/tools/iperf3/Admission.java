package io.pnet.tools.iperf3;

import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamServer;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The server's door: reads the cookie of who comes and makes it the next test's client, a stream of the running test,
 * or somebody who is sent away. A connection that says nothing holds up nobody else.
 *
 * <p>Its own threads accept and read cookies; the server's thread calls the methods.
 */
final class Admission
{
    private static final Duration COOKIE_PATIENCE = Duration.ofSeconds(10);

    private static final Duration END_PATIENCE = Duration.ofSeconds(2);

    /** A test's client. */
    record Client(String cookie, Control control)
    {
    }

    /** A stream of the running test, with its place in the order of accepting. */
    record Arrival(long order, Stream stream)
    {
    }

    private final StreamServer listener;
    private Client client;
    private boolean isClientTaken;
    private boolean isEnding;
    private int expected;
    private List<Arrival> arrivals = new ArrayList<>();
    private IOException failure;

    Admission(final StreamServer listener)
    {
        this.listener = listener;
    }

    void start()
    {
        final Thread thread = new Thread(this::accept, "iperf3 accept");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept()
    {
        try
        {
            for (long order = 0; ; order++)
            {
                final Stream stream = listener.accept();
                final long place = order;
                final Thread thread = new Thread(() -> greet(stream, place), "iperf3 cookie");
                thread.setDaemon(true);
                thread.start();
            }
        }
        catch (final IOException ex)
        {
            synchronized (this)
            {
                failure = ex;
                notifyAll();
            }
        }
    }

    private void greet(final Stream stream, final long order)
    {
        final Control control = new Control(stream);
        try
        {
            control.readTimeout(COOKIE_PATIENCE);
            final String cookie = control.readCookie();
            control.readTimeout(Duration.ZERO);
            if (!admit(new Client(cookie, control), order))
            {
                control.writeState(State.ACCESS_DENIED);
                control.close();
            }
        }
        catch (final IOException ex)
        {
            stream.abort();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            stream.abort();
        }
    }

    private synchronized boolean admit(final Client comer, final long order) throws InterruptedException
    {
        final long untilNs = System.nanoTime() + END_PATIENCE.toNanos();
        while (isEnding && System.nanoTime() < untilNs)
        {
            wait(END_PATIENCE.toMillis());
        }
        if (client == null)
        {
            client = comer;
            notifyAll();
            return true;
        }
        if (arrivals.size() < expected && client.cookie().equals(comer.cookie()))
        {
            arrivals.add(new Arrival(order, comer.control().stream()));
            notifyAll();
            return true;
        }
        return false;
    }

    /** Waits for the next test's client. */
    synchronized Client awaitClient() throws IOException, InterruptedException
    {
        while (client == null || isClientTaken)
        {
            if (failure != null)
            {
                throw failure;
            }
            wait();
        }
        isClientTaken = true;
        return client;
    }

    /** From now on streams with the client's cookie are let in. */
    synchronized void expectStreams(final int count)
    {
        arrivals = new ArrayList<>();
        expected = count;
    }

    /** Waits until the streams are there; returns fewer when they do not come in time. */
    synchronized List<Arrival> awaitStreams(final Duration patience) throws InterruptedException
    {
        final long untilNs = System.nanoTime() + patience.toNanos();
        while (arrivals.size() < expected && failure == null)
        {
            final long leftNs = untilNs - System.nanoTime();
            if (leftNs <= 0)
            {
                break;
            }
            wait(leftNs / 1_000_000 + 1);
        }
        expected = 0;
        return new ArrayList<>(arrivals);
    }

    /** The test is as good as over: who comes now is the next client, a moment later. */
    synchronized void beginEnd()
    {
        isEnding = true;
    }

    /** The next client may come. */
    synchronized void endTest()
    {
        isEnding = false;
        notifyAll();
        client = null;
        isClientTaken = false;
        expected = 0;
        arrivals = new ArrayList<>();
    }

    /** Why nobody can come any more; null while they can. */
    synchronized IOException failure()
    {
        return failure;
    }

    /** Ends the waits. */
    synchronized void close()
    {
        if (failure == null)
        {
            failure = new IOException("interrupt - the server has terminated");
        }
        notifyAll();
    }
}
