package io.pnet.bench.compare;

import java.util.List;
import java.util.Locale;

/** Stacked bars, lying, as SVG that stands in a page. */
final class StackedBars
{
    private static final List<String> COLOURS =
        List.of("#1f77b4", "#8cb8dc", "#b2465c", "#f2c08c", "#e68a2e");
    private static final int WIDTH = 1260;
    private static final int LABELS = 330;
    private static final int ROW = 24;
    private static final int TOP = 56;

    /** One bar, and its parts from left to right. */
    record Bar(String label, List<Double> parts)
    {
        double length()
        {
            return parts.stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    private StackedBars()
    {
    }

    static String svg(final String title, final List<String> parts, final List<Bar> bars)
    {
        final double longest = Math.max(1, bars.stream().mapToDouble(Bar::length).max().orElse(1));
        final double scale = (WIDTH - LABELS - 90) / longest;
        final StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" font-size=\"13\" fill=\"#222b36\">\n",
            WIDTH, TOP + ROW * bars.size() + 8, Report.escape(title)));
        svg.append("<text x=\"0\" y=\"16\" font-weight=\"600\">").append(Report.escape(title)).append("</text>\n");
        int x = 0;
        for (int i = 0; i < parts.size(); i++)
        {
            svg.append(String.format(Locale.ROOT,
                "<rect x=\"%d\" y=\"28\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"39\">%s</text>\n",
                x, COLOURS.get(i), x + 17, Report.escape(parts.get(i))));
            x += 150;
        }
        for (int i = 0; i < bars.size(); i++)
        {
            final Bar bar = bars.get(i);
            final int y = TOP + ROW * i;
            svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
                LABELS - 8, y + 14, Report.escape(bar.label())));
            double left = LABELS;
            for (int j = 0; j < bar.parts().size(); j++)
            {
                final double width = bar.parts().get(j) * scale;
                svg.append(String.format(Locale.ROOT,
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"%s\">" +
                        "<title>%s: %.0f</title></rect>\n",
                    left, y, width, COLOURS.get(j), Report.escape(parts.get(j)), bar.parts().get(j)));
                left += width;
            }
            svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%.0f</text>\n",
                left + 6, y + 14, bar.length()));
        }
        return svg.append("</svg>\n").toString();
    }
}
