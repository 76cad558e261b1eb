package io.pnet;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Every MUST of RFC 9293 has a test that says so with {@link Must}, or a packetdrill script that names it, or a written
 * waiver; and the table of them in {@code java/rfc9293.md} is what the tests say today. {@code -Dpnet.update=true}
 * writes it anew.
 */
final class MustTableTest
{
    private static final int MUSTS = 69;
    private static final Path TABLE = Path.of("rfc9293.md");
    private static final Path SCRIPTS = Path.of("src/test/packetdrill");
    private static final Pattern NAMED = Pattern.compile("MUST-(\\d+)");

    private record Row(int number, String section, String what, String waiver)
    {
    }

    @Test
    void everyRequirementIsHeldOrWaivedAndTheTableIsUpToDate() throws IOException
    {
        final List<Row> rows = rows();
        final Map<Integer, SortedSet<String>> tests = tests();
        addScripts(tests);
        final List<String> wrong = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++)
        {
            final Row row = rows.get(i);
            assertEquals(i + 1, row.number, "the rows are in order and complete");
            final boolean isTested = tests.containsKey(row.number);
            if (isTested != row.waiver.isEmpty())
            {
                wrong.add("MUST-" + row.number + (isTested ? " is tested and waived" : " has no test: " + row.what));
            }
        }
        assertEquals(MUSTS, rows.size());
        tests.keySet().forEach(n -> assertTrue(n >= 1 && n <= MUSTS, () -> "there is no MUST-" + n));
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));

        final String table = table(rows, tests);
        if (Boolean.getBoolean("pnet.update"))
        {
            Files.writeString(TABLE, table);
        }
        assertEquals(Files.readString(TABLE), table, "java/rfc9293.md is old: run this test with -Dpnet.update=true");
    }

    private static List<Row> rows() throws IOException
    {
        final List<Row> rows = new ArrayList<>();
        try (InputStream in = MustTableTest.class.getResourceAsStream("rfc9293-musts.txt"))
        {
            for (final String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"))
            {
                if (!line.startsWith("#"))
                {
                    final String[] parts = line.split(" *\\| *");
                    rows.add(new Row(
                        Integer.parseInt(parts[0].trim()), parts[1], parts[2], parts.length > 3 ? parts[3] : ""));
                }
            }
        }
        return rows;
    }

    private static Map<Integer, SortedSet<String>> tests()
    {
        final Map<Integer, SortedSet<String>> tests = new TreeMap<>();
        for (final JavaClass each : new ClassFileImporter().importPath(Path.of("target/test-classes")))
        {
            for (final JavaMethod method : each.getMethods())
            {
                if (method.isAnnotatedWith(Must.class))
                {
                    final String name = each.getSimpleName() + "." + method.getName();
                    final boolean isTest =
                        method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(ParameterizedTest.class);
                    assertTrue(isTest && !method.isAnnotatedWith(Disabled.class), () -> name + " is not run as a test");
                    for (final int number : method.getAnnotationOfType(Must.class).value())
                    {
                        tests.computeIfAbsent(number, n -> new TreeSet<>()).add(name);
                    }
                }
            }
        }
        return tests;
    }

    private static void addScripts(final Map<Integer, SortedSet<String>> tests) throws IOException
    {
        if (!Files.isDirectory(SCRIPTS))
        {
            return;
        }
        try (Stream<Path> files = Files.walk(SCRIPTS))
        {
            for (final Path file : files.filter(f -> f.toString().endsWith(".pkt")).toList())
            {
                final Matcher matcher = NAMED.matcher(Files.readString(file));
                while (matcher.find())
                {
                    tests.computeIfAbsent(Integer.parseInt(matcher.group(1)), n -> new TreeSet<>())
                        .add(SCRIPTS.relativize(file).toString());
                }
            }
        }
    }

    private static String table(final List<Row> rows, final Map<Integer, SortedSet<String>> tests)
    {
        final StringBuilder text = new StringBuilder();
        text.append("# The MUSTs of RFC 9293\n\n");
        text.append("Generated by `MustTableTest`, which fails when a row has neither a test nor a waiver, or when\n");
        text.append("this page is old. Names that end in `.pkt` are scripts in `src/test/packetdrill`.\n\n");
        text.append("| MUST | section | requirement | held by |\n|---|---|---|---|\n");
        for (final Row row : rows)
        {
            text.append("| ").append(row.number).append(" | ").append(row.section).append(" | ").append(row.what)
                .append(" | ").append(row.waiver.isEmpty() ?
                    String.join(", ", tests.get(row.number)) : "waived: " + row.waiver)
                .append(" |\n");
        }
        return text.toString();
    }
}
