#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define FAIL(tap, at, error)        \
    do                              \
    {                               \
        (tap)->failed_step = (at);  \
        return -(error);            \
    } while (0)

static int attach(const char *name, int is_queue, struct pnet_tap *tap)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    int result = interface_name_copy(request.ifr_name, name);
    if (result < 0)
    {
        FAIL(tap, PNET_STEP_NAME, -result);
    }
    struct pnet_interface before;
    tap->was_created = pnet_interface_read(-1, name, &before) < 0;

    tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tap->fd < 0)
    {
        FAIL(tap, PNET_STEP_OPEN_TUN, errno);
    }
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (is_queue ? IFF_MULTI_QUEUE : 0));
    if (ioctl(tap->fd, TUNSETIFF, &request) < 0)
    {
        FAIL(tap, is_queue ? PNET_STEP_TUN_QUEUE : PNET_STEP_TUNSETIFF, errno);
    }
    return 0;
}

static int take_over(int fd, struct pnet_tap *tap)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    tap->fd = fd;
    if (ioctl(fd, TUNGETIFF, &request) < 0)
    {
        FAIL(tap, PNET_STEP_TUNGETIFF, errno);
    }
    const int needed = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if ((request.ifr_flags & needed) != needed)
    {
        FAIL(tap, PNET_STEP_TUNGETIFF, EINVAL);
    }
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    {
        FAIL(tap, PNET_STEP_TUN_NONBLOCK, errno);
    }
    return 0;
}

static int read_facts(struct pnet_tap *tap)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (ioctl(tap->fd, TUNGETIFF, &request) < 0)
    {
        FAIL(tap, PNET_STEP_TUNGETIFF, errno);
    }
    char name[PNET_NAME_BYTES];
    memcpy(name, request.ifr_name, sizeof name);
    name[sizeof name - 1] = '\0';

    /* The descriptor knows its MAC in any namespace; a namesake in ours that has another one is not it. */
    struct ifreq hardware;
    memset(&hardware, 0, sizeof hardware);
    const int has_mac = ioctl(tap->fd, SIOCGIFHWADDR, &hardware) == 0;
    uint64_t mac = 0;
    for (int i = 0; has_mac && i < 6; i++)
    {
        mac = mac << 8 | (uint8_t)hardware.ifr_hwaddr.sa_data[i];
    }
    if (pnet_interface_read(-1, name, &tap->interface) < 0 || (has_mac && tap->interface.mac != (int64_t)mac))
    {
        memset(&tap->interface, 0, sizeof tap->interface);
        memcpy(tap->interface.name, name, sizeof name);
        tap->interface.mac = (int64_t)mac;
    }
    return 0;
}

/* The kernel takes or refuses an offload word as a whole, and newer bits are refused by older kernels. */
static int grant_offloads(int fd, int wanted)
{
    const int tcp = PNET_OFFLOAD_CSUM | PNET_OFFLOAD_TSO4 | PNET_OFFLOAD_TSO6;
    const int tries[] = {
        wanted,
        wanted & (tcp | PNET_OFFLOAD_TSO_ECN),
        wanted & tcp,
        wanted & PNET_OFFLOAD_CSUM,
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
    {
        if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)tries[i]) == 0)
        {
            return tries[i];
        }
    }
    ioctl(fd, TUNSETOFFLOAD, 0UL);
    return 0;
}

static int configure(int offloads, struct pnet_tap *tap)
{
    int header = VNET_HEADER_BYTES;
    if (ioctl(tap->fd, TUNSETVNETHDRSZ, &header) < 0)
    {
        header = VNET_HEADER_BYTES_OLD;
        if (ioctl(tap->fd, TUNSETVNETHDRSZ, &header) < 0)
        {
            FAIL(tap, PNET_STEP_TUN_VNET_HEADER, errno);
        }
    }
    tap->vnet_header_bytes = header;
    tap->offloads = grant_offloads(tap->fd, offloads);
    const int result = read_facts(tap);
    if (result == 0 && tap->was_created)
    {
        const int up = pnet_interface_set_up(tap->interface.name, 1);
        if (up < 0)
        {
            FAIL(tap, PNET_STEP_SET_UP, -up);
        }
        tap->interface.is_up = 1;
    }
    return result;
}

static int finish(int result, int is_ours, int offloads, struct pnet_tap *out)
{
    const int configured = result == 0 ? configure(offloads, out) : result;
    if (configured < 0)
    {
        if (is_ours)
        {
            pnet_close(out->fd);
        }
        out->fd = -1;
    }
    return configured;
}

int pnet_tap_steer(struct pnet_tap *tap, int queues, int seed)
{
    int step = PNET_STEP_NONE;
    const int result = steer_queues(tap->fd, queues, (uint32_t)seed, &step);
    tap->failed_step = result < 0 ? step : PNET_STEP_NONE;
    return result;
}

int pnet_tap_open_queue(const char *name, int offloads, struct pnet_tap *out)
{
    memset(out, 0, sizeof *out);
    out->fd = -1;
    return finish(attach(name, 1, out), 1, offloads, out);
}

int pnet_tap_open(const char *name, int inherited_fd, int offloads, struct pnet_tap *out)
{
    memset(out, 0, sizeof *out);
    out->fd = -1;
    const int is_ours = inherited_fd < 0;
    return finish(is_ours ? attach(name, 0, out) : take_over(inherited_fd, out), is_ours, offloads, out);
}

/* One piece goes by read and write, which cost a tenth less than readv and writev. */
int pnet_read_batch(int fd, void *messages, int count)
{
    struct mmsghdr *const message = messages;
    int done = 0;
    while (done < count)
    {
        const struct msghdr *const header = &message[done].msg_hdr;
        const struct iovec *const piece = header->msg_iov;
        const ssize_t bytes = header->msg_iovlen == 1 ? read(fd, piece->iov_base, piece->iov_len) :
            readv(fd, piece, (int)header->msg_iovlen);
        if (bytes < 0)
        {
            if (errno == EINTR)
            {
                continue;
            }
            return done > 0 ? done : -errno;
        }
        message[done].msg_len = (unsigned int)bytes;
        done++;
    }
    return done;
}

int pnet_write_batch(int fd, void *messages, int count)
{
    const struct mmsghdr *const message = messages;
    int done = 0;
    while (done < count)
    {
        const struct msghdr *const header = &message[done].msg_hdr;
        const struct iovec *const piece = header->msg_iov;
        const ssize_t bytes = header->msg_iovlen == 1 ? write(fd, piece->iov_base, piece->iov_len) :
            writev(fd, piece, (int)header->msg_iovlen);
        if (bytes < 0)
        {
            if (errno == EINTR)
            {
                continue;
            }
            return done > 0 ? done : -errno;
        }
        done++;
    }
    return done;
}
