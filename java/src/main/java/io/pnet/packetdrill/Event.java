package io.pnet.packetdrill;

import java.util.List;

/**
 * One thing that a script has happen, or expects.
 *
 * @param line   where it begins.
 * @param text   its source, on one line.
 * @param time   when.
 * @param action what.
 */
record Event(int line, String text, Time time, Action action)
{
    /** How an event's time is given. */
    enum Kind
    {
        /** Seconds from the start. */
        ABSOLUTE,
        /** After the event before. */
        RELATIVE,
        /** {@code *}. */
        ANY
    }

    /** When, in ns; {@code latestNs} differs from {@code ns} when a range is given. */
    record Time(Kind kind, long ns, long latestNs)
    {
    }

    /** What happens. */
    sealed interface Action
    {
    }

    /** A packet that is injected, or expected. */
    record Packet(boolean isInbound, PacketSpec spec) implements Action
    {
    }

    /**
     * A system call.
     *
     * @param endNs when it returns, counted as the event's time is; -1: at once.
     * @param errno the name of the error it must return, or null.
     */
    record SystemCall(long endNs, String name, List<Value> arguments, Value result, String errno) implements Action
    {
    }

    /** Shell commands. */
    record Command(String text) implements Action
    {
    }

    /** Statements about TCP_INFO. */
    record Code(String text) implements Action
    {
    }
}
