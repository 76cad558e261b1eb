package io.pnet.nio.permutation;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs every case over one pair in this JVM, without JUnit's engine: for pairs that want a network namespace of their
 * own, and by hand for one case at a time. One line a case in the file of results.
 */
public final class CaseRunner
{
    /** All cases there are. */
    static final List<Class<? extends Permutation>> GROUPS = List.of(
        ConnectCases.class, StreamCases.class, GatherCases.class, CloseCases.class,
        ServerCases.class, SelectCases.class, KeyCases.class, OptionCases.class,
        SocketAdaptorCases.class, ServerAdaptorCases.class, DatagramCases.class, DatagramAdaptorCases.class,
        ThreadCases.class);

    /** Those of java.net, which want the JVM's factories. */
    static final List<Class<? extends Permutation>> NET_GROUPS = List.of(NetSocketCases.class, NetDatagramCases.class);

    static final String PASSED = "passed";
    static final String FAILED = "failed";
    static final String ABORTED = "aborted";
    private static final long LIMIT_S = 60;

    private CaseRunner()
    {
    }

    /**
     * @param arguments the pair's name, the file of results or {@code -} for the standard output, and optionally words
     *                  of which a case's name, as Close.closesOnce, is to contain one.
     */
    public static void main(final String[] arguments) throws Exception
    {
        try (PrintWriter out = arguments[1].equals("-") ?
            new PrintWriter(System.out, true) : new PrintWriter(Path.of(arguments[1]).toFile());
            Pair pair = Pairs.named(arguments[0]))
        {
            run(
                arguments[0].startsWith("net-") ? NET_GROUPS : GROUPS,
                pair, out, Arrays.copyOfRange(arguments, 2, arguments.length));
        }
        System.exit(0);
    }

    private static void run(
        final List<Class<? extends Permutation>> groups, final Pair pair, final PrintWriter out, final String... words)
        throws Exception
    {
        for (final Class<? extends Permutation> group : groups)
        {
            final Method[] methods = group.getDeclaredMethods();
            Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (final Method method : methods)
            {
                final String name = group.getSimpleName().replace("Cases", "") + "." + method.getName();
                if (method.isAnnotationPresent(Test.class) &&
                    (words.length == 0 || Arrays.stream(words).anyMatch(name::contains)))
                {
                    final Permutation cases = group.getDeclaredConstructor(Pair.class).newInstance(pair);
                    final long startNs = System.nanoTime();
                    final String outcome = outcome(cases, method);
                    out.println(name + "\t" + Permutation.msSince(startNs) + "\t" + outcome.replace("\n", "\\n"));
                    out.flush();
                }
            }
        }
    }

    private static String outcome(final Permutation group, final Method method) throws InterruptedException
    {
        final FutureTask<String> task = new FutureTask<>(() -> call(group, method));
        final Thread thread = new Thread(task, method.getName());
        thread.setDaemon(true);
        thread.start();
        try
        {
            return task.get(LIMIT_S, TimeUnit.SECONDS);
        }
        catch (final TimeoutException ex)
        {
            final StringBuilder text = new StringBuilder(FAILED + "\tstill runs after " + LIMIT_S + " s:");
            Thread.getAllStackTraces().forEach((each, trace) ->
                text.append('\n').append(each.getName()).append(": ").append(Arrays.toString(trace)));
            return text.toString();
        }
        catch (final Exception ex)
        {
            return FAILED + "\t" + text(ex);
        }
    }

    private static String call(final Permutation group, final Method method) throws Exception
    {
        String outcome = PASSED;
        try
        {
            method.invoke(group);
        }
        catch (final InvocationTargetException ex)
        {
            final Throwable cause = ex.getCause();
            outcome = cause instanceof TestAbortedException ?
                ABORTED + "\t" + cause.getMessage() : FAILED + "\t" + text(cause);
        }
        try
        {
            group.closeAll();
        }
        catch (final Exception | AssertionError ex)
        {
            outcome = outcome.startsWith(FAILED) ? outcome : FAILED + "\tat the end: " + text(ex);
        }
        return outcome;
    }

    private static String text(final Throwable failure)
    {
        final StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
