package io.pnet.tools;

/** Ends a command with exit code 1 and its message as the one line that the user sees. */
public final class CommandException extends RuntimeException
{
    private static final long serialVersionUID = 1;

    /**
     * @param message what failed, why, and what to do, in one line.
     */
    public CommandException(final String message)
    {
        super(message);
    }

    /**
     * @param message what failed, why, and what to do, in one line.
     * @param cause   shown with {@code --debug} only.
     */
    public CommandException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
