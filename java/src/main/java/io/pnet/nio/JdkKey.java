package io.pnet.nio;

/** Stands for {@code sun.nio.ch.SelectionKeyImpl} when {@link TransferTarget} is compiled; see there. */
final class JdkKey
{
    private JdkKey()
    {
    }
}
