package io.pnet.link;

import java.io.IOException;

/** A link could not be opened. The message is one line: the call, the interface, the cause and what to do. */
public final class LinkException extends IOException
{
    private static final long serialVersionUID = 1L;

    /** An exception with its one line. */
    public LinkException(final String message)
    {
        super(message);
    }
}
