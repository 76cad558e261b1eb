package io.pnet.tools;

import io.pnet.tools.net.DatagramServer;
import io.pnet.tools.net.Stream;
import io.pnet.tools.net.StreamServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;

/** {@code pnet echo}: sends back what it gets, until interrupted. */
@Command(
    name = "echo",
    description = "Send back whatever comes (TCP, or UDP with --udp).",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class EchoCommand implements Callable<Integer>
{
    private static final int TCP_BUFFER = 64 << 10;
    private static final int UDP_BUFFER = 65_507;
    private static final int BACKLOG = 128;

    @Mixin
    private CommonOptions common;

    @Option(names = {"-u", "--udp"}, description = "UDP instead of TCP.")
    private boolean udp;

    @Parameters(paramLabel = "PORT", description = "Where to listen.")
    private String portText;

    @Override
    public Integer call()
    {
        final int port = OptionCheck.port(common, portText);
        common.validate();
        final InetSocketAddress address = new InetSocketAddress(Hosts.wildcard(Hosts.Version.ANY), port);
        try (NetworkScope scope = new NetworkScope(common))
        {
            try
            {
                if (udp)
                {
                    datagrams(scope, address);
                }
                else
                {
                    streams(scope, address);
                }
            }
            catch (final IOException ex)
            {
                if (!scope.isInterrupted())
                {
                    throw new CommandException("echo: " + ex.getMessage(), ex);
                }
            }
        }
        return Main.OK;
    }

    private void streams(final NetworkScope scope, final InetSocketAddress address) throws IOException
    {
        try (StreamServer server = scope.network().listen(address, BACKLOG))
        {
            scope.onInterrupt(server::close);
            say("tcp", server.localAddress());
            while (true)
            {
                final Stream stream = server.accept();
                final Thread thread = new Thread(() -> serve(stream), "echo " + stream.remoteAddress());
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private static void serve(final Stream stream)
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(TCP_BUFFER);
        try (stream)
        {
            stream.noDelay();
            while (stream.read(buffer.clear()) >= 0)
            {
                stream.write(buffer.flip());
            }
        }
        catch (final IOException ex)
        {
            // That client's affair; the next one is served all the same.
            System.getLogger(EchoCommand.class.getName()).log(System.Logger.Level.DEBUG, "client left", ex);
        }
    }

    private void datagrams(final NetworkScope scope, final InetSocketAddress address) throws IOException
    {
        try (DatagramServer server = scope.network().listenDatagrams(address))
        {
            scope.onInterrupt(server::close);
            say("udp", server.localAddress());
            final ByteBuffer buffer = ByteBuffer.allocateDirect(UDP_BUFFER);
            while (true)
            {
                final InetSocketAddress from = server.receive(buffer.clear());
                server.send(buffer.flip(), from);
            }
        }
    }

    private void say(final String protocol, final InetSocketAddress at)
    {
        if (!common.isQuiet())
        {
            System.out.println("echo: listening on " + protocol + " port " + at.getPort());
        }
    }
}
