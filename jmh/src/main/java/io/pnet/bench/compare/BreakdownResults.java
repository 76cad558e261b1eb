package io.pnet.bench.compare;

import com.google.gson.GsonBuilder;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What a packet costs, path by path; {@code breakdown.json} is this, written down. */
final class BreakdownResults
{
    String made;
    String mode;
    double tookSeconds;
    Machine machine;
    /** CPU of a wake-up with its context switch, here. */
    double handoverNs;
    /** Where the counts are from, and why some are missing. */
    final List<String> sources = new ArrayList<>();
    final List<Cell> cells = new ArrayList<>();

    /** A transfer over one path. */
    static final class Cell
    {
        Setup setup;
        Role role;
        final List<Packet> runs = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        /** Of another run, null where there was none. */
        Profile profile;

        double of(final ToDoubleFunction<Packet> figure)
        {
            return Target.median(runs.stream().map(run -> figure.applyAsDouble(run)).toList());
        }

        double total()
        {
            return of(Packet::total);
        }
    }

    /**
     * What is counted in a run of its own, since counting costs.
     *
     * @param senderCalls   system calls a segment; NaN where nobody may count them.
     * @param stages        nanoseconds a segment by stage, of the whole machine; empty where nobody may sample it.
     * @param samples       how many they are made from.
     * @param copies        bytes by Pnet's counter, for a byte on the wire.
     */
    record Profile(
        double senderCalls,
        double receiverCalls,
        Map<String, Double> stages,
        int samples,
        Map<String, Double> copies)
    {
    }

    /** The cell of a path and role, made when it is first asked for. */
    Cell cell(final Setup setup, final Role role)
    {
        final Cell there = find(setup, role);
        if (there != null)
        {
            return there;
        }
        final Cell cell = new Cell();
        cell.setup = setup;
        cell.role = role;
        cells.add(cell);
        return cell;
    }

    Cell find(final Setup setup, final Role role)
    {
        return cells.stream().filter(cell -> cell.setup.equals(setup) && cell.role == role).findFirst().orElse(null);
    }

    /** A cell that has figures, or null. */
    Cell measured(final Setup setup, final Role role)
    {
        final Cell cell = find(setup, role);
        return cell == null || cell.runs.isEmpty() ? null : cell;
    }

    List<Setup> wires()
    {
        return cells.stream().map(cell -> cell.setup)
            .filter(setup -> setup.attach().equals("ring")).distinct().toList();
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().serializeSpecialFloatingPointValues().create().toJson(this);
    }

    static BreakdownResults ofJson(final String json)
    {
        return new GsonBuilder().create().fromJson(json, BreakdownResults.class);
    }
}
