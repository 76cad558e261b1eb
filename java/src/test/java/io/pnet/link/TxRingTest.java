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
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A TX ring against a kernel that does, slot by slot, what the test wants: whatever it answers, the books balance. */
class TxRingTest
{
    private static final int FD = 7;
    private static final int SLOTS = 8;
    private static final int SLOT_BYTES = 256;
    private static final int VNET = 12;
    private static final int LENGTH = 60;
    private static final int RING_OFFSET = 512;

    private final UnsafeBuffer memory = new UnsafeBuffer(Messages.allocate(RING_OFFSET + SLOTS * SLOT_BYTES));
    private final Counters counters = new Counters();
    private final FakeKernel kernel = new FakeKernel();
    private final TxFrame frame = new TxFrame();
    private final TxRing ring = new TxRing(
        kernel, FD, memory, RING_OFFSET, SLOT_BYTES, SLOTS, VNET, new LinkCounts(counters));
    private int committed;

    @Test
    void anInterfaceThatGoesDownInMidBatchLosesTheRestAndTheRingStaysInStep()
    {
        commit(5);
        kernel.after(2, Errno.ENETDOWN);
        assertTrue(ring.send());
        assertEquals(2, counters.get(Counter.LINK_TX_FRAMES));
        assertEquals(3, counters.get(Counter.LINK_TX_DROP_DOWN));
        assertEquals(1, counters.get(Counter.LINK_DOWN));
        commit(3);
        assertTrue(ring.send());
        assertEquals(List.of(0, 1, 5, 6, 7), kernel.sent);
        assertBooksBalance();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFrameThatIsClaimedWhileTheInterfaceGoesDownGoesWhereItsSlotIs(final int givenBack)
    {
        kernel.holds = true;
        commit(5);
        assertTrue(ring.send());
        commit(3);
        // Every slot is taken, so that claiming kicks; what the kick finds makes the last three free again.
        kernel.completesAtKick = givenBack;
        kernel.after(0, Errno.ENETDOWN);
        assertTrue(ring.claim(frame, LENGTH));
        assertFalse(ring.isFull());
        commitClaimed();
        assertTrue(ring.send());
        assertEquals(List.of(0, 1, 2, 3, 4, 8), kernel.sent);
        assertBooksBalance();
    }

    @Test
    void aRefusedFrameIsCountedOnceWhenTheInterfaceGoesDownAfterwards()
    {
        commit(3);
        kernel.after(0, Errno.ENOBUFS).after(0, Errno.ENETDOWN);
        assertTrue(ring.send());
        assertEquals(1, counters.get(Counter.LINK_TX_DROPPED));
        assertEquals(2, counters.get(Counter.LINK_TX_DROP_DOWN));
        assertBooksBalance();
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOBUFS, Errno.ENOMEM, Errno.EMSGSIZE, Errno.EINVAL, Errno.EPERM})
    void aRefusedFrameIsCountedUnderItsReasonAndTheOthersGo(final int errno)
    {
        commit(5);
        kernel.after(2, errno);
        assertTrue(ring.send());
        assertEquals(List.of(0, 1, 3, 4), kernel.sent);
        final boolean isDrop = errno == Errno.ENOBUFS || errno == Errno.ENOMEM;
        assertEquals(1, counters.get(isDrop ? Counter.LINK_TX_DROPPED : Counter.LINK_TX_DROP_REFUSED));
        commit(SLOTS);
        assertTrue(ring.send());
        assertBooksBalance();
    }

    @Test
    void whatTheKernelSkipsWithoutAWordIsCounted()
    {
        commit(4);
        kernel.skips = 2;
        assertTrue(ring.send());
        assertEquals(2, counters.get(Counter.LINK_TX_FRAMES));
        assertEquals(2 * LENGTH, counters.get(Counter.LINK_TX_BYTES));
        assertEquals(2, counters.get(Counter.LINK_TX_DROP_REFUSED));
        // All of them, in front of a full send buffer.
        commit(2);
        kernel.skips = 1;
        kernel.after(0, Errno.EAGAIN);
        assertFalse(ring.send());
        assertEquals(3, counters.get(Counter.LINK_TX_DROP_REFUSED));
        assertTrue(ring.send());
        assertBooksBalance();
    }

    @Test
    void aSlotOfWrongFormatIsSkippedAndUsedAgain()
    {
        commit(3);
        kernel.marksWrongFormat = true;
        assertTrue(ring.send());
        assertEquals(List.of(1, 2), kernel.sent);
        assertEquals(1, counters.get(Counter.LINK_TX_DROP_REFUSED));
        commit(SLOTS);
        assertTrue(ring.send());
        assertBooksBalance();
    }

