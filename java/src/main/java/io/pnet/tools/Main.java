package io.pnet.tools;

import io.pnet.link.JvmFlags;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.InputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Properties;

/** The {@code pnet} command. */
@Command(
    name = "pnet",
    description = "Network tools with an IP address and a TCP/IP stack of their own.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
        IperfCommand.class,
        PingCommand.class,
        NcCommand.class,
        EchoCommand.class,
        RunCommand.class,
        RelayCommand.class,
        SelfTestCommand.class,
        PacketdrillCommand.class
    })
public final class Main implements Runnable
{
    /** Everything went well. */
    public static final int OK = 0;
    /** Something failed while running. */
    public static final int FAILED = 1;
    /** The command line makes no sense. */
    public static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(final String[] args)
    {
        final String missing = JvmFlags.missing();
        if (missing != null)
        {
            System.err.println("pnet: " + missing);
            System.exit(FAILED);
        }
        System.exit(run(System.out, System.err, args));
    }

    /**
     * Runs the command in this JVM.
     *
     * @param err gets one line when the result is not {@link #OK}.
     * @return the exit code.
     */
    static int run(final PrintStream out, final PrintStream err, final String... args)
    {
        final boolean isDebug = isDebug(args);
        final CommandLog log = new CommandLog(err, isDebug);
        final CommandLine commandLine = new CommandLine(new Main());
        log.install();
        commandLine.setOut(new java.io.PrintWriter(out, true));
        commandLine.setErr(new java.io.PrintWriter(err, true));
        commandLine.setParameterExceptionHandler((ex, arguments) -> explainUsage(ex, err));
        commandLine.setExecutionExceptionHandler((ex, command, result) -> explain(ex, log, err, isDebug));
        try
        {
            return commandLine.execute(args);
        }
        catch (final Error ex)
        {
            return explain(ex, log, err, isDebug);
        }
    }

    private static int explainUsage(final ParameterException ex, final PrintStream err)
    {
        final String command = ex.getCommandLine().getCommandSpec().qualifiedName();
        final String message = oneLine(ex.getMessage()).replaceFirst("^Error: ", "");
        err.println("pnet: " + message + " (see: " + command + " --help)");
        return USAGE;
    }

    private static int explain(
        final Throwable ex, final CommandLog log, final PrintStream err, final boolean isDebug)
    {
        final boolean isExpected = ex instanceof CommandException || ex instanceof IOException;
        final String message = ex.getMessage() == null ? ex.toString() : ex.getMessage();
        log.say(isExpected ?
            oneLine(message) :
            "internal error: " + oneLine(ex.toString()) + (isDebug ? "" : " (--debug shows where)"));
        if (isDebug)
        {
            ex.printStackTrace(err);
        }
        return FAILED;
    }

    private static boolean isDebug(final String... args)
    {
        for (final String arg : args)
        {
            if ("--debug".equals(arg))
            {
                return true;
            }
        }
        return false;
    }

    static String oneLine(final String text)
    {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    @Override
    public void run()
    {
        throw new ParameterException(spec.commandLine(), "which command?");
    }

    /** The version in the jar, or of the build that is being worked on. */
    static final class Version implements CommandLine.IVersionProvider
    {
        static String text()
        {
            final Properties properties = new Properties();
            try (InputStream in = Main.class.getResourceAsStream("/META-INF/maven/io.pnet/pnet/pom.properties"))
            {
                if (in != null)
                {
                    properties.load(in);
                }
            }
            catch (final IOException ex)
            {
                return "pnet (unknown version)";
            }
            return "pnet " + properties.getProperty("version", "(not packaged)");
        }

        @Override
        public String[] getVersion()
        {
            return new String[]{
                text(), "Java " + System.getProperty("java.version") + ", Linux " + System.getProperty("os.version")};
        }
    }
}
