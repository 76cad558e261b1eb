package io.pnet.dns;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is on the wire between us and a name server, and what must not be. */
class DnsMessageTest
{
    private static final String HOST = "www.example.com";

    @Test
    void writesAQueryAsRfc1035AndRfc6891Say()
    {
        final byte[] expected = bytes(
            0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,
            3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 28, 0, 1,
            0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0);
        assertArrayEquals(expected, DnsMessage.query(0x1234, HOST, DnsMessage.AAAA, true));

        final byte[] plain = Arrays.copyOf(expected, expected.length - 11);
        plain[11] = 0;
        assertArrayEquals(plain, DnsMessage.query(0x1234, HOST, DnsMessage.AAAA, false));
    }

    @Test
    void readsAddressesBehindAliasesInAnyOrder() throws Exception
    {
        final byte[] answer = Answers.to(7, HOST, DnsMessage.A)
            .address("c.example.net", 10, 0, 0, 9)
            .alias("b.example.org", "c.example.net")
            .alias(HOST, "B.Example.ORG")
            .address("c.example.net", 10, 0, 0, 8)
            .address("else.example.net", 10, 9, 9, 9)
            .bytes();

        final DnsMessage message = DnsMessage.parse(answer);

        assertEquals(7, message.id());
        assertEquals(HOST, message.name());
        assertEquals(DnsMessage.A, message.type());
        final DnsMessage.Chain chain = message.chain();
        assertEquals("c.example.net", chain.name());
        assertEquals(
            List.of("[10, 0, 0, 9]", "[10, 0, 0, 8]"),
            chain.records().stream().map(each -> Arrays.toString(each.address())).toList());
    }

    @Test
    void refusesAliasesThatGoInCircles() throws Exception
    {
        final byte[] answer =
            Answers.to(7, HOST, DnsMessage.A).alias(HOST, "b.example").alias("b.example", HOST).bytes();
        final DnsMessage message = DnsMessage.parse(answer);
        assertThrows(DnsFormatException.class, message::chain);
    }

    @Test
    void refusesNamesThatPointAtThemselvesOrForward()
    {
        for (final int target : new int[]{12, 13, 14, 40, 0x3FFF})
        {
            final byte[] message = bytes(
                0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0 | target >> 8, target & 0xFF, 0, 1, 0, 1);
            assertThrows(DnsFormatException.class, () -> DnsMessage.parse(message), "pointer to " + target);
        }
        // Two that point at each other: the second may point back, the first may not point on.
        final byte[] pair = bytes(1, 'a', 0xC0, 4, 1, 'b', 0xC0, 0);
        assertThrows(DnsFormatException.class, () -> DnsName.read(pair, pair.length, 4));
    }

    @Test
    void followsPointersThatPointBack() throws Exception
    {
        final byte[] message = bytes(3, 'c', 'o', 'm', 0, 1, 'B', 0xC0, 0, 1, 'a', 0xC0, 5, 99);
        final DnsName.Read read = DnsName.read(message, message.length, 9);
        assertEquals("a.b.com", read.name());
        assertEquals(13, read.end());
    }

    @Test
    void keepsADotInsideALabelApartFromTheDotsBetween() throws Exception
    {
        final byte[] message = bytes(3, 'a', '.', 'b', 1, 0, 0);
        final String name = DnsName.read(message, message.length, 0).name();
        assertEquals("a\\046b.\\000", name);
        assertFalse(DnsName.isHostName(name));
        assertFalse(DnsName.isValid(name));
    }

    @Test
    void knowsWhatCanBeAskedFor()
    {
        assertTrue(DnsName.isValid("a"));
        assertTrue(DnsName.isValid("_sip._tcp.example.com"));
        assertTrue(DnsName.isValid("x".repeat(63) + ".example"));
        assertFalse(DnsName.isValid("x".repeat(64) + ".example"));
        assertFalse(DnsName.isValid(""));
        assertFalse(DnsName.isValid("a..b"));
        assertFalse(DnsName.isValid("a b"));
        assertFalse(DnsName.isValid("b\u00fccher.example"));
        assertTrue(DnsName.isValid(("y".repeat(62) + ".").repeat(4) + "z"));
        assertFalse(DnsName.isValid(("y".repeat(62) + ".").repeat(4) + "zz"));
        assertTrue(DnsName.isHostName("host-1_x.example"));
        assertFalse(DnsName.isHostName("$(id).example"));
    }

