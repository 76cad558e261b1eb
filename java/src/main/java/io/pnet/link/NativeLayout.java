package io.pnet.link;

/**
 * Where the C structures have their fields. What is met per frame is retyped as constants in {@link Tpacket2},
 * {@link VnetHeader} and {@link Messages}, and verified here against the compiler's word; what is met once per link is
 * asked from C.
 */
final class NativeLayout
{
    private NativeLayout()
    {
    }

    /** One number, by the key that {@code pnet_layout} knows. */
    static int ask(final String key)
    {
        final int value = Native.pnet_layout(key);
        if (value < 0)
        {
            throw new IllegalStateException("the native library does not know the layout of \"" + key + "\"");
        }
        return value;
    }

    static int fieldOffset(final String struct, final String field)
    {
        return ask("offsetof " + struct + " " + field);
    }

    static int sizeOf(final String struct)
    {
        return ask("sizeof " + struct);
    }

    /**
     * Compares the retyped constants with the header files that the library was compiled from.
     *
     * @throws IllegalStateException when one differs.
     */
    static void verify()
    {
        Tpacket2.verify();
        VnetHeader.verify();
        Messages.verify();
    }

    static void expect(final String key, final int ours)
    {
        final int theirs = ask(key);
        if (theirs != ours)
        {
            throw new IllegalStateException(
                "the native library was built for another layout: " + key + " is " + theirs + ", expected " + ours);
        }
    }
}
