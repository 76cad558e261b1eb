#include "pnet.h"

#include <errno.h>
#include <stdio.h>

static const char *const STEP_NAMES[PNET_STEP_COUNT] = {
    [PNET_STEP_NONE] = "nothing",
    [PNET_STEP_NAME] = "interface name",
    [PNET_STEP_FIND_INTERFACE] = "ioctl(SIOCGIFINDEX)",
    [PNET_STEP_NOT_ETHERNET] = "ioctl(SIOCGIFHWADDR)",
    [PNET_STEP_SOCKET] = "socket(AF_PACKET)",
    [PNET_STEP_NOT_BOUND] = "getsockname",
    [PNET_STEP_PACKET_VERSION] = "setsockopt(PACKET_VERSION)",
    [PNET_STEP_VNET_HEADER] = "setsockopt(PACKET_VNET_HDR)",
    [PNET_STEP_RESERVE] = "setsockopt(PACKET_RESERVE)",
    [PNET_STEP_IGNORE_OUTGOING] = "setsockopt(PACKET_IGNORE_OUTGOING)",
    [PNET_STEP_COPY_THRESHOLD] = "setsockopt(PACKET_COPY_THRESH)",
    [PNET_STEP_LOSS] = "setsockopt(PACKET_LOSS)",
    [PNET_STEP_TX_OFFSET] = "setsockopt(PACKET_TX_HAS_OFF)",
    [PNET_STEP_QDISC_BYPASS] = "setsockopt(PACKET_QDISC_BYPASS)",
    [PNET_STEP_BUFFER_SIZE] = "setsockopt(SO_SNDBUF)",
    [PNET_STEP_RX_RING] = "setsockopt(PACKET_RX_RING)",
    [PNET_STEP_TX_RING] = "setsockopt(PACKET_TX_RING)",
    [PNET_STEP_MAP] = "mmap",
    [PNET_STEP_FILTER] = "setsockopt(SO_ATTACH_FILTER)",
    [PNET_STEP_PROMISCUOUS] = "setsockopt(PACKET_ADD_MEMBERSHIP)",
    [PNET_STEP_BIND] = "bind",
    [PNET_STEP_FANOUT] = "setsockopt(PACKET_FANOUT)",
    [PNET_STEP_WATCH] = "epoll_create",
    [PNET_STEP_OPEN_TUN] = "open(/dev/net/tun)",
    [PNET_STEP_TUNSETIFF] = "ioctl(TUNSETIFF)",
    [PNET_STEP_TUN_QUEUE] = "ioctl(TUNSETIFF, IFF_MULTI_QUEUE)",
    [PNET_STEP_TUNGETIFF] = "ioctl(TUNGETIFF)",
    [PNET_STEP_TUN_VNET_HEADER] = "ioctl(TUNSETVNETHDRSZ)",
    [PNET_STEP_TUN_NONBLOCK] = "fcntl(O_NONBLOCK)",
    [PNET_STEP_BPF] = "bpf(BPF_PROG_LOAD)",
    [PNET_STEP_TUN_STEERING] = "ioctl(TUNSETSTEERINGEBPF)",
    [PNET_STEP_SET_UP] = "ioctl(SIOCSIFFLAGS)",
};

const char *pnet_step_name(int step)
{
    return step >= 0 && step < PNET_STEP_COUNT ? STEP_NAMES[step] : "unknown step";
}

const char *pnet_errno_name(int error)
{
#define NAMED(e) case e: return #e
    /* Not strerrorname_np: it would tie the library to glibc 2.32. */
    switch (error)
    {
        NAMED(EPERM);
        NAMED(ENOENT);
        NAMED(EINTR);
        NAMED(EIO);
        NAMED(ENXIO);
        NAMED(EBADF);
        NAMED(EAGAIN);
        NAMED(ENOMEM);
        NAMED(EACCES);
        NAMED(EFAULT);
        NAMED(EBUSY);
        NAMED(EEXIST);
        NAMED(ENODEV);
        NAMED(EINVAL);
        NAMED(ENFILE);
        NAMED(EMFILE);
        NAMED(ENOTTY);
        NAMED(ENOSPC);
        NAMED(ENAMETOOLONG);
        NAMED(ENOSYS);
        NAMED(EBADFD);
        NAMED(ENOTSOCK);
        NAMED(EDESTADDRREQ);
        NAMED(EMSGSIZE);
        NAMED(EPROTOTYPE);
        NAMED(ENOPROTOOPT);
        NAMED(EPROTONOSUPPORT);
        NAMED(EOPNOTSUPP);
        NAMED(EAFNOSUPPORT);
        NAMED(EADDRINUSE);
        NAMED(EADDRNOTAVAIL);
        NAMED(ENETDOWN);
        NAMED(ENETUNREACH);
        NAMED(ENOBUFS);
        NAMED(ENOTCONN);
        NAMED(ETIMEDOUT);
        NAMED(EHOSTDOWN);
        default:
            break;
    }
#undef NAMED
    static _Thread_local char text[24];
    snprintf(text, sizeof text, "errno %d", error);
    return text;
}
