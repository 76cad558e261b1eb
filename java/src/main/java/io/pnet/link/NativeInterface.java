package io.pnet.link;

import org.agrona.concurrent.UnsafeBuffer;

import java.nio.charset.StandardCharsets;

/** What the kernel says of an interface ({@code struct pnet_interface}), in memory that belongs to somebody else. */
final class NativeInterface
{
    private static final int NAME_BYTES = 16;

    private final UnsafeBuffer buffer;
    private final int offset;

    NativeInterface(final UnsafeBuffer buffer, final int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
    }

    /**
     * Reads an interface.
     *
     * @param socketFd a socket, whose network namespace counts and, when {@code name} is null, whose interface; or -1.
     */
    static NativeInterface read(final String spec, final int socketFd, final String name) throws LinkException
    {
        final UnsafeBuffer out = new UnsafeBuffer(Messages.allocate(NativeLayout.sizeOf("pnet_interface")));
        final int result = name == null ?
            Native.pnet_interface_bound(socketFd, out.addressOffset()) :
            Native.pnet_interface_read(socketFd, name, out.addressOffset());
        if (result < 0)
        {
            throw LinkErrors.interfaceFacts(spec, -result);
        }
        return new NativeInterface(out, 0);
    }

    /** Writes a name, zero-filled; one that is too long stays unterminated, which C reports. */
    static void putName(final UnsafeBuffer buffer, final int offset, final String name)
    {
        final byte[] bytes = name == null ? new byte[0] : name.getBytes(StandardCharsets.UTF_8);
        buffer.putBytes(offset, bytes, 0, Math.min(bytes.length, NAME_BYTES));
    }

    long mac()
    {
        return buffer.getLong(offset + NativeLayout.fieldOffset("pnet_interface", "mac"));
    }

    int index()
    {
        return get("index");
    }

    int mtu()
    {
        return get("mtu");
    }

    boolean isUp()
    {
        return get("is_up") != 0;
    }

    String name()
    {
        final byte[] bytes = new byte[NAME_BYTES];
        buffer.getBytes(offset + NativeLayout.fieldOffset("pnet_interface", "name"), bytes);
        int length = 0;
        while (length < NAME_BYTES && bytes[length] != 0)
        {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private int get(final String field)
    {
        return buffer.getInt(offset + NativeLayout.fieldOffset("pnet_interface", field));
    }
}
