package io.pnet.nio.permutation;

import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Options of stream channels: each either works or is refused. */
class OptionCases extends Permutation
{
    private record Strange(String name) implements SocketOption<Integer>
    {
        @Override
        public Class<Integer> type()
        {
            return Integer.class;
        }
    }

    OptionCases(final Pair pair)
    {
        super(pair);
    }

    /** What the kernel's channel of the same kind supports. */
    private static void assertSameOptions(
        final NetworkChannel kernel, final NetworkChannel channel, final boolean isKernel) throws Exception
    {
        try (kernel)
        {
            final Set<SocketOption<?>> missing = new HashSet<>(kernel.supportedOptions());
            missing.removeAll(channel.supportedOptions());
            if (!isKernel)
            {
                missing.removeIf(option -> Difference.isUnsupported(option.name()));
            }
            assertTrue(missing.isEmpty(), () -> "not supported: " + missing);
        }
    }

    @Test
    void supportsWhatTheKernelsDo() throws Exception
    {
        assertSameOptions(Pairs.KERNEL.openSocketChannel(), clientChannel(), pair.client().isKernel());
        assertSameOptions(Pairs.KERNEL.openServerSocketChannel(), serverChannel(), pair.server().isKernel());
    }

    @Test
    void everySupportedOptionHasAValue() throws Exception
    {
        final Joined joined = joined();
        for (final SocketChannel each : new SocketChannel[]{clientChannel(), joined.client(), joined.server()})
        {
            for (final SocketOption<?> option : each.supportedOptions())
            {
                if (option != ExtendedSocketOptions.SO_INCOMING_NAPI_ID)
                {
                    assertNotNull(each.getOption(option), option::name);
                }
            }
        }
        final ServerSocketChannel listener = listen();
        for (final SocketOption<?> option : listener.supportedOptions())
        {
            if (option != ExtendedSocketOptions.SO_INCOMING_NAPI_ID)
            {
                assertNotNull(listener.getOption(option), option::name);
            }
        }
    }

    @Test
    void everySupportedOptionTakesItsOwnValue() throws Exception
    {
        final Joined joined = joined();
        for (final SocketOption<?> option : joined.client().supportedOptions())
        {
            if (option != ExtendedSocketOptions.SO_INCOMING_NAPI_ID)
            {
                setAgain(joined.client(), option);
            }
        }
        write(joined.client(), "x");
        assertEquals("x", readText(joined.server(), 1));
    }

    private static <T> void setAgain(final SocketChannel channel, final SocketOption<T> option) throws Exception
    {
        channel.setOption(option, channel.getOption(option));
    }

    @Test
    void whatIsNotSupportedIsRefused() throws Exception
    {
        final Set<SocketOption<?>> all = own(Pairs.KERNEL.openSocketChannel()).supportedOptions();
        for (final NetworkChannel channel : new NetworkChannel[]{clientChannel(), serverChannel(), joined().client()})
        {
            for (final SocketOption<?> option : all)
            {
                if (!channel.supportedOptions().contains(option))
                {
                    assertThrowsExactly(UnsupportedOperationException.class, () -> channel.getOption(option));
                }
            }
        }
    }

