package io.pnet.tools;

import io.pnet.packetdrill.Dialect;
import io.pnet.packetdrill.Outcome;
import io.pnet.packetdrill.Packetdrill;
import io.pnet.packetdrill.Relax;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * {@code pnet packetdrill}: runs scripts in the packetdrill language against the stack, in virtual time and without
 * privileges. Exit code 1 when a script fails, 0 also when some are skipped.
 */
@Command(
    name = "packetdrill",
    description = "Run scripts in the packetdrill language against the stack, in virtual time.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class PacketdrillCommand implements Callable<Integer>
{
    @Parameters(arity = "1..*", paramLabel = "FILE|DIR",
        description = "Scripts, or directories that are searched for *.pkt.")
    private List<Path> paths;

    @Option(names = "--relax", paramLabel = "WHAT,...", defaultValue = "",
        description = "What need not be met to the letter: window, options, mss, timestamps, rcvbuf, psh; foreign: " +
            "all but psh; all.")
    private String relax;

    @Option(names = "--dialect", paramLabel = "SYSTEM",
        description = "Whose calls and defaults are meant: pnet, freebsd or linux; else what a script looks like.")
    private String dialect;

    @Option(names = {"--ip-version", "--ip_version"}, paramLabel = "VERSION,...", split = ",",
        description = "Run each script that does not choose itself with each of these: ipv4, ipv6, ipv4-mapped-ipv6.")
    private List<String> versions = List.of();

    @Option(names = {"-D", "--define"}, paramLabel = "NAME=VALUE", mapFallbackValue = "",
        description = "Define a word, also for #ifdef; with neither STANDARD nor FreeBSD defined, " +
            "either side will do.")
    private Map<String, String> defines = Map.of();

    @Option(names = {"--mtu"}, paramLabel = "BYTES", description = "MTU for scripts that do not choose.")
    private String mtu;

    @Option(names = {"--tolerance-usecs", "--tolerance_usecs"}, paramLabel = "N",
        description = "How far times may be off in scripts that do not say.")
    private String tolerance;

    @Option(names = "--nothing-more",
        description = "Packets that no event of a script takes are failures also after the last event.")
    private boolean nothingMore;

    @Option(names = {"-v", "--verbose"}, description = "Name the scripts that pass, too.")
    private boolean verbose;

    @Option(names = "--debug", description = "Show a stack trace when something fails.")
    private boolean debug;

    private final PrintStream out = System.out;
    private int passed;
    private int failed;
    private int skipped;

    @Override
    public Integer call() throws IOException
    {
        final List<Path> scripts = new ArrayList<>();
        for (final Path path : paths)
        {
            find(path, scripts);
        }
        if (scripts.isEmpty())
        {
            throw new CommandException("packetdrill: no script (*.pkt) in " + paths);
        }
        for (final Path script : scripts)
        {
            final String text = Files.readString(script, StandardCharsets.ISO_8859_1);
            final boolean isChosen = text.contains("--ip_version") || versions.isEmpty();
            for (final String version : isChosen ? List.of("") : versions)
            {
                final Packetdrill runner = runner();
                if (!version.isEmpty())
                {
                    runner.option("ip_version", version);
                }
                report(runner.run(script + (version.isEmpty() ? "" : " (" + version + ")"), text));
            }
        }
        out.println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
        return failed == 0 ? Main.OK : Main.FAILED;
    }

    private static void find(final Path path, final List<Path> scripts) throws IOException
    {
        if (!Files.isDirectory(path))
        {
            if (!Files.isReadable(path))
            {
                throw new CommandException("packetdrill: cannot read " + path);
            }
            scripts.add(path);
            return;
        }
        try (Stream<Path> found = Files.walk(path))
        {
            found.filter(each -> each.toString().endsWith(".pkt") && Files.isRegularFile(each))
                .sorted().forEach(scripts::add);
        }
    }

    private Packetdrill runner()
    {
        final Packetdrill runner = new Packetdrill().nothingMore(nothingMore);
        try
        {
            runner.relax(Relax.parse(relax));
            if (dialect != null)
            {
                runner.dialect(Dialect.valueOf(dialect.toUpperCase(Locale.ROOT)));
            }
        }
        catch (final IllegalArgumentException ex)
        {
            throw new CommandException("packetdrill: " + (ex.getMessage().startsWith("No enum") ?
                "no such dialect: " + dialect + "; it is pnet, freebsd or linux" : ex.getMessage()));
        }
        defines.forEach(runner::define);
        if (mtu != null)
        {
            runner.option("mtu", mtu);
        }
        if (tolerance != null)
        {
            runner.option("tolerance_usecs", tolerance);
        }
        return runner;
    }

    private void report(final Outcome outcome)
    {
        switch (outcome.result())
        {
            case PASSED:
                passed++;
                break;
            case FAILED:
                failed++;
                break;
            default:
                skipped++;
                break;
        }
        if (verbose || outcome.result() != Outcome.Result.PASSED)
        {
            out.println(outcome.report());
        }
    }
}
