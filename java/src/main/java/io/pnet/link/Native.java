package io.pnet.link;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The C layer, function by function; {@code native/include/pnet.h} says what each does and which errno it gives. Memory
 * is passed by address, so that nothing is wrapped, copied or pinned on the way. Set-up calls alone take strings.
 *
 * <p>Touch this class through {@link NativeLibrary}, which says why when it cannot be loaded.
 */
@Platform(include = "pnet.h", link = "pnet", library = "jnipnet")
@NoException
final class Native
{
    static
    {
        Loader.load();
    }

    private Native()
    {
    }

    static native String pnet_step_name(int step);

    static native String pnet_errno_name(int error);

    static native int pnet_interface_read(int socketFd, String name, @Cast("struct pnet_interface *") long out);

    static native int pnet_interface_bound(int packetFd, @Cast("struct pnet_interface *") long out);

    static native int pnet_interface_set_up(String name, int up);

    static native int pnet_descriptor_kind(int fd);

    static native void pnet_close(int fd);

    static native int pnet_packet_open(
        @Cast("const struct pnet_packet_options *") long options, @Cast("struct pnet_packet *") long out);

    static native void pnet_packet_close(@Cast("struct pnet_packet *") long packet);

    static native int pnet_packet_kick(int ringFd);

    static native long pnet_packet_statistics(int ringFd);

    static native int pnet_socket_error(int fd);

    static native int pnet_send_buffer(int fd, int bytes);

    static native int pnet_send_queue(int fd);

    static native int pnet_send_batch(int fd, @Cast("void *") long messages, int count);

    static native int pnet_receive_batch(int fd, @Cast("void *") long messages, int count);

    static native int pnet_watch_writable(int watchFd, int ringFd, int fd, int on);

    static native int pnet_tap_open(
        String name, int inheritedFd, int offloads, @Cast("struct pnet_tap *") long out);

    static native int pnet_tap_open_queue(String name, int offloads, @Cast("struct pnet_tap *") long out);

    static native int pnet_tap_steer(@Cast("struct pnet_tap *") long tap, int queues, int seed);

    static native int pnet_read_batch(int fd, @Cast("void *") long messages, int count);

    static native int pnet_write_batch(int fd, @Cast("void *") long messages, int count);

    static native long pnet_uring_open(int fd);

    static native void pnet_uring_close(@Cast("void *") long uring);

    static native int pnet_uring_read_batch(
        @Cast("void *") long uring, @Cast("void *") long messages, int count);

    static native int pnet_uring_write_batch(
        @Cast("void *") long uring, @Cast("void *") long messages, int count);

    static native int pnet_event_create();

    static native int pnet_event_signal(int eventFd);

    static native int pnet_wait(int fd, int forWrite, int eventFd, long timeoutNs);

    static native int pnet_wait_two(
        int fd, int forWrite, int otherFd, int otherForWrite, int eventFd, long timeoutNs);

    static native int pnet_pin_thread(int cpu);

    static native int pnet_huge_allowed();

    static native long pnet_huge_map(@Cast("int64_t") long bytes);

    static native int pnet_claim(String name);

    static native int pnet_layout(String key);
}
