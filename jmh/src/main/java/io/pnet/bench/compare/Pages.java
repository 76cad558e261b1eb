package io.pnet.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes {@code report.html}: one page of what the runs of {@code ci/compare} have left in a folder, each part as its
 * last run found it.
 */
final class Pages
{
    private Pages()
    {
    }

    /** Writes a run's results, then the page anew. */
    static void write(final Path folder, final String file, final String json) throws IOException
    {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(file), json);
        final Path compared = folder.resolve("results.json");
        final Results results = Files.exists(compared) ? Results.ofJson(Files.readString(compared)) : null;
        final List<Plots.Plot> plots = results == null ? List.of() : Plots.of(results);
        for (final Plots.Plot plot : plots)
        {
            Files.write(folder.resolve(plot.file()), plot.png());
        }
        Files.writeString(folder.resolve("report.html"), Report.html(results, plots, sections(folder)));
    }

    private static List<Report.Section> sections(final Path folder) throws IOException
    {
        final List<Report.Section> sections = new ArrayList<>();
        final Path targets = folder.resolve("targets.json");
        if (Files.exists(targets))
        {
            sections.add(Report.section(TargetResults.ofJson(Files.readString(targets))));
        }
        final Path breakdown = folder.resolve("breakdown.json");
        if (Files.exists(breakdown))
        {
            sections.add(BreakdownPage.section(BreakdownResults.ofJson(Files.readString(breakdown))));
        }
        return sections;
    }
}
