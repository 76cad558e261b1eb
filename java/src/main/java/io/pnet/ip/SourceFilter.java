package io.pnet.ip;

import java.util.Arrays;

/**
 * From which senders a listener wants a group: from all but some, or from some only (RFC 3376 section 2, RFC 3810
 * section 3). A value: it never changes, any thread may look at it.
 */
public final class SourceFilter
{
    /** From everybody: what a plain join asks for. */
    public static final SourceFilter ALL = new SourceFilter(true, new long[0]);
    /** From nobody: not joined. */
    public static final SourceFilter NONE = new SourceFilter(false, new long[0]);
    /** Sources that one filter may name; what reports of one group hold stays below the smallest MTU. */
    public static final int MAX_SOURCES = 64;

    private final boolean isExclude;
    /** Pairs of longs. */
    private final long[] sources;

    private SourceFilter(final boolean isExclude, final long[] sources)
    {
        this.isExclude = isExclude;
        this.sources = sources;
    }

    /** From this source only. */
    public static SourceFilter only(final IpAddress source)
    {
        return NONE.with(source.hi(), source.lo());
    }

    /** Whether all but the sources are wanted, and not only those. */
    public boolean isExclude()
    {
        return isExclude;
    }

    /** How many sources are named. */
    public int size()
    {
        return sources.length >> 1;
    }

    /** The first 8 bytes of a source. */
    public long sourceHi(final int index)
    {
        return sources[index << 1];
    }

    /** The last 8 bytes of a source. */
    public long sourceLo(final int index)
    {
        return sources[(index << 1) + 1];
    }

    /** Whether packets of this sender are wanted. */
    public boolean accepts(final long hi, final long lo)
    {
        return names(hi, lo) != isExclude;
    }

    /** Whether nobody is listened to. */
    public boolean isNone()
    {
        return !isExclude && sources.length == 0;
    }

    /** The same, and packets of this sender too. */
    public SourceFilter allow(final IpAddress source)
    {
        return accepts(source.hi(), source.lo()) ? this :
            isExclude ? without(source.hi(), source.lo()) : with(source.hi(), source.lo());
    }

    /** The same without packets of this sender. */
    public SourceFilter block(final IpAddress source)
    {
        return !accepts(source.hi(), source.lo()) ? this :
            isExclude ? with(source.hi(), source.lo()) : without(source.hi(), source.lo());
    }

    /** What both together want (RFC 3376 section 3.2). */
    public SourceFilter or(final SourceFilter other)
    {
        if (isNone() || other.isNone())
        {
            return isNone() ? other : this;
        }
        if (!isExclude && other.isExclude)
        {
            return other.or(this);
        }
        SourceFilter both = this;
        if (!isExclude)
        {
            for (int i = 0; i < other.size(); i++)
            {
                both = both.names(other.sourceHi(i), other.sourceLo(i)) ?
                    both : both.with(other.sourceHi(i), other.sourceLo(i));
            }
            return both;
        }
        for (int i = 0; i < size(); i++)
        {
            // Excluded stays what neither of them wants.
            both = other.accepts(sourceHi(i), sourceLo(i)) ? both.without(sourceHi(i), sourceLo(i)) : both;
        }
        return both;
    }

    boolean names(final long hi, final long lo)
    {
        for (int i = 0; i < sources.length; i += 2)
        {
            if (sources[i + 1] == lo && sources[i] == hi)
            {
                return true;
            }
        }
        return false;
    }

    private SourceFilter with(final long hi, final long lo)
    {
        if (size() == MAX_SOURCES)
        {
            throw new IllegalStateException("more than " + MAX_SOURCES + " sources of one group are named");
        }
        final long[] more = Arrays.copyOf(sources, sources.length + 2);
        more[sources.length] = hi;
        more[sources.length + 1] = lo;
        return new SourceFilter(isExclude, more);
    }

    private SourceFilter without(final long hi, final long lo)
    {
        final long[] rest = new long[sources.length];
        int count = 0;
        for (int i = 0; i < sources.length; i += 2)
        {
            if (sources[i] != hi || sources[i + 1] != lo)
            {
                rest[count++] = sources[i];
                rest[count++] = sources[i + 1];
            }
        }
        return new SourceFilter(isExclude, Arrays.copyOf(rest, count));
    }

    @Override
    public String toString()
    {
        final StringBuilder text = new StringBuilder(isExclude ? "all but {" : "only {");
        for (int i = 0; i < size(); i++)
        {
            text.append(i == 0 ? "" : ", ").append(new IpAddress(sourceHi(i), sourceLo(i)));
        }
        return text.append('}').toString();
    }
}
