package io.pnet.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** What a cell gave in each round. */
final class Rounds<T>
{
    final SortedMap<Integer, T> runs = new TreeMap<>();
    final List<String> failures = new ArrayList<>();

    double median(final ToDoubleFunction<T> figure)
    {
        return Target.median(figures(figure));
    }

    List<Double> figures(final ToDoubleFunction<T> figure)
    {
        return runs.values().stream().map(run -> figure.applyAsDouble(run)).toList();
    }

    /** This one's figure over the other's, of each round that both have. */
    List<Double> over(final Rounds<T> other, final ToDoubleFunction<T> figure)
    {
        final List<Double> ratios = new ArrayList<>();
        runs.forEach((round, run) ->
        {
            final T beside = other.runs.get(round);
            if (beside != null)
            {
                ratios.add(figure.applyAsDouble(run) / figure.applyAsDouble(beside));
            }
        });
        return ratios;
    }

    /** The first reason why one of two cells has no figure. */
    String reason(final Rounds<T> other)
    {
        return failures.isEmpty() ? TextTable.reason(other.failures) : TextTable.reason(failures);
    }
}