    @Test
    void aFullSendBufferKeepsTheRestWithoutAskingAtEveryClaim()
    {
        commit(SLOTS);
        kernel.after(3, Errno.EAGAIN).after(0, Errno.EAGAIN);
        assertFalse(ring.send());
        assertTrue(ring.isBlocked());
        commit(3);
        final int kicks = kernel.kicks;
        for (int i = 0; i < 10; i++)
        {
            assertFalse(ring.claim(frame, LENGTH));
        }
        assertEquals(kicks, kernel.kicks);
        assertFalse(ring.isFull());
        // However long that lasts, it is congestion.
        ring.refresh(0);
        ring.refresh(10 * TxRing.STUCK_NS);
        assertFalse(ring.isStuck());
        assertTrue(ring.send());
        assertFalse(ring.isBlocked());
        assertEquals(IntStream.range(0, SLOTS + 3).boxed().toList(), kernel.sent);
        assertBooksBalance();
    }

    @Test
    void aSlotThatStaysWithTheKernelMakesTheRingFullThenStuckUntilItIsBack()
    {
        kernel.holds = true;
        commit(SLOTS);
        assertTrue(ring.send());
        assertFalse(ring.isFull());
        for (int i = 0; i < 10; i++)
        {
            assertFalse(ring.claim(frame, LENGTH));
        }
        assertEquals(1, kernel.kicks);
        assertTrue(ring.isFull());
        // No event will tell: looked at once a millisecond.
        ring.refresh(5);
        assertEquals(5 + TxRing.FULL_CHECK_NS, ring.nextDeadlineNs());
        kernel.complete(1);
        ring.refresh(6);
        assertFalse(ring.isFull());
        assertEquals(Link.NO_DEADLINE, ring.nextDeadlineNs());
        commit(1);
        assertTrue(ring.send());
        assertFalse(ring.claim(frame, LENGTH));
        // Each slot has its own second.
        ring.refresh(TxRing.STUCK_NS);
        assertFalse(ring.isStuck());
        ring.refresh(2 * TxRing.STUCK_NS - 1);
        assertTrue(ring.isFull());
        ring.refresh(2 * TxRing.STUCK_NS);
        assertTrue(ring.isStuck());
        assertFalse(ring.isFull());
        assertEquals(Link.NO_DEADLINE, ring.nextDeadlineNs());
        ring.refresh(9 * TxRing.STUCK_NS);
        assertEquals(1, counters.get(Counter.LINK_TX_RING_STUCK));
        kernel.complete(2);
        ring.refresh(9 * TxRing.STUCK_NS);
        assertFalse(ring.isStuck());
        commit(2);
        assertTrue(ring.send());
        assertBooksBalance();
    }

    @Test
    void aKernelThatSaysItSentButTakesNoSlotEndsTheRing()
    {
        commit(3);
        kernel.isElsewhere = true;
        assertTrue(ring.send());
        assertTrue(ring.isStuck());
        assertEquals(1, kernel.kicks);
        assertEquals(3, counters.get(Counter.LINK_TX_DROP_REFUSED));
        assertEquals(1, counters.get(Counter.LINK_TX_RING_STUCK));
        ring.refresh(0);
        assertTrue(ring.isStuck());
        assertEquals(Link.NO_DEADLINE, ring.nextDeadlineNs());
    }

    @Test
    void anErrorThatNeverEndsEndsTheRing()
    {
        commit(3);
        kernel.alwaysErrno = Errno.EBADF;
        assertTrue(ring.send());
        assertTrue(ring.isStuck());
        assertTrue(kernel.kicks < 4, "kicks: " + kernel.kicks);
        assertEquals(3, counters.get(Counter.LINK_TX_DROP_REFUSED));
    }

    @Test
    void whatWaitsAtTheEndIsCounted()
    {
        commit(3);
        kernel.after(1, Errno.EAGAIN).after(0, Errno.EAGAIN);
        assertFalse(ring.send());
        ring.close();
        assertEquals(1, counters.get(Counter.LINK_TX_FRAMES));
        assertEquals(2, counters.get(Counter.LINK_TX_DROP_DOWN));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyMixtureLosesNothingWithoutAWordAndSendsNothingTwice(final long seed)
    {
        final int[] errors =
            {Errno.EAGAIN, Errno.ENOBUFS, Errno.EINVAL, Errno.EINTR, Errno.ENETDOWN, Errno.ENXIO, Errno.EMSGSIZE};
        final Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            kernel.holds = random.nextInt(4) > 0;
            if (random.nextInt(4) == 0)
            {
                kernel.after(random.nextInt(SLOTS), errors[random.nextInt(errors.length)]);
            }
            kernel.marksWrongFormat = random.nextInt(16) == 0;
            for (int i = random.nextInt(SLOTS + 2); i > 0 && ring.claim(frame, LENGTH); i--)
            {
                commitClaimed();
            }
            ring.send();
            kernel.complete(random.nextInt(SLOTS + 1));
            ring.refresh(round);
        }
        kernel.complete(SLOTS);
        kernel.reset();
        assertTrue(ring.send());
        kernel.complete(SLOTS);
        ring.refresh(30_000);
        assertFalse(ring.isFull() || ring.isStuck());
        commit(SLOTS);
        assertTrue(ring.send());
        assertBooksBalance();
        assertTrue(kernel.sent.size() > 10_000, "sent: " + kernel.sent.size());
    }

