package io.pnet.packetdrill;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An expression in a system call, as it is written. */
sealed interface Value
{
    /** {@code ...}: the runner chooses, or it does not matter. */
    record Any() implements Value
    {
        @Override
        public String toString()
        {
            return "...";
        }
    }

    /** An integer. */
    record Int(long value) implements Value
    {
        @Override
        public String toString()
        {
            return Long.toString(value);
        }
    }

    /** A name whose meaning depends on the system. */
    record Name(String name) implements Value
    {
        @Override
        public String toString()
        {
            return name;
        }
    }

    /** A string. */
    record Text(String text) implements Value
    {
        @Override
        public String toString()
        {
            return '"' + text + '"';
        }
    }

    /** {@code [a, b]}: behind a pointer. */
    record Items(List<Value> items) implements Value
    {
        @Override
        public String toString()
        {
            return items.toString();
        }
    }

    /** {@code {name=a, b}}: a structure; what has no name is called by its place, 0, 1, ... */
    record Struct(Map<String, Value> fields) implements Value
    {
        @Override
        public String toString()
        {
            return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + field.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
        }
    }

    /** {@code htons(x)} and the like. */
    record Call(String function, List<Value> arguments) implements Value
    {
        @Override
        public String toString()
        {
            return arguments.stream().map(Value::toString).collect(Collectors.joining(", ", function + "(", ")"));
        }
    }

    /** {@code a | b} and other operators of C. */
    record Operation(String operator, Value left, Value right) implements Value
    {
        @Override
        public String toString()
        {
            return left + "|" + right;
        }
    }
}
