package io.pnet.packetdrill;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads a script: options, then events of packets, system calls, commands and code. */
final class ScriptParser
{
    static final Pattern INTEGER = Pattern.compile("-?(0[xX][0-9a-fA-F]+|\\d+)");
    private static final Pattern OPTION = Pattern.compile("--[A-Za-z0-9_-]+");
    private static final Pattern SECONDS = Pattern.compile("-?(\\d+(\\.\\d+)?|\\.\\d+)");
    private static final BigDecimal NS = BigDecimal.valueOf(1_000_000_000L);

    private final Cursor cursor;

    private ScriptParser(final Cursor cursor)
    {
        this.cursor = cursor;
    }

    /**
     * Reads a whole script.
     *
     * @param defines words that stand for others, and what {@code #ifdef} asks for.
     * @throws ScriptException when it is malformed, or uses what is not there here.
     */
    static Script parse(final String text, final Map<String, String> defines)
    {
        final String plain = text.replace("\r\n", "\n");
        final Map<String, String> words = new LinkedHashMap<>(defines);
        ScriptParser parser = new ScriptParser(new Cursor(plain, words));
        final Map<String, String> options = parser.options(words);
        if (!words.equals(defines))
        {
            // Definitions at the head also decide conditionals in front of them.
            parser = new ScriptParser(new Cursor(plain, words));
            parser.options(new LinkedHashMap<>());
        }
        final List<Event> events = new ArrayList<>();
        while (!parser.cursor.isAtEnd())
        {
            events.add(parser.event());
        }
        if (events.isEmpty())
        {
            throw ScriptException.malformed(0, "no events");
        }
        return new Script(
            options,
            events,
            mentions(events, "net.inet.") || mentions(events, "sockstat") || plain.contains("TCPI_SYN_RECEIVED"),
            mentions(events, "net.ipv4.") || mentions(events, "net/ipv4/") || mentions(events, "defaults.sh"));
    }

    private static boolean mentions(final List<Event> events, final String word)
    {
        return events.stream().anyMatch(event ->
            event.action() instanceof Event.Command command && command.text().contains(word));
    }

    // ---- options

    private Map<String, String> options(final Map<String, String> defines)
    {
        final Map<String, String> options = new LinkedHashMap<>();
        while (true)
        {
            final String option = cursor.match(OPTION);
            if (option == null)
            {
                return options;
            }
            String value = cursor.restOfLine().replaceFirst("//.*$", "").strip();
            if (value.startsWith("="))
            {
                value = value.substring(1).strip();
            }
            if (option.equals("--define"))
            {
                final int equals = value.indexOf('=');
                defines.put(
                    equals < 0 ? value : value.substring(0, equals), equals < 0 ? "" : value.substring(equals + 1));
            }
            else
            {
                options.put(option.substring(2), value);
            }
        }
    }

    // ---- events

    private Event event()
    {
        cursor.skip();
        final int line = cursor.line();
        final int start = cursor.position();
        final Event.Time time = time();
        final Event.Action action = action(time);
        return new Event(line, oneLine(cursor.since(start)), time, action);
    }

    private static String oneLine(final String source)
    {
        return source.replaceAll("//[^\n]*", "").replaceAll("\\s+", " ").strip();
    }

    private Event.Time time()
    {
        if (cursor.accept("*"))
        {
            return new Event.Time(Event.Kind.ANY, 0, 0);
        }
        final boolean isRelative = cursor.accept("+");
        final Long ns = seconds();
        if (ns == null)
        {
            if (isRelative)
            {
                throw cursor.malformed("expected a time after '+'" + cursor.here());
            }
            return new Event.Time(Event.Kind.RELATIVE, 0, 0);
        }
        long latestNs = ns;
        if (cursor.accept("~"))
        {
            cursor.accept("+");
            latestNs = requiredSeconds();
            if (latestNs < ns)
            {
                throw cursor.malformed("the range of time ends before it begins");
            }
        }
        return new Event.Time(isRelative ? Event.Kind.RELATIVE : Event.Kind.ABSOLUTE, ns, latestNs);
    }

    private Long seconds()
    {
        final String number = cursor.match(SECONDS);
        return number == null ? null : new BigDecimal(number).multiply(NS).longValue();
    }

    private long requiredSeconds()
    {
        final Long ns = seconds();
        if (ns == null)
        {
            throw cursor.malformed("expected a time" + cursor.here());
        }
        return ns;
    }

