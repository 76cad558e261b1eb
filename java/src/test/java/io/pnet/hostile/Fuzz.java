package io.pnet.hostile;

/**
 * The door for Jazzer's driver ({@code --target_class=io.pnet.hostile.Fuzz --target_args=TARGET}); see {@code ci/fuzz}.
 */
public final class Fuzz
{
    private static FuzzTarget target = FuzzTarget.STACK;

    private Fuzz()
    {
    }

    /** Called once, with the name of a {@link FuzzTarget}. */
    public static void fuzzerInitialize(final String[] args)
    {
        target = FuzzTarget.valueOf(args[0]);
    }

    /** Called for every input. */
    public static void fuzzerTestOneInput(final byte[] input) throws Exception
    {
        target.run(input);
    }
}
