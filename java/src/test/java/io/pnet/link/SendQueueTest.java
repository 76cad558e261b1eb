package io.pnet.link;

import io.pnet.counters.Counter;
import io.pnet.counters.Counters;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Gathered frames against a kernel that answers what the test wants: whatever it is, the books balance. */
class SendQueueTest
{
    private static final int FD = 7;
    private static final int VNET = 12;
    private static final int LENGTH = 60;
    private static final int ALL = Integer.MAX_VALUE;
    private static final int NONE = -1;

    private final Counters counters = new Counters();
    private final ChunkPool chunks = new ChunkPool(ChunkPool.LARGE, 4L * ChunkPool.LARGE);
    private final List<Integer> answers = new ArrayList<>();
    private final List<Integer> sent = new ArrayList<>();
    private final SendQueue queue = new SendQueue(this::kernel, FD, VNET, chunks, new LinkCounts(counters));
    private final TxFrame frame = new TxFrame();
    private int calls;
    private int committed;

    @Test
    void whatWasTakenIsNotOfferedAgain()
    {
        commit(10, LENGTH);
        answers.addAll(List.of(3, 1, 2));
        assertTrue(queue.send());
        assertEquals(IntStream.range(0, 10).boxed().toList(), sent);
        assertEquals(4, calls);
        assertEquals(10 * LENGTH, counters.get(Counter.LINK_TX_BYTES));
        assertBooksBalance();
    }

