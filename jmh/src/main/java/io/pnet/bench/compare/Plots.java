package io.pnet.bench.compare;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

/** The results as pictures: panels of one chart a link, side by side, with a title above them. */
final class Plots
{
    /** Pixels a point, so that the pictures are sharp on dense screens too. */
    private static final int SCALE = 2;
    private static final int PANEL_WIDTH = 430;
    private static final int PANEL_HEIGHT = 330;
    private static final int TITLE_HEIGHT = 62;

    /** The end of the percentile curves: 99.99. */
    private static final double RAREST = 10_000;

    private static final Color INK = new Color(0x22, 0x2b, 0x36);
    private static final Color FAINT = new Color(0x6b, 0x76, 0x84);
    private static final Color GRID = new Color(0xe6, 0xe9, 0xee);
    private static final Color[] ROLES =
    {
        new Color(0x8a, 0x94, 0xa3), new Color(0x1f, 0x77, 0xb4),
        new Color(0xe6, 0x8a, 0x2e), new Color(0x2f, 0x9e, 0x6e)
    };
    private static final List<Role> AGAINST_KERNEL =
        List.of(Role.PNET_TO_KERNEL, Role.KERNEL_TO_PNET, Role.PNET_TO_PNET);
    private static final Color[] KINDS =
    {
        new Color(0x1f, 0x77, 0xb4), new Color(0xe6, 0x8a, 0x2e), new Color(0xb2, 0x46, 0x5c)
    };

    /**
     * A picture.
     *
     * @param file  its name.
     * @param title what it shows.
     * @param text  how to read it.
     */
    record Plot(String file, String title, String text, byte[] png)
    {
    }

    /** What a colour stands for. */
    private record Key(String name, Color colour)
    {
    }

    private Plots()
    {
    }

    static List<Plot> of(final Results results) throws IOException
    {
        final List<Plot> plots = new ArrayList<>();
        plots.add(new Plot(
            "goodput.png",
            "Goodput",
            "One TCP stream. Each link with offloads on (frames of up to 64 KiB between kernel and process) and with " +
                "MTU-sized frames only. Longer is better.",
            panels("Goodput of one TCP stream", "median of the rounds, as the receiver's program counts it", 1,
                keys(List.of(Role.values())), goodput(results))));
        plots.add(new Plot(
            "ratio.png",
            "Goodput, as a share of the kernel's",
            "1.00 is kernel to kernel on the same wire, with the faster of iperf3 and the same Java program on " +
                "JDK NIO.",
            panels("Goodput as a share of the kernel's", "1.00 = kernel \u2192 kernel on the same wire", 1,
                keys(AGAINST_KERNEL), ratios(results))));
        plots.add(new Plot(
            "cpu.png",
            "CPU per gigabyte",
            "CPU seconds that the whole machine spends to move 10^9 bytes of payload, both ends together. Shorter " +
                "is better.",
            panels("CPU seconds per gigabyte, whole machine", "both ends together; user, system and softirq time", 2,
                List.of(new Key("user", KINDS[0]), new Key("system", KINDS[1]), new Key("softirq", KINDS[2])),
                cpu(results))));
        if (results.latency.stream().anyMatch(cell -> !cell.runs.isEmpty()))
        {
            final List<Chart<?, ?>> charts = latency(results);
            plots.add(new Plot(
                "latency.png",
                "Round trips",
                "64 bytes there and back over TCP: how long the given share of all round trips took at most. Lower " +
                    "is better. Both axes are stretched: each step to the right is ten times rarer.",
                panels("64-byte TCP round trips", "idle, and beside a bulk stream of the same process",
                    charts.size() > 2 ? 2 : 1, keys(List.of(Role.values())), charts)));
        }
        return plots;
    }

