package io.pnet.bench.compare;

import com.google.gson.GsonBuilder;

import java.util.ArrayList;
import java.util.List;

/** The target table; {@code targets.json} is this, written down. */
final class TargetResults
{
    String made;
    String mode;
    double tookSeconds;
    Machine machine;
    final List<Target> rows = new ArrayList<>();

    /** Markdown that reads well as it is. */
    String markdown()
    {
        final StringBuilder text = new StringBuilder("# Targets\n\n");
        text.append(made).append(", ").append(mode).append(" run, ").append(Math.round(tookSeconds)).append(" s. ")
            .append(summary()).append("\n\n");
        final List<List<String>> rows = rows();
        for (int i = 0; i < rows.size(); i++)
        {
            text.append("| ").append(String.join(" | ", rows.get(i).stream().map(TargetResults::cell).toList()))
                .append(" |\n");
            if (i == 0)
            {
                text.append("|---|---|---|---|---|---|\n");
            }
        }
        text.append('\n');
        notes().forEach(line -> text.append("- ").append(line).append('\n'));
        machine.lines().forEach(line -> text.append("- ").append(line).append('\n'));
        return text.toString();
    }

    List<List<String>> rows()
    {
        final List<List<String>> table = new ArrayList<>();
        table.add(List.of("what", "target", "measured", "rounds", "verdict", "figures"));
        for (final Target row : rows)
        {
            table.add(List.of(
                row.what(), row.target(), row.measured(), row.spread(), row.verdict(), row.beside()));
        }
        return table;
    }

    /** What the rows cannot say themselves. */
    static List<String> notes()
    {
        return List.of(
            "Why a row is missed: beside the CPU of a gigabyte stands what the JIT compilers took of it; where a " +
                "packet's time goes is what ci/compare --breakdown says; a longer figure of one server or benchmark " +
                "is what ci/servers --load and ci/bench take.",
            "gVisor's netstack was not run: on such a veth it is known for 13 Gbit/s out and 21 in, 0.7 out without " +
                "offloads.");
    }

    String summary()
    {
        final List<Target> judged =
            rows.stream().filter(row -> !Double.isNaN(row.bar()) && row.test() == null).toList();
        final long met = judged.stream().filter(Target::isMet).count();
        final long missing = judged.stream().filter(row -> row.failure() != null).count();
        return met + " of " + judged.size() + " targets met, " + (judged.size() - met - missing) + " missed, " +
            missing + " not measured; " + rows.stream().filter(row -> row.test() != null).count() +
            " more are held by tests.";
    }

    String json()
    {
        return new GsonBuilder().setPrettyPrinting().serializeSpecialFloatingPointValues().create().toJson(this);
    }

    static TargetResults ofJson(final String json)
    {
        return new GsonBuilder().create().fromJson(json, TargetResults.class);
    }

    private static String cell(final String text)
    {
        return text.replace("|", "\\|");
    }
}
