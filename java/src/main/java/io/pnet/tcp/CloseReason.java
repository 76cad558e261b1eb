package io.pnet.tcp;

/** Why a connection is over. */
public enum CloseReason
{
    /** Both sides closed; every byte was delivered and acknowledged. */
    CLOSED("connection closed"),
    /** We aborted it. */
    ABORTED("connection aborted"),
    /** The peer sent RST. */
    RESET("connection reset by peer"),
    /** The peer answered our SYN with RST, or its host said that the port is unreachable. */
    REFUSED("connection refused"),
    /** No answer for too long (R2 of RFC 9293 section 3.8.3), or keepalive probes went unanswered. */
    TIMED_OUT("connection timed out"),
    /** No way there: no route, or the next hop does not answer. */
    UNREACHABLE("host unreachable"),
    /** The stack was closed. */
    STACK_CLOSED("the stack was closed");

    private final String text;

    CloseReason(final String text)
    {
        this.text = text;
    }

    /** In plain words, for exceptions. */
    public String text()
    {
        return text;
    }
}