    private static List<Chart<?, ?>> goodput(final Results results)
    {
        final List<Chart<?, ?>> charts = new ArrayList<>();
        for (final String rate : rates(results))
        {
            final boolean giga = results.bulk.stream()
                .anyMatch(cell -> cell.setup.rate().equals(rate) && cell.goodput() >= 2e9);
            final double unit = giga ? 1e9 : 1e6;
            charts.add(grouped(
                Setup.of(rate, "on").link(), giga ? "Gbit/s" : "Mbit/s", results, rate, List.of(Role.values()),
                cell -> cell.goodput() / unit, giga || rate.equals("100m") ? "0.0" : "0"));
        }
        return charts;
    }

    private static List<Chart<?, ?>> ratios(final Results results)
    {
        final List<Chart<?, ?>> charts = new ArrayList<>();
        for (final String rate : rates(results))
        {
            final CategoryChart chart = grouped(
                Setup.of(rate, "on").link(), "\u00d7 kernel", results, rate,
                AGAINST_KERNEL,
                cell -> cell.ratio, "0.00");
            final double top = results.bulk.stream().mapToDouble(cell -> cell.ratio).max().orElse(1);
            chart.getStyler().setYAxisMax(Math.max(1.2, Math.ceil(top * 5 + 1) / 5));
            charts.add(chart);
        }
        return charts;
    }

    /** Bars by role, in two groups: offloads on, and MTU-sized frames. A cell without a figure has no bar. */
    private static CategoryChart grouped(
        final String title,
        final String unit,
        final Results results,
        final String rate,
        final List<Role> roles,
        final ToDoubleFunction<Results.Bulk> figure,
        final String pattern)
    {
        final CategoryChart chart = new CategoryChartBuilder()
            .width(PANEL_WIDTH).height(PANEL_HEIGHT).title(title).yAxisTitle(unit).build();
        double highest = 0;
        for (final Role role : roles)
        {
            final List<Double> values = new ArrayList<>();
            for (final String offloads : List.of("on", "mtu"))
            {
                final Results.Bulk cell = cell(results, Setup.of(rate, offloads), role);
                final boolean there = cell != null && !cell.runs.isEmpty();
                values.add(there ? figure.applyAsDouble(cell) : null);
                highest = Math.max(highest, there ? figure.applyAsDouble(cell) : 0);
            }
            final CategorySeries series = chart.addSeries(
                role.title(), List.of("offloads on", "MTU-sized frames"), values);
            series.setFillColor(ROLES[role.ordinal()]);
        }
        chart.getStyler().setLabelsVisible(true);
        chart.getStyler().setLabelsPosition(1.06);
        chart.getStyler().setLabelsFont(font(Font.PLAIN, 10));
        chart.getStyler().setLabelsFontColor(INK);
        chart.getStyler().setLabelsFontColorAutomaticEnabled(false);
        chart.getStyler().setAvailableSpaceFill(0.85);
        chart.getStyler().setDecimalPattern(pattern);
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setYAxisMax(highest <= 0 ? 1 : highest * 1.15);
        dress(chart.getStyler());
        return chart;
    }

    private static List<Chart<?, ?>> cpu(final Results results)
    {
        final List<Chart<?, ?>> charts = new ArrayList<>();
        for (final String offloads : List.of("on", "mtu"))
        {
            for (final String rate : rates(results))
            {
                charts.add(cpu(results, Setup.of(rate, offloads)));
            }
        }
        return charts;
    }

