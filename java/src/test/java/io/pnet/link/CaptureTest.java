package io.pnet.link;

import com.sun.management.ThreadMXBean;
import io.pnet.wire.TcpHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CaptureTest
{
    private static final long EPOCH_NS = 1_700_000_000_123_456_789L;

    @TempDir
    Path directory;

    private final List<String> errors = new ArrayList<>();
    private final Pipe.Pair pipe = Pipe.pair(
        new MemoryLinkOptions().txOffload(true).rxGso(true), LinkContext.standalone(), LinkContext.standalone());

    /** One record of a pcap file. */
    private record Packet(long epochNs, int length, byte[] bytes)
    {
    }

    @AfterEach
    void close()
    {
        pipe.close();
    }

    @Test
    void recordsBothDirectionsWithCompleteChecksumsAndTimes() throws IOException
    {
        final Path file = directory.resolve("both.pcap");
        try (Capture capture = capture(file, Capture.WHOLE_FRAMES))
        {
            Frames.sendTcp(capture, Frames.payload(100), 1_448, TcpHeader.ACK);
            capture.flush(10);
            Frames.sendTcp(capture, Frames.payload(65_535 - 66), 1_448, TcpHeader.ACK);
            capture.flush(20);
            Frames.sendTcp(pipe.right(), Frames.payload(5_000), 1_448, TcpHeader.ACK);
            Frames.sendTcp(pipe.right(), Frames.payload(50), 1_448, TcpHeader.ACK);
            pipe.right().flush(0);
            final List<Frames.Seen> seen = Frames.receive(capture, 30);
            assertEquals(2, seen.size());
            assertTrue(seen.get(0).hadChunk());
            assertEquals(RxFrame.CHECKSUM_PARTIAL, seen.get(1).checksum());
            assertFalse(Frames.isSound(seen.get(1).bytes()), "completed in the copy only");
            assertEquals(4, capture.frames());
        }
        final List<Packet> packets = read(file);
        assertEquals(4, packets.size());
        assertEquals(List.of(166, 65_535, 5_066, 116), packets.stream().map(Packet::length).toList());
        // Committed at the time of the construction, then after the flush at 10, then polled at 30.
        assertEquals(List.of(EPOCH_NS + 5, EPOCH_NS + 10, EPOCH_NS + 30, EPOCH_NS + 30),
            packets.stream().map(Packet::epochNs).toList());
        assertTrue(packets.stream().allMatch(packet -> Frames.isSound(packet.bytes())));
        assertEquals(List.of(), errors);
        assertEquals(2, Frames.receive(pipe.right(), 0).size());
    }

    @Test
    void prefersTheLinksOwnTimeStamps() throws IOException
    {
        final Path file = directory.resolve("stamps.pcap");
        final Link stamping = new Delegate(pipe.left())
        {
            @Override
            public int poll(final FrameHandler handler, final int limit, final long nowNs)
            {
                return super.poll(frame -> handler.onFrame(frame.timestampNs(42_000_000_007L)), limit, nowNs);
            }
        };
        try (Capture capture = new Capture(stamping, open(file), 100, 0, ns -> ns + EPOCH_NS, errors::add))
        {
            Frames.sendNumber(pipe.right(), 1, 1, 10);
            pipe.right().flush(0);
            Frames.receive(capture, 30);
        }
        assertEquals(42_000_000_007L, read(file).get(0).epochNs());
    }

    @Test
    void keepsNoMoreThanTheSnapLength() throws IOException
    {
        final Path file = directory.resolve("snap.pcap");
        try (Capture capture = capture(file, 96))
        {
            Frames.sendTcp(capture, Frames.payload(5_000), 1_448, TcpHeader.ACK);
            Frames.sendTcp(capture, Frames.payload(1), 1_448, TcpHeader.ACK);
        }
        final List<Packet> packets = read(file);
        assertEquals(List.of(5_066, 67), packets.stream().map(Packet::length).toList());
        assertEquals(List.of(96, 67), packets.stream().map(packet -> packet.bytes().length).toList());
    }

    @Test
    void aFileOfNothingIsValid() throws IOException
    {
        final Path file = directory.resolve("empty.pcap");
        capture(file, 96).close();
        assertEquals(List.of(), read(file));
        assertThrows(IllegalArgumentException.class, () -> capture(file, 0));
    }

    @Test
    void writesAtLeastOnceASecondWhileThereIsSomethingToWrite() throws IOException
    {
        final Path file = directory.resolve("old.pcap");
        try (Capture capture = capture(file, 96))
        {
            assertEquals(1_000_000_005L, capture.nextDeadlineNs());
            Frames.receive(capture, 1_000_000_005L);
            assertEquals(0, read(file).size());
            assertEquals(Link.NO_DEADLINE, capture.nextDeadlineNs());
            Frames.sendNumber(capture, 2, 1, 10);
            assertEquals(2_000_000_005L, capture.nextDeadlineNs());
            capture.flush(2_000_000_004L);
            assertEquals(0, read(file).size());
            capture.flush(2_000_000_005L);
            assertEquals(1, read(file).size());
            assertEquals(Link.NO_DEADLINE, capture.nextDeadlineNs());
        }
    }

    @Test
    void aFullDiskEndsTheCaptureButNotTheLink() throws IOException
    {
        final Path file = directory.resolve("full.pcap");
        final long room = 300_000;
        try (FileChannel disk = open(file);
            Capture capture = new Capture(
                pipe.left(), new FullAt(disk, room), Capture.WHOLE_FRAMES, 5, ns -> ns + EPOCH_NS, errors::add))
        {
            for (int i = 0; i < 1_000; i++)
            {
                assertTrue(Frames.sendNumber(capture, 2, i, 1_000));
                capture.flush(10);
                assertEquals(1, Frames.receive(pipe.right(), 0).size());
            }
            assertEquals(1, errors.size());
            assertTrue(errors.get(0).contains("No space left on device") && !errors.get(0).contains("\n"));
            assertFalse(capture.isActive());
            final List<Packet> packets = read(file);
            // 300,000 bytes hold 24 and 283 records of 16 + 1,042.
            assertEquals(283, packets.size());
            assertTrue(errors.get(0).contains("283 frames"), errors.get(0));
            assertEquals(283, capture.frames());
            assertEquals(1_000 - 283, capture.missed());
            assertEquals(Link.NO_DEADLINE, capture.nextDeadlineNs());
        }
        assertEquals(1, errors.size());
        assertEquals(283, read(file).size());
    }

    @Test
    void aDiskThatIsFullFromTheStartLosesOnlyTheCapture() throws IOException
    {
        final Path file = directory.resolve("none.pcap");
        try (FileChannel disk = open(file);
            Capture capture = new Capture(
                pipe.left(), new FullAt(disk, 10), Capture.WHOLE_FRAMES, 5, ns -> ns, errors::add))
        {
            Frames.sendNumber(capture, 2, 1, 1_000);
        }
        assertEquals(1, errors.size());
        assertEquals(0, Files.size(file));
    }

    @Test
    void capturesWithoutAllocating() throws IOException
    {
        final byte[] payload = Frames.payload(1_000);
        final org.agrona.concurrent.UnsafeBuffer source = new org.agrona.concurrent.UnsafeBuffer(payload);
        final FrameHandler handler = frame -> source.getByte(0);
        try (Capture capture = new Capture(pipe.left(), new Sink(), Capture.WHOLE_FRAMES, 5, ns -> ns, errors::add))
        {
            final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++)
            {
                final long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                for (int i = 0; i < 5_000; i++)
                {
                    final TxFrame frame = capture.claim(66, true);
                    frame.buffer().setMemory(frame.offset(), 66, (byte)0);
                    capture.commit(frame.append(source, 0, 1_000).checksumPartial(34, 16));
                    capture.flush(i);
                    pipe.right().poll(handler, 10, i);
                }
                allocated = Math.min(
                    allocated, threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
            }
            assertTrue(allocated < 10_000, allocated + " bytes allocated");
            assertEquals(25_000, capture.frames());
        }
    }

    private Capture capture(final Path file, final int snapLength) throws IOException
    {
        return new Capture(pipe.left(), open(file), snapLength, 5, ns -> ns + EPOCH_NS, errors::add);
    }

    private static FileChannel open(final Path file) throws IOException
    {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Reads a pcap file as its format says, and nothing but whole records. */
    private static List<Packet> read(final Path file) throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0xA1B2_3C4D, bytes.getInt());
        assertEquals(2, bytes.getShort());
        assertEquals(4, bytes.getShort());
        assertEquals(0, bytes.getLong());
        final int snapLength = bytes.getInt();
        assertEquals(1, bytes.getInt());
        final List<Packet> packets = new ArrayList<>();
        while (bytes.hasRemaining())
        {
            final long epochNs = bytes.getInt() * 1_000_000_000L + bytes.getInt();
            final byte[] kept = new byte[bytes.getInt()];
            assertTrue(kept.length <= snapLength);
            final int length = bytes.getInt();
            bytes.get(kept);
            packets.add(new Packet(epochNs, length, kept));
        }
        return packets;
    }

    /** Takes everything. */
    private static final class Sink implements WritableByteChannel
    {
        @Override
        public int write(final ByteBuffer source)
        {
            final int count = source.remaining();
            source.position(source.limit());
            return count;
        }

        @Override
        public boolean isOpen()
        {
            return true;
        }

        @Override
        public void close()
        {
        }
    }

    /** A file on a disk with so much room. */
    private static final class FullAt implements SeekableByteChannel
    {
        private final FileChannel file;
        private final long room;

        FullAt(final FileChannel file, final long room)
        {
            this.file = file;
            this.room = room;
        }

        @Override
        public int write(final ByteBuffer source) throws IOException
        {
            final long left = room - file.position();
            if (left <= 0)
            {
                throw new IOException("No space left on device");
            }
            final ByteBuffer some = source.duplicate();
            some.limit(some.position() + (int)Math.min(left, some.remaining()));
            final int count = file.write(some);
            source.position(source.position() + count);
            return count;
        }

        @Override
        public int read(final ByteBuffer target) throws IOException
        {
            return file.read(target);
        }

        @Override
        public long position() throws IOException
        {
            return file.position();
        }

        @Override
        public SeekableByteChannel position(final long position) throws IOException
        {
            file.position(position);
            return this;
        }

        @Override
        public long size() throws IOException
        {
            return file.size();
        }

        @Override
        public SeekableByteChannel truncate(final long size) throws IOException
        {
            file.truncate(size);
            return this;
        }

        @Override
        public boolean isOpen()
        {
            return file.isOpen();
        }

        @Override
        public void close() throws IOException
        {
            file.force(false);
        }
    }
}
