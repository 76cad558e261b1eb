package io.pnet.tcp;

/**
 * A connection's state of loss recovery beside its {@link SentSegments}: RACK's and TLP's variables (RFC 8985), PRR's
 * (RFC 9937), F-RTO's (RFC 5682) and what is remembered for taking a reduction back. {@link Recovery} and its parts
 * work on it.
 */
final class RecoveryState
{
    enum Phase
    {
        /** No loss known. */
        OPEN,
        /** Repairing what RACK or duplicate ACKs showed to be lost. */
        RECOVERY,
        /** After a retransmission time-out. */
        LOSS
    }

    enum Frto
    {
        /** No doubt, or not any more. */
        OFF,
        /** The first segment was sent again, and nothing else until its acknowledgement comes. */
        RETRANSMITTED,
        /** It came: new data goes out, and nothing is sent again until the next acknowledgement. */
        PROBING
    }

    Phase phase = Phase.OPEN;
    /** SND.NXT when the phase began; it ends when everything before is acknowledged. */
    int recoveryPoint;
    /** SND.UNA at the last time-out. */
    int timeoutSeq;

    // ---- without SACK: bytes that duplicate ACKs stand for
    int dupAckBytes;
    int dupAcks;
    int partialAcks;

    // ---- RACK (RFC 8985 section 5.3)
    long rackSentNs;
    int rackEndSeq;
    long rackRttNs;
    boolean hasRack;
    /** Highest sequence number the peer is known to have. */
    int fack;
    boolean reorderingSeen;
    int reoWndMultiplier = 1;
    int reoWndPersist;
    int dsackRoundEnd;
    boolean dsackRound;

    // ---- TLP (RFC 8985 section 7.3)
    boolean tlpOutstanding;
    boolean tlpIsRetransmission;
    int tlpEndSeq;
    int tlpBytes;

    // ---- PRR (RFC 9937)
    long prrDelivered;
    long prrOut;
    int recoverFlightSize;

    // ---- for taking back a reduction that was a mistake
    Frto frto = Frto.OFF;
    boolean canUndo;
    /** Payload sent again since, and not reported to have arrived twice. */
    int undoBytes;
    boolean hasRetransmitted;
    /** Where the episode began, and the end of what was sent again. */
    int undoSeq;
    int undoEnd;
    boolean hasFirstRetransmission;
    int firstRetransmitTs;
    int undoCwnd;
    int undoSsthresh;

    void resetPhase()
    {
        phase = Phase.OPEN;
        prrDelivered = 0;
        prrOut = 0;
        dupAcks = 0;
        partialAcks = 0;
        dupAckBytes = 0;
        frto = Frto.OFF;
    }
}
