package io.pnet.bench.compare;

import java.util.List;
import java.util.Locale;

/** Stacked bars, lying, as SVG that stands in a page. */
final class StackedBars
{
    /** Neighbours differ in hue or in lightness; as many as a chart may have parts. */
    private static final List<String> COLOURS = List.of(
        "#1f77b4", "#8cb8dc", "#b2465c", "#f2c08c", "#e68a2e", "#8a8f98", "#2f8f6b", "#9fd3bd", "#6d4c9f", "#c5b3e0",
        "#d9a400", "#f3e08a", "#7a4a2b", "#c99b7c", "#3d4f63", "#d46aa0", "#f4bcd6", "#bcc3cc", "#e2e5e9");
    private static final int LEGEND = 210;
    private static final int WIDTH = 1260;
    private static final int LABELS = 330;
    private static final int ROW = 24;
    private static final int LEGEND_TOP = 28;
    private static final int LEGEND_ROW = 20;

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
        final int perRow = WIDTH / LEGEND;
        final int top = LEGEND_TOP + LEGEND_ROW * ((parts.size() + perRow - 1) / perRow) + 8;
        final StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" font-size=\"13\" fill=\"#222b36\">\n",
            WIDTH, top + ROW * bars.size() + 8, Report.escape(title)));
        svg.append("<text x=\"0\" y=\"16\" font-weight=\"600\">").append(Report.escape(title)).append("</text>\n");
        for (int i = 0; i < parts.size(); i++)
        {
            final int x = i % perRow * LEGEND;
            final int y = LEGEND_TOP + i / perRow * LEGEND_ROW;
            svg.append(String.format(Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
                x, y, COLOURS.get(i), x + 17, y + 11, Report.escape(parts.get(i))));
        }
        for (int i = 0; i < bars.size(); i++)
        {
            final Bar bar = bars.get(i);
            final int y = top + ROW * i;
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
