package io.pnet.link;

/** Turns an errno and the step that met it into one line: the call, the interface, the cause and the fix. */
final class LinkErrors
{
    private LinkErrors()
    {
    }

    static LinkException opening(final String spec, final int step, final int errno)
    {
        return new LinkException(line(spec, Native.pnet_step_name(step), errno, advice(spec, step(step), errno)));
    }

    static LinkException interfaceFacts(final String spec, final int errno)
    {
        final boolean isUnbound = errno == Errno.EDESTADDRREQ;
        return new LinkException(line(
            spec,
            isUnbound ? "getsockname" : "ioctl(SIOCGIFINDEX)",
            errno,
            advice(spec, isUnbound ? Step.NOT_BOUND : Step.FIND, errno)));
    }

    static LinkException down(final String spec, final String name)
    {
        return new LinkException(
            "cannot open " + spec + ": the interface is down; set it up with: ip link set " + name + " up");
    }

    static LinkException descriptor(final String spec, final int fd, final String cause)
    {
        return new LinkException("cannot open " + spec + ": descriptor " + fd + " " + cause);
    }

    private static String line(final String spec, final String call, final int errno, final String advice)
    {
        return "cannot open " + spec + ": " + call + " failed with " + Native.pnet_errno_name(errno) + ": " + advice;
    }

    private static String advice(final String spec, final Step step, final int errno)
    {
        final String name = spec.substring(spec.indexOf(':') + 1);
        switch (step)
        {
            case FIND:
                return errno == Errno.ENODEV || errno == Errno.ENXIO ?
                    "no such interface in this network namespace; see: ip link" :
                    "not a name or descriptor of an interface (names have at most 15 bytes); see: ip link";
            case SOCKET:
                return errno == Errno.EPERM ?
                    "a packet ring needs CAP_NET_RAW; run as root, or with setpriv --inh-caps=+net_raw" +
                    " --ambient-caps=+net_raw, or hand over an open socket as fd:N" :
                    "no packet socket to be had; look at ulimit -n and whether the kernel has AF_PACKET";
            case NOT_BOUND:
                return "the inherited packet socket is bound to no interface; bind it before handing it over";
            case NOT_ETHERNET:
                return "the interface does not carry Ethernet frames; use a veth, TAP, macvlan or real Ethernet one";
            case RING:
                return errno == Errno.ENOMEM ?
                    "the kernel has no memory for a ring that large; ask for fewer or smaller slots" :
                    errno == Errno.EBUSY ?
                    "the inherited socket has rings already; hand over a fresh one" :
                    "the kernel refuses this ring geometry; slots must be a multiple of 16 bytes, from 256 on," +
                    " and both rings together below 2 GiB";
            case OPTION:
                return errno == Errno.EBUSY ?
                    "the inherited socket has rings already; hand over a fresh one" :
                    errno == Errno.ENOPROTOOPT ?
                    "the kernel is too old; Linux 5.6 is the oldest that works" :
                    "the kernel refuses this option; check that the socket is of type SOCK_RAW and without rings";
            case OPEN_TUN:
                return errno == Errno.ENOENT ?
                    "there is no TUN/TAP driver; load it with: modprobe tun" :
                    "no access to the TUN/TAP driver; run as root, or: chmod 0666 /dev/net/tun";
            case ATTACH_TUN:
                return errno == Errno.EPERM ?
                    "creating a TAP needs CAP_NET_ADMIN, attaching to one its ownership; make one for you, as root:" +
                    " ip tuntap add dev " + name + " mode tap vnet_hdr user $USER" :
                    errno == Errno.EBUSY ?
                    "another process is attached to it; stop that process or choose another TAP" :
                    "the interface exists and is not a single-queue TAP; choose another name";
            case QUEUE_OF_TUN:
                return errno == Errno.EPERM ?
                    "creating a TAP needs CAP_NET_ADMIN, attaching to one its ownership; make one for you, as root:" +
                    " ip tuntap add dev " + name + " mode tap vnet_hdr multi_queue user $USER" :
                    "the interface exists and is no TAP with several queues, which several stacks need; make one by:" +
                    " ip tuntap add dev " + name + " mode tap vnet_hdr multi_queue";
            case STEERING:
                return errno == Errno.EPERM ?
                    "several stacks on a TAP need CAP_BPF, for the program that steers their frames; run as root, or" +
                    " with one stack, or on a packet ring" :
                    "the kernel has no eBPF for TAPs; run with one stack, or on a packet ring";
            case TAKE_TUN:
                return "the inherited descriptor is no TAP with IFF_NO_PI and IFF_VNET_HDR; open it with both flags";
            case SET_UP:
                return "the new TAP cannot be set up; setting interfaces up needs CAP_NET_ADMIN";
            default:
                return errno == Errno.EPERM || errno == Errno.EACCES ?
                    "not permitted; run as root, or with CAP_NET_RAW and CAP_NET_ADMIN" :
                    "the kernel refused it; check the interface with: ip -d link show " + name;
        }
    }

    /** The steps in groups that need the same advice. */
    private enum Step
    {
        FIND,
        SOCKET,
        NOT_BOUND,
        NOT_ETHERNET,
        RING,
        OPTION,
        OPEN_TUN,
        ATTACH_TUN,
        QUEUE_OF_TUN,
        STEERING,
        TAKE_TUN,
        SET_UP,
        OTHER
    }

    private static Step step(final int step)
    {
        switch (Native.pnet_step_name(step))
        {
            case "interface name":
            case "ioctl(SIOCGIFINDEX)":
                return Step.FIND;
            case "ioctl(SIOCGIFHWADDR)":
                return Step.NOT_ETHERNET;
            case "socket(AF_PACKET)":
                return Step.SOCKET;
            case "getsockname":
                return Step.NOT_BOUND;
            case "setsockopt(PACKET_RX_RING)":
            case "setsockopt(PACKET_TX_RING)":
            case "mmap":
                return Step.RING;
            case "open(/dev/net/tun)":
                return Step.OPEN_TUN;
            case "ioctl(TUNSETIFF)":
                return Step.ATTACH_TUN;
            case "ioctl(TUNSETIFF, IFF_MULTI_QUEUE)":
                return Step.QUEUE_OF_TUN;
            case "bpf(BPF_PROG_LOAD)":
            case "ioctl(TUNSETSTEERINGEBPF)":
                return Step.STEERING;
            case "ioctl(TUNGETIFF)":
                return Step.TAKE_TUN;
            case "ioctl(SIOCSIFFLAGS)":
                return Step.SET_UP;
            default:
                return Native.pnet_step_name(step).startsWith("setsockopt(PACKET_") ? Step.OPTION : Step.OTHER;
        }
    }
}
