package io.pnet.packetdrill;

/**
 * What a system call came to.
 *
 * @param value what it returns.
 * @param errno the error's name when it returns -1, else null.
 * @param wrong what it wrote behind pointers, where that is not what the script expects; else null.
 */
record Reply(long value, String errno, String wrong)
{
    static final Reply OK = new Reply(0, null, null);

    static Reply of(final long value)
    {
        return new Reply(value, null, null);
    }

    static Reply error(final String errno)
    {
        return new Reply(-1, errno, null);
    }

    static Reply differs(final long value, final String wrong)
    {
        return new Reply(value, null, wrong);
    }

    @Override
    public String toString()
    {
        return errno == null ? Long.toString(value) : value + " " + errno;
    }
}
