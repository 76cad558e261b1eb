package io.pnet.packetdrill;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The subset of Python that scripts use about TCP_INFO: assert, print, assignments, comparisons, boolean and arithmetic
 * operators, over numbers, constants and fields. A value is a long; everything else is a reason to skip.
 */
final class Code
{
    private static final Pattern TOKEN = Pattern.compile(
        "\\s*(0[xX][0-9a-fA-F]+|\\d+(?:\\.\\d+)?|[A-Za-z_][A-Za-z0-9_.]*|\"[^\"]*\"|'[^']*'|" +
        "<<|>>|<=|>=|==|!=|//|\\*\\*|[-+*/%&|^~<>(),=:])");

    private static final Pattern ASSIGNMENT = Pattern.compile("([A-Za-z_]\\w*)\\s*=(?!=)\\s*(.*)");

    private final Map<String, Long> fields;
    private final Map<String, Long> variables;
    private final Symbols symbols;
    private final int line;
    private String text;
    private int at;
    private String token;

    /**
     * Code about some fields.
     *
     * @param variables what earlier code has assigned; more may come.
     */
    Code(final Map<String, Long> fields, final Map<String, Long> variables, final Symbols symbols, final int line)
    {
        this.fields = fields;
        this.variables = variables;
        this.symbols = symbols;
        this.line = line;
    }

    /**
     * Runs statements, one a line or separated by semicolons.
     *
     * @return the assertion that does not hold, with the values that are known of it; or null.
     */
    String run(final String source)
    {
        // A statement goes on while parentheses are open.
        final StringBuilder statement = new StringBuilder();
        int depth = 0;
        for (final String each : source.replace("\\\n", " ").split("[\n;]"))
        {
            final String code = each.replaceAll("#.*$", "");
            for (final char c : code.toCharArray())
            {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            }
            statement.append(code).append(' ');
            if (depth > 0)
            {
                continue;
            }
            final String wrong = statement(statement.toString().strip());
            if (wrong != null)
            {
                return wrong;
            }
            statement.setLength(0);
        }
        return null;
    }

    private String statement(final String statement)
    {
        if (statement.isEmpty() || statement.equals("pass") || statement.startsWith("print"))
        {
            return null;
        }
        final Matcher assignment = ASSIGNMENT.matcher(statement);
        if (assignment.matches())
        {
            text = assignment.group(2);
            at = 0;
            next();
            variables.put(assignment.group(1), or());
            if (token != null)
            {
                throw unsupported();
            }
            return null;
        }
        text = statement;
        at = 0;
        next();
        if (!"assert".equals(token))
        {
            throw unsupported();
        }
        next();
        final long value = or();
        if (token != null && !token.equals(","))
        {
            throw unsupported();
        }
        return value != 0 ? null : statement + values(statement);
    }

    private String values(final String statement)
    {
        final StringBuilder out = new StringBuilder();
        fields.forEach((name, value) ->
        {
            if (Pattern.compile("\\b" + name + "\\b").matcher(statement).find())
            {
                out.append(out.length() == 0 ? ", where " : ", ").append(name).append(" is ").append(value);
            }
        });
        return out.toString();
    }

    private ScriptException unsupported()
    {
        return ScriptException.unsupported(line, "code: " + text);
    }

    private void next()
    {
        final Matcher matcher = TOKEN.matcher(text).region(at, text.length());
        if (matcher.lookingAt())
        {
            token = matcher.group(1);
            at = matcher.end();
            return;
        }
        if (!text.substring(at).isBlank())
        {
            throw unsupported();
        }
        token = null;
    }

    private boolean accept(final String wanted)
    {
        if (!wanted.equals(token))
        {
            return false;
        }
        next();
        return true;
    }

    // ---- by precedence

    private long or()
    {
        long value = and();
        while (accept("or"))
        {
            final long right = and();
            value = value != 0 ? value : right;
        }
        return value;
    }

    private long and()
    {
        long value = not();
        while (accept("and"))
        {
            final long right = not();
            value = value == 0 ? 0 : right;
        }
        return value;
    }

    private long not()
    {
        return accept("not") ? not() == 0 ? 1 : 0 : comparison();
    }

    /** Comparisons chain: {@code a < b < c}. */
    private long comparison()
    {
        long left = bits();
        long result = 1;
        boolean isAny = false;
        while (token != null && token.matches("<|>|<=|>=|==|!="))
        {
            final String operator = token;
            next();
            final long right = bits();
            result &= compare(operator, left, right) ? 1 : 0;
            left = right;
            isAny = true;
        }
        return isAny ? result : left;
    }

    private static boolean compare(final String operator, final long left, final long right)
    {
        switch (operator)
        {
            case "<":
                return left < right;
            case ">":
                return left > right;
            case "<=":
                return left <= right;
            case ">=":
                return left >= right;
            case "==":
                return left == right;
            default:
                return left != right;
        }
    }

    private long bits()
    {
        long value = shift();
        while (token != null && token.matches("[|&^]"))
        {
            final String operator = token;
            next();
            final long right = shift();
            value = operator.equals("|") ? value | right : operator.equals("&") ? value & right : value ^ right;
        }
        return value;
    }

    private long shift()
    {
        long value = sum();
        while (token != null && token.matches("<<|>>"))
        {
            final boolean isLeft = token.equals("<<");
            next();
            final long right = sum();
            value = isLeft ? value << right : value >> right;
        }
        return value;
    }

    private long sum()
    {
        long value = product();
        while (token != null && token.matches("[-+]"))
        {
            final boolean isPlus = token.equals("+");
            next();
            final long right = product();
            value = isPlus ? value + right : value - right;
        }
        return value;
    }

    private long product()
    {
        long value = unary();
        while (token != null && token.matches("\\*|//?|%"))
        {
            final String operator = token;
            next();
            final long right = unary();
            if (right == 0 && !operator.equals("*"))
            {
                throw unsupported();
            }
            value = operator.equals("*") ? value * right :
                operator.equals("%") ? Math.floorMod(value, right) : Math.floorDiv(value, right);
        }
        return value;
    }

    private long unary()
    {
        if (accept("-"))
        {
            return -unary();
        }
        if (accept("+"))
        {
            return unary();
        }
        if (accept("~"))
        {
            return ~unary();
        }
        return primary();
    }

    private long primary()
    {
        if (accept("("))
        {
            final long value = or();
            if (!accept(")"))
            {
                throw unsupported();
            }
            return value;
        }
        if (token == null)
        {
            throw unsupported();
        }
        final String word = token;
        next();
        if (Character.isDigit(word.charAt(0)))
        {
            if (word.contains("."))
            {
                throw unsupported();
            }
            return Long.decode(word.replaceFirst("^0+(\\d)", "$1"));
        }
        if (word.equals("abs") && accept("("))
        {
            final long value = or();
            if (!accept(")"))
            {
                throw unsupported();
            }
            return Math.abs(value);
        }
        final Long field = fields.get(word);
        if (field != null)
        {
            return field;
        }
        final Long variable = variables.get(word);
        final Long constant = variable != null ? variable : symbols.get(word);
        if (constant == null)
        {
            throw ScriptException.unsupported(line, "'" + word + "' in code: " + text);
        }
        return constant;
    }
}
