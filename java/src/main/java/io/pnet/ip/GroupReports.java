package io.pnet.ip;

import io.pnet.ip.Groups.Group;
import io.pnet.wire.GroupRecord;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The listener's side that IGMPv3 (RFC 3376) and MLDv2 (RFC 3810) have in common: changes are reported at once and
 * again within a second, queries are answered after a random part of the time they give, and where a querier of an
 * older version is about, its version is spoken (RFC 3376 section 7.2, RFC 3810 section 8.2).
 *
 * <p>A change that comes while another is still to be repeated is merged with it: what a report says is what holds when
 * it is sent.
 */
abstract class GroupReports
{
    /** Reports of a change in all (robustness 2), unless a querier asks for more. */
    private static final int ROBUSTNESS = 2;
    /** Within which a report of a change is repeated. */
    private static final long UNSOLICITED_INTERVAL_NS = 1_000_000_000L;
    /** After which a querier of an older version is forgotten: 2 query intervals of 125 s and a response of 10 s. */
    private static final long OLDER_QUERIER_NS = 260_000_000_000L;
    private static final int RECORDS_BYTES = 1_200;

    /** What is known of the querier on one interface. */
    private static final class Querier
    {
        final NetworkInterface over;
        int olderVersion;
        long olderUntilNs = Long.MIN_VALUE;
        int robustness = ROBUSTNESS;
        long generalDeadlineNs = Long.MAX_VALUE;

        Querier(final NetworkInterface over)
        {
            this.over = over;
        }
    }

