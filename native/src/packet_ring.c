#define _GNU_SOURCE
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* A block is one run of pages that the kernel allocates; the smallest worth having, and the largest to ask for. */
#define BLOCK_BYTES_LEAST (64 * 1024)
#define BLOCK_BYTES_MOST (1024 * 1024)

#define FAIL(ring, at, error)         \
    do                                \
    {                                 \
        (ring)->failed_step = (at);   \
        return -(error);              \
    } while (0)

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int get_int(int fd, int level, int option)
{
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(fd, level, option, &value, &length) < 0 ? -errno : value;
}

static int64_t power_of_two_from(int64_t bytes)
{
    int64_t power = 1;
    while (power < bytes)
    {
        power <<= 1;
    }
    return power;
}

/*
 * Blocks that slots fill exactly, so that all slots of a ring lie side by side. The kernel rounds each block up to a power
 * of two: of the sizes in reach, the one that wastes least of it, and of those the smallest, which is easiest to get.
 */
static int geometry(int slot_bytes, int slots, struct tpacket_req *request)
{
    const int64_t page = sysconf(_SC_PAGESIZE);
    memset(request, 0, sizeof *request);
    if (slot_bytes <= 0 || slots <= 0 || slot_bytes % TPACKET_ALIGNMENT != 0)
    {
        return -EINVAL;
    }
    int64_t best = 0;
    double best_use = 0.0;
    const int64_t wanted = (int64_t)slot_bytes * slots;
    for (int64_t bytes = slot_bytes; bytes <= BLOCK_BYTES_MOST || best == 0; bytes += slot_bytes)
    {
        if (bytes % page != 0 || (bytes < BLOCK_BYTES_LEAST && bytes < wanted))
        {
            continue;
        }
        const double use = (double)bytes / (double)power_of_two_from(bytes);
        if (use > best_use + 0.001)
        {
            best = bytes;
            best_use = use;
        }
        if (bytes >= wanted)
        {
            break;
        }
    }
    const int64_t blocks = (wanted + best - 1) / best;
    if (blocks * best > INT32_MAX)
    {
        return -EINVAL; /* one view of the mapping must span it */
    }
    request->tp_block_size = (unsigned int)best;
    request->tp_block_nr = (unsigned int)blocks;
    request->tp_frame_size = (unsigned int)slot_bytes;
    request->tp_frame_nr = (unsigned int)(blocks * (best / slot_bytes));
    return 0;
}

/* 12 bytes where the kernel knows PACKET_VNET_HDR_SZ (6.4), else 10: together with the reserve, IP headers are aligned. */
static int set_vnet_header(int fd)
{
    if (set_int(fd, SOL_PACKET, PACKET_VNET_HDR_SZ, VNET_HEADER_BYTES) == 0)
    {
        return VNET_HEADER_BYTES;
    }
    const int result = set_int(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
    return result < 0 ? result : VNET_HEADER_BYTES_OLD;
}

/* As much as may be had: the forced option needs CAP_NET_ADMIN, the other is cut at net.core.rmem_max. Never lowers. */
static void raise_receive_buffer(int fd, int bytes)
{
    if (bytes <= 0 || get_int(fd, SOL_SOCKET, SO_RCVBUF) / 2 >= bytes)
    {
        return;
    }
    if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) < 0)
    {
        const int before = get_int(fd, SOL_SOCKET, SO_RCVBUF);
        set_int(fd, SOL_SOCKET, SO_RCVBUF, bytes);
        if (get_int(fd, SOL_SOCKET, SO_RCVBUF) < before)
        {
            set_int(fd, SOL_SOCKET, SO_RCVBUF, before / 2);
        }
    }
}

static int set_send_buffer(int fd, int bytes)
{
    /* The kernel doubles what it is given to make room for its bookkeeping; we mean what it counts against. */
    if (bytes <= 0 || set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes / 2) == 0)
    {
        return 0;
    }
    return set_int(fd, SOL_SOCKET, SO_SNDBUF, bytes / 2);
}

static int attach(int fd, struct sock_filter *code, size_t length)
{
    const struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

/* Bound, but not yet a member of its group, a socket would be given every frame. */
static int attach_closed_filter(int fd)
{
    struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    return attach(fd, code, sizeof code / sizeof code[0]);
}

/* Frames to our address, and those with the group bit: broadcast is one of them. */
static int attach_filter(int fd, int64_t mac)
{
    if (mac < 0)
    {
        int unused = 0;
        return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) < 0 && errno != ENOENT ? -errno : 0;
    }
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 4, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(mac >> 16), 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(mac & 0xFFFF), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    return attach(fd, code, sizeof code / sizeof code[0]);
}

