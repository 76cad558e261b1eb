package io.pnet.stack;

import java.util.function.Supplier;

/**
 * One of the stacks of a process, with whoever runs it: where a connection, an endpoint or a timer is at home. What
 * belongs to a home is used as its stack's owner only: from its handlers, or inside {@link #exclusively}.
 *
 * @param index  its number; stack 0 answers for the addresses.
 * @param stack  for its owner.
 * @param driver who runs it; any thread.
 */
public record Home(int index, Stack stack, StackDriver driver)
{
    /** Runs something as the stack's owner; see {@link StackDriver#exclusively}. */
    public <T> T exclusively(final Supplier<T> action)
    {
        return driver.exclusively(action);
    }
}