    private static CategoryChart cpu(final Results results, final Setup setup)
    {
        final CategoryChart chart = new CategoryChartBuilder()
            .width(PANEL_WIDTH).height(PANEL_HEIGHT).title(setup.title()).yAxisTitle("CPU s/GB").build();
        final List<String> names = new ArrayList<>();
        final List<Double> user = new ArrayList<>();
        final List<Double> system = new ArrayList<>();
        final List<Double> softirq = new ArrayList<>();
        for (final Role role : Role.values())
        {
            final Results.Bulk cell = cell(results, setup, role);
            names.add(role.title());
            final boolean there = cell != null && !cell.runs.isEmpty();
            user.add(there ? cell.of(run -> run.cpu().user()) : 0);
            system.add(there ? cell.of(run -> run.cpu().system()) : 0);
            softirq.add(there ? cell.of(run -> run.cpu().softirq()) : 0);
        }
        chart.addSeries("user", names, user).setFillColor(KINDS[0]);
        chart.addSeries("system", names, system).setFillColor(KINDS[1]);
        chart.addSeries("softirq", names, softirq).setFillColor(KINDS[2]);
        chart.getStyler().setStacked(true);
        chart.getStyler().setShowStackSum(true);
        chart.getStyler().setLabelsVisible(true);
        chart.getStyler().setLabelsFont(font(Font.PLAIN, 10));
        chart.getStyler().setLabelsFontColorAutomaticEnabled(true);
        chart.getStyler().setAvailableSpaceFill(0.6);
        chart.getStyler().setDecimalPattern("0.00");
        chart.getStyler().setYAxisMin(0.0);
        double highest = 0;
        for (int i = 0; i < names.size(); i++)
        {
            highest = Math.max(highest, user.get(i) + system.get(i) + softirq.get(i));
        }
        chart.getStyler().setYAxisMax(highest <= 0 ? 1 : highest * 1.15);
        dress(chart.getStyler());
        return chart;
    }

    private static List<Chart<?, ?>> latency(final Results results)
    {
        final List<Chart<?, ?>> charts = new ArrayList<>();
        for (final boolean loaded : new boolean[] {false, true})
        {
            for (final String rate : rates(results))
            {
                if (results.latency.stream().anyMatch(cell -> cell.setup.rate().equals(rate) && cell.loaded == loaded))
                {
                    charts.add(latency(results, rate, loaded));
                }
            }
        }
        return charts;
    }

    private static XYChart latency(final Results results, final String rate, final boolean loaded)
    {
        final XYChart chart = new XYChartBuilder()
            .width(PANEL_WIDTH).height(PANEL_HEIGHT)
            .title(Setup.of(rate, "on").link() + (loaded ? ", under load" : ", idle"))
            .xAxisTitle("percentile").yAxisTitle("\u00b5s").build();
        boolean any = false;
        for (final Results.Latency cell : results.latency)
        {
            if (!cell.setup.rate().equals(rate) || cell.loaded != loaded || cell.runs.isEmpty())
            {
                continue;
            }
            final List<Double> nines = new ArrayList<>();
            final List<Double> micros = new ArrayList<>();
            for (final double[] point : cell.runs.get(cell.runs.size() - 1).percentiles())
            {
                final double rarity = 1 / Math.max(1e-9, 1 - point[0] / 100);
                if (rarity <= RAREST)
                {
                    nines.add(rarity);
                    micros.add(Math.max(0.1, point[1] / 1000));
                }
            }
            final XYSeries series = chart.addSeries(cell.role.title(), nines, micros);
            series.setMarker(SeriesMarkers.NONE);
            series.setLineColor(ROLES[cell.role.ordinal()]);
            series.setLineStyle(new BasicStroke(2.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            any = true;
        }
        dress(chart.getStyler());
        if (any)
        {
            chart.getStyler().setXAxisLogarithmic(true);
            chart.getStyler().setXAxisLogarithmicDecadeOnly(true);
            chart.getStyler().setYAxisLogarithmic(true);
            chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
            chart.getStyler().setXAxisMin(1.0);
            chart.getStyler().setXAxisMax(RAREST);
            chart.getStyler().setXAxisTickLabelsFormattingFunction(Plots::percentile);
            chart.getStyler().setYAxisTickLabelsFormattingFunction(Plots::plain);
        }
        return chart;
    }

    private static List<Key> keys(final List<Role> roles)
    {
        return roles.stream().map(role -> new Key(role.title(), ROLES[role.ordinal()])).toList();
    }

    /** 1, 10, 100 ... as the percentile whose rarity they are. */
    private static String percentile(final double rarity)
    {
        return rarity < 1.5 ? "0" : rarity < 15 ? "90" : rarity < 150 ? "99" : rarity < 1500 ? "99.9" : "99.99";
    }

    /** Only 1, 2 and 5 of each decade: there is no room for more. */
    private static String plain(final double value)
    {
        final double leading = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        if (Stream.of(1, 2, 5).noneMatch(digit -> Math.abs(leading - digit) < 0.01))
        {
            return " ";
        }
        return value == Math.rint(value) ?
            String.format(Locale.ROOT, "%,d", (long)value) : String.format(Locale.ROOT, "%.1f", value);
    }

    /** The cell of a role; kernel to kernel has two programs, and the faster one stands for it. */
    private static Results.Bulk cell(final Results results, final Setup setup, final Role role)
    {
        if (role == Role.KERNEL_TO_KERNEL)
        {
            return results.kernelCell(setup);
        }
        return results.bulk.stream()
            .filter(cell -> cell.setup.equals(setup) && cell.role == role).findFirst().orElse(null);
    }

    private static List<String> rates(final Results results)
    {
        return results.bulk.stream().map(cell -> cell.setup.rate()).distinct().toList();
    }

    private static Font font(final int style, final int size)
    {
        return new Font(Font.SANS_SERIF, style, size);
    }

    private static void dress(final AxesChartStyler styler)
    {
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1f));
        styler.setPlotGridVerticalLinesVisible(false);
        styler.setPlotContentSize(0.97);
        styler.setChartFontColor(INK);
        styler.setChartTitleFont(font(Font.BOLD, 13));
        styler.setChartTitleBoxVisible(false);
        styler.setAxisTitleFont(font(Font.PLAIN, 11));
        styler.setAxisTickLabelsFont(font(Font.PLAIN, 11));
        styler.setAxisTickLabelsColor(FAINT);
        styler.setAxisTicksMarksVisible(false);
        styler.setAxisTicksLineVisible(false);
        // One legend for all panels stands beside the title.
        styler.setLegendVisible(false);
        styler.setChartPadding(8);
        styler.setAntiAlias(true);
    }

