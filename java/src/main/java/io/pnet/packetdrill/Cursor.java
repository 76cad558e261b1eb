package io.pnet.packetdrill;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the text of a script. What a token is depends on where it stands in this language ({@code .} is a flag, a
 * part of a number or of an ellipsis), so the parser asks for what it expects, and blanks and comments are passed over
 * before.
 */
final class Cursor
{
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern DIRECTIVE = Pattern.compile("^\\s*#\\s*(ifdef|ifndef|else|endif)\\b\\s*(\\w*).*$");
    private static final int SHOWN = 24;

    private final String text;
    private final Map<String, String> defines;
    private int at;

    /**
     * At the beginning of a text.
     *
     * @param defines what words stand for; their names also decide {@code #ifdef}.
     */
    Cursor(final String text, final Map<String, String> defines)
    {
        this.text = preprocess(text, defines.keySet());
        this.defines = defines;
    }

    /** Blanks out what conditionals leave out, and the directives themselves; lines keep their numbers. */
    private static String preprocess(final String text, final Set<String> defined)
    {
        final StringBuilder out = new StringBuilder(text.length());
        final Deque<Boolean> taken = new ArrayDeque<>();
        int number = 0;
        for (final String line : text.split("\n", -1))
        {
            number++;
            final Matcher directive = DIRECTIVE.matcher(line);
            if (number > 1)
            {
                out.append('\n');
            }
            if (directive.matches())
            {
                switch (directive.group(1))
                {
                    case "ifdef":
                        taken.push(defined.contains(directive.group(2)));
                        break;
                    case "ifndef":
                        taken.push(!defined.contains(directive.group(2)));
                        break;
                    default:
                        if (taken.isEmpty())
                        {
                            throw ScriptException.malformed(number, "#" + directive.group(1) + " without #ifdef");
                        }
                        final boolean was = taken.pop();
                        if (directive.group(1).equals("else"))
                        {
                            taken.push(!was);
                        }
                        break;
                }
            }
            else if (!taken.contains(false))
            {
                out.append(line);
            }
        }
        if (!taken.isEmpty())
        {
            throw ScriptException.malformed(number, "#ifdef without #endif");
        }
        return out.toString();
    }

    int line()
    {
        int line = 1;
        for (int i = 0; i < at && i < text.length(); i++)
        {
            line += text.charAt(i) == '\n' ? 1 : 0;
        }
        return line;
    }

    int position()
    {
        return at;
    }

    void position(final int position)
    {
        at = position;
    }

    /** The text from a position to here. */
    String since(final int position)
    {
        return text.substring(position, at);
    }

    /** Passes over blanks and comments. */
    void skip()
    {
        while (at < text.length())
        {
            final char c = text.charAt(at);
            if (Character.isWhitespace(c))
            {
                at++;
            }
            else if (c == '#' || text.startsWith("//", at))
            {
                final int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            }
            else if (text.startsWith("/*", at))
            {
                final int end = text.indexOf("*/", at + 2);
                if (end < 0)
                {
                    throw malformed("comment without end");
                }
                at = end + 2;
            }
            else
            {
                return;
            }
        }
    }

    boolean isAtEnd()
    {
        skip();
        return at >= text.length();
    }

    /** The next character after blanks, or 0 at the end. */
    char peek()
    {
        skip();
        return at < text.length() ? text.charAt(at) : 0;
    }

    boolean isNext(final String token)
    {
        skip();
        return text.startsWith(token, at);
    }

    boolean accept(final String token)
    {
        if (!isNext(token))
        {
            return false;
        }
        at += token.length();
        return true;
    }

    void expect(final String token)
    {
        if (!accept(token))
        {
            throw malformed("expected '" + token + "'" + here());
        }
    }

    /** A word if one is next and it is this one. */
    boolean acceptWord(final String word)
    {
        final String next = match(WORD);
        if (word.equals(next))
        {
            return true;
        }
        if (next != null)
        {
            at -= next.length();
        }
        return false;
    }

    /** The next word, as it is defined if it is, or null when there is none. */
    String word()
    {
        final String word = match(WORD);
        return word == null ? null : defines.getOrDefault(word, word);
    }

    String peekWord()
    {
        skip();
        final int before = at;
        final String word = word();
        at = before;
        return word;
    }

    String expectWord(final String what)
    {
        final String word = word();
        if (word == null)
        {
            throw malformed("expected " + what + here());
        }
        return word;
    }

    /** What matches here, after blanks, or null. */
    String match(final Pattern pattern)
    {
        skip();
        final Matcher matcher = pattern.matcher(text).region(at, text.length());
        if (!matcher.lookingAt())
        {
            return null;
        }
        at = matcher.end();
        return matcher.group();
    }

    /** Everything up to a delimiter, which is passed over. */
    String until(final String delimiter, final String what)
    {
        final int end = text.indexOf(delimiter, at);
        if (end < 0)
        {
            throw malformed(what + " without end");
        }
        final String result = text.substring(at, end);
        at = end + delimiter.length();
        return result;
    }

    /** The rest of this line, which is passed over. */
    String restOfLine()
    {
        final int end = text.indexOf('\n', at);
        final String result = text.substring(at, end < 0 ? text.length() : end);
        at = end < 0 ? text.length() : end;
        return result;
    }

    ScriptException malformed(final String message)
    {
        return ScriptException.malformed(line(), message);
    }

    ScriptException unsupported(final String message)
    {
        return ScriptException.unsupported(line(), message);
    }

    /** Where we are, for messages. */
    String here()
    {
        skip();
        if (at >= text.length())
        {
            return " at the end of the script";
        }
        final int end = text.indexOf('\n', at);
        final String rest = text.substring(at, end < 0 ? text.length() : end);
        return " at '" + (rest.length() > SHOWN ? rest.substring(0, SHOWN) + "..." : rest).strip() + "'";
    }
}
