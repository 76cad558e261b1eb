package io.pnet.tcp;

/**
 * What a connection's user may want to know although the connection goes on (RFC 9293 section 3.9.1.8, MUST-47): it may
 * pass, and it may be somebody's lie (RFC 5927).
 */
public enum SoftError
{
    /** A router or the peer's host reports that there is no way there now. */
    UNREACHABLE,
    /** A packet of ours lived too long on its way, or its fragments did. */
    TIME_EXCEEDED,
    /** A host or router could not read a header of ours. */
    PARAMETER_PROBLEM,
    /** Several time-outs in a row without an answer: R1 of section 3.8.3 was reached. */
    NO_ANSWER
}