    @Test
    void refusesWhatIsNotAnAnswerToOneQuestion()
    {
        final Answers answer = Answers.to(7, HOST, DnsMessage.A).address(HOST, 10, 0, 0, 1);
        assertThrows(DnsFormatException.class, () -> DnsMessage.parse(answer.notAResponse().bytes()));
        final byte[] twoQuestions = Answers.to(7, HOST, DnsMessage.A).bytes();
        twoQuestions[5] = 2;
        assertThrows(DnsFormatException.class, () -> DnsMessage.parse(twoQuestions));
        final byte[] wrongLength = Answers.to(7, HOST, DnsMessage.A).record(HOST, DnsMessage.A, new byte[5]).bytes();
        assertThrows(DnsFormatException.class, () -> DnsMessage.parse(wrongLength));
    }

    @Test
    void readsNothingBehindTheQuestionWhenTruncated() throws Exception
    {
        final byte[] answer = Answers.to(7, HOST, DnsMessage.A).truncated().address(HOST, 10, 0, 0, 1).bytes();
        for (int cut = 0; cut < 16; cut++)
        {
            final DnsMessage message = DnsMessage.parse(Arrays.copyOf(answer, answer.length - cut));
            assertTrue(message.isTruncated());
            assertEquals(List.of(), message.answers());
        }
    }

    @Test
    void survivesEveryPrefixOfAnAnswer() throws Exception
    {
        final byte[] answer = sample();
        assertEquals(4, DnsMessage.parse(answer).answers().size());
        for (int length = 0; length < answer.length; length++)
        {
            final byte[] prefix = Arrays.copyOf(answer, length);
            assertThrows(DnsFormatException.class, () -> DnsMessage.parse(prefix), "prefix of " + length);
        }
    }

    @Test
    void survivesMutatedAndRandomAnswers()
    {
        final byte[] answer = sample();
        int understood = 0;
        for (long seed = 0; seed < 200_000; seed++)
        {
            final SplittableRandom random = new SplittableRandom(seed);
            final byte[] mutated;
            if ((seed & 3) == 0)
            {
                mutated = new byte[random.nextInt(300)];
                random.nextBytes(mutated);
                if (mutated.length > 12)
                {
                    // Far enough to be interesting.
                    System.arraycopy(answer, 2, mutated, 2, 10);
                }
            }
            else
            {
                mutated = Arrays.copyOf(answer, answer.length - random.nextInt(4));
                for (int i = random.nextInt(1, 6); i > 0; i--)
                {
                    mutated[random.nextInt(mutated.length)] = (byte)random.nextInt();
                }
            }
            understood += isUnderstood(mutated, seed) ? 1 : 0;
        }
        assertTrue(understood > 1_000, "only " + understood + " were read: this has tried nothing");
    }

    private static boolean isUnderstood(final byte[] bytes, final long seed)
    {
        try
        {
            for (final DnsMessage.Data each : DnsMessage.parse(bytes).chain().records())
            {
                assertTrue(each.address() == null || each.address().length == 4 || each.address().length == 16);
            }
            return true;
        }
        catch (final DnsFormatException ex)
        {
            return false;
        }
        catch (final RuntimeException ex)
        {
            throw new AssertionError("seed " + seed + ": " + ex, ex);
        }
    }

    private static byte[] sample()
    {
        return Answers.to(7, HOST, DnsMessage.A)
            .alias(HOST, "b.example.org").address("b.example.org", 10, 0, 0, 1).address("b.example.org", 10, 0, 0, 2)
            .pointer(HOST, "x.example").bytes();
    }

    private static byte[] bytes(final int... values)
    {
        final ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (final int value : values)
        {
            buffer.put((byte)value);
        }
        return buffer.array();
    }
}
