package io.pnet.tools;

import java.io.PrintStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;

/** Warnings of the stack as single lines, each said once, also when the command then fails for the same reason. */
final class CommandLog extends Handler
{
    private final PrintStream err;
    private final boolean isDebug;
    private final Set<String> said = ConcurrentHashMap.newKeySet();

    CommandLog(final PrintStream err, final boolean isDebug)
    {
        this.err = err;
        this.isDebug = isDebug;
    }

    /** Replaces the JVM's own way of printing logs, which takes two lines for one. */
    void install()
    {
        LogManager.getLogManager().reset();
        final java.util.logging.Logger root = LogManager.getLogManager().getLogger("");
        root.setLevel(isDebug ? Level.FINE : Level.WARNING);
        root.addHandler(this);
    }

    /** Prints a line unless it was said before. */
    void say(final String line)
    {
        if (said.add(line))
        {
            err.println("pnet: " + line);
        }
    }

    @Override
    public void publish(final LogRecord entry)
    {
        final String name = entry.getLoggerName() == null ? "" : entry.getLoggerName();
        if (isDebug || name.startsWith("io.pnet"))
        {
            final Throwable thrown = entry.getThrown();
            say(Main.oneLine(entry.getMessage() + (thrown == null ? "" : ": " + thrown)));
            if (thrown != null && isDebug)
            {
                thrown.printStackTrace(err);
            }
        }
    }

    @Override
    public void flush()
    {
        err.flush();
    }

    @Override
    public void close()
    {
        err.flush();
    }
}
