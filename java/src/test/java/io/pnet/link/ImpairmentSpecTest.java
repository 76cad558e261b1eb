package io.pnet.link;

import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ImpairmentSpecTest
{
    private static final String ALL = "loss=1%,burst=5%:3..20,dup=1%,reorder=2%:3..50,delay=10ms,jitter=2ms," +
        "corrupt=0.1%,rate=100mbit,queue=100kB,mtu=1400:icmp,blackout=5s..7s/30s,seed=7";

    @Test
    void readsEveryKey()
    {
        final ImpairmentSpec spec = ImpairmentSpec.parse(ALL);
        assertEquals(spec.in(), spec.out());
        final ImpairmentSpec.Direction in = spec.in();
        assertEquals(0.01, in.loss());
        assertEquals(0.05, in.burst());
        assertEquals(3, in.burstMin());
        assertEquals(20, in.burstMax());
        assertEquals(0.01, in.dup());
        assertEquals(0.02, in.reorder());
        assertEquals(3, in.reorderMin());
        assertEquals(50, in.reorderMax());
        assertEquals(10_000_000L, in.delayNs());
        assertEquals(2_000_000L, in.jitterNs());
        assertEquals(0.001, in.corrupt());
        assertEquals(100_000_000L, in.rate());
        assertEquals(100_000, in.queue());
        assertEquals(1_400, in.mtu());
        assertTrue(in.mtuIcmp());
        assertEquals(
            new ImpairmentSpec.Blackout(5_000_000_000L, 7_000_000_000L, 30_000_000_000L), in.blackout());
        assertEquals(7, spec.seed().getAsLong());
        assertEquals(ALL, spec.toString());
    }

    @Test
    void directionsMayDiffer()
    {
        final ImpairmentSpec spec = ImpairmentSpec.parse("in.loss=5%, delay=1.5ms ,out.rate=1gbit");
        assertEquals(0.05, spec.in().loss());
        assertEquals(0, spec.out().loss());
        assertEquals(1_500_000, spec.in().delayNs());
        assertEquals(1_500_000, spec.out().delayNs());
        assertEquals(0, spec.in().rate());
        assertEquals(ImpairmentSpec.DEFAULT_QUEUE_BYTES, spec.out().queue());
        assertEquals("in.loss=5%,delay=1500us,out.rate=1gbit", spec.toString());
    }

    @Test
    void readsTheOtherFormsOfAValue()
    {
        final ImpairmentSpec spec = ImpairmentSpec.parse(
            "in.reorder=2%:1ms..5ms,out.reorder=3%:2ms,rate=100mbit,in.queue=20ms,out.queue=1KiB,mtu=1280," +
            "blackout=0s..1ms");
        assertEquals(0, spec.in().reorderMax());
        assertEquals(1_000_000, spec.in().holdMinNs());
        assertEquals(5_000_000, spec.in().holdMaxNs());
        assertEquals(2_000_000, spec.out().holdMinNs());
        assertEquals(2_000_000, spec.out().holdMaxNs());
        assertEquals(250_000, spec.in().queue());
        assertEquals(1_024, spec.out().queue());
        assertFalse(spec.in().mtuIcmp());
        assertEquals(new ImpairmentSpec.Blackout(0, 1_000_000, 0), spec.in().blackout());
        assertEquals(spec, ImpairmentSpec.parse(spec.toString()));
        assertEquals(4, ImpairmentSpec.parse("burst=1%:4").in().burstMin());
    }

    @Test
    void emptyImpairsNothing()
    {
        final ImpairmentSpec spec = ImpairmentSpec.parse("");
        assertFalse(spec.in().isActive());
        assertFalse(spec.out().isActive());
        assertEquals("", spec.toString());
        assertFalse(ImpairmentSpec.parse("loss=0%,burst=0%:3..20").in().isActive());
        assertTrue(ImpairmentSpec.parse("in.delay=1ns").in().isActive());
        assertFalse(ImpairmentSpec.parse("in.delay=1ns").out().isActive());
    }

    @Test
    void printedTextReadsBackTheSame()
    {
        final SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 500; i++)
        {
            final String text = "in.loss=" + random.nextDouble() + ",out.loss=" + random.nextInt(101) + "%" +
                ",in.burst=" + random.nextDouble() * 100 + "%:" + (1 + random.nextInt(5)) + ".." +
                (5 + random.nextInt(5)) + ",delay=" + random.nextInt(2_000_000_000) + "ns,rate=" +
                (1 + random.nextLong(10_000_000_000L)) + "bit,out.queue=" + (1 + random.nextInt(10_000_000)) +
                "B,seed=" + random.nextLong();
            final ImpairmentSpec spec = ImpairmentSpec.parse(text);
            assertEquals(spec, ImpairmentSpec.parse(spec.toString()), text);
        }
    }

    @Test
    void mistakesAreToldInOneLine()
    {
        for (final String wrong : new String[]{
            "loss", "loss=", "=1%", "loss=101%", "loss=-1%", "loss=x", "burst=5%", "burst=5%:0..3", "burst=5%:4..3",
            "burst=5%:3..x", "burst=5%:1..2..3", "reorder=2%:1..99999", "delay=10", "delay=ms", "delay=1h",
            "delay=0.5ns", "delay=9999999s", "rate=fast", "rate=100mbit/s", "queue=1kB", "rate=1mbit,queue=1",
            "mtu=67", "mtu=65536", "mtu=x", "mtu=1400:icmq", "mtu=:icmp",
            "queue=5ms", "rate=1mbit,queue=5m", "reorder=2%:5ms..1ms", "reorder=2%:1..5ms", "reorder=2%:0ms",
            "blackout=5s", "blackout=7s..5s", "blackout=5s..5s", "blackout=5s..7s/6s", "blackout=5s..7s/",
            "blackout=5..7s", "blackout=5s..7s/0s", "seed=x", "in.seed=1", "loos=1%", "up.loss=1%", "loss=1%,loss=2%",
            "loss=1%,in.loss=2%", "seed=1,seed=2", "loss=1%,", ",", "loss=1%;dup=1%" })
        {
            final IllegalArgumentException ex =
                assertThrows(IllegalArgumentException.class, () -> ImpairmentSpec.parse(wrong), wrong);
            assertTrue(ex.getMessage().startsWith("impairment '") && !ex.getMessage().contains("\n"), ex.getMessage());
        }
    }
}
