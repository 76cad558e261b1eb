package io.pnet.tools.iperf3;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import java.io.IOException;

/** What a test does. Made by the client, sent to the server. */
final class Settings
{
    /** Bytes of a TCP block when nothing else is asked for. */
    static final int DEFAULT_TCP_BLOCK = 128 * 1024;
    /** Largest block, as iperf3 has it. */
    static final int MAX_BLOCK = 1 << 20;
    /** Largest UDP payload over IPv4. */
    static final int MAX_UDP_BLOCK = 65_507;
    /** Most streams in one direction. */
    static final int MAX_STREAMS = 128;
    /** UDP's default rate, bit/s. */
    static final long DEFAULT_UDP_RATE = 1_000_000;

    boolean udp;
    int omitSeconds;
    int seconds = 10;
    /** Bytes to send instead of a duration; 0 for none. */
    long bytes;
    /** Blocks to send instead of a duration; 0 for none. */
    long blocks;
    int streams = 1;
    boolean reverse;
    boolean bidirectional;
    /** Bytes of a block (TCP) or datagram (UDP). */
    int blockSize = DEFAULT_TCP_BLOCK;
    /** Bit/s a stream; 0 for no limit. */
    long bitrate;
    /** Blocks that are sent together when there is a rate. */
    int burst;
    int pacingUs = 1_000;
    boolean noDelay;
    boolean udpCounters64Bit;
    /** Congestion control by name; null for the default. */
    String congestion;

    boolean isTimed()
    {
        return bytes == 0 && blocks == 0;
    }

    /** How many streams there are, both directions together. */
    int totalStreams()
    {
        return bidirectional ? 2 * streams : streams;
    }

    JsonObject toJson()
    {
        final JsonObject json = new JsonObject();
        json.addProperty(udp ? "udp" : "tcp", true);
        json.addProperty("omit", omitSeconds);
        json.addProperty("time", isTimed() ? seconds : 0);
        json.addProperty("num", bytes);
        json.addProperty("blockcount", blocks);
        json.addProperty("parallel", streams);
        addIf(json, "reverse", reverse);
        addIf(json, "bidirectional", bidirectional);
        addIf(json, "nodelay", noDelay);
        json.addProperty("len", blockSize);
        if (bitrate > 0)
        {
            json.addProperty("bandwidth", bitrate);
        }
        if (burst > 0)
        {
            json.addProperty("burst", burst);
        }
        json.addProperty("pacing_timer", pacingUs);
        if (udpCounters64Bit)
        {
            json.addProperty("udp_counters_64bit", 1);
        }
        if (congestion != null)
        {
            json.addProperty("congestion", congestion);
        }
        json.addProperty("client_version", "3.12");
        return json;
    }

    /**
     * Reads what a client asks for.
     *
     * @throws IOException when it makes no sense or is more than we do.
     */
    static Settings fromJson(final JsonObject json) throws IOException
    {
        try
        {
            final Settings settings = new Settings();
            settings.udp = flag(json, "udp");
            if (flag(json, "sctp"))
            {
                throw new IOException("the client asks for SCTP");
            }
            if (json.has("authtoken"))
            {
                throw new IOException("the client asks for authentication");
            }
            settings.omitSeconds = (int)number(json, "omit", 0, 600, 0);
            settings.seconds = (int)number(json, "time", 0, 86_400, 10);
            settings.bytes = number(json, "num", 0, Long.MAX_VALUE, 0);
            settings.blocks = number(json, "blockcount", 0, Long.MAX_VALUE, 0);
            settings.streams = (int)number(json, "parallel", 1, MAX_STREAMS, 1);
            settings.reverse = flag(json, "reverse");
            settings.bidirectional = flag(json, "bidirectional");
            settings.noDelay = flag(json, "nodelay");
            final int least = settings.udp ? UdpHeader.LENGTH_64_BIT : 1;
            final int most = settings.udp ? MAX_UDP_BLOCK : MAX_BLOCK;
            settings.blockSize = (int)number(json, "len", least, most, settings.udp ? 1_460 : DEFAULT_TCP_BLOCK);
            settings.bitrate = number(json, "bandwidth", 0, Long.MAX_VALUE, 0);
            settings.burst = (int)number(json, "burst", 0, 1_000, 0);
            settings.pacingUs = (int)number(json, "pacing_timer", 1, 1_000_000, 1_000);
            settings.udpCounters64Bit = flag(json, "udp_counters_64bit");
            settings.congestion = json.has("congestion") ? json.get("congestion").getAsString() : null;
            return settings;
        }
        catch (final NumberFormatException | UnsupportedOperationException | IllegalStateException ex)
        {
            throw new IOException("the client's settings cannot be read: " + json, ex);
        }
    }

    private static void addIf(final JsonObject json, final String name, final boolean value)
    {
        if (value)
        {
            json.addProperty(name, true);
        }
    }

    private static boolean flag(final JsonObject json, final String name)
    {
        final JsonElement value = json.get(name);
        if (value == null || value.isJsonNull())
        {
            return false;
        }
        return value.getAsJsonPrimitive().isBoolean() ? value.getAsBoolean() : value.getAsLong() != 0;
    }

    private static long number(
        final JsonObject json, final String name, final long least, final long most, final long otherwise)
        throws IOException
    {
        final JsonElement value = json.get(name);
        if (value == null || value.isJsonNull())
        {
            return otherwise;
        }
        final double number = value.getAsDouble();
        if (!(number >= least && number <= most))
        {
            throw new IOException("the client asks for " + name + " " + value + ", not in " + least + ".." + most);
        }
        return (long)number;
    }
}
