package io.pnet.ip;

/** Is told what becomes of our addresses. Called on the stack's owner. */
public interface AddressListener
{
    /** The address was probed (or needed no probe) and is in use now. */
    void onReady(IpAddress address);

    /**
     * Somebody else uses the address.
     *
     * @param macAddress who, 48 bits.
     * @param isLost     whether we have given it up: while it was tentative, or after it could not be defended.
     */
    void onConflict(IpAddress address, long macAddress, boolean isLost);
}
