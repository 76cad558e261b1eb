package io.pnet.udp;

import io.pnet.counters.Counters;
import io.pnet.ip.IcmpError;
import io.pnet.ip.Ip;
import io.pnet.ip.IpAddress;
import io.pnet.ip.IpSettings;
import io.pnet.ip.NetworkInterface;
import io.pnet.link.ChunkPool;
import io.pnet.link.Link;
import io.pnet.link.LinkContext;
import io.pnet.link.Loopback;
import io.pnet.transport.TimerWheel;
import io.pnet.transport.TransportContext;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** UDP over one link, driven by hand, and what its endpoints were told. */
final class UdpNode
{
    final LinkContext context;
    final Counters counters;
    final Ip ip;
    final NetworkInterface networkInterface;
    final UdpTransport udp = new UdpTransport();
    final List<Throwable> handlerErrors = new ArrayList<>();

    UdpNode(final LinkContext context, final Link link, final long seed)
    {
        this.context = context;
        this.counters = context.counters();
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        final Random random = new Random(seed);
        ip = new Ip(settings, counters, random);
        networkInterface = ip.addInterface(link);
        ip.addLoopback(new Loopback(context));
        ip.register(udp);
        udp.start(new TransportContext(
            ip, new TimerWheel(), counters, random, context.largeChunks(), context.largeChunks(),
            new ChunkPool(ChunkPool.SMALL, 1 << 20), handlerErrors::add,
            () ->
            {
            }));
    }

    UdpNode address(final String address, final int prefixLength)
    {
        ip.addAddress(networkInterface, IpAddress.parse(address), prefixLength);
        return this;
    }

    int cycle(final long nowNs)
    {
        final int taken = ip.poll(256, nowNs, 0);
        ip.onTimers(nowNs);
        ip.flush(nowNs);
        return taken;
    }

    /** What an endpoint heard. */
    static final class Heard implements UdpHandler
    {
        final List<byte[]> datagrams = new ArrayList<>();
        final List<String> sources = new ArrayList<>();
        final List<IcmpError.Kind> errors = new ArrayList<>();

        @Override
        public void onDatagram(
            final UdpEndpoint endpoint,
            final UnsafeBuffer buffer,
            final int offset,
            final int length,
            final long sourceHi,
            final long sourceLo,
            final int sourcePort)
        {
            final byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            datagrams.add(bytes);
            sources.add(new IpAddress(sourceHi, sourceLo) + " " + sourcePort);
        }

        @Override
        public void onError(final UdpEndpoint endpoint, final IcmpError.Kind kind)
        {
            errors.add(kind);
        }
    }
}
