package io.pnet.dns;

/** Bytes that are no DNS message, or none that we understand. */
final class DnsFormatException extends Exception
{
    private static final long serialVersionUID = 1;

    DnsFormatException(final String message)
    {
        super(message);
    }
}
