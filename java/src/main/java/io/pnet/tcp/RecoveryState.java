package io.pnet.tcp;

/**
 * A connection's state of loss recovery: the counts over its {@link SentSegments}, RACK's and TLP's variables (RFC
 * 8985), PRR's (RFC 6937). {@link Recovery} works on it.
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

    Phase phase = Phase.OPEN;
    /** SND.NXT when the phase began; it ends when everything before is acknowledged. */
    int recoveryPoint;

    // ---- bytes over the sent segments
    int sackedBytes;
    int lostBytes;
    int retransmittedBytes;
    /** Without SACK: bytes that duplicate ACKs stand for. */
    int dupAckBytes;
    int dupAcks;

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

    // ---- PRR (RFC 6937)
    int prrDelivered;
    int prrOut;
    int recoverFlightSize;

    // ---- for taking back a reduction that was a mistake (Eifel, RFC 3522 and 4015)
    boolean canUndo;
    int firstRetransmitTs;
    int undoCwnd;
    int undoSsthresh;

    void resetPhase()
    {
        phase = Phase.OPEN;
        prrDelivered = 0;
        prrOut = 0;
        dupAcks = 0;
        dupAckBytes = 0;
        canUndo = false;
    }
}
