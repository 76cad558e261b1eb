package io.pnet.tools.iperf3;

/**
 * Loss, order and jitter of a UDP stream as iperf3 counts them. The jitter is RFC 3550's (section 6.4.1): a running
 * mean of how much the transit time changes, which needs no common clock.
 *
 * <p>Written by the receiving thread, read by the reporting one, which may see the fields of two datagrams mixed.
 */
final class UdpArrivals
{
    private volatile long highest;
    private volatile long lost;
    private volatile long outOfOrder;
    private volatile double jitterSeconds;
    private double previousTransit;
    private boolean isFirst = true;

    /**
     * A datagram came.
     *
     * @param number    its number.
     * @param sentUs    when it was sent, by the sender's clock.
     * @param arrivedUs when it came, by ours.
     */
    void onDatagram(final long number, final long sentUs, final long arrivedUs)
    {
        final long expected = highest + 1;
        if (number >= expected)
        {
            lost += number - expected;
            highest = number;
        }
        else
        {
            // It had been counted as lost when a later one came.
            outOfOrder++;
            if (lost > 0)
            {
                lost--;
            }
        }

        final double transit = (arrivedUs - sentUs) / 1e6;
        if (isFirst)
        {
            isFirst = false;
            previousTransit = transit;
        }
        final double change = Math.abs(transit - previousTransit);
        previousTransit = transit;
        jitterSeconds += (change - jitterSeconds) / 16;
    }

    /** The highest number seen, which is how many were sent as far as we know. */
    long highest()
    {
        return highest;
    }

    long lost()
    {
        return lost;
    }

    long outOfOrder()
    {
        return outOfOrder;
    }

    double jitterSeconds()
    {
        return jitterSeconds;
    }
}