    @Test
    void aFullSendBufferKeepsTheRestInOrder()
    {
        commit(10, LENGTH);
        answers.addAll(List.of(4, -Errno.EAGAIN));
        assertFalse(queue.send());
        assertTrue(queue.isBlocked());
        assertEquals(2, calls);
        commit(3, LENGTH);
        assertTrue(queue.send());
        assertFalse(queue.isBlocked());
        assertEquals(IntStream.range(0, 13).boxed().toList(), sent);
        assertBooksBalance();
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOBUFS, Errno.ENOMEM, Errno.EMSGSIZE, Errno.EINVAL, Errno.EPERM, Errno.EBADF})
    void aRefusedFrameIsCountedUnderItsReasonAndTheOthersGo(final int errno)
    {
        commit(5, LENGTH);
        answers.addAll(List.of(2, -errno));
        assertTrue(queue.send());
        assertEquals(List.of(0, 1, 3, 4), sent);
        final boolean isDrop = errno == Errno.ENOBUFS || errno == Errno.ENOMEM;
        assertEquals(1, counters.get(isDrop ? Counter.LINK_TX_DROPPED : Counter.LINK_TX_DROP_REFUSED));
        assertBooksBalance();
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENETDOWN, Errno.EIO, Errno.ENXIO, Errno.ENODEV, Errno.EBADFD})
    void anInterfaceThatIsDownCostsOneCallABatch(final int errno)
    {
        commit(5, LENGTH);
        answers.addAll(List.of(2, -errno));
        assertTrue(queue.send());
        assertFalse(queue.isBlocked());
        assertEquals(2, calls);
        assertEquals(3, counters.get(Counter.LINK_TX_DROP_DOWN));
        assertEquals(1, counters.get(Counter.LINK_DOWN));
        commit(1, LENGTH);
        assertTrue(queue.send());
        assertEquals(List.of(0, 1, 5), sent);
        assertBooksBalance();
    }

    @Test
    void aFrameThatWasRefusedAmongOthersIsNotOfferedAgain()
    {
        commit(6, LENGTH);
        answers.addAll(List.of(4 | BatchCall.SOME_REFUSED));
        assertTrue(queue.send());
        assertEquals(List.of(0, 2, 3, 4, 5), sent);
        assertEquals(1, counters.get(Counter.LINK_TX_DROP_REFUSED));
        assertEquals(5 * LENGTH, counters.get(Counter.LINK_TX_BYTES));
        assertBooksBalance();
    }

    @Test
    void chunksComeBackWhateverBecomesOfTheirFrames()
    {
        commit(4, 60_000);
        assertFalse(queue.claim(frame, 60_000, false));
        answers.addAll(List.of(1, -Errno.ENOBUFS, -Errno.EAGAIN));
        assertFalse(queue.send());
        assertEquals(2, chunks.inUse());
        queue.close();
        assertEquals(0, chunks.inUse());
        assertEquals(2, counters.get(Counter.LINK_TX_DROP_DOWN));
        assertBooksBalance();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anyMixtureLosesNothingWithoutAWordAndSendsNothingTwice(final long seed)
    {
        final int[] errors =
            {Errno.EAGAIN, Errno.ENOBUFS, Errno.EINVAL, Errno.EINTR, Errno.ENETDOWN, Errno.EIO, Errno.EMSGSIZE};
        final Random random = new Random(seed);
        for (int round = 0; round < 10_000; round++)
        {
            for (int i = random.nextInt(3); i > 0; i--)
            {
                answers.add(
                    random.nextBoolean() ? 1 + random.nextInt(8) : -errors[random.nextInt(errors.length)]);
            }
            for (int i = random.nextInt(80); i > 0; i--)
            {
                final int length = random.nextInt(20) == 0 ? 5_000 : LENGTH;
                if (queue.claim(frame, length, random.nextBoolean()))
                {
                    commitClaimed();
                }
            }
            queue.send();
        }
        answers.clear();
        assertTrue(queue.send());
        assertBooksBalance();
        assertEquals(0, chunks.inUse());
    }

    private void commit(final int frames, final int length)
    {
        for (int i = 0; i < frames; i++)
        {
            assertTrue(queue.claim(frame, length, false));
            commitClaimed();
        }
    }

    private void commitClaimed()
    {
        frame.buffer().putInt(frame.offset(), committed++);
        queue.commit(frame);
    }

    /** Takes as many as the next answer says, or gives its error; all of them when there is none. */
    private int kernel(final int fd, final long messages, final int count)
    {
        assertEquals(FD, fd);
        assertTrue(count > 0, "asked for nothing");
        calls++;
        final int answer = answers.isEmpty() ? ALL : answers.remove(0);
        if (answer < 0)
        {
            return answer;
        }
        final int refused = answer != ALL && (answer & BatchCall.SOME_REFUSED) != 0 ? 1 : NONE;
        final int taken = Math.min(refused == NONE ? answer : answer & ~BatchCall.SOME_REFUSED, count);
        for (int i = 0; i < taken; i++)
        {
            final long message = messages + (long)i * Messages.MMSGHDR_LENGTH;
            final UnsafeBuffer header = new UnsafeBuffer(message, Messages.MMSGHDR_LENGTH);
            header.putInt(Messages.LENGTH_OFFSET, i == refused ? 0 : LENGTH);
            if (i == refused)
            {
                continue;
            }
            final long piece =
                new UnsafeBuffer(header.getLong(Messages.IOV_OFFSET), Messages.IOVEC_LENGTH).getLong(0);
            sent.add(new UnsafeBuffer(piece + VNET, Integer.BYTES).getInt(0));
        }
        return refused == NONE ? taken : taken | BatchCall.SOME_REFUSED;
    }

    /** Every frame left once, in order, or is counted under one reason. */
    private void assertBooksBalance()
    {
        assertTrue(queue.isEmpty());
        for (int i = 1; i < sent.size(); i++)
        {
            assertTrue(sent.get(i - 1) < sent.get(i), "frame " + sent.get(i) + " again");
        }
        assertEquals(sent.size(), counters.get(Counter.LINK_TX_FRAMES));
        assertEquals(committed, counters.get(Counter.LINK_TX_FRAMES) + counters.get(Counter.LINK_TX_DROPPED) +
            counters.get(Counter.LINK_TX_DROP_REFUSED) + counters.get(Counter.LINK_TX_DROP_DOWN));
    }
}
