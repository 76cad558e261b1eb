package io.pnet.stack;

import io.pnet.counters.Counters;
import io.pnet.ip.FlowHash;
import io.pnet.link.ChunkPool;
import io.pnet.link.Delegate;
import io.pnet.link.LinkContext;
import io.pnet.link.Loopback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A process that cannot be started leaves nothing open. */
final class StartFailureTest
{
    @Test
    void aLaterStackThatFailsTakesTheEarlierOnesWithIt() throws IOException
    {
        final FakeLink first = new FakeLink(false);
        final FakeLink second = new FakeLink(false);
        final FakeLink third = new FakeLink(true);
        final int before = wakeUpEvents();
        assertThrows(IllegalStateException.class, () -> IpProcess.builder().stacks(3).address("10.66.0.1/24")
            .links(List.of(first, second, third), List.of(first.context, second.context, third.context),
                new FlowHash(1, 3))
            .start());
        assertTrue(first.hasGivenDescriptor && second.hasGivenDescriptor, "it failed too early to show anything");
        assertEquals(before, wakeUpEvents());
        for (final FakeLink each : List.of(first, second, third))
        {
            assertTrue(each.isClosed);
        }
    }

    @Test
    void anAddressThatCannotBeTakenGivesEverythingBack() throws IOException
    {
        final FakeLink link = new FakeLink(false);
        final int before = wakeUpEvents();
        assertThrows(IllegalArgumentException.class, () -> IpProcess.builder()
            .address("10.66.0.1/24").address("10.66.0.1/24").link(link, link.context).start());
        assertTrue(link.hasGivenDescriptor, "it failed too early to show anything");
        assertEquals(before, wakeUpEvents());
        assertTrue(link.isClosed);
    }

    @Test
    void everyStackHasALinkOfItsOwn()
    {
        final FakeLink only = new FakeLink(false);
        assertEquals("a link that is open serves one stack: there are 1, and 2 stacks", assertThrows(
            IllegalArgumentException.class,
            () -> IpProcess.builder().stacks(2).address("10.66.0.1/24").link(only, only.context).start())
            .getMessage());
        assertFalse(only.hasGivenDescriptor);
    }

    @ParameterizedTest
    @CsvSource({"10.66.0.1/24, 10.66.1.1", "10.66.0.1/24, fe80::1", "fd00::1/68, fd00::1000:0:0:1"})
    void aGatewayMustBeANeighbour(final String address, final String gateway)
    {
        final FakeLink link = new FakeLink(false);
        assertEquals("gateway " + gateway + " is not on a network of ours, " + address + ": give an address beside it",
            assertThrows(IllegalArgumentException.class, () -> IpProcess.builder()
                .address(address).gateway(gateway).link(link, link.context).start()).getMessage());
        assertFalse(link.hasGivenDescriptor);
    }

    /** Clouds give out addresses without a network, whose router is on the link all the same. */
    @ParameterizedTest
    @CsvSource({
        "10.66.0.1/25, 10.66.0.126", "fd00::1/64, fe80::1", "10.66.0.1/32, 10.66.1.1", "fd00::1/128, fd00:1::1"})
    void aGatewayThatIsOneIsTaken(final String address, final String gateway)
    {
        final FakeLink link = new FakeLink(true);
        // It fails later.
        assertThrows(IllegalStateException.class, () -> IpProcess.builder()
            .address(address).gateway(gateway).link(link, link.context).start());
    }

    @Test
    void aCaptureThatCannotBeWrittenSaysWhy(@TempDir final Path folder)
    {
        final FakeLink link = new FakeLink(false);
        final Path file = folder.resolve("none/x.pcap");
        assertEquals("cannot write the capture to " + file + ": there is no such directory",
            assertThrows(IOException.class, () -> IpProcess.builder()
                .address("10.66.0.1/24").capture(file).link(link, link.context).start()).getMessage());
        assertEquals("cannot write the capture to " + folder + ": Is a directory",
            assertThrows(IOException.class, () -> IpProcess.builder()
                .address("10.66.0.1/24").capture(folder).link(link, link.context).start()).getMessage());
    }

    private static int wakeUpEvents() throws IOException
    {
        int count = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd")))
        {
            for (final Path each : descriptors)
            {
                // The stream's own descriptor is among them, and is no event.
                count += Files.isSymbolicLink(each) &&
                    Files.readSymbolicLink(each).toString().contains("eventfd") ? 1 : 0;
            }
        }
        return count;
    }

    /** Has a descriptor, so that a driver makes a wake-up event to wait with; or has none to give. */
    private static final class FakeLink extends Delegate
    {
        private final LinkContext context;
        private final boolean isBroken;
        private boolean hasGivenDescriptor;
        private boolean isClosed;

        private FakeLink(final boolean isBroken)
        {
            this(isBroken, new LinkContext(new ChunkPool(ChunkPool.LARGE, 1 << 20), new Counters()));
        }

        private FakeLink(final boolean isBroken, final LinkContext context)
        {
            super(new Loopback(context));
            this.context = context;
            this.isBroken = isBroken;
        }

        @Override
        public int fd()
        {
            if (isBroken)
            {
                throw new IllegalStateException("no descriptor");
            }
            hasGivenDescriptor = true;
            return 0;
        }

        @Override
        public void close()
        {
            isClosed = true;
            super.close();
        }
    }
}
