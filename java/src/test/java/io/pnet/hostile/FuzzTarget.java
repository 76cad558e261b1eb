package io.pnet.hostile;

import io.pnet.dns.AnyBytes;
import io.pnet.ip.IpAddress;
import io.pnet.ip.Packets;
import io.pnet.link.ImpairmentSpec;
import io.pnet.wire.Checksum;
import io.pnet.wire.EthernetHeader;
import io.pnet.wire.Ipv6Extension;
import io.pnet.wire.NdpOptions;
import io.pnet.wire.ProtocolNumber;
import io.pnet.wire.TcpOptions;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a fuzzer is let loose on: every parser, behind the length checks that guard it, and the whole stack. Each takes
 * any bytes and throws nothing, unless there is a defect.
 */
enum FuzzTarget
{
    /** A frame as it is. */
    ETHERNET
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(input);
        }
    },
    ARP
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.ethernet(EthernetHeader.BROADCAST, EthernetHeader.TYPE_ARP, input));
        }
    },
    IPV4
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.ethernet(Packets.OUR_MAC, EthernetHeader.TYPE_IPV4, input));
        }
    },
    IPV6
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.ethernet(Packets.OUR_MAC, EthernetHeader.TYPE_IPV6, input));
        }
    },
    /** The first byte says which extension header the rest begins with. */
    EXTENSION_HEADERS
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            if (input.length > 0)
            {
                frame(Packets.v6(input[0] & 0xFF, Arrays.copyOfRange(input, 1, input.length)).frame());
            }
        }
    },
    ICMP
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.v4(ProtocolNumber.ICMP, input).frame());
        }
    },
    /** NDP and MLD as well: with the hop limits that they ask for, to us and to all nodes. */
    ICMPV6
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.v6(ProtocolNumber.ICMPV6, input).hopLimit(255).frame());
            frame(Packets.v6(ProtocolNumber.ICMPV6, input).from("fe80::2").to("ff02::1")
                .toMac(0x3333_0000_0001L).hopLimit(1).frame());
        }
    },
    UDP
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.v4(ProtocolNumber.UDP, input).frame());
            frame(Packets.v6(ProtocolNumber.UDP, input).frame());
        }
    },
    TCP
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            frame(Packets.v4(ProtocolNumber.TCP, input).frame());
            frame(Packets.v6(ProtocolNumber.TCP, input).frame());
        }
    },
    /** Fragments of one packet: offset and length in units of 8 bytes, more or not, IPv4 or IPv6; four bytes each. */
    FRAGMENTS
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            try (Arena arena = arena())
            {
                for (int i = 0; i + 4 <= input.length && i < 4 * 256; i += 4)
                {
                    final int offset = (input[i] & 0xFF) * ((input[i + 3] & 4) == 0 ? 8 : 256);
                    final byte[] piece = new byte[(input[i + 1] & 0xFF) * 5 + (input[i + 2] & 7)];
                    final boolean isMore = (input[i + 3] & 1) != 0;
                    offer(arena, (input[i + 3] & 2) == 0 ?
                        Packets.v4(ProtocolNumber.UDP, piece).fragment(1, offset, isMore).frame() :
                        Packets.fragment6(1, ProtocolNumber.UDP, offset, isMore, piece).frame());
                    arena.settle();
                }
                arena.checkEmpty();
            }
        }
    },
    /**
     * Two stacks that talk, and steps: let time pass, put a frame of ours on the wire, or one that was seen there, with
     * some bytes changed and its checksums put right.
     */
    STACK
    {
        @Override
        void run(final byte[] input) throws IOException
        {
            final Corpus corpus = new Corpus(SEEDS);
            try (Arena arena = new Arena(new SplittableRandom(1), corpus::add))
            {
                steps(arena, corpus, ByteBuffer.wrap(input));
                arena.check();
                arena.checkEmpty();
            }
        }
    },
    TCP_OPTIONS
    {
        @Override
        void run(final byte[] input)
        {
            final TcpOptions options = new TcpOptions();
            final UnsafeBuffer buffer = new UnsafeBuffer(input);
            options.parse(buffer, 0, Math.min(40, input.length));
            require(options.mss() >= 0 && options.mss() <= 0xFFFF && options.windowScale() <= 0xFF);
            require(options.sackCount() >= 0 && options.sackCount() <= 4);
            for (int i = 0; i < options.sackCount(); i++)
            {
                require((options.sackLeft(i) | options.sackRight(i) | 1) != 0);
            }
        }
    },
    NDP_OPTIONS
    {
        @Override
        void run(final byte[] input)
        {
            final NdpOptions options = new NdpOptions();
            if (options.parse(new UnsafeBuffer(input), 0, input.length))
            {
                require(options.sourceMac() >>> 48 == 0 || options.sourceMac() == -1);
                for (int i = 0; i < options.prefixes(); i++)
                {
                    options.prefixHi(i);
                    options.prefixLo(i);
                    require(options.prefixLength(i) >= 0 && options.prefixLength(i) <= 255);
                }
            }
        }
    },
    EXTENSION_WALK
    {
        @Override
        void run(final byte[] input)
        {
            if (input.length >= 40)
            {
                final Ipv6Extension extension = new Ipv6Extension();
                final int result = extension.walk(new UnsafeBuffer(input), 0, input.length);
                require(result >= Ipv6Extension.TRANSPORT && result <= Ipv6Extension.PARAMETER_PROBLEM);
                require(result != Ipv6Extension.TRANSPORT ||
                    extension.transportOffset() >= 40 && extension.transportOffset() <= input.length);
                require(result != Ipv6Extension.FRAGMENT || extension.fragmentHeaderOffset() + 8 <= input.length);
                require(result != Ipv6Extension.PARAMETER_PROBLEM || extension.problemOffset() < input.length);
            }
        }
    },
    /** Against the sum as RFC 1071 writes it, whole and in two parts. */
    CHECKSUM
    {
        @Override
        void run(final byte[] input)
        {
            final UnsafeBuffer buffer = new UnsafeBuffer(input);
            long plain = 0;
            for (int i = 0; i < input.length; i++)
            {
                plain += (input[i] & 0xFF) << ((i & 1) == 0 ? 8 : 0);
            }
            final int expected = (int)(plain % 0xFFFF);
            final int cut = input.length == 0 ? 0 : (input[0] & 0xFF) % (input.length + 1);
            final long parts = Checksum.sum(buffer, 0, cut) +
                Checksum.atPosition(Checksum.sum(buffer, cut, input.length - cut), cut);
            require(Checksum.fold(Checksum.sum(buffer, 0, input.length)) % 0xFFFF == expected);
            require(Checksum.fold(parts) % 0xFFFF == expected);
        }
    },
    IMPAIRMENT
    {
        @Override
        void run(final byte[] input)
        {
            try
            {
                ImpairmentSpec.parse(new String(input, StandardCharsets.UTF_8));
            }
            catch (final IllegalArgumentException ex)
            {
                require(ex.getMessage() != null && !(ex instanceof NumberFormatException));
            }
        }
    },
    /** A name server's answer. */
    DNS
    {
        @Override
        void run(final byte[] input)
        {
            AnyBytes.answer(input);
        }
    },
    DNS_SETTINGS
    {
        @Override
        void run(final byte[] input)
        {
            AnyBytes.settings(input);
        }
    },
    ADDRESS
    {
        @Override
        void run(final byte[] input)
        {
            try
            {
                final IpAddress address = IpAddress.parse(new String(input, StandardCharsets.UTF_8));
                require(address.isV4() || IpAddress.parse(address.toString()).equals(address));
            }
            catch (final IllegalArgumentException ex)
            {
                require(ex.getMessage() != null && !(ex instanceof NumberFormatException));
            }
        }
    };

    private static final List<byte[]> SEEDS = Seeds.all().stream().map(Seeds.Seed::frame).toList();
    private static final int MAX_STEPS = 100;

    abstract void run(byte[] input) throws IOException;

    /** One frame, as it is and with right checksums: nothing is thrown, and both have one end each. */
    private static void frame(final byte[] frame) throws IOException
    {
        try (Arena arena = arena())
        {
            offer(arena, frame);
            offer(arena, Repair.checksums(frame.clone()));
            arena.settle();
            arena.check();
        }
    }

    private static Arena arena() throws IOException
    {
        return new Arena(new SplittableRandom(1), (buffer, offset, length) ->
        {
        });
    }

    private static void offer(final Arena arena, final byte[] frame)
    {
        arena.nodes.get(0).link.offer(
            new UnsafeBuffer(frame), 0, Math.min(frame.length, FrameLink.SLOT), false, false);
    }

    private static void steps(final Arena arena, final Corpus corpus, final ByteBuffer input) throws IOException
    {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[FrameLink.SLOT]);
        for (int i = 0; i < MAX_STEPS && input.remaining() >= 4; i++)
        {
            final int what = input.get();
            final int which = input.get() & 0xFF;
            final FrameLink link = arena.nodes.get(what >> 2 & 1).link;
            switch (what & 3)
            {
                case 0:
                    arena.stir();
                    arena.run((input.getShort() & 0xFFFFL) * Arena.MS);
                    break;
                case 1:
                    final byte[] bytes = new byte[Math.min(input.remaining(), which)];
                    input.get(bytes);
                    link.offer(new UnsafeBuffer(bytes), 0, bytes.length, false, (what & 8) != 0);
                    break;
                default:
                    final int length = corpus.copy(which % corpus.size(), frame);
                    final int at = (input.get() & 0xFF) % length;
                    for (int n = input.get() & 7; n > 0 && input.hasRemaining() && at + n < length; n--)
                    {
                        frame.putByte(at + n, input.get());
                    }
                    Repair.checksums(frame, 0, length);
                    link.offer(frame, 0, length, false, (what & 8) != 0);
                    break;
            }
            arena.settle();
        }
    }

    private static void require(final boolean holds)
    {
        if (!holds)
        {
            throw new AssertionError("what was parsed makes no sense");
        }
    }
}
