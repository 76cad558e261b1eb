package io.pnet.socket;

import io.pnet.counters.Counters;
import io.pnet.ip.IpSettings;
import io.pnet.link.ChunkPool;
import io.pnet.link.LinkContext;
import io.pnet.link.LinkException;
import io.pnet.link.Loopback;
import io.pnet.stack.IpProcess;
import io.pnet.stack.IpProcessBuilder;
import io.pnet.stack.RunMode;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A stack's own thread stays on the CPU it is told; who is told nothing runs anywhere. */
final class PinTest
{
    private static final String THREAD = "pnet-10.66.0.1";
    private static final int NOWHERE = 1_023;

    @Test
    void theStacksThreadIsPinnedAndNoOther() throws Exception
    {
        final String everywhere = allowed(Files.readAllLines(Path.of("/proc/thread-self/status")));
        final int cpu = Integer.parseInt(everywhere.split("[-,]")[0]);
        try (IpProcess process = builder().pin(cpu).start())
        {
            // It names itself, and pins itself, a moment later.
            for (int i = 0; i < 1_000 && !Integer.toString(cpu).equals(allowedOfStack()); i++)
            {
                Thread.sleep(10);
            }
            assertEquals(Integer.toString(cpu), allowedOfStack());
            assertTrue(process.driver().isOpen());
            assertEquals(everywhere, allowed(Files.readAllLines(Path.of("/proc/thread-self/status"))));
        }
    }

    @Test
    void aCpuThatIsNotThereIsOneLine()
    {
        final IOException ex = assertThrows(LinkException.class, () -> builder().pin(NOWHERE).start());
        assertTrue(ex.getMessage().startsWith("cannot pin a thread to CPU 1023: "), ex.getMessage());
        assertTrue(ex.getMessage().contains("EINVAL"), ex.getMessage());
    }

    @Test
    void eachStackHasOneCpuAndAThread()
    {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> builder().pin(0, 0).start())
            .getMessage().contains("bad number of CPUs 2"));
        assertTrue(assertThrows(
            IllegalArgumentException.class, () -> builder().pin(0).runMode(RunMode.EMBEDDED).start())
            .getMessage().contains("no thread to pin"));
    }

    private static IpProcessBuilder builder()
    {
        final LinkContext context = new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters());
        final IpSettings settings = new IpSettings();
        settings.addressDetection = false;
        return IpProcess.builder().link(new Loopback(context), context).address("10.66.0.1/24").ip(settings);
    }

    private static String allowedOfStack() throws IOException
    {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task")))
        {
            for (final Path task : tasks)
            {
                final List<String> status;
                try
                {
                    status = Files.readAllLines(task.resolve("status"));
                }
                catch (final IOException ex)
                {
                    // Another thread, which has just ended.
                    continue;
                }
                if (status.get(0).equals("Name:\t" + THREAD))
                {
                    return allowed(status);
                }
            }
        }
        return "no thread " + THREAD;
    }

    private static String allowed(final List<String> status)
    {
        return status.stream().filter(line -> line.startsWith("Cpus_allowed_list:"))
            .findFirst().orElseThrow().split("\t")[1];
    }
}
