package io.pnet.tools.iperf3;

/** The bytes that drive a test over its control connection, sent by the server unless a comment says otherwise. */
final class State
{
    /** Streams are there, get ready. */
    static final byte TEST_START = 1;
    /** Data flows from here on. */
    static final byte TEST_RUNNING = 2;
    /** Client: no more data. */
    static final byte TEST_END = 4;
    /** Cookie seen, send the settings. */
    static final byte PARAM_EXCHANGE = 9;
    /** Settings seen, open the streams. */
    static final byte CREATE_STREAMS = 10;
    /** The server ends. */
    static final byte SERVER_TERMINATE = 11;
    /** Client: the client ends. */
    static final byte CLIENT_TERMINATE = 12;
    /** Both results follow, the client's first. */
    static final byte EXCHANGE_RESULTS = 13;
    /** Both sides know everything. */
    static final byte DISPLAY_RESULTS = 14;
    /** Nothing began yet; never sent. */
    static final byte IPERF_START = 15;
    /** Client: goodbye. */
    static final byte IPERF_DONE = 16;
    /** Another test is running. */
    static final byte ACCESS_DENIED = -1;
    /** Two 32-bit numbers follow: iperf3's error code and errno. */
    static final byte SERVER_ERROR = -2;

    private State()
    {
    }

    static String name(final byte state)
    {
        return switch (state)
        {
            case TEST_START -> "TEST_START";
            case TEST_RUNNING -> "TEST_RUNNING";
            case TEST_END -> "TEST_END";
            case PARAM_EXCHANGE -> "PARAM_EXCHANGE";
            case CREATE_STREAMS -> "CREATE_STREAMS";
            case SERVER_TERMINATE -> "SERVER_TERMINATE";
            case CLIENT_TERMINATE -> "CLIENT_TERMINATE";
            case EXCHANGE_RESULTS -> "EXCHANGE_RESULTS";
            case DISPLAY_RESULTS -> "DISPLAY_RESULTS";
            case IPERF_START -> "IPERF_START";
            case IPERF_DONE -> "IPERF_DONE";
            case ACCESS_DENIED -> "ACCESS_DENIED";
            case SERVER_ERROR -> "SERVER_ERROR";
            default -> "state " + state;
        };
    }
}
