package io.pnet.packetdrill;

import java.util.List;

/** What a file descriptor stands for. Calls that do not apply answer with the error that a kernel would give. */
abstract class OpenFile
{
    boolean isNonBlocking;

    /** Poll's events that hold now, as bits of {@link Symbols}. */
    abstract int readiness();

    /** Counts up when something becomes readable, or writable again: edges for epoll. */
    long readEdges()
    {
        return 0;
    }

    abstract Attempt close();

    Attempt bind(final int port)
    {
        return () -> Reply.error("ENOTSOCK");
    }

    Attempt listen(final int backlog)
    {
        return () -> Reply.error("EOPNOTSUPP");
    }

    Attempt accept(final boolean isNonBlockingChild)
    {
        return () -> Reply.error("EOPNOTSUPP");
    }

    Attempt connect(final boolean isUnspecified, final int port)
    {
        return () -> Reply.error("ENOTSOCK");
    }

    /** Reads; {@code length} bytes of room. */
    Attempt read(final long length, final int flags)
    {
        return () -> Reply.error("EINVAL");
    }

    /** Writes; to the connected peer when {@code port} is negative. */
    Attempt write(final long length, final int flags, final int port)
    {
        return () -> Reply.error("EINVAL");
    }

    Attempt shutdown(final int how)
    {
        return () -> Reply.error("ENOTSOCK");
    }

    /** Returns null when the option is unknown here. */
    Reply setOption(final String level, final String name, final List<Value> value)
    {
        return null;
    }

    /** Returns the option's value, null when it is unknown here. */
    Long getOption(final String level, final String name)
    {
        return null;
    }

    /** Bytes that could be read. */
    long readable()
    {
        return 0;
    }

    /** Bytes written and not acknowledged. */
    long unacknowledged()
    {
        return 0;
    }
}
