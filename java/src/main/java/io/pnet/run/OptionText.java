package io.pnet.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The agent's options: {@code key=value} or {@code key}, separated by commas. A value with a comma stands in single or
 * double quotes, and the quote itself is written twice there: {@code link=packet:veth0,impair='loss=1%,delay=10ms'}.
 */
final class OptionText
{
    private final String text;
    private int at;

    private OptionText(final String text)
    {
        this.text = text;
    }

    /**
     * The values of each key, in the order they were given; a key without a value has {@code on}.
     *
     * @throws IllegalArgumentException one line, when a quote does not end or a key is missing.
     */
    static Map<String, List<String>> parse(final String text)
    {
        final Map<String, List<String>> values = new LinkedHashMap<>();
        final OptionText options = new OptionText(text == null ? "" : text.strip());
        while (options.at < options.text.length())
        {
            options.option(values);
        }
        return values;
    }

    private void option(final Map<String, List<String>> values)
    {
        final int start = at;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ',')
        {
            at++;
        }
        final String key = text.substring(start, at).strip();
        if (key.isEmpty())
        {
            throw new IllegalArgumentException("bad options '" + text + "': write them as key=value,key=value");
        }
        String value = "on";
        if (at < text.length() && text.charAt(at) == '=')
        {
            at++;
            value = value();
        }
        values.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
        at++;
    }

    private String value()
    {
        final StringBuilder value = new StringBuilder();
        char quote = 0;
        for (; at < text.length() && (quote != 0 || text.charAt(at) != ','); at++)
        {
            final char c = text.charAt(at);
            if (quote == 0 && (c == '\'' || c == '"'))
            {
                quote = c;
            }
            else if (c != quote)
            {
                value.append(c);
            }
            else if (at + 1 < text.length() && text.charAt(at + 1) == quote)
            {
                value.append(c);
                at++;
            }
            else
            {
                quote = 0;
            }
        }
        if (quote != 0)
        {
            throw new IllegalArgumentException("bad options '" + text + "': a " + quote + " does not end");
        }
        return value.toString();
    }
}
