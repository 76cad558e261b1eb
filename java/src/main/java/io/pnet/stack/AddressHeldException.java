package io.pnet.stack;

import io.pnet.link.NativeClaim;

import java.net.BindException;

/** An address that another process of this network namespace uses on the same link. The message says which. */
public final class AddressHeldException extends BindException
{
    private static final long serialVersionUID = 1;

    private final String address;
    private final long holder;

    AddressHeldException(final String address, final String linkName, final long holder)
    {
        super("address " + address + " on " + linkName + " is in use by " + name(holder) + "; choose another address");
        this.address = address;
        this.holder = holder;
    }

    private static String name(final long holder)
    {
        return holder == NativeClaim.NOBODY ? "another process" : "process " + holder;
    }

    /** The address, as text. */
    public String address()
    {
        return address;
    }

    /** The process that has it; {@link NativeClaim#NOBODY} when it cannot be told. */
    public long holder()
    {
        return holder;
    }

    /** The process that has it, in words. */
    public String holderName()
    {
        return name(holder);
    }
}
