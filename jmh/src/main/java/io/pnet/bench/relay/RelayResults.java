package io.pnet.bench.relay;

import com.google.gson.GsonBuilder;
import io.pnet.bench.compare.Machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Everything that was found out; {@code relay.json} is this, written down. */
final class RelayResults
{
    String made;
    String mode;
    int seeds;
    /** Pnet's congestion control; null in results that were written before it could be chosen. */
    String congestion;
    double tookSeconds;
    Machine machine;
    boolean relayInRealTime;
    double loadAtBegin;
    double loadAtEnd;
    final List<String> validation = new ArrayList<>();
    final List<Cell> cells = new ArrayList<>();

    /** One path with one pair of ends. */
    static final class Cell
    {
        Point point;
        String impairment;
        Ends ends;
        final List<Transfer> transfers = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        /** Median goodput over the kernel's on the same path with the same seeds; 0 if there is none. */
        double ratio;

        double goodput()
        {
            return median(transfers.stream().mapToDouble(Transfer::goodput).toArray());
        }

        double least()
        {
            return transfers.stream().mapToDouble(Transfer::goodput).min().orElse(0);
        }

        double most()
        {
            return transfers.stream().mapToDouble(Transfer::goodput).max().orElse(0);
        }

        long ownDrops()
        {
            return transfers.stream().mapToLong(transfer -> transfer.relay().ownDrops).sum();
        }
    }

    Cell cell(final Point point, final Ends ends)
    {
        return cells.stream().filter(cell -> cell.ends == ends && cell.point.equals(point)).findFirst().orElseThrow();
    }

    /** Fills the ratios in. */
    void compare()
    {
        for (final Cell cell : cells)
        {
            final double kernel = cell(cell.point, Ends.LINUX_TO_LINUX).goodput();
            cell.ratio = kernel > 0 && !cell.transfers.isEmpty() ? cell.goodput() / kernel : 0;
        }
    }

    long failed()
    {
        return cells.stream().filter(cell -> !cell.failures.isEmpty() || cell.transfers.isEmpty()).count();
    }

    /** Largest share of a transfer's frames that the relay handed on more than a millisecond late. */
    double late()
    {
        return cells.stream().flatMap(cell -> cell.transfers.stream())
            .mapToDouble(transfer -> transfer.relay().lateShare()).max().orElse(0);
    }

    long ownDrops()
    {
        return cells.stream().mapToLong(Cell::ownDrops).sum();
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().create().toJson(this);
    }

    private static double median(final double[] values)
    {
        Arrays.sort(values);
        final int middle = values.length / 2;
        return values.length == 0 ? 0 :
            values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
