package io.pnet.packetdrill;

/**
 * How a script went.
 *
 * @param name     the script's, with the IP version when it was run with several.
 * @param result   passed, failed or skipped.
 * @param line     where it went wrong, 0 when that is nowhere in particular.
 * @param source   the line's text, or null.
 * @param message  what is wrong, or why it was skipped; null when it passed.
 * @param expected what the script says, or null.
 * @param actual   what was so, or null.
 */
public record Outcome(
    String name, Result result, int line, String source, String message, String expected, String actual)
{
    /** The three ways a script can go. */
    public enum Result
    {
        /** Everything was as it says. */
        PASSED,
        /** Something was not, or it is no script. */
        FAILED,
        /** It asks for something that is not there here. */
        SKIPPED
    }

    static Outcome passed(final String name)
    {
        return new Outcome(name, Result.PASSED, 0, null, null, null, null);
    }

    /** For people: one line when there is little to say, else expected and actual below each other. */
    public String report()
    {
        if (result == Result.PASSED)
        {
            return "PASS " + name;
        }
        final StringBuilder out = new StringBuilder(result == Result.FAILED ? "FAIL " : "SKIP ");
        out.append(name).append(line > 0 ? ":" + line : "").append(": ").append(message);
        if (source != null)
        {
            out.append("\n    script:   ").append(source);
        }
        if (expected != null)
        {
            out.append("\n    expected: ").append(expected);
        }
        if (actual != null)
        {
            out.append("\n    actual:   ").append(actual);
        }
        return out.toString();
    }
}
