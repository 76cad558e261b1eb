package io.pnet.bench.relay;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.pnet.bench.compare.CellFailure;

import java.util.List;

/** What {@code pnet relay --json} says at its end; the fields have its names. */
final class RelayCounts
{
    List<Direction> directions;
    long neighbours;
    long ownDrops;

    /** One direction, in frames. */
    static final class Direction
    {
        long frames;
        long passed;
        long lost;
        long burstLost;
        long blackedOut;
        long tooLarge;
        long answered;
        long queueDrops;
        long duplicated;
        long reordered;
        long corrupted;
        long waiting;
        long late;
        double maxLateMs;
    }

    static RelayCounts of(final String json)
    {
        try
        {
            final RelayCounts counts = new Gson().fromJson(json, RelayCounts.class);
            if (counts != null && counts.directions != null && counts.directions.size() == 2)
            {
                return counts;
            }
        }
        catch (final JsonParseException e)
        {
            throw new CellFailure("the relay's counts cannot be read: " + e.getMessage());
        }
        throw new CellFailure("the relay told no counts");
    }

    /** From left to right. */
    Direction there()
    {
        return directions.get(0);
    }

    /** From right to left. */
    Direction back()
    {
        return directions.get(1);
    }

    /** Share of frames that went on more than a millisecond after their time. */
    double lateShare()
    {
        return (there().late + back().late) / (double)Math.max(1, there().passed + back().passed);
    }
}