    final Ip ip;
    private final boolean isV4;
    private final int newestVersion;
    private final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(RECORDS_BYTES));
    private Querier[] queriers = new Querier[0];
    private int recordsLength;
    private int recordsCount;
    private long deadlineNs = Long.MAX_VALUE;

    GroupReports(final Ip ip, final boolean isV4, final int newestVersion)
    {
        this.ip = ip;
        this.isV4 = isV4;
        this.newestVersion = newestVersion;
    }

    /** Sends a report of the newest version. */
    abstract void sendReport(NetworkInterface over, UnsafeBuffer from, int length, int count);

    /** Sends a report of an older version, or that the group was left. */
    abstract void sendOlder(NetworkInterface over, int version, boolean isLeave, long hi, long lo);

    /** Whether anybody wants to know about the group: not about the one that every node is in. */
    abstract boolean isReported(long hi, long lo);

    /** The state of a group has changed. */
    final void onChange(final Group group, final SourceFilter before)
    {
        if (!isReported(group.hi, group.lo) || group.networkInterface.isLoopback)
        {
            if (group.filter.isNone())
            {
                ip.groups.forget(group);
            }
            return;
        }
        final Querier querier = querier(group.networkInterface);
        if (group.filter.isExclude() != before.isExclude())
        {
            group.modeReportsLeft = querier.robustness;
            group.changedSources = SourceFilter.NONE;
            group.sourceReportsLeft = 0;
        }
        else
        {
            final SourceFilter changed = changes(before, group.filter);
            if (changed.isNone())
            {
                return;
            }
            group.changedSources = group.changedSources.or(changed);
            group.sourceReportsLeft = querier.robustness;
        }
        group.changeDeadlineNs = ip.nowNs;
        deadlineNs = Math.min(deadlineNs, ip.nowNs);
    }

    /**
     * A querier asks.
     *
     * @param version         of the query.
     * @param hi              the group; unspecified for all.
     * @param responseTimeNs  within which it wants to hear.
     * @param sources         those it asks for; none: all.
     * @param robustness      its number of repetitions; 0 when it does not say.
     */
    final void onQuery(
        final NetworkInterface over,
        final int version,
        final long hi,
        final long lo,
        final long responseTimeNs,
        final SourceFilter sources,
        final int robustness)
    {
        final Querier querier = querier(over);
        if (version < newestVersion)
        {
            onOlderQuerier(querier, version);
        }
        else if (robustness > 0)
        {
            querier.robustness = Math.max(robustness, ROBUSTNESS);
        }
        final boolean isGeneral = IpAddress.isUnspecified(hi, lo) || isV4 && (int)lo == 0;
        final long answerNs = ip.nowNs + (long)(ip.random.nextDouble() * responseTimeNs);
        if (isGeneral && version(querier) == newestVersion)
        {
            querier.generalDeadlineNs = Math.min(querier.generalDeadlineNs, answerNs);
        }
        else if (querier.generalDeadlineNs > answerNs)
        {
            for (final Group group : ip.groups.all)
            {
                final boolean isMeant = isGeneral || group.lo == lo && group.hi == hi;
                if (isMeant && isReported(group, over) && !group.filter.isNone())
                {
                    // Old reports go one by one: each group draws for itself.
                    schedule(group, isGeneral ?
                        ip.nowNs + (long)(ip.random.nextDouble() * responseTimeNs) : answerNs, sources);
                }
            }
        }
        updateDeadline();
    }

    /** Somebody else has reported a group by an older version: no need that we do (RFC 2236 section 3). */
    final void onOlderReport(final NetworkInterface over, final long hi, final long lo)
    {
        if (version(querier(over)) < newestVersion)
        {
            for (final Group group : ip.groups.all)
            {
                if (group.networkInterface == over && group.lo == lo && group.hi == hi)
                {
                    group.answerDeadlineNs = Long.MAX_VALUE;
                }
            }
            updateDeadline();
        }
    }

    /** When {@link #onTimers} has something to do. */
    final long nextDeadlineNs()
    {
        return deadlineNs;
    }

    /** Sends the reports that are due. */
    final int onTimers(final long nowNs)
    {
        if (nowNs < deadlineNs)
        {
            return 0;
        }
        for (final Querier querier : queriers)
        {
            final int version = version(querier);
            reportChanges(querier, version, nowNs);
            answer(querier, version, nowNs);
            flush(querier.over);
        }
        updateDeadline();
        return 1;
    }

    private void reportChanges(final Querier querier, final int version, final long nowNs)
    {
        for (final Group group : ip.groups.all)
        {
            if (group.changeDeadlineNs > nowNs || !isReported(group, querier.over))
            {
                continue;
            }
            if (version < newestVersion)
            {
                reportOlder(group, version);
            }
            else
            {
                reportChange(group);
            }
            if (group.modeReportsLeft > 0 || group.sourceReportsLeft > 0)
            {
                group.changeDeadlineNs = nowNs + 1 + (long)(ip.random.nextDouble() * UNSOLICITED_INTERVAL_NS);
            }
            else
            {
                group.changeDeadlineNs = Long.MAX_VALUE;
                group.changedSources = SourceFilter.NONE;
                if (group.filter.isNone())
                {
                    ip.groups.forget(group);
                }
            }
        }
    }

    private void reportChange(final Group group)
    {
        if (group.modeReportsLeft > 0)
        {
            group.modeReportsLeft--;
            record(
                group, group.filter.isExclude() ? GroupRecord.CHANGE_TO_EXCLUDE : GroupRecord.CHANGE_TO_INCLUDE,
                group.filter);
            return;
        }
        group.sourceReportsLeft--;
        SourceFilter allowed = SourceFilter.NONE;
        SourceFilter blocked = SourceFilter.NONE;
        for (int i = 0; i < group.changedSources.size(); i++)
        {
            final long hi = group.changedSources.sourceHi(i);
            final long lo = group.changedSources.sourceLo(i);
            final SourceFilter one = SourceFilter.only(new IpAddress(hi, lo));
            if (group.filter.accepts(hi, lo))
            {
                allowed = allowed.or(one);
            }
            else
            {
                blocked = blocked.or(one);
            }
        }
        if (allowed.size() > 0)
        {
            record(group, GroupRecord.ALLOW_NEW_SOURCES, allowed);
        }
        if (blocked.size() > 0)
        {
            record(group, GroupRecord.BLOCK_OLD_SOURCES, blocked);
        }
    }

    /** Older versions know no sources: whoever wants some of a group is in it. */
    private void reportOlder(final Group group, final int version)
    {
        final boolean isLeave = group.filter.isNone();
        sendOlder(group.networkInterface, version, isLeave, group.hi, group.lo);
        group.modeReportsLeft = isLeave ? 0 : Math.max(0, Math.max(group.modeReportsLeft, group.sourceReportsLeft) - 1);
        group.sourceReportsLeft = 0;
    }

    private void answer(final Querier querier, final int version, final long nowNs)
    {
        final boolean isGeneral = querier.generalDeadlineNs <= nowNs;
        if (isGeneral)
        {
            querier.generalDeadlineNs = Long.MAX_VALUE;
        }
        for (final Group group : ip.groups.all)
        {
            final boolean isDue = group.answerDeadlineNs <= nowNs;
            if (!isReported(group, querier.over) || !isDue && !isGeneral)
            {
                continue;
            }
            final SourceFilter queried = isGeneral ? SourceFilter.NONE : group.queriedSources;
            if (isDue)
            {
                group.answerDeadlineNs = Long.MAX_VALUE;
                group.queriedSources = SourceFilter.NONE;
            }
            if (group.filter.isNone())
            {
                continue;
            }
            if (version < newestVersion)
            {
                sendOlder(group.networkInterface, version, false, group.hi, group.lo);
            }
            else if (queried.isNone())
            {
                record(
                    group, group.filter.isExclude() ? GroupRecord.MODE_IS_EXCLUDE : GroupRecord.MODE_IS_INCLUDE,
                    group.filter);
            }
            else
            {
                recordWanted(group, queried);
            }
        }
    }

    /** Which of some sources are wanted (RFC 3376 section 5.2); silence when none is. */
    private void recordWanted(final Group group, final SourceFilter queried)
    {
        SourceFilter wanted = SourceFilter.NONE;
        for (int i = 0; i < queried.size(); i++)
        {
            if (group.filter.accepts(queried.sourceHi(i), queried.sourceLo(i)))
            {
                wanted = wanted.allow(new IpAddress(queried.sourceHi(i), queried.sourceLo(i)));
            }
        }
        if (!wanted.isNone())
        {
            record(group, GroupRecord.MODE_IS_INCLUDE, wanted);
        }
    }

    private void record(final Group group, final int recordType, final SourceFilter sources)
    {
        final int length = GroupRecord.length(sources.size(), isV4);
        if (recordsLength + length > RECORDS_BYTES)
        {
            flush(group.networkInterface);
        }
        GroupRecord.put(records, recordsLength, recordType, sources.size(), isV4, group.hi, group.lo);
        for (int i = 0; i < sources.size(); i++)
        {
            GroupRecord.putSource(records, recordsLength, i, isV4, sources.sourceHi(i), sources.sourceLo(i));
        }
        recordsLength += length;
        recordsCount++;
    }

    private void flush(final NetworkInterface over)
    {
        if (recordsCount > 0)
        {
            sendReport(over, records, recordsLength, recordsCount);
            recordsCount = 0;
            recordsLength = 0;
        }
    }

    private static void schedule(final Group group, final long answerNs, final SourceFilter sources)
    {
        // Asked for the group as a whole once, the answer is about the group as a whole.
        final boolean isWhole = sources.isNone() ||
            group.answerDeadlineNs != Long.MAX_VALUE && group.queriedSources.isNone();
        SourceFilter queried = isWhole ? SourceFilter.NONE : group.queriedSources;
        for (int i = 0; i < sources.size() && !isWhole; i++)
        {
            queried = queried.size() == SourceFilter.MAX_SOURCES ?
                queried : queried.allow(new IpAddress(sources.sourceHi(i), sources.sourceLo(i)));
        }
        group.queriedSources = queried;
        group.answerDeadlineNs = Math.min(group.answerDeadlineNs, answerNs);
    }

    /** What is pending in the newer version is dropped when an older one takes over (RFC 3376 section 7.2.1). */
    private void onOlderQuerier(final Querier querier, final int version)
    {
        if (version(querier) == newestVersion)
        {
            querier.generalDeadlineNs = Long.MAX_VALUE;
            for (final Group group : ip.groups.all)
            {
                if (isReported(group, querier.over))
                {
                    group.answerDeadlineNs = Long.MAX_VALUE;
                    group.queriedSources = SourceFilter.NONE;
                }
            }
        }
        querier.olderVersion = ip.nowNs < querier.olderUntilNs ? Math.min(querier.olderVersion, version) : version;
        querier.olderUntilNs = ip.nowNs + OLDER_QUERIER_NS;
    }

    private int version(final Querier querier)
    {
        return ip.nowNs < querier.olderUntilNs ? querier.olderVersion : newestVersion;
    }

    private boolean isReported(final Group group, final NetworkInterface over)
    {
        return group.networkInterface == over && group.isV4 == isV4 && isReported(group.hi, group.lo);
    }

    /** Sources that one filter accepts and the other does not; both are of one mode. */
    private static SourceFilter changes(final SourceFilter before, final SourceFilter after)
    {
        SourceFilter changed = SourceFilter.NONE;
        for (int i = 0; i < after.size(); i++)
        {
            if (!before.names(after.sourceHi(i), after.sourceLo(i)))
            {
                changed = changed.allow(new IpAddress(after.sourceHi(i), after.sourceLo(i)));
            }
        }
        for (int i = 0; i < before.size(); i++)
        {
            if (!after.names(before.sourceHi(i), before.sourceLo(i)))
            {
                changed = changed.allow(new IpAddress(before.sourceHi(i), before.sourceLo(i)));
            }
        }
        return changed;
    }

    private Querier querier(final NetworkInterface over)
    {
        for (final Querier querier : queriers)
        {
            if (querier.over == over)
            {
                return querier;
            }
        }
        queriers = Arrays.copyOf(queriers, queriers.length + 1);
        queriers[queriers.length - 1] = new Querier(over);
        return queriers[queriers.length - 1];
    }

    private void updateDeadline()
    {
        deadlineNs = Long.MAX_VALUE;
        for (final Querier querier : queriers)
        {
            deadlineNs = Math.min(deadlineNs, querier.generalDeadlineNs);
        }
        for (final Group group : ip.groups.all)
        {
            if (group.isV4 == isV4)
            {
                deadlineNs = Math.min(deadlineNs, Math.min(group.changeDeadlineNs, group.answerDeadlineNs));
            }
        }
    }
}
