package io.pnet.tools.iperf3;

import java.net.InetSocketAddress;
import java.util.List;

/** Where a test is told about: lines for people or JSON for programs. The reporting thread's. */
interface Report
{
    /** Client: whom it connects to. */
    void connecting(String host, int port);

    /** Server: waits for its next test, the first being number 1. */
    void listening(int port, int testNumber);

    /** Server: a client came. */
    void accepted(InetSocketAddress client);

    /** The streams are there and data is about to flow. */
    void started(TestInfo info, List<TestStream> streams);

    /** Every stream's interval, in the order of their ids. */
    void interval(List<Interval> intervals);

    /** The test is over. */
    void summary(Summary summary);

    /** The test (or the server) failed. The message is one line. */
    void failed(String message);

    /** Nothing more comes of this test. */
    void finish();
}
