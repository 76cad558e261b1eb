package io.pnet.packetdrill;

/** Why a script cannot be run, or not any further, with the line where that shows. */
public final class ScriptException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    private final int line;
    private final boolean isSkip;

    private ScriptException(final int line, final String message, final boolean isSkip)
    {
        super(message, null, false, false);
        this.line = line;
        this.isSkip = isSkip;
    }

    /** The text is not of the language. */
    static ScriptException malformed(final int line, final String message)
    {
        return new ScriptException(line, message, false);
    }

    /** The text may well be of the language, but means something that is not there here. */
    static ScriptException unsupported(final int line, final String message)
    {
        return new ScriptException(line, message, true);
    }

    /** Counted from 1; 0 when it is about the whole script. */
    public int line()
    {
        return line;
    }

    /** Whether the script is to be skipped, rather than wrong. */
    public boolean isSkip()
    {
        return isSkip;
    }
}
