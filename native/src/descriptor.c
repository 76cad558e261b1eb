#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int pnet_descriptor_kind(int fd)
{
    if (fcntl(fd, F_GETFD) < 0)
    {
        return -errno;
    }
    int domain = 0;
    int type = 0;
    socklen_t length = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0)
    {
        length = sizeof type;
        if (domain == AF_PACKET && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_RAW)
        {
            return PNET_KIND_PACKET;
        }
        return PNET_KIND_OTHER;
    }
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (ioctl(fd, TUNGETIFF, &request) == 0)
    {
        return (request.ifr_flags & IFF_TAP) != 0 ? PNET_KIND_TAP : PNET_KIND_TUN;
    }
    /* A tun descriptor that is attached to nothing answers EBADFD, anything else does not know the call. */
    return errno == EBADFD ? PNET_KIND_TUN : PNET_KIND_OTHER;
}

void pnet_close(int fd)
{
    if (fd >= 0)
    {
        close(fd);
    }
}

int pnet_socket_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
    {
        return -errno;
    }
    return error;
}

int pnet_pin_thread(int cpu)
{
    if (cpu < 0 || cpu >= CPU_SETSIZE)
    {
        return -EINVAL;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}
