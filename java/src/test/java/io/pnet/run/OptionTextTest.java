package io.pnet.run;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OptionTextTest
{
    @Test
    void readsKeysAndValuesInTheirOrder()
    {
        assertEquals(
            Map.of("link", List.of("packet:veth0"), "ip", List.of("10.0.0.2/24", "fd00::2/64"), "quiet", List.of("on")),
            OptionText.parse("link=packet:veth0,ip=10.0.0.2/24,quiet,ip=fd00::2/64"));
    }

    @Test
    void aQuotedValueMayHoldWhatSeparates()
    {
        assertEquals(
            Map.of(
                "impair", List.of("loss=1%,delay=10ms"),
                "link", List.of("fd:7,8"),
                "pcap", List.of("/tmp/it's a \"file\", really=yes.pcap")),
            OptionText.parse("impair='loss=1%,delay=10ms',link=\"fd:7,8\"," +
                "pcap=/tmp/'it''s a \"file\", really=yes'.pcap"));
    }

    @Test
    void anEqualsSignInAValueIsItsOwn()
    {
        assertEquals(Map.of("impair", List.of("loss=1%")), OptionText.parse("impair=loss=1%"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void nothingIsNoOption(final String text)
    {
        assertTrue(OptionText.parse(text).isEmpty());
        assertTrue(OptionText.parse(null).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"=x", "link=packet:veth0,,ip=1", ",", "impair='loss=1%", "pcap=\"x'"})
    void whatMakesNoSenseIsToldInOneLine(final String text)
    {
        final String message =
            assertThrows(IllegalArgumentException.class, () -> OptionText.parse(text)).getMessage();
        assertTrue(message.startsWith("bad options '" + text + "': ") && message.lines().count() == 1, message);
    }
}