    private Event.Action action(final Event.Time time)
    {
        long endNs = -1;
        if (cursor.accept("..."))
        {
            cursor.accept("+");
            endNs = requiredSeconds();
        }
        switch (cursor.peek())
        {
            case '`':
                cursor.expect("`");
                return new Event.Command(cursor.until("`", "command"));
            case '%':
                cursor.expect("%{");
                return new Event.Code(cursor.until("}%", "code"));
            case '<':
                cursor.expect("<");
                return new Event.Packet(true, new PacketParser(cursor).packet(true));
            case '>':
                cursor.expect(">");
                return new Event.Packet(false, new PacketParser(cursor).packet(false));
            default:
                if (endNs >= 0 && endNs < time.ns())
                {
                    // Relative times count from the start of the call.
                    if (time.kind() == Event.Kind.ABSOLUTE)
                    {
                        throw cursor.malformed("the call ends before it begins");
                    }
                    endNs = time.ns();
                }
                return systemCall(endNs);
        }
    }

    private Event.SystemCall systemCall(final long endNs)
    {
        final String name = cursor.word();
        if (name == null)
        {
            throw cursor.malformed("expected a packet, a call, a command or code" + cursor.here());
        }
        cursor.expect("(");
        final List<Value> arguments = list(")");
        cursor.expect("=");
        final Value result = cursor.accept("*") ? new Value.Any() : result();
        String errno = null;
        final String next = cursor.peekWord();
        if (next != null && next.matches("E[A-Z0-9]+"))
        {
            errno = cursor.word();
        }
        if (cursor.peek() == '(')
        {
            // A note in plain words.
            cursor.expect("(");
            cursor.until(")", "note");
        }
        return new Event.SystemCall(endNs, name, arguments, result, errno);
    }

    // ---- expressions

    private List<Value> list(final String end)
    {
        final List<Value> items = new ArrayList<>();
        while (!cursor.accept(end))
        {
            if (!items.isEmpty())
            {
                cursor.expect(",");
            }
            items.add(expression());
        }
        return items;
    }

    /** What a call returns: the next event may begin with a sign, so there is no arithmetic in it. */
    private Value result()
    {
        Value left = primary();
        while (cursor.accept("|"))
        {
            left = new Value.Operation("|", left, primary());
        }
        return left;
    }

    private Value expression()
    {
        Value left = additive();
        while (true)
        {
            final String operator = cursor.isNext("||") || cursor.isNext("&&") ? null :
                cursor.accept("|") ? "|" : cursor.accept("&") ? "&" : cursor.accept("^") ? "^" :
                cursor.accept("<<") ? "<<" : cursor.accept(">>") ? ">>" : null;
            if (operator == null)
            {
                return left;
            }
            left = new Value.Operation(operator, left, additive());
        }
    }

    private Value additive()
    {
        Value left = primary();
        while (true)
        {
            final String operator =
                cursor.accept("+") ? "+" : cursor.accept("-") ? "-" : cursor.accept("*") ? "*" : null;
            if (operator == null)
            {
                return left;
            }
            left = new Value.Operation(operator, left, primary());
        }
    }

    private Value primary()
    {
        if (cursor.accept("..."))
        {
            return new Value.Any();
        }
        switch (cursor.peek())
        {
            case '"':
                cursor.expect("\"");
                final String text = cursor.until("\"", "string");
                cursor.accept("...");
                return new Value.Text(text);
            case '[':
                cursor.expect("[");
                return new Value.Items(list("]"));
            case '{':
                cursor.expect("{");
                return struct();
            case '(':
                cursor.expect("(");
                final Value inner = expression();
                cursor.expect(")");
                return inner;
            case '~':
                cursor.expect("~");
                return new Value.Operation("^", new Value.Int(-1), primary());
            case '&':
                cursor.expect("&");
                return primary();
            default:
                break;
        }
        final String number = cursor.match(INTEGER);
        if (number != null)
        {
            return new Value.Int(Long.decode(number.replaceFirst("^(-?)0+(\\d)", "$1$2")));
        }
        final String word = cursor.word();
        if (word == null)
        {
            throw cursor.malformed("expected a value" + cursor.here());
        }
        if (!word.isEmpty() && (Character.isDigit(word.charAt(0)) || word.charAt(0) == '-'))
        {
            return new Value.Int(Long.decode(word));
        }
        if (cursor.accept("("))
        {
            return new Value.Call(word, list(")"));
        }
        return new Value.Name(word);
    }

    private Value struct()
    {
        final Map<String, Value> fields = new LinkedHashMap<>();
        while (!cursor.accept("}"))
        {
            if (!fields.isEmpty())
            {
                cursor.expect(",");
                if (cursor.accept("}"))
                {
                    break;
                }
            }
            if (!cursor.isNext("..."))
            {
                cursor.accept(".");
            }
            final int before = cursor.position();
            final String name = cursor.word();
            if (name != null && cursor.accept("("))
            {
                // msg_iov(1)=[...]: the length says nothing new.
                list(")");
            }
            if (name != null && cursor.accept("="))
            {
                fields.put(name, expression());
            }
            else
            {
                cursor.position(before);
                fields.put(Integer.toString(fields.size()), expression());
            }
        }
        return new Value.Struct(fields);
    }
}
