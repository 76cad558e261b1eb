package io.pnet.run;

import io.pnet.jvm.SystemInterfaces;
import io.pnet.nio.PnetAsynchronousProvider;
import io.pnet.stack.IpProcess;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** Where the agent enters the runtime, and where {@code pnet run} asks what that would do. */
public final class Launch
{
    private static final String AGENT = "io.pnet.agent.Agent";
    private static final String AGENT_PROVIDER = "io.pnet.agent.AgentSelectorProvider";
    private static final String PROVIDER = "java.nio.channels.spi.SelectorProvider";
    private static final String AGENT_ASYNCHRONOUS = "io.pnet.agent.AgentAsynchronousProvider";
    private static final String ASYNCHRONOUS = "java.nio.channels.spi.AsynchronousChannelProvider";

    private Launch()
    {
    }

    /**
     * Gives this JVM its network.
     *
     * @param options the agent's, null for none.
     * @throws Exception whose message is one line, when it cannot be: what, why, and what to do.
     */
    public static void start(final String options, final Instrumentation instrumentation) throws Exception
    {
        if (!runsAProgram())
        {
            return;
        }
        final RunSettings settings = RunSettings.parse(options, System::getenv);
        try
        {
            JavaBase.open(instrumentation);
            final Class<?> agent = ClassLoader.getSystemClassLoader().loadClass(AGENT);
            final JvmNetwork network = new JvmNetwork(
                settings, System.getenv(ProcessFamily.SESSION), agent.getPackage().getImplementationVersion());
            if (settings.start == RunSettings.Start.NOW)
            {
                network.start();
            }
            if (settings.start == RunSettings.Start.LAZY)
            {
                LazyNames.install(network::provider);
            }
            if (settings.start == RunSettings.Start.LAZY || network.isOurs())
            {
                install(network);
                SystemInterfaces.install(instrumentation, network::process, settings.routing::isKernels);
            }
        }
        catch (final Exception | LinkageError ex)
        {
            if (settings.debug)
            {
                ex.printStackTrace();
            }
            throw ex;
        }
    }

    /**
     * What would go to Pnet and what to the kernel, and over how many stacks, one a line.
     *
     * @param environment gives the value of a variable that the agent obeys, or null.
     * @throws IllegalArgumentException one line that says what is wrong.
     */
    public static List<String> explain(final Function<String, String> environment)
    {
        final RunSettings settings = RunSettings.of(environment);
        if ("kernel".equals(settings.link))
        {
            return List.of("everything: kernel (--link kernel)");
        }
        final List<String> lines = new ArrayList<>(settings.routing.explain());
        lines.add(IpProcess.builder().stacks(settings.stacks).pin(settings.cpus).explainStacks());
        return lines;
    }

    /** Start scripts ask {@code java -version}, which starts a JVM with its agents and no program. */
    private static boolean runsAProgram()
    {
        final String executable = ProcessHandle.current().info().command().orElse("");
        return System.getProperty("sun.java.command") != null || !executable.endsWith("/java");
    }

    private static void install(final JvmNetwork network) throws ReflectiveOperationException
    {
        final Supplier<SelectorProvider> provider = network::provider;
        final Class<?> delegating = ClassLoader.getSystemClassLoader().loadClass(AGENT_PROVIDER);
        delegating.getMethod("install", Supplier.class).invoke(null, provider);
        System.setProperty(PROVIDER, AGENT_PROVIDER);
        // The JDK decides once: now, before anybody changes the property again.
        if (SelectorProvider.provider().getClass() != delegating)
        {
            throw new IllegalStateException("another agent uses the network before Pnet: put Pnet's -javaagent first");
        }
        SocketFactories.install(provider);
        installAsynchronous(provider);
    }

    private static void installAsynchronous(final Supplier<SelectorProvider> provider)
        throws ReflectiveOperationException
    {
        final Supplier<AsynchronousChannelProvider> asynchronous = new Supplier<>()
        {
            private AsynchronousChannelProvider made;

            @Override
            public synchronized AsynchronousChannelProvider get()
            {
                made = made != null ? made : new PnetAsynchronousProvider(provider.get());
                return made;
            }
        };
        ClassLoader.getSystemClassLoader().loadClass(AGENT_ASYNCHRONOUS)
            .getMethod("install", Supplier.class).invoke(null, asynchronous);
        if (System.getProperty(ASYNCHRONOUS) == null)
        {
            System.setProperty(ASYNCHRONOUS, AGENT_ASYNCHRONOUS);
        }
    }

    /** An exception in one line. */
    static String oneLine(final Throwable thrown)
    {
        final Throwable ex = thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
        final String text = ex.getMessage() == null || !isExpected(ex) ? ex.toString() : ex.getMessage();
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static boolean isExpected(final Throwable ex)
    {
        return ex instanceof java.io.IOException || ex instanceof IllegalArgumentException ||
            ex instanceof IllegalStateException || ex instanceof UnsatisfiedLinkError;
    }
}
