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

    String summary()
    {
        final List<Target> judged = rows.stream().filter(row -> !Double.isNaN(row.bar())).toList();
        final long met = judged.stream().filter(Target::isMet).count();
        final long missing = judged.stream().filter(row -> row.failure() != null).count();
        return met + " of " + judged.size() + " targets met, " + (judged.size() - met - missing) + " missed, " +
            missing + " not measured.";
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
