package io.pnet.bench.compare;

/** Why a figure could not be taken; shown in its place. */
public final class CellFailure extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    /** @param reason one line. */
    public CellFailure(final String reason)
    {
        super(reason);
    }
}
