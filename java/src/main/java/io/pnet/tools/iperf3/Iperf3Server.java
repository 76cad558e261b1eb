package io.pnet.tools.iperf3;

import io.pnet.tools.CommandException;
import io.pnet.tools.net.DatagramServer;
import io.pnet.tools.net.Datagrams;
import io.pnet.tools.net.Network;
import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamServer;

import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Serves one test after the other. {@link #run} on one thread, {@link #close} from any.
 */
final class Iperf3Server implements AutoCloseable
{
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final double GRACE_SECONDS = 10;
    /** iperf3's error codes: settings, streams, congestion control. */
    private static final int ERROR_PARAMETERS = 114;
    private static final int ERROR_STREAM = 205;
    private static final int ERROR_CONGESTION = 128;

    private final Network network;
    private final InetSocketAddress address;
    private final Lane lane;
    private final Report report;
    private final PrintStream errors;
    private final double intervalSeconds;
    private final boolean isOneOff;
    private final Admission admission;
    private final StreamServer listener;
    private volatile boolean isClosed;
    private volatile TestRun run;

    /**
     * Listens.
     *
     * @param lane            of our TCP streams.
     * @param errors          hears of tests that failed, one line each.
     * @param intervalSeconds between reports; 0 for one at the end only.
     * @param isOneOff        whether one test is enough.
     * @throws CommandException when the port is in use.
     */
    Iperf3Server(
        final Network network,
        final InetSocketAddress address,
        final Lane lane,
        final Report report,
        final PrintStream errors,
        final double intervalSeconds,
        final boolean isOneOff)
    {
        this.network = network;
        this.address = address;
        this.lane = lane;
        this.report = report;
        this.errors = errors;
        this.intervalSeconds = intervalSeconds;
        this.isOneOff = isOneOff;
        try
        {
            this.listener = network.listen(address, Settings.MAX_STREAMS * 2);
        }
        catch (final IOException ex)
        {
            throw new CommandException(
                "iperf3: unable to listen on port " + address.getPort() + ": " + ex.getMessage(), ex);
        }
        this.admission = new Admission(listener);
    }

    /** The port, also when it was asked to be any. */
    int port()
    {
        return listener.localAddress().getPort();
    }

    /**
     * Serves until closed, or one test.
     *
     * @throws CommandException when the one test failed, or the network.
     */
    void run()
    {
        admission.start();
        for (int number = 1; !isClosed; number++)
        {
            report.listening(port(), number);
            String failure = null;
            try
            {
                serve();
            }
            catch (final IOException | InterruptedException ex)
            {
                if (isClosed)
                {
                    failure = "interrupt - the server has terminated";
                }
                else
                {
                    failure = ex.getMessage();
                }
                report.failed(failure);
                if (isClosed || isOneOff || admission.failure() != null)
                {
                    throw new CommandException("iperf3: " + failure, ex);
                }
            }
            finally
            {
                report.finish();
            }
            if (failure != null)
            {
                errors.println("pnet: iperf3: " + failure);
            }
            else if (isOneOff)
            {
                return;
            }
        }
    }

    private void serve() throws IOException, InterruptedException
    {
        final Admission.Client client = admission.awaitClient();
        final List<TestStream> streams = new ArrayList<>();
        try (Control control = client.control())
        {
            report.accepted(control.stream().remoteAddress());
            control.stream().noDelay();
            control.readTimeout(PATIENCE);
            control.writeState(State.PARAM_EXCHANGE);
            final Settings settings = readSettings(control);
            final TestInfo info =
                new TestInfo(settings, true, client.cookie(), control.stream().remoteAddress(), lane);
            try
            {
                createStreams(control, settings, client, streams);
            }
            catch (final IOException ex)
            {
                control.writeError(ERROR_STREAM, 0);
                throw ex;
            }
            report.started(info, streams);
            serve(control, settings, info, streams);
        }
        finally
        {
            // First of all: the client has its results and may come again at once.
            admission.endTest();
            final TestRun test = run;
            if (test != null)
            {
                test.close();
            }
            run = null;
            listener.congestion(null);
            streams.forEach(TestStream::close);
        }
    }

    private Settings readSettings(final Control control) throws IOException
    {
        final Settings settings;
        try
        {
            settings = Settings.fromJson(control.readJson());
        }
        catch (final EOFException ex)
        {
            throw ex;
        }
        catch (final IOException ex)
        {
            control.writeError(ERROR_PARAMETERS, 0);
            throw ex;
        }
        if (settings.udp && lane == Lane.HANDLERS)
        {
            control.writeError(ERROR_PARAMETERS, 0);
            throw new IOException("the client asks for UDP: --handlers is for TCP, leave it out for this client");
        }
        final boolean sends = settings.reverse || settings.bidirectional;
        if (sends && !settings.udp && settings.congestion != null &&
            !network.canChooseCongestion(settings.congestion))
        {
            control.writeError(ERROR_CONGESTION, 0);
            throw new IOException("the client asks for congestion control " + settings.congestion +
                ", which this end cannot choose");
        }
        return settings;
    }

    private void createStreams(
        final Control control, final Settings settings, final Admission.Client client, final List<TestStream> streams)
        throws IOException, InterruptedException
    {
        if (settings.udp)
        {
            final InetSocketAddress at = new InetSocketAddress(address.getAddress(), port());
            try (DatagramServer datagrams = network.listenDatagrams(at))
            {
                control.writeState(State.CREATE_STREAMS);
                final ByteBuffer first = ByteBuffer.allocateDirect(2_048);
                for (int i = 0; i < settings.totalStreams(); i++)
                {
                    first.clear();
                    final Datagrams socket = datagrams.accept(first, PATIENCE);
                    streams.add(new UdpTestStream(i, isSender(i, settings), settings, socket));
                    UdpTestStream.answer(socket);
                }
            }
            return;
        }
        if (settings.congestion == null || network.canChooseCongestion(settings.congestion))
        {
            listener.congestion(settings.congestion);
        }
        admission.expectStreams(settings.totalStreams());
        control.writeState(State.CREATE_STREAMS);
        final List<Admission.Arrival> arrivals = admission.awaitStreams(PATIENCE);
        // Cookies may be read out of order; the client counts in the order in which it connected.
        arrivals.sort(Comparator.comparingLong(Admission.Arrival::order));
        for (int i = 0; i < arrivals.size(); i++)
        {
            final Stream stream = arrivals.get(i).stream();
            streams.add(lane.tcp(i, isSender(i, settings), settings, stream));
        }
        if (arrivals.size() < settings.totalStreams())
        {
            throw new IOException("only " + arrivals.size() + " of " + settings.totalStreams() + " streams of " +
                client.control().stream().remoteAddress() + " came within " + PATIENCE.toSeconds() + " s");
        }
        if (settings.noDelay)
        {
            for (final Admission.Arrival arrival : arrivals)
            {
                arrival.stream().noDelay();
            }
        }
    }

    private static boolean isSender(final int index, final Settings settings)
    {
        return settings.bidirectional ? index >= settings.streams : settings.reverse;
    }

    private void serve(
        final Control control, final Settings settings, final TestInfo info, final List<TestStream> streams)
        throws IOException
    {
        control.writeState(State.TEST_START);
        control.readTimeout(Duration.ZERO);
        final TestRun test = new TestRun(settings, streams, report, intervalSeconds);
        control.writeState(State.TEST_RUNNING);
        test.start(control);
        run = test;
        final double limit =
            settings.isTimed() ? settings.seconds + GRACE_SECONDS : Double.POSITIVE_INFINITY;
        final TestRun.Event event = awaitEnd(test, limit);
        test.finish();
        final Results local = test.results(settings.udp ? null :
            settings.congestion != null ? settings.congestion : network.defaultCongestion());
        switch (event.cause())
        {
            case STATE ->
            {
                if (event.state() == State.CLIENT_TERMINATE)
                {
                    report.summary(new Summary(info, test.meters(), local, null));
                    throw new IOException("the client has terminated");
                }
                if (event.state() != State.TEST_END)
                {
                    throw new IOException("the client sent " + State.name(event.state()) + " out of turn");
                }
            }
            case TIME -> throw new IOException("the client did not end its test in time");
            case INTERRUPTED ->
            {
                control.writeState(State.SERVER_TERMINATE);
                report.summary(new Summary(info, test.meters(), local, null));
                throw new IOException("interrupt - the server has terminated");
            }
            default -> throw event.failure();
        }

        // Before the results: a client that receives may be in the middle of a block, and waits for the rest of it.
        test.close();
        control.readTimeout(PATIENCE);
        control.writeState(State.EXCHANGE_RESULTS);
        Results.fromJson(control.readJson());
        control.writeJson(local.toJson());
        admission.beginEnd();
        control.writeState(State.DISPLAY_RESULTS);
        report.summary(new Summary(info, test.meters(), local, null));
        final byte last = control.readState();
        if (last != State.IPERF_DONE)
        {
            throw new IOException("the client sent " + State.name(last) + " instead of IPERF_DONE");
        }
    }

    /** A stream that breaks is the client's to judge: it ends the test, or leaves, and we hear of both. */
    private static TestRun.Event awaitEnd(final TestRun test, final double limit)
    {
        while (true)
        {
            final TestRun.Event event = test.await(limit, false);
            if (event.cause() != TestRun.Cause.STREAM_FAILED)
            {
                return event;
            }
        }
    }

    @Override
    public void close()
    {
        isClosed = true;
        final TestRun test = run;
        if (test != null)
        {
            test.interrupt();
        }
        else
        {
            admission.close();
        }
        listener.close();
    }
}
