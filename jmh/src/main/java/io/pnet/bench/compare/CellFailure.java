package io.pnet.bench.compare;

/** Why a figure could not be taken; shown in its place. */
final class CellFailure extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    CellFailure(final String reason)
    {
        super(reason);
    }
}
