package io.pnet.tools.net;

/**
 * What a stream is asked to do.
 *
 * @param noDelay    sends small writes at once (no Nagle).
 * @param congestion congestion control by name; null for the default.
 */
public record StreamOptions(boolean noDelay, String congestion)
{
    /** Nothing special. */
    public static final StreamOptions DEFAULT = new StreamOptions(false, null);
    /** Small writes at once. */
    public static final StreamOptions NO_DELAY = new StreamOptions(true, null);
}
