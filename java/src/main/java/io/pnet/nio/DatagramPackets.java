package io.pnet.nio;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Packets of {@code java.net} to and from a channel. A packet remembers how much it may hold beside how much it does
 * hold, and lets only {@code java.net} change the one without the other: where that room is not open to us we remember
 * it in its place.
 */
final class DatagramPackets
{
    private static final VarHandle LENGTH = field("length");
    private static final VarHandle CAPACITY = field("bufLength");

    /** What a packet could hold, and what we made it hold. */
    private record Filled(int capacity, int length)
    {
    }

    private final PnetDatagramChannel channel;
    private final Map<DatagramPacket, Filled> filled = new WeakHashMap<>();

    DatagramPackets(final PnetDatagramChannel channel)
    {
        this.channel = channel;
    }

    private static VarHandle field(final String name)
    {
        try
        {
            return MethodHandles.privateLookupIn(DatagramPacket.class, MethodHandles.lookup())
                .findVarHandle(DatagramPacket.class, name, int.class);
        }
        catch (final ReflectiveOperationException ex)
        {
            return null;
        }
    }

    /** As {@code DatagramSocket.send}. */
    void send(final DatagramPacket packet) throws IOException
    {
        synchronized (packet)
        {
            if (!channel.isBlocking())
            {
                throw new IllegalBlockingModeException();
            }
            final InetSocketAddress peer = channel.remote();
            final InetAddress address = packet.getAddress();
            if (address == null && peer == null)
            {
                throw new IllegalArgumentException("Address not set");
            }
            if (address == null)
            {
                packet.setAddress(peer.getAddress());
                packet.setPort(peer.getPort());
            }
            final InetSocketAddress to = new InetSocketAddress(packet.getAddress(), Math.max(0, packet.getPort()));
            if (peer != null && !peer.equals(to))
            {
                throw new IllegalArgumentException("Connected and packet address differ");
            }
            try
            {
                channel.send(
                    ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength()), to, true);
            }
            catch (final ClosedByInterruptException ex)
            {
                throw ex;
            }
            catch (final ClosedChannelException ex)
            {
                throw closed(ex);
            }
        }
    }

    /**
     * As {@code DatagramSocket.receive}.
     *
     * @param timeoutMs 0 for ever.
     */
    void receive(final DatagramPacket packet, final int timeoutMs) throws IOException
    {
        synchronized (packet)
        {
            if (!channel.isBlocking())
            {
                throw new IllegalBlockingModeException();
            }
            final int capacity = capacity(packet);
            final ByteBuffer target = ByteBuffer.wrap(packet.getData(), packet.getOffset(), capacity);
            try
            {
                final long deadlineNs = Waiter.deadlineNs(channel.driver(), timeoutMs * 1_000_000L);
                final InetSocketAddress from = (InetSocketAddress)channel.receive(target, deadlineNs, true);
                fill(packet, from, target.position() - packet.getOffset(), capacity);
            }
            catch (final SocketTimeoutException | ClosedByInterruptException ex)
            {
                throw ex;
            }
            catch (final ClosedChannelException ex)
            {
                throw closed(ex);
            }
        }
    }

    private static SocketException closed(final ClosedChannelException cause)
    {
        final SocketException failure = new SocketException("Socket closed");
        failure.initCause(cause);
        return failure;
    }

    private int capacity(final DatagramPacket packet)
    {
        if (CAPACITY != null)
        {
            return (int)CAPACITY.get(packet);
        }
        synchronized (filled)
        {
            final Filled before = filled.get(packet);
            final int least = packet.getLength();
            return before != null && before.length == least &&
                before.capacity <= packet.getData().length - packet.getOffset() ? before.capacity : least;
        }
    }

    private void fill(
        final DatagramPacket packet, final InetSocketAddress from, final int length, final int capacity)
    {
        packet.setAddress(from.getAddress());
        packet.setPort(from.getPort());
        if (LENGTH != null)
        {
            LENGTH.set(packet, length);
            return;
        }
        packet.setLength(length);
        synchronized (filled)
        {
            filled.put(packet, new Filled(capacity, length));
        }
    }
}
