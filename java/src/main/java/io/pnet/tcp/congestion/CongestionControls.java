package io.pnet.tcp.congestion;

import java.util.Map;
import java.util.function.Supplier;

/** The congestion controls that come with the stack, by the names that tools and other stacks know them by. */
public final class CongestionControls
{
    private static final Map<String, Supplier<? extends CongestionControl>> BY_NAME = Map.of(
        "newreno", NewReno::new,
        "reno", NewReno::new,
        "cubic", Cubic::new,
        "cubic-abe", Cubic::withAlternativeBackoff,
        "bbr", Bbr::new);

    private CongestionControls()
    {
    }

    /** Whether there is one of this name. */
    public static boolean has(final String name)
    {
        return BY_NAME.containsKey(name);
    }

    /**
     * The one of this name, for {@code TcpSettings.congestionControl}.
     *
     * @throws IllegalArgumentException when there is none.
     */
    public static Supplier<? extends CongestionControl> named(final String name)
    {
        final Supplier<? extends CongestionControl> supplier = BY_NAME.get(name);
        if (supplier == null)
        {
            throw new IllegalArgumentException(
                "congestion control " + name + " is not known: newreno, cubic, cubic-abe and bbr are");
        }
        return supplier;
    }
}