    private void commit(final int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            assertTrue(ring.claim(frame, LENGTH));
            commitClaimed();
        }
    }

    private void commitClaimed()
    {
        frame.buffer().putInt(frame.offset(), committed++);
        ring.commit(frame);
    }

    /** Every frame left once, in order, or is counted under one reason. */
    private void assertBooksBalance()
    {
        assertTrue(ring.isEmpty());
        for (int i = 1; i < kernel.sent.size(); i++)
        {
            assertTrue(kernel.sent.get(i - 1) < kernel.sent.get(i), "frame " + kernel.sent.get(i) + " again");
        }
        assertEquals(kernel.sent.size(), counters.get(Counter.LINK_TX_FRAMES));
        assertEquals(committed, counters.get(Counter.LINK_TX_FRAMES) + counters.get(Counter.LINK_TX_DROPPED) +
            counters.get(Counter.LINK_TX_DROP_REFUSED) + counters.get(Counter.LINK_TX_DROP_DOWN));
    }

    /** What the kernel does with a TX ring, PACKET_LOSS set, and what it could do. */
    private final class FakeKernel implements IntUnaryOperator
    {
        final List<Integer> sent = new ArrayList<>();
        int kicks;
        /** Whether slots stay with it until {@link #complete}. */
        boolean holds;
        /** How many slots to find malformed. */
        int skips;
        /** Marks one slot instead of skipping it. */
        boolean marksWrongFormat;
        /** Whether it looks at another slot than we do. */
        boolean isElsewhere;
        int alwaysErrno;
        /** How many slots come back while it is kicked. */
        int completesAtKick;
        /** Pairs: frames to send, and the error that comes then. */
        private final List<int[]> script = new ArrayList<>();
        private int head;
        private int oldest;
        private int held;

        FakeKernel after(final int frames, final int errno)
        {
            script.add(new int[]{frames, errno});
            return this;
        }

        void reset()
        {
            script.clear();
            holds = false;
            marksWrongFormat = false;
        }

        void complete(final int slots)
        {
            for (int i = 0; i < slots && held > 0; i++, held--)
            {
                Tpacket2.statusRelease(memory, slot(oldest), Tpacket2.STATUS_AVAILABLE);
                oldest = (oldest + 1) % SLOTS;
            }
        }

        @Override
        public int applyAsInt(final int fd)
        {
            assertEquals(FD, fd);
            kicks++;
            complete(completesAtKick);
            if (isElsewhere || alwaysErrno != 0)
            {
                return -alwaysErrno;
            }
            final int[] step = script.isEmpty() ? new int[]{Integer.MAX_VALUE, 0} : script.remove(0);
            int bytes = 0;
            for (int frames = 0; Tpacket2.statusAcquire(memory, slot(head)) == Tpacket2.STATUS_SEND_REQUEST;)
            {
                final int slot = slot(head);
                final int length = Tpacket2.length(memory, slot);
                final int data = slot + Tpacket2.mac(memory, slot) + VNET;
                if (length < VNET || skips > 0)
                {
                    skips -= length < VNET ? 0 : 1;
                    pass(Tpacket2.STATUS_AVAILABLE);
                }
                else if (marksWrongFormat)
                {
                    marksWrongFormat = false;
                    Tpacket2.statusRelease(memory, slot, Tpacket2.STATUS_WRONG_FORMAT);
                    return -Errno.EINVAL;
                }
                else if (frames == step[0])
                {
                    // A full send buffer is not told where something was sent before.
                    return step[1] == Errno.EAGAIN && bytes > 0 ? bytes : -step[1];
                }
                else
                {
                    frames++;
                    bytes += length - VNET;
                    sent.add(memory.getInt(data));
                    pass(holds || held > 0 ? Tpacket2.STATUS_SENDING : Tpacket2.STATUS_AVAILABLE);
                }
            }
            return bytes;
        }

        private void pass(final int status)
        {
            final boolean isHeld = status == Tpacket2.STATUS_SENDING || held > 0;
            oldest = held == 0 ? head : oldest;
            held += isHeld ? 1 : 0;
            Tpacket2.statusRelease(memory, slot(head), isHeld ? Tpacket2.STATUS_SENDING : status);
            head = (head + 1) % SLOTS;
        }

        private int slot(final int index)
        {
            return RING_OFFSET + index * SLOT_BYTES;
        }
    }
}