    @Test
    void unknownOptionsAreRefused() throws Exception
    {
        final SocketChannel client = clientChannel();
        final ServerSocketChannel listener = serverChannel();
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> client.getOption(StandardSocketOptions.SO_BROADCAST));
        assertThrowsExactly(UnsupportedOperationException.class, () -> client.setOption(new Strange("STRANGE"), 1));
        assertThrowsExactly(UnsupportedOperationException.class, () -> client.getOption(new Strange("STRANGE")));
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> listener.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertThrowsExactly(
            UnsupportedOperationException.class, () -> listener.getOption(StandardSocketOptions.SO_LINGER));
    }

    @Test
    void optionsWantANameAndAValue() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(NullPointerException.class, () -> client.setOption(null, 1));
        assertThrowsExactly(NullPointerException.class, () -> client.getOption(null));
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_SNDBUF, null));
    }

    @Test
    void setOptionReturnsTheChannel() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertSame(client, client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        final ServerSocketChannel listener = serverChannel();
        assertSame(listener, listener.setOption(StandardSocketOptions.SO_REUSEADDR, true));
    }

    @Test
    void noDelay() throws Exception
    {
        isSwitchedOn(StandardSocketOptions.TCP_NODELAY);
    }

    @Test
    void keepAlive() throws Exception
    {
        isSwitchedOn(StandardSocketOptions.SO_KEEPALIVE);
    }

    /** Off at first; on before the connection, and still after it; then off again. */
    private void isSwitchedOn(final SocketOption<Boolean> option) throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        assertEquals(false, client.getOption(option));
        client.setOption(option, true);
        assertEquals(true, client.getOption(option));
        client.connect(listener.getLocalAddress());
        assertEquals(true, client.getOption(option));
        client.setOption(option, false);
        assertEquals(false, client.getOption(option));
        final SocketChannel accepted = own(listener.accept());
        assertEquals(false, accepted.getOption(option));
        accepted.setOption(option, true);
        assertEquals(true, accepted.getOption(option));
    }

    @Test
    void linger() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        assertEquals(-1, client.getOption(StandardSocketOptions.SO_LINGER));
        client.setOption(StandardSocketOptions.SO_LINGER, 7);
        assertEquals(7, client.getOption(StandardSocketOptions.SO_LINGER));
        client.connect(listener.getLocalAddress());
        assertEquals(7, client.getOption(StandardSocketOptions.SO_LINGER));
        client.setOption(StandardSocketOptions.SO_LINGER, -5);
        assertEquals(-1, client.getOption(StandardSocketOptions.SO_LINGER));
        client.setOption(StandardSocketOptions.SO_LINGER, 0);
        assertEquals(0, client.getOption(StandardSocketOptions.SO_LINGER));
        client.setOption(StandardSocketOptions.SO_LINGER, -1);
    }

    @Test
    void bufferSizesAreHints() throws Exception
    {
        final ServerSocketChannel listener = serverChannel();
        listener.setOption(StandardSocketOptions.SO_RCVBUF, 100_000);
        assertTrue(listener.getOption(StandardSocketOptions.SO_RCVBUF) >= 100_000);
        listener.bind(serverAny());
        final SocketChannel client = clientChannel();
        client.setOption(StandardSocketOptions.SO_SNDBUF, 50_000);
        client.setOption(StandardSocketOptions.SO_RCVBUF, 60_000);
        client.connect(listener.getLocalAddress());
        assertTrue(client.getOption(StandardSocketOptions.SO_SNDBUF) >= 50_000);
        assertTrue(client.getOption(StandardSocketOptions.SO_RCVBUF) >= 60_000);
        assertTrue(own(listener.accept()).getOption(StandardSocketOptions.SO_RCVBUF) >= 100_000);
        client.setOption(StandardSocketOptions.SO_SNDBUF, 80_000);
        assertTrue(client.getOption(StandardSocketOptions.SO_SNDBUF) >= 80_000);
    }

    @Test
    void bufferSizesHaveDefaults() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertTrue(client.getOption(StandardSocketOptions.SO_SNDBUF) > 1_000);
        assertTrue(client.getOption(StandardSocketOptions.SO_RCVBUF) > 1_000);
    }

    @Test
    void negativeBufferSizesAreRefused() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_SNDBUF, -1));
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_RCVBUF, -1));
    }

    @Test
    void aSmallSendBufferStillCarries() throws Exception
    {
        final Joined joined = narrow();
        final Task<Long> reader = start(() -> drain(joined.server()));
        writeAll(joined.client(), ByteBuffer.allocate(1 << 20));
        joined.client().close();
        assertEquals(1 << 20, reader.get());
    }

    @Test
    void trafficClass() throws Exception
    {
        final ServerSocketChannel listener = listen();
        final SocketChannel client = clientChannel();
        assertEquals(0, client.getOption(StandardSocketOptions.IP_TOS));
        client.setOption(StandardSocketOptions.IP_TOS, 0x28);
        assertEquals(0x28, client.getOption(StandardSocketOptions.IP_TOS));
        client.connect(listener.getLocalAddress());
        assertEquals(0x28, client.getOption(StandardSocketOptions.IP_TOS));
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.IP_TOS, 256));
        assertThrowsExactly(
            IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.IP_TOS, -1));
        write(client, "x");
        assertEquals("x", readText(own(listener.accept()), 1));
    }

    @Test
    void reuseOfAddresses() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertEquals(false, client.getOption(StandardSocketOptions.SO_REUSEADDR));
        client.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        assertEquals(true, client.getOption(StandardSocketOptions.SO_REUSEADDR));
        final ServerSocketChannel listener = serverChannel();
        assertEquals(true, listener.getOption(StandardSocketOptions.SO_REUSEADDR));
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, false);
        assertEquals(false, listener.getOption(StandardSocketOptions.SO_REUSEADDR));
    }

    @Test
    void keepAliveTimes() throws Exception
    {
        final Joined joined = joined();
        final SocketChannel client = joined.client();
        client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        client.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 33);
        client.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 4);
        client.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 5);
        assertEquals(33, client.getOption(ExtendedSocketOptions.TCP_KEEPIDLE));
        assertEquals(4, client.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL));
        assertEquals(5, client.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT));
    }

    @Test
    void keepAliveTimesHaveLinuxsDefaults() throws Exception
    {
        final SocketChannel client = clientChannel();
        assertEquals(7_200, client.getOption(ExtendedSocketOptions.TCP_KEEPIDLE));
        assertEquals(75, client.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL));
        assertEquals(9, client.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT));
    }

    @Test
    void quickAcknowledgements() throws Exception
    {
        final Joined joined = joined();
        joined.client().setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
        assertEquals(true, joined.client().getOption(ExtendedSocketOptions.TCP_QUICKACK));
        joined.client().setOption(ExtendedSocketOptions.TCP_QUICKACK, false);
        write(joined.client(), "x");
        assertEquals("x", readText(joined.server(), 1));
    }

    @Test
    void outOfBandData() throws Exception
    {
        final Socket client = joined().client().socket();
        assertEquals(!pair.client().isKernel(), client.getOOBInline(), Difference.SO_OOBINLINE.ours);
        client.setOOBInline(true);
        assertTrue(client.getOOBInline());
        client.setOOBInline(false);
        assertEquals(!pair.client().isKernel(), client.getOOBInline(), Difference.SO_OOBINLINE.ours);
    }
}
