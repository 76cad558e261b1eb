package io.pnet.packetdrill;

import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Vectors that others have written, where they lie beside the project (or where {@code -Dpnet.conformance} says), and
 * the scripts of our own. What the RFCs leave open is relaxed for the former and held to the letter for the latter.
 */
class ConformanceTest
{
    /** One in twenty may be waived or skipped. */
    private static final int SHARE = 20;
    private static final Path OWN = Path.of("src/test/packetdrill");

    private static Path vectors()
    {
        final String told = System.getProperty("pnet.conformance");
        if (told != null)
        {
            return Path.of(told);
        }
        return Path.of("../../shared/conformance/freebsd");
    }

    private static List<Path> scripts(final Path folder) throws IOException
    {
        try (Stream<Path> found = Files.walk(folder))
        {
            return found.filter(path -> path.toString().endsWith(".pkt")).sorted().toList();
        }
    }

    private static String name(final Path script)
    {
        return script.getFileName().toString().replaceFirst("\\.pkt$", "");
    }

    private static Map<String, String> waivers() throws IOException
    {
        final Map<String, String> waivers = new TreeMap<>();
        try (InputStream in = ConformanceTest.class.getResourceAsStream("waivers.txt");
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)))
        {
            for (String line = reader.readLine(); line != null; line = reader.readLine())
            {
                if (!line.startsWith("#") && !line.isBlank())
                {
                    final int colon = line.indexOf(": ");
                    assertTrue(colon > 0 && line.contains("RFC "), "no RFC's reason: " + line);
                    waivers.put(line.substring(0, colon), line.substring(colon + 2));
                }
            }
        }
        return waivers;
    }

    @Test
    void vectorsOfOthersPassOrAreWaivedForAnRfcsReason() throws IOException
    {
        final Path folder = vectors();
        if (!Files.isDirectory(folder))
        {
            System.out.println(
                "CONFORMANCE VECTORS ARE NOT RUN: there is no " + folder.toAbsolutePath().normalize() +
                "; -Dpnet.conformance=DIR says where they are");
            assumeTrue(false, "no vectors");
        }
        final Map<String, String> waivers = waivers();
        final List<String> wrong = new ArrayList<>();
        int count = 0;
        int notPassed = 0;
        for (final Path script : scripts(folder))
        {
            count++;
            final Outcome outcome = new Packetdrill().relax(Relax.foreign())
                .run(folder.relativize(script).toString(), Files.readString(script, StandardCharsets.ISO_8859_1));
            final boolean isPassed = outcome.result() == Outcome.Result.PASSED;
            final boolean isWaived = waivers.remove(name(script)) != null;
            notPassed += isPassed ? 0 : 1;
            if (isPassed && isWaived)
            {
                wrong.add(name(script) + " passes: its waiver is not needed");
            }
            else if (!isPassed && !isWaived)
            {
                wrong.add(outcome.report());
            }
        }
        waivers.keySet().forEach(name -> wrong.add("a waiver is for " + name + ", which is not there"));
        System.out.println("conformance vectors: " + (count - notPassed) + " of " + count + " pass");
        assertTrue(count > 0, "no vector in " + folder);
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
        assertTrue(notPassed * SHARE <= count, notPassed + " of " + count + " do not pass");
    }

    @Test
    void ourOwnScriptsPassToTheLetterWithEachIpVersion() throws IOException
    {
        final List<Path> scripts = scripts(OWN);
        assertFalse(scripts.isEmpty());
        final List<String> wrong = new ArrayList<>();
        for (final Path script : scripts)
        {
            final String text = Files.readString(script);
            final List<String> versions = text.contains("--ip_version") ?
                List.of("") : List.of("ipv4", "ipv6", "ipv4-mapped-ipv6");
            for (final String version : versions)
            {
                final Packetdrill runner = new Packetdrill().nothingMore(true);
                if (!version.isEmpty())
                {
                    runner.option("ip_version", version);
                }
                final Outcome outcome = runner.run(OWN.relativize(script) + " " + version, text);
                if (outcome.result() != Outcome.Result.PASSED)
                {
                    wrong.add(outcome.report());
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }

    @Test
    void aScriptRunsTheSameEachTime() throws IOException
    {
        final Path script = OWN.resolve("close/active-close.pkt");
        final String wrong = Files.readString(script).replaceFirst("ack 1\\b", "ack 2");
        final Packetdrill runner = new Packetdrill().option("ip_version", "ipv4");
        final String first = runner.run("again", wrong).report();
        assertTrue(first.startsWith("FAIL again:"), first);
        assertEquals(first, runner.run("again", wrong).report());
    }
}
