package io.pnet.tools.iperf3;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The words of the protocol, held against what iperf3 3.12 sends. */
class ProtocolTest
{
    @Test
    void aCookieIs36CharactersAndAZeroByte()
    {
        final String cookie = Cookie.random();
        final byte[] wire = Cookie.encode(cookie);
        assertEquals(36, cookie.length());
        assertEquals(37, wire.length);
        assertEquals(0, wire[36]);
        assertEquals(cookie, Cookie.decode(wire));
        assertNotEquals(cookie, Cookie.random());
    }

    @Test
    void settingsOfTheRealClientAreUnderstood() throws IOException
    {
        final Settings settings = Settings.fromJson(json("{\"udp\":true,\"omit\":0,\"time\":1,\"num\":0," +
            "\"blockcount\":0,\"parallel\":2,\"reverse\":true,\"len\":1000,\"bandwidth\":100000," +
            "\"pacing_timer\":1000,\"congestion\":\"reno\",\"client_version\":\"3.12\"}"));
        assertTrue(settings.udp);
        assertTrue(settings.reverse);
        assertTrue(settings.isTimed());
        assertEquals(1, settings.seconds);
        assertEquals(2, settings.streams);
        assertEquals(1_000, settings.blockSize);
        assertEquals(100_000, settings.bitrate);
        assertEquals("reno", settings.congestion);
    }

