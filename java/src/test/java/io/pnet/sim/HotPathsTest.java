package io.pnet.sim;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What the JIT compiler says of the hot paths: a method that runs for every frame must be small enough to be compiled
 * into its caller (FreqInlineSize, 325 bytes), and who is called must be known.
 */
class HotPathsTest
{
    /** Larger on purpose, for each is a loop, or the rare case. */
    private static final Set<String> LARGE = Set.of(
        "io.pnet.wire.Checksum::sum",
        // Once a connection and duty cycle.
        "io.pnet.tcp.NewData::send",
        // What runs where something is lost or reordered.
        "io.pnet.tcp.Recovery::steer",
        "io.pnet.tcp.Recovery::markSacked",
        "io.pnet.tcp.Recovery::onRetransmissionTimeout",
        // Neighbours are asked before anything else travels: for that moment this is most of what comes.
        "io.pnet.ip.Icmp::onPacketV6",
        // Handshakes.
        "io.pnet.tcp.SynOutput::send",
        "io.pnet.tcp.Input::arrivesInSynSent",
        "io.pnet.tcp.PassiveOpen::arrivesInListen",
        "io.pnet.tcp.PassiveOpen::send",
        "io.pnet.tcp.ControlBlock::<init>");
    private static final Pattern TOO_BIG =
        Pattern.compile("@ -?\\d+ +(io\\.pnet\\.(?!sim\\.)[\\w.$]+::[\\w<>$]+) \\(\\d+ bytes\\).*hot method too big");
    private static final Pattern MEGAMORPHIC =
        Pattern.compile("@ -?\\d+ +(io\\.pnet\\.(?!sim\\.)[\\w.$]+::[\\w<>$]+) \\(\\d+ bytes\\).*virtual call");

    @Test
    void whatRunsForEveryFrameIsSmallAndKnown() throws Exception
    {
        final List<String> lines = run();
        assertTrue(
            lines.stream().anyMatch(line -> line.contains("io.pnet.tcp.Input::segmentArrives") &&
                line.contains("inline (hot)")),
            "the way in is not compiled as one, or the compiler does not say so");
        final Set<String> large = found(lines, TOO_BIG);
        large.removeAll(LARGE);
        assertEquals(Set.of(), large, "hot and larger than the compiler inlines: move what is rare out of it");
        assertEquals(Set.of(), found(lines, MEGAMORPHIC), "called for every frame by way of a table");
    }

    private static Set<String> found(final List<String> lines, final Pattern pattern)
    {
        final Set<String> found = new TreeSet<>();
        for (final String line : lines)
        {
            final Matcher matcher = pattern.matcher(line);
            if (matcher.find())
            {
                found.add(matcher.group(1));
            }
        }
        return found;
    }

    private static List<String> run() throws Exception
    {
        final Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", System.getProperty("java.class.path"),
            "-Xmx768m",
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:+PrintInlining",
            HotPathsProgram.class.getName()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        final List<String> lines = new ArrayList<>();
        process.inputReader().lines().filter(line -> line.contains("io.pnet"))
            .forEach(lines::add);
        assertEquals(0, process.waitFor(), () -> tail(lines));
        return lines;
    }

    private static String tail(final List<String> lines)
    {
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }
}
