package io.pnet.bench.compare;

import java.util.Base64;
import java.util.List;

/** The results as one HTML page that needs nothing beside it. */
final class Report
{
    private static final String STYLE = """
        :root { color-scheme: light; }
        body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222b36; background: #f5f6f8; margin: 0; }
        main { max-width: 1320px; margin: 0 auto; padding: 24px; }
        h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 0 0 8px; }
        section { background: #fff; border: 1px solid #e3e6eb; border-radius: 8px; padding: 18px 20px; margin: 18px 0; }
        p { margin: 4px 0 10px; } img { width: 100%; height: auto; }
        table { border-collapse: collapse; font-size: 13px; width: 100%; }
        th, td { padding: 4px 9px; border-bottom: 1px solid #e9ecf0; text-align: right; white-space: nowrap; }
        th { color: #5d6876; font-weight: 600; } td:nth-child(-n+2), th:nth-child(-n+2) { text-align: left; }
        td.missed { color: #b3261e; font-weight: 600; }
        td.failed { color: #b3261e; text-align: left; white-space: normal; } .scroll { overflow-x: auto; }
        .quiet { color: #5d6876; } ul { margin: 4px 0; padding-left: 20px; } .big { font-size: 17px; }
        """;

    private Report()
    {
    }

    /**
     * A part of the page that another run has made.
     *
     * @param html what stands under the title.
     */
    record Section(String title, String html)
    {
    }

    static Section section(final TargetResults targets)
    {
        final StringBuilder html = new StringBuilder("<p>Each ratio is of one round of the same run, the cells taking ")
            .append("turns; shown is the median, with the lowest and the highest round. The kernel is the faster of ")
            .append("iperf3 and the same Java program on JDK NIO, CUBIC on both ends. ")
            .append(escape(targets.summary())).append(' ').append(escape(targets.made)).append(", ")
            .append(escape(targets.mode)).append(" run, ").append(escape(targets.machine.pnet())).append(".</p>\n");
        table(html, targets.rows());
        list(html, TargetResults.notes());
        return new Section("Targets", html.toString());
    }

    static String html(final Results results, final List<Plots.Plot> plots)
    {
        return html(results, plots, List.of());
    }

    /** @param results null for a page that has the other sections alone. */
    static String html(final Results results, final List<Plots.Plot> plots, final List<Section> sections)
    {
        final StringBuilder html = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head>\n")
            .append("<meta charset=\"utf-8\">\n")
            .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .append("<title>Pnet beside the kernel</title>\n<style>\n").append(STYLE)
            .append("</style></head>\n<body><main>\n")
            .append("<h1>Pnet beside the kernel</h1>\n");
        if (results != null)
        {
            compared(html, results);
        }
        for (final Section section : sections)
        {
            html.append("<section><h2>").append(escape(section.title())).append("</h2>\n").append(section.html())
                .append("</section>\n");
        }
        if (results != null)
        {
            figures(html, results, plots);
        }
        return html.append("</main></body></html>\n").toString();
    }

    private static void compared(final StringBuilder html, final Results results)
    {
        html.append("<p class=\"quiet\">").append(escape(results.made)).append(", ").append(escape(results.mode))
            .append(" run, ").append(Math.round(results.tookSeconds)).append(" s</p>\n");
        html.append("<section><h2>What this is</h2>\n<p>Pnet gives a Java process its own IP address and its own ")
            .append("TCP/IP stack. Here Pnet and the Linux kernel do the same work on the same wire, two network ")
            .append("namespaces on one machine joined by a veth pair, one after the other.</p>\n");
        summary(html, results);
        html.append("</section>\n");
    }

    private static void figures(final StringBuilder html, final Results results, final List<Plots.Plot> plots)
    {
        for (final Plots.Plot plot : plots)
        {
            html.append("<section><h2>").append(escape(plot.title())).append("</h2>\n<p>").append(escape(plot.text()))
                .append("</p>\n<img alt=\"").append(escape(plot.title())).append("\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(plot.png())).append("\">\n</section>\n");
        }
        html.append("<section><h2>TCP, one stream</h2>\n");
        table(html, TextTable.bulkRows(results));
        html.append("</section>\n<section><h2>64-byte TCP round trips</h2>\n");
        table(html, TextTable.latencyRows(results));
        html.append("</section>\n<section><h2>How to read this</h2>\n");
        list(html, results.notes);
        html.append("</section>\n<section><h2>The machine</h2>\n");
        list(html, results.machine.lines());
        html.append("</section>\n");
    }

    private static void summary(final StringBuilder html, final Results results)
    {
        html.append("<ul class=\"big\">\n");
        for (final Results.Bulk cell : results.bulk)
        {
            final boolean plain = cell.setup.equals(Setup.of(cell.setup.rate(), "on"));
            if (plain && (cell.role == Role.PNET_TO_KERNEL || cell.role == Role.KERNEL_TO_PNET) && cell.ratio > 0)
            {
                html.append("<li>").append(escape(cell.setup.link())).append(", ").append(escape(cell.role.title()))
                    .append(": <b>").append(Format.rate(cell.goodput())).append("</b>, ")
                    .append(Format.ratio(cell.ratio)).append(" of the kernel's</li>\n");
            }
        }
        if (results.failed() > 0)
        {
            html.append("<li>").append(results.failed()).append(" cells failed and are marked below</li>\n");
        }
        html.append("</ul>\n");
    }

    static void table(final StringBuilder html, final List<List<String>> rows)
    {
        html.append("<div class=\"scroll\"><table>\n");
        final int columns = rows.get(0).size();
        for (int i = 0; i < rows.size(); i++)
        {
            final List<String> row = rows.get(i);
            final String tag = i == 0 ? "th" : "td";
            html.append("<tr>");
            for (int j = 0; j < row.size(); j++)
            {
                final boolean failed = row.get(j).contains("FAILED");
                final boolean isMiss = row.get(j).equals("MISSED");
                html.append('<').append(tag);
                if (failed)
                {
                    html.append(" class=\"failed\" colspan=\"").append(Math.max(1, columns - j)).append('"');
                }
                if (isMiss)
                {
                    html.append(" class=\"missed\"");
                }
                html.append('>').append(escape(row.get(j))).append("</").append(tag).append('>');
            }
            html.append("</tr>\n");
        }
        html.append("</table></div>\n");
    }

    static void list(final StringBuilder html, final List<String> lines)
    {
        html.append("<ul>\n");
        lines.forEach(line -> html.append("<li>").append(escape(line)).append("</li>\n"));
        html.append("</ul>\n");
    }

    static String escape(final String text)
    {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
