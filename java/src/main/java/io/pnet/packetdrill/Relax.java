package io.pnet.packetdrill;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What of an expectation need not be met to the letter, because the RFCs leave it open. */
public enum Relax
{
    /** Windows that are advertised, and the shift of the window scale option. */
    WINDOW,
    /** The order of options in a segment, and their padding. */
    OPTIONS,
    /** The value of the MSS option. */
    MSS,
    /** Values of time stamps; what is echoed stays exact. */
    TIMESTAMPS,
    /** What {@code getsockopt} says of {@code SO_RCVBUF} and {@code SO_SNDBUF}. */
    RCVBUF,
    /** The PSH flag. */
    PSH;

    /** Nothing is relaxed. */
    public static Set<Relax> none()
    {
        return EnumSet.noneOf(Relax.class);
    }

    /** What scripts written for another system must not hold against this one; PSH stays exact. */
    public static Set<Relax> foreign()
    {
        return EnumSet.complementOf(EnumSet.of(PSH));
    }

    /**
     * Reads a list as {@code window,options}; {@code all} stands for all of them, {@code foreign} for all but PSH.
     *
     * @throws IllegalArgumentException when a name is unknown.
     */
    public static Set<Relax> parse(final String names)
    {
        final Set<Relax> result = none();
        for (final String name : names.split(","))
        {
            switch (name.strip().toLowerCase(Locale.ROOT))
            {
                case "":
                case "none":
                    break;
                case "all":
                    result.addAll(EnumSet.allOf(Relax.class));
                    break;
                case "foreign":
                    result.addAll(foreign());
                    break;
                default:
                    try
                    {
                        result.add(valueOf(name.strip().toUpperCase(Locale.ROOT)));
                    }
                    catch (final IllegalArgumentException ex)
                    {
                        throw new IllegalArgumentException(
                            "nothing to relax is called '" + name.strip() + "': it is one of window, options, mss, " +
                            "timestamps, rcvbuf, psh, foreign (all but psh) and all", ex);
                    }
                    break;
            }
        }
        return result;
    }
}