    private static byte[] panels(
        final String title, final String subtitle, final int rows, final List<Key> keys,
        final List<Chart<?, ?>> charts) throws IOException
    {
        final int columns = Math.max(1, (charts.size() + rows - 1) / rows);
        final int width = columns * PANEL_WIDTH;
        final int height = TITLE_HEIGHT + rows * PANEL_HEIGHT;
        final BufferedImage image = new BufferedImage(width * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = image.createGraphics();
        graphics.scale(SCALE, SCALE);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        graphics.setColor(INK);
        graphics.setFont(font(Font.BOLD, 18));
        graphics.drawString(title, 16, 28);
        graphics.setColor(FAINT);
        graphics.setFont(font(Font.PLAIN, 12));
        graphics.drawString(subtitle, 16, 48);
        int right = width - 16;
        for (int i = keys.size() - 1; i >= 0; i--)
        {
            right -= graphics.getFontMetrics().stringWidth(keys.get(i).name());
            graphics.setColor(INK);
            graphics.drawString(keys.get(i).name(), right, 28);
            graphics.setColor(keys.get(i).colour());
            graphics.fillRect(right - 18, 17, 12, 12);
            right -= 36;
        }
        for (int i = 0; i < charts.size(); i++)
        {
            final BufferedImage panel = new BufferedImage(
                PANEL_WIDTH * SCALE, PANEL_HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
            final Graphics2D inner = panel.createGraphics();
            inner.scale(SCALE, SCALE);
            charts.get(i).paint(inner, PANEL_WIDTH, PANEL_HEIGHT);
            inner.dispose();
            graphics.drawImage(
                panel,
                i % columns * PANEL_WIDTH, TITLE_HEIGHT + i / columns * PANEL_HEIGHT, PANEL_WIDTH, PANEL_HEIGHT, null);
        }
        graphics.dispose();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }
}
