package io.pnet.tools;

import io.pnet.run.Launch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * {@code pnet run}: its help, and {@code --explain}. The launcher itself becomes the command that is to be run, so that
 * no JVM ever starts another; what the options do is read by the agent there.
 */
@Command(
    name = "run",
    description = {
        "Run a Java program on an address of its own: its channels, sockets and names go through Pnet.",
        "The command is java, or a script that starts it."},
    footer = {
        "",
        "For example:",
        "  pnet run --link packet:veth0 --ip 10.0.0.2/24 -- java -jar server.jar",
        "Without the launcher:",
        "  java -javaagent:pnet-agent.jar=link=packet:veth0,ip=10.0.0.2/24 ..."},
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class RunCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Option(
        names = "--explain",
        description = "Print what would go to Pnet and what to the kernel, and over how many stacks, and end.")
    private boolean explain;

    @Option(
        names = "--exclude",
        paramLabel = "ADDR[/PREFIX]",
        description = "Leave these addresses to the kernel; repeatable.")
    private final List<String> excluded = new ArrayList<>();

    @Option(
        names = "--loopback",
        paramLabel = "on|off",
        description = "Whether a server on the wildcard listens on the kernel's loopback as well; on by default.")
    private String loopback = "on";

    @Option(
        names = "--linger",
        paramLabel = "TIME",
        description = "How long the JVM waits at its end for peers to get what was written; 5s by default.")
    private String linger;

    @Option(
        names = "--start",
        paramLabel = "now|lazy",
        description = "Whether the JVM has its network before main, or with its first channel, socket or name: the " +
            "default is now for java itself, and lazy for a script, which may run small JVMs before the server.")
    private String start;

    @Option(names = "--dns", paramLabel = "ADDR", description = "Name server; otherwise resolv.conf's; repeatable.")
    private final List<String> dns = new ArrayList<>();

    @Option(names = "--search", paramLabel = "DOMAIN", description = "Appended to short names; repeatable.")
    private final List<String> search = new ArrayList<>();

    @Option(names = "--hosts", paramLabel = "FILE", description = "Names that need no server; otherwise /etc/hosts.")
    private Path hosts;

    @Option(names = "--hostname", paramLabel = "NAME", description = "Our own name; otherwise the kernel's.")
    private String hostName;

    @Parameters(paramLabel = "COMMAND", description = "The command and its arguments, after --.")
    private final List<String> command = new ArrayList<>();

    @Override
    public Integer call()
    {
        if (!explain)
        {
            throw new CommandException("run: this is done by the launcher: start it as pnet run");
        }
        try
        {
            Launch.explain(this::environment).forEach(spec.commandLine().getOut()::println);
        }
        catch (final IllegalArgumentException ex)
        {
            throw common.usage(ex.getMessage());
        }
        return Main.OK;
    }

    /** A variable as the launcher would leave it: what the command line says, else what is there already. */
    private String environment(final String name)
    {
        final String option = "--" + name.substring("PNET_".length()).toLowerCase(Locale.ROOT).replace('_', '-');
        final OptionSpec given = spec.commandLine().getParseResult().matchedOption(option);
        if (given == null)
        {
            return System.getenv(name);
        }
        final List<String> values = given.originalStringValues();
        return given.isMultiValue() ? String.join(" ", values) :
            given.arity().max() == 0 ? "on" : values.get(values.size() - 1);
    }
}