static int bind_to(int fd, int index, uint16_t protocol)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(protocol),
        .sll_ifindex = index,
    };
    return bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

static int packet_socket(void)
{
    /* Protocol 0 receives nothing yet, so that no frame arrives before the rings and the filter are there. */
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

static int find_interface(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    int result;
    if (options->ring_fd >= 0)
    {
        result = pnet_interface_bound(options->ring_fd, &ring->interface);
    }
    else
    {
        result = pnet_interface_read(-1, options->name, &ring->interface);
    }
    if (result < 0)
    {
        const int step = result == -ENAMETOOLONG ? PNET_STEP_NAME :
            result == -EDESTADDRREQ ? PNET_STEP_NOT_BOUND : PNET_STEP_FIND_INTERFACE;
        FAIL(ring, step, -result);
    }
    if (ring->interface.hardware_type != ARPHRD_ETHER)
    {
        FAIL(ring, PNET_STEP_NOT_ETHERNET, EPROTOTYPE);
    }
    return 0;
}

static int open_sockets(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    ring->ring_fd = options->ring_fd >= 0 ? options->ring_fd : packet_socket();
    if (ring->ring_fd < 0)
    {
        FAIL(ring, PNET_STEP_SOCKET, -ring->ring_fd);
    }
    ring->gather_fd = ring->ring_fd;
    if (ring->tx_slots > 0)
    {
        ring->gather_fd = options->gather_fd >= 0 ? options->gather_fd : packet_socket();
        if (ring->gather_fd < 0)
        {
            FAIL(ring, PNET_STEP_SOCKET, -ring->gather_fd);
        }
    }
    return 0;
}

struct setting
{
    int step;
    int option;
    int value;
};

static int set_options(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    const int fd = ring->ring_fd;
    const int header = set_vnet_header(fd);
    if (header < 0)
    {
        FAIL(ring, PNET_STEP_VNET_HEADER, -header);
    }
    ring->vnet_header_bytes = header;
    const struct setting settings[] = {
        {PNET_STEP_PACKET_VERSION, PACKET_VERSION, TPACKET_V2},
        {PNET_STEP_RESERVE, PACKET_RESERVE, 16 - header},
        {PNET_STEP_IGNORE_OUTGOING, PACKET_IGNORE_OUTGOING, 1},
        {PNET_STEP_COPY_THRESHOLD, PACKET_COPY_THRESH, options->copy_large != 0},
        {PNET_STEP_LOSS, PACKET_LOSS, 1},
        {PNET_STEP_TX_OFFSET, PACKET_TX_HAS_OFF, 1},
        {PNET_STEP_QDISC_BYPASS, PACKET_QDISC_BYPASS, options->qdisc_bypass != 0},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
    {
        const int result = set_int(fd, SOL_PACKET, settings[i].option, settings[i].value);
        if (result < 0)
        {
            FAIL(ring, settings[i].step, -result);
        }
    }
    raise_receive_buffer(fd, options->receive_buffer_bytes);
    ring->receive_buffer_bytes = get_int(fd, SOL_SOCKET, SO_RCVBUF);

    const int gathers_too = ring->gather_fd == fd;
    int result = set_send_buffer(fd, gathers_too ? options->send_buffer_bytes : options->ring_send_buffer_bytes);
    if (result == 0 && ring->gather_fd != fd)
    {
        result = set_send_buffer(ring->gather_fd, options->send_buffer_bytes);
    }
    if (result < 0)
    {
        FAIL(ring, PNET_STEP_BUFFER_SIZE, -result);
    }
    if (ring->gather_fd != fd)
    {
        if (set_vnet_header(ring->gather_fd) != header)
        {
            FAIL(ring, PNET_STEP_VNET_HEADER, EINVAL);
        }
        result = set_int(ring->gather_fd, SOL_PACKET, PACKET_QDISC_BYPASS, options->qdisc_bypass != 0);
        if (result < 0)
        {
            FAIL(ring, PNET_STEP_QDISC_BYPASS, -result);
        }
    }
    return 0;
}

static int map_rings(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    struct tpacket_req rx;
    struct tpacket_req tx;
    memset(&tx, 0, sizeof tx);
    int result = geometry(options->rx_slot_bytes, options->rx_slots, &rx);
    if (result < 0 || setsockopt(ring->ring_fd, SOL_PACKET, PACKET_RX_RING, &rx, sizeof rx) < 0)
    {
        FAIL(ring, PNET_STEP_RX_RING, result < 0 ? -result : errno);
    }
    if (ring->tx_slots > 0)
    {
        result = geometry(options->tx_slot_bytes, ring->tx_slots, &tx);
        if (result < 0 || setsockopt(ring->ring_fd, SOL_PACKET, PACKET_TX_RING, &tx, sizeof tx) < 0)
        {
            FAIL(ring, PNET_STEP_TX_RING, result < 0 ? -result : errno);
        }
    }
    const size_t rx_bytes = (size_t)rx.tp_block_size * rx.tp_block_nr;
    const size_t tx_bytes = (size_t)tx.tp_block_size * tx.tp_block_nr;
    if (rx_bytes + tx_bytes > INT32_MAX)
    {
        FAIL(ring, PNET_STEP_MAP, EINVAL);
    }
    void *const address =
        mmap(NULL, rx_bytes + tx_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->ring_fd, 0);
    if (address == MAP_FAILED)
    {
        FAIL(ring, PNET_STEP_MAP, errno);
    }
    ring->address = (int64_t)(intptr_t)address;
    ring->length = (int64_t)(rx_bytes + tx_bytes);
    ring->tx_offset = (int64_t)rx_bytes;
    ring->rx_slot_bytes = (int32_t)rx.tp_frame_size;
    ring->rx_slots = (int32_t)rx.tp_frame_nr;
    ring->tx_slot_bytes = (int32_t)tx.tp_frame_size;
    ring->tx_slots = (int32_t)tx.tp_frame_nr;
    return 0;
}

static int start(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    const int is_member = options->fanout_group != PNET_FANOUT_NONE;
    int result = is_member ? attach_closed_filter(ring->ring_fd) :
        options->mac < 0 ? 0 : attach_filter(ring->ring_fd, options->mac);
    if (result < 0)
    {
        FAIL(ring, PNET_STEP_FILTER, -result);
    }
    if (options->promiscuous)
    {
        const struct packet_mreq request = {.mr_ifindex = ring->interface.index, .mr_type = PACKET_MR_PROMISC};
        if (setsockopt(ring->ring_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0)
        {
            FAIL(ring, PNET_STEP_PROMISCUOUS, errno);
        }
    }
    result = bind_to(ring->ring_fd, ring->interface.index, ETH_P_ALL);
    if (result == 0 && ring->gather_fd != ring->ring_fd)
    {
        result = bind_to(ring->gather_fd, ring->interface.index, 0);
    }
    if (result < 0)
    {
        FAIL(ring, PNET_STEP_BIND, -result);
    }
    if (is_member)
    {
        ring->fanout_group = fanout_join(ring->ring_fd, options->fanout_group, (uint32_t)options->fanout_seed);
        if (ring->fanout_group < 0)
        {
            FAIL(ring, PNET_STEP_FANOUT, -ring->fanout_group);
        }
        result = attach_filter(ring->ring_fd, options->mac);
        if (result < 0)
        {
            FAIL(ring, PNET_STEP_FILTER, -result);
        }
    }
    ring->watch_fd = ring->ring_fd;
    if (ring->gather_fd != ring->ring_fd)
    {
        struct epoll_event event = {.events = EPOLLIN, .data = {.fd = ring->ring_fd}};
        ring->watch_fd = epoll_create1(EPOLL_CLOEXEC);
        if (ring->watch_fd < 0 || epoll_ctl(ring->watch_fd, EPOLL_CTL_ADD, ring->ring_fd, &event) < 0)
        {
            FAIL(ring, PNET_STEP_WATCH, errno);
        }
    }
    return 0;
}

/* Undoes what was done to sockets of our own; inherited ones go back to their holder. */
static void undo(const struct pnet_packet_options *options, struct pnet_packet *ring)
{
    if (ring->length > 0)
    {
        munmap((void *)(intptr_t)ring->address, (size_t)ring->length);
    }
    if (ring->watch_fd != ring->ring_fd)
    {
        pnet_close(ring->watch_fd);
    }
    if (ring->gather_fd != ring->ring_fd && options->gather_fd < 0)
    {
        pnet_close(ring->gather_fd);
    }
    if (options->ring_fd < 0)
    {
        pnet_close(ring->ring_fd);
    }
    ring->address = 0;
    ring->length = 0;
    ring->ring_fd = -1;
    ring->gather_fd = -1;
    ring->watch_fd = -1;
}

int pnet_packet_open(const struct pnet_packet_options *options, struct pnet_packet *out)
{
    memset(out, 0, sizeof *out);
    out->ring_fd = -1;
    out->gather_fd = -1;
    out->watch_fd = -1;
    out->fanout_group = PNET_FANOUT_NONE;
    out->tx_slots = options->ring_fd >= 0 && options->gather_fd < 0 ? 0 : options->tx_slots;

    int result = find_interface(options, out);
    if (result == 0)
    {
        result = open_sockets(options, out);
    }
    if (result == 0)
    {
        result = set_options(options, out);
    }
    if (result == 0)
    {
        result = map_rings(options, out);
    }
    if (result == 0)
    {
        result = start(options, out);
    }
    if (result < 0)
    {
        undo(options, out);
    }
    return result;
}

void pnet_packet_close(struct pnet_packet *packet)
{
    if (packet->length > 0)
    {
        /* In one step, so that there is no moment in which the addresses lead nowhere. */
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
        void *const address = (void *)(intptr_t)packet->address;
        if (mmap(address, (size_t)packet->length, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
        {
            /* The old pages stay then, kept alive by the mapping itself: still nothing that faults. */
            packet->length = 0;
        }
        packet->length = 0;
    }
    if (packet->watch_fd != packet->ring_fd)
    {
        pnet_close(packet->watch_fd);
    }
    if (packet->gather_fd != packet->ring_fd)
    {
        pnet_close(packet->gather_fd);
    }
    pnet_close(packet->ring_fd);
    packet->ring_fd = -1;
    packet->gather_fd = -1;
    packet->watch_fd = -1;
}

int pnet_packet_kick(int ring_fd)
{
    ssize_t sent = send(ring_fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == ENETDOWN)
    {
        /* Perhaps the error that an earlier down left on the socket: told once, it is gone. */
        sent = send(ring_fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return sent < 0 ? -errno : (int)sent;
}

int64_t pnet_packet_statistics(int ring_fd)
{
    struct tpacket_stats statistics;
    socklen_t length = sizeof statistics;
    memset(&statistics, 0, sizeof statistics);
    if (getsockopt(ring_fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
    {
        return -errno;
    }
    return (int64_t)((uint64_t)(statistics.tp_packets & INT32_MAX) << 32 | statistics.tp_drops);
}

int pnet_send_buffer(int fd, int bytes)
{
    const int result = set_send_buffer(fd, bytes);
    return result < 0 ? result : get_int(fd, SOL_SOCKET, SO_SNDBUF);
}

int pnet_send_queue(int fd)
{
    int bytes = 0;
    return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}

int pnet_send_batch(int fd, void *messages, int count)
{
    int sent = sendmmsg(fd, messages, (unsigned int)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == ENETDOWN)
    {
        sent = sendmmsg(fd, messages, (unsigned int)count, MSG_DONTWAIT | MSG_NOSIGNAL); /* as in pnet_packet_kick */
    }
    return sent < 0 ? -errno : sent;
}

int pnet_receive_batch(int fd, void *messages, int count)
{
    const int received = recvmmsg(fd, messages, (unsigned int)count, MSG_DONTWAIT, NULL);
    return received < 0 ? -errno : received;
}

int pnet_watch_writable(int watch_fd, int ring_fd, int fd, int on)
{
    if (watch_fd == ring_fd)
    {
        return 0;
    }
    struct epoll_event event = {.data = {.fd = fd}};
    if (fd == ring_fd)
    {
        event.events = on ? EPOLLIN | EPOLLOUT : EPOLLIN;
        return epoll_ctl(watch_fd, EPOLL_CTL_MOD, fd, &event) < 0 ? -errno : 0;
    }
    event.events = EPOLLOUT;
    if (epoll_ctl(watch_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event) < 0)
    {
        return errno == EEXIST || errno == ENOENT ? 0 : -errno;
    }
    return 0;
}
