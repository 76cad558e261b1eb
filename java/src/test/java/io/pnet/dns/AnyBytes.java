package io.pnet.dns;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a fuzzer does to this room; throws an AssertionError, or anything, when there is a defect. */
public final class AnyBytes
{
    private AnyBytes()
    {
    }

    /** As a name server's answer. */
    public static void answer(final byte[] input)
    {
        try
        {
            final DnsMessage message = DnsMessage.parse(input);
            require(message.name().length() <= 4 * DnsName.MAX_BYTES);
            for (final DnsMessage.Data each : message.chain().records())
            {
                require(each.type() == message.type());
                require((each.address() == null) != (each.target() == null));
                if (each.target() != null && DnsName.isHostName(each.target()))
                {
                    // What is shown to applications can be asked for again.
                    final byte[] query = DnsMessage.query(1, each.target(), DnsMessage.A, true);
                    require(DnsName.read(query, query.length, 12).name().equals(DnsName.canonical(each.target())));
                }
            }
        }
        catch (final DnsFormatException ex)
        {
            require(ex.getMessage() != null);
        }
    }

    /** As a {@code resolv.conf}, and as the option that names servers. */
    public static void settings(final byte[] input)
    {
        final String text = new String(input, StandardCharsets.ISO_8859_1);
        final DnsSettings settings = DnsSettings.parse(List.of(text.split("\n")));
        require(!settings.servers.isEmpty() && settings.attempts >= 1 && settings.timeout.toMillis() >= 1);
        try
        {
            require(!new DnsSettings().servers(text).servers.isEmpty());
        }
        catch (final IllegalArgumentException ex)
        {
            require(ex.getMessage() != null && !(ex instanceof NumberFormatException));
        }
    }

    private static void require(final boolean holds)
    {
        if (!holds)
        {
            throw new AssertionError("a parser's promise does not hold");
        }
    }
}
