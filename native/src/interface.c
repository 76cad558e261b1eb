#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int interface_name_copy(char target[PNET_NAME_BYTES], const char *name)
{
    const size_t length = strnlen(name, PNET_NAME_BYTES);
    if (length == PNET_NAME_BYTES)
    {
        return -ENAMETOOLONG;
    }
    if (length == 0)
    {
        return -ENODEV;
    }
    memset(target, 0, PNET_NAME_BYTES);
    memcpy(target, name, length);
    return 0;
}

/* Any socket answers interface ioctls, for the namespace it was made in. */
static int query_socket(void)
{
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static int64_t mac_of(const struct sockaddr *address)
{
    uint64_t mac = 0;
    for (int i = 0; i < 6; i++)
    {
        mac = mac << 8 | (uint8_t)address->sa_data[i];
    }
    return (int64_t)mac;
}

static int read_with(int fd, const char *name, struct pnet_interface *out)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memset(out, 0, sizeof *out);
    const int named = interface_name_copy(out->name, name);
    if (named < 0)
    {
        return named;
    }
    memcpy(request.ifr_name, out->name, PNET_NAME_BYTES);

    if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
    {
        return -errno;
    }
    out->index = request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFMTU, &request) < 0)
    {
        return -errno;
    }
    out->mtu = request.ifr_mtu;
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
    {
        return -errno;
    }
    out->is_up = (request.ifr_flags & IFF_UP) != 0;
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
    {
        return -errno;
    }
    out->hardware_type = request.ifr_hwaddr.sa_family;
    out->mac = mac_of(&request.ifr_hwaddr);
    return 0;
}

int pnet_interface_read(int socket_fd, const char *name, struct pnet_interface *out)
{
    if (socket_fd >= 0)
    {
        return read_with(socket_fd, name, out);
    }
    const int fd = query_socket();
    if (fd < 0)
    {
        return fd;
    }
    const int result = read_with(fd, name, out);
    close(fd);
    return result;
}

int pnet_interface_bound(int packet_fd, struct pnet_interface *out)
{
    struct sockaddr_ll address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    memset(out, 0, sizeof *out);
    if (getsockname(packet_fd, (struct sockaddr *)&address, &length) < 0)
    {
        return -errno;
    }
    if (address.sll_family != AF_PACKET || address.sll_ifindex <= 0)
    {
        return -EDESTADDRREQ;
    }
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_ifindex = address.sll_ifindex;
    if (ioctl(packet_fd, SIOCGIFNAME, &request) < 0)
    {
        return -errno;
    }
    return read_with(packet_fd, request.ifr_name, out);
}

int pnet_interface_set_up(const char *name, int up)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    int result = interface_name_copy(request.ifr_name, name);
    if (result < 0)
    {
        return result;
    }
    const int fd = query_socket();
    if (fd < 0)
    {
        return fd;
    }
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
    {
        result = -errno;
    }
    else
    {
        const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
        request.ifr_flags = (short)flags;
        result = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
    }
    close(fd);
    return result;
}
