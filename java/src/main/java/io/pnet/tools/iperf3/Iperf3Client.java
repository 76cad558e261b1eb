package io.pnet.tools.iperf3;

import io.pnet.tools.CommandException;
import io.pnet.tools.net.Addresses;
import io.pnet.tools.net.Datagrams;
import io.pnet.tools.net.Network;
import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamOptions;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A test from the client's side. {@link #run} on one thread, {@link #interrupt} from any. */
final class Iperf3Client
{
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Network network;
    private final InetSocketAddress server;
    private final InetSocketAddress local;
    private final Settings settings;
    private final Lane lane;
    private final Report report;
    private final double intervalSeconds;
    private final Duration connectTimeout;
    private final String cookie = Cookie.random();
    private final List<TestStream> streams = new ArrayList<>();
    private Control control;
    private volatile TestRun run;
    private Results remote;

    /**
     * @param local           where connections come from; null for any.
     * @param lane            of our TCP streams.
     * @param intervalSeconds between reports; 0 for one at the end only.
     */
    Iperf3Client(
        final Network network,
        final InetSocketAddress local,
        final InetSocketAddress server,
        final Settings settings,
        final Lane lane,
        final Report report,
        final double intervalSeconds,
        final Duration connectTimeout)
    {
        this.network = network;
        this.local = local;
        this.server = server;
        this.settings = settings;
        this.lane = lane;
        this.report = report;
        this.intervalSeconds = intervalSeconds;
        this.connectTimeout = connectTimeout;
    }

    /**
     * Runs the test.
     *
     * @throws CommandException with the line for the user when there is no result.
     */
    void run(final String host)
    {
        report.connecting(host, server.getPort());
        try
        {
            connect();
            drive();
        }
        catch (final IOException ex)
        {
            throw new CommandException("iperf3: " + ex.getMessage(), ex);
        }
        finally
        {
            close();
        }
    }

    private void connect() throws IOException
    {
        final Stream stream;
        try
        {
            stream = network.connect(local, server, StreamOptions.NO_DELAY, connectTimeout);
        }
        catch (final IOException ex)
        {
            throw new IOException("unable to connect to server " + Addresses.text(server.getAddress()) + " port " +
                server.getPort() + ": " + ex.getMessage(), ex);
        }
        control = new Control(stream);
        control.readTimeout(PATIENCE);
        if (settings.blockSize == 0)
        {
            settings.blockSize = settings.udp ?
                Math.min(network.datagramSizeTowards(stream), 32_768) : Settings.DEFAULT_TCP_BLOCK;
        }
        control.writeCookie(cookie);
    }

    private void drive() throws IOException
    {
        while (true)
        {
            final byte state = control.readState();
            switch (state)
            {
                case State.PARAM_EXCHANGE -> control.writeJson(settings.toJson());
                case State.CREATE_STREAMS -> createStreams();
                case State.TEST_START -> report.started(info(), streams);
                case State.TEST_RUNNING ->
                {
                    runTest();
                    exchangeResults();
                }
                case State.DISPLAY_RESULTS ->
                {
                    report.summary(summary());
                    control.writeState(State.IPERF_DONE);
                    return;
                }
                default -> refuse(state);
            }
        }
    }

    private TestInfo info()
    {
        return new TestInfo(settings, false, cookie, control.stream().remoteAddress(), lane);
    }

    private Summary summary()
    {
        return new Summary(info(), run.meters(), localResults(), remote);
    }

    private Results localResults()
    {
        return run.results(settings.udp ? null :
            settings.congestion != null ? settings.congestion : network.defaultCongestion());
    }

    private void createStreams() throws IOException
    {
        for (int i = 0; i < settings.totalStreams(); i++)
        {
            final boolean isSender = settings.bidirectional ? i < settings.streams : !settings.reverse;
            streams.add(settings.udp ? udpStream(i, isSender) : tcpStream(i, isSender));
        }
    }

    private TestStream tcpStream(final int index, final boolean isSender) throws IOException
    {
        final Stream stream;
        try
        {
            stream = network.connect(
                local, server, new StreamOptions(settings.noDelay, settings.congestion), connectTimeout);
        }
        catch (final IOException ex)
        {
            throw new IOException("unable to connect stream: " + ex.getMessage(), ex);
        }
        new Control(stream).writeCookie(cookie);
        return lane.tcp(index, isSender, settings, stream);
    }

    private TestStream udpStream(final int index, final boolean isSender) throws IOException
    {
        final Datagrams socket = network.connectDatagrams(local, server);
        try
        {
            UdpTestStream.greet(socket);
        }
        catch (final IOException ex)
        {
            socket.close();
            throw new IOException("unable to read from stream socket: " + ex.getMessage(), ex);
        }
        return new UdpTestStream(index, isSender, settings, socket);
    }

    private void runTest() throws IOException
    {
        control.readTimeout(Duration.ZERO);
        final TestRun test = new TestRun(settings, streams, report, intervalSeconds);
        run = test;
        test.start(control);
        final double limit = settings.isTimed() ? settings.seconds : Double.POSITIVE_INFINITY;
        final TestRun.Event event = test.await(limit, true);
        test.finish();
        switch (event.cause())
        {
            case STATE -> refuse(event.state());
            case CONTROL_FAILED, STREAM_FAILED ->
            {
                if (event.cause() == TestRun.Cause.STREAM_FAILED)
                {
                    control.writeState(State.CLIENT_TERMINATE);
                }
                throw event.failure();
            }
            case INTERRUPTED ->
            {
                control.writeState(State.CLIENT_TERMINATE);
                report.summary(summary());
                throw new IOException("interrupt - the client has terminated");
            }
            default -> control.writeState(State.TEST_END);
        }
        final TestRun.Event answer = test.awaitAnswer(PATIENCE.toSeconds());
        switch (answer.cause())
        {
            case STATE ->
            {
                if (answer.state() != State.EXCHANGE_RESULTS)
                {
                    refuse(answer.state());
                }
            }
            case TIME -> throw new IOException("the server did not answer the end of the test within " +
                PATIENCE.toSeconds() + " s");
            default -> throw answer.failure();
        }
    }

    private void exchangeResults() throws IOException
    {
        control.readTimeout(PATIENCE);
        control.writeJson(localResults().toJson());
        remote = Results.fromJson(control.readJson());
        for (final TestStream stream : streams)
        {
            if (!remote.streams().containsKey(stream.id))
            {
                throw new IOException("the server's results lack stream " + stream.id);
            }
        }
    }

    private void refuse(final byte state) throws IOException
    {
        switch (state)
        {
            case State.ACCESS_DENIED ->
                throw new IOException("the server is busy running a test. try again later");
            case State.SERVER_TERMINATE -> throw new IOException("the server has terminated");
            case State.SERVER_ERROR ->
            {
                control.readTimeout(PATIENCE);
                final int code = control.readInt();
                final int errno = control.readInt();
                throw new IOException("the server reports error " + code +
                    (errno != 0 ? " (errno " + errno + ")" : "") + ", its own output says which");
            }
            default -> throw new IOException("the server sent " + State.name(state) + " out of turn");
        }
    }

    /** Ends the test early; {@link #run} then throws. */
    void interrupt()
    {
        final TestRun test = run;
        if (test != null)
        {
            test.interrupt();
        }
        else
        {
            network.close();
        }
    }

    private void close()
    {
        if (run != null)
        {
            run.close();
        }
        streams.forEach(TestStream::close);
        if (control != null)
        {
            control.close();
        }
    }
}