    @Test
    void settingsSurviveTheWire() throws IOException
    {
        final Settings settings = new Settings();
        settings.bidirectional = true;
        settings.streams = 3;
        settings.bytes = 5L << 32;
        settings.burst = 7;
        settings.bitrate = 12_345;
        settings.udpCounters64Bit = true;
        final Settings read = Settings.fromJson(settings.toJson());
        assertEquals(settings.toJson(), read.toJson());
        assertEquals(6, read.totalStreams());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"tcp\":true,\"parallel\":1000}",
        "{\"tcp\":true,\"parallel\":0}",
        "{\"tcp\":true,\"len\":0}",
        "{\"tcp\":true,\"len\":2000000000}",
        "{\"udp\":true,\"len\":8}",
        "{\"udp\":true,\"len\":65508}",
        "{\"sctp\":true}",
        "{\"tcp\":true,\"time\":-1}",
        "{\"tcp\":true,\"len\":\"much\"}",
        "{\"tcp\":true,\"len\":[]}",
        "{\"udp\":{}}",
    })
    void settingsWithoutSenseAreRefused(final String text)
    {
        assertThrows(IOException.class, () -> Settings.fromJson(json(text)));
    }

    @Test
    void resultsOfTheRealPeerAreUnderstood() throws IOException
    {
        final Results results = Results.fromJson(json("{\"cpu_util_total\":4.1,\"cpu_util_user\":0.6," +
            "\"cpu_util_system\":3.5,\"sender_has_retransmits\":18446744073709551615,\"streams\":[{\"id\":1," +
            "\"bytes\":32768,\"retransmits\":18446744073709551615,\"jitter\":2.5e-05,\"errors\":3,\"packets\":9," +
            "\"start_time\":0,\"end_time\":1.000182}]}"));
        final StreamResult stream = results.streams().get(1);
        assertEquals(-1, results.senderHasRetransmits());
        assertEquals(-1, stream.retransmits());
        assertEquals(32_768, stream.bytes());
        assertEquals(2.5e-5, stream.jitterSeconds());
        assertEquals(3, stream.errors());
        assertEquals(9, stream.packets());
        assertEquals(1.000182, stream.seconds());
        assertNull(results.congestion());
    }

    @Test
    void resultsSurviveTheWire() throws IOException
    {
        final Results results = Results.of(new CpuUsage(3, 2, 1), "cubic", true, List.of(
            new StreamResult(1, 10, 2, 0, 0, 0, 0, 1.5), new StreamResult(3, 20, -1, 0.5, 1, 2, 0, 1.5)));
        final Results read = Results.fromJson(results.toJson());
        assertEquals(results, read);
        assertEquals(1, read.senderHasRetransmits());
    }

    @Test
    void resultsWithoutStreamsAreRefused()
    {
        assertThrows(IOException.class, () -> Results.fromJson(json("{\"cpu_util_total\":1}")));
    }

    @Test
    void streamsAreNumberedAsIperf3NumbersThem()
    {
        final int[] ids = new int[4];
        for (int i = 0; i < ids.length; i++)
        {
            ids[i] = new TcpTestStream(i, true, new Settings(), null).id;
        }
        assertArrayEquals(new int[]{1, 3, 4, 5}, ids);
    }

    @Test
    void aUdpBlockCarriesTimeAndNumberBigEndian()
    {
        final ByteBuffer block = ByteBuffer.allocate(16);
        UdpHeader.write(block, 3_000_007, 0x1_0000_0002L, true);
        assertArrayEquals(new byte[]{0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2}, block.array());
        assertEquals(3_000_007, UdpHeader.sentUs(block));
        assertEquals(0x1_0000_0002L, UdpHeader.number(block, true));

        UdpHeader.write(block, 1, 0xFFFF_FFFFL, false);
        assertEquals(0xFFFF_FFFFL, UdpHeader.number(block, false));
    }

    @Test
    void gapsAreLossesUntilTheMissingArrivesLate()
    {
        final UdpArrivals arrivals = new UdpArrivals();
        for (final long number : new long[]{1, 2, 5, 4})
        {
            arrivals.onDatagram(number, 0, 0);
        }
        assertEquals(5, arrivals.highest());
        assertEquals(1, arrivals.lost());
        assertEquals(1, arrivals.outOfOrder());
    }

    @Test
    void jitterIsASixteenthOfEachChangeInTransitTime()
    {
        final UdpArrivals arrivals = new UdpArrivals();
        // A clock that is an hour off does not matter, only changes do.
        final long offUs = 3_600_000_000L;
        arrivals.onDatagram(1, 0, offUs + 100);
        assertEquals(0, arrivals.jitterSeconds());
        arrivals.onDatagram(2, 1_000, offUs + 1_000 + 260);
        assertEquals(160e-6 / 16, arrivals.jitterSeconds(), 1e-9);
        arrivals.onDatagram(3, 2_000, offUs + 2_000 + 100);
        assertEquals(10e-6 + (160e-6 - 10e-6) / 16, arrivals.jitterSeconds(), 1e-9);
    }

    @Test
    void aPacerWaitsUntilTheAverageIsBackAtTheRate()
    {
        final Pacer pacer = new Pacer(8_000_000, 1_000_000, 500);
        assertEquals(0, pacer.waitNs(0, 500));
        assertEquals(1_000_000, pacer.waitNs(1_000, 500));
        assertEquals(400_000, pacer.waitNs(1_000, 600_500));
        assertTrue(pacer.waitNs(1_000, 2_000_500) < 0);
        assertEquals(0, new Pacer(0, 1_000_000, 500).waitNs(1 << 30, 500));
    }

    @Test
    void amountsReadAsIperf3WritesThem()
    {
        assertEquals("0.00 Bytes", Units.bytes(0));
        assertEquals("1.25 MBytes", Units.bytes(1_310_720));
        assertEquals("1023 KBytes", Units.bytes(1_047_728));
        assertEquals(" 954 Mbits/sec", Units.bitsPerSecond(954e6));
        assertEquals("16.2 Gbits/sec", Units.bitsPerSecond(16.2e9));
        assertEquals(10_485_760, Units.parseBytes("10M"));
        assertEquals(1_500_000_000, Units.parseRate("1.5g"));
        assertThrows(NumberFormatException.class, () -> Units.parseRate("fast"));
        assertThrows(NumberFormatException.class, () -> Units.parseBytes(""));
        assertThrows(NumberFormatException.class, () -> Units.parseBytes("-1"));
        assertEquals("0", HumanReport.percent(0));
        assertEquals("0.12", HumanReport.percent(0.1234));
        assertEquals("62", HumanReport.percent(61.98));
    }

    private static JsonObject json(final String text)
    {
        return JsonParser.parseString(text).getAsJsonObject();
    }
}
