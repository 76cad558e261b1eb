#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s (errno %s)\n", file, line, what, pnet_errno_name(errno));
    exit(1);
}

void fail_equal(const char *file, int line, const char *what, long long expected, long long actual)
{
    fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, what, actual, expected);
    exit(1);
}

void begin(const char *name)
{
    printf("%s\n", name);
    fflush(stdout);
}

static void write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY);
    const ssize_t length = (ssize_t)strlen(text);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
    {
        fprintf(stderr, "skipped: cannot write %s: %s\n", path, strerror(errno));
        exit(SKIPPED);
    }
    close(fd);
}

void enter_namespace(void)
{
    const unsigned int uid = geteuid();
    const unsigned int gid = getegid();
    /* Real root keeps access to devices such as /dev/net/tun. */
    if (uid == 0 && unshare(CLONE_NEWNET) == 0)
    {
        return;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
    {
        fprintf(stderr, "skipped: no network namespace to be had: %s\n", strerror(errno));
        exit(SKIPPED);
    }
    char map[64];
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", uid);
    write_file("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", gid);
    write_file("/proc/self/gid_map", map);
}

void sh(const char *format, ...)
{
    char command[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
    {
        fail(command, 0, "command failed");
    }
}

void make_veth(const char *name)
{
    sh("ip link add %s0 type veth peer name %s1", name, name);
    for (int i = 0; i < 2; i++)
    {
        /* Without an address of its own the kernel sends nothing that the tests would have to tell apart. */
        sh("ip link set %s%d addrgenmode none", name, i);
        sh("ip link set %s%d up", name, i);
    }
    await_up(name);
}

void await_up(const char *name)
{
    for (int i = 0; i < 2; i++)
    {
        sh("for i in $(seq 500); do ip link show %s%d | grep -q 'state UP' && exit 0; sleep 0.01; done; exit 1", name, i);
    }
}

struct pnet_packet_options ring_options(const char *interface)
{
    struct pnet_packet_options options;
    memset(&options, 0, sizeof options);
    options.mac = -1;
    options.ring_fd = -1;
    options.gather_fd = -1;
    options.rx_slot_bytes = 2048;
    options.rx_slots = 64;
    options.tx_slot_bytes = 2048;
    options.tx_slots = 16;
    options.copy_large = 1;
    options.receive_buffer_bytes = 4 << 20;
    options.promiscuous = 1;
    options.fanout_group = PNET_FANOUT_NONE;
    strncpy(options.name, interface, sizeof options.name - 1);
    return options;
}

struct pnet_packet open_ring(const struct pnet_packet_options *options)
{
    struct pnet_packet ring;
    const int result = pnet_packet_open(options, &ring);
    if (result < 0)
    {
        fprintf(stderr, "%s: %s\n", pnet_step_name(ring.failed_step), pnet_errno_name(-result));
    }
    EQUAL(0, result);
    return ring;
}

void *rx_slot(const struct pnet_packet *ring, int index)
{
    return (uint8_t *)(intptr_t)ring->address + (ptrdiff_t)index * ring->rx_slot_bytes;
}

void *tx_slot(const struct pnet_packet *ring, int index)
{
    return (uint8_t *)(intptr_t)ring->address + ring->tx_offset + (ptrdiff_t)index * ring->tx_slot_bytes;
}

uint32_t slot_status(void *slot)
{
    return __atomic_load_n(&((struct tpacket2_hdr *)slot)->tp_status, __ATOMIC_ACQUIRE);
}

void set_slot_status(void *slot, uint32_t status)
{
    __atomic_store_n(&((struct tpacket2_hdr *)slot)->tp_status, status, __ATOMIC_RELEASE);
}

uint32_t await_slot(const struct pnet_packet *ring, int index)
{
    for (int i = 0; i < 1000; i++)
    {
        const uint32_t status = slot_status(rx_slot(ring, index));
        if ((status & TP_STATUS_USER) != 0)
        {
            return status;
        }
        poll(NULL, 0, 1);
    }
    return 0;
}

uint8_t *slot_frame(void *slot)
{
    return (uint8_t *)slot + ((struct tpacket2_hdr *)slot)->tp_mac;
}

void fill_tx_slot(
    const struct pnet_packet *ring, int index, const void *virtio_header, const void *frame, size_t length)
{
    uint8_t *const slot = tx_slot(ring, index);
    struct tpacket2_hdr *const header = (struct tpacket2_hdr *)slot;
    const size_t vnet = (size_t)ring->vnet_header_bytes;
    const size_t offset = 50 - vnet;
    EQUAL(TP_STATUS_AVAILABLE, slot_status(slot));
    memset(slot + offset, 0, vnet);
    if (virtio_header != NULL)
    {
        memcpy(slot + offset, virtio_header, 10);
    }
    memcpy(slot + offset + vnet, frame, length);
    header->tp_mac = (uint16_t)offset;
    header->tp_len = (uint32_t)(vnet + length);
    set_slot_status(slot, TP_STATUS_SEND_REQUEST);
}

size_t plain_frame(uint8_t *target, uint32_t number, size_t length)
{
    memset(target, 0, length);
    memset(target, 0xFF, 6);
    memcpy(target + 6, "\x02\x00\x00\x00\x00\x0A\x88\xB5", 8);
    memcpy(target + 14, &number, sizeof number);
    return length;
}

uint32_t frame_number(const uint8_t *frame)
{
    uint32_t number;
    memcpy(&number, frame + 14, sizeof number);
    return number;
}

static uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
    {
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    }
    while (sum >> 16 != 0)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void tcp_headers(uint8_t *target, size_t payload)
{
    uint8_t *const ip = target + 14;
    uint8_t *const tcp = ip + 20;
    memset(target, 0, 54);
    memset(target, 0xFF, 6);
    memcpy(target + 6, "\x02\x00\x00\x00\x00\x0A\x08\x00", 8);
    ip[0] = 0x45;
    put16(ip + 2, (uint32_t)(40 + payload));
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, "\x0A\x4D\x00\x01\x0A\x4D\x00\x02", 8);
    put16(ip + 10, ~sum16(ip, 20, 0) & 0xFFFF);
    tcp[12] = 0x50;
    tcp[13] = 0x10;
    put16(tcp + 16, sum16(ip + 12, 8, (uint32_t)(6 + 20 + payload)));
}
