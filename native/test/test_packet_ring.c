/* Packet rings on both ends of a veth pair: opening, sending, receiving, closing. */
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static uint8_t frame[2048];

static void slots_lie_side_by_side_whatever_their_size(void)
{
    static const struct
    {
        int slot_bytes;
        int slots;
    } geometries[] = {{2048, 8192}, {2048, 3}, {1600, 100}, {69632, 60}, {4096, 1}, {16384, 33}};
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++)
    {
        struct pnet_packet_options options = ring_options("p0");
        options.rx_slot_bytes = geometries[i].slot_bytes;
        options.rx_slots = geometries[i].slots;
        struct pnet_packet ring = open_ring(&options);
        EQUAL(geometries[i].slot_bytes, ring.rx_slot_bytes);
        CHECK(ring.rx_slots >= geometries[i].slots);
        EQUAL((int64_t)ring.rx_slots * ring.rx_slot_bytes, ring.tx_offset);
        EQUAL(ring.tx_offset + (int64_t)ring.tx_slots * ring.tx_slot_bytes, ring.length);
        pnet_packet_close(&ring);
    }
}

static void sends_and_receives_in_place(void)
{
    struct pnet_packet_options options = ring_options("p0");
    struct pnet_packet a = open_ring(&options);
    options = ring_options("p1");
    struct pnet_packet b = open_ring(&options);
    for (int i = 0; i < 3; i++)
    {
        fill_tx_slot(&a, i, NULL, frame, plain_frame(frame, (uint32_t)i, 60 + (size_t)i));
    }
    EQUAL(60 + 61 + 62, pnet_packet_kick(a.ring_fd));
    for (int i = 0; i < 3; i++)
    {
        CHECK((await_slot(&b, i) & (TP_STATUS_COPY | TP_STATUS_LOSING)) == 0);
        struct tpacket2_hdr *const header = rx_slot(&b, i);
        EQUAL(60 + i, header->tp_len);
        EQUAL(60 + i, header->tp_snaplen);
        EQUAL(0, (header->tp_mac + 14) % 16);
        CHECK(header->tp_sec > 0);
        EQUAL(i, frame_number(slot_frame(header)));
        EQUAL(TP_STATUS_AVAILABLE, slot_status(tx_slot(&a, i)));
    }
    EQUAL(PNET_WAIT_READABLE, pnet_wait(b.watch_fd, 0, -1, 0));
    /* Our own frames are not shown to us. */
    EQUAL(TP_STATUS_KERNEL, slot_status(rx_slot(&a, 0)));
    EQUAL(0, pnet_wait(a.watch_fd, 0, -1, 0));
    EQUAL(0, pnet_packet_kick(a.ring_fd));
    const int64_t statistics = pnet_packet_statistics(b.ring_fd);
    EQUAL(3, statistics >> 32);
    EQUAL(0, statistics & 0xFFFFFFFF);
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void filters_for_an_address(void)
{
    struct pnet_packet_options options = ring_options("p0");
    struct pnet_packet a = open_ring(&options);
    options = ring_options("p1");
    options.mac = 0x02AABBCCDDEE;
    struct pnet_packet b = open_ring(&options);
    static const char *const targets[] = {
        "\x02\xAA\xBB\xCC\xDD\xEF", /* one bit off, low half */
        "\x02\xAA\xBB\xCD\xDD\xEE", /* and high half */
        "\x02\xAA\xBB\xCC\xDD\xEE",
        "\xFF\xFF\xFF\xFF\xFF\xFF",
        "\x33\x33\x00\x00\x00\x01",
        "\x00\x00\x00\x00\x00\x00",
    };
    for (int i = 0; i < 6; i++)
    {
        const size_t length = plain_frame(frame, (uint32_t)i, 60);
        memcpy(frame, targets[i], 6);
        fill_tx_slot(&a, i, NULL, frame, length);
    }
    CHECK(pnet_packet_kick(a.ring_fd) > 0);
    for (int i = 0; i < 3; i++)
    {
        CHECK(await_slot(&b, i) != 0);
        EQUAL(i + 2, frame_number(slot_frame(rx_slot(&b, i))));
    }
    EQUAL(TP_STATUS_KERNEL, slot_status(rx_slot(&b, 3)));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void gathers_frames_by_the_second_socket(void)
{
    struct pnet_packet_options options = ring_options("p0");
    struct pnet_packet a = open_ring(&options);
    options = ring_options("p1");
    struct pnet_packet b = open_ring(&options);
    CHECK(a.gather_fd != a.ring_fd);
    uint8_t header[12] = {0};
    struct iovec pieces[3] = {
        {header, (size_t)a.vnet_header_bytes},
        {frame, 30},
        {frame + 30, plain_frame(frame, 7, 100) - 30},
    };
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 2; i++)
    {
        messages[i].msg_hdr.msg_iov = pieces;
        messages[i].msg_hdr.msg_iovlen = 3;
    }
    EQUAL(2, pnet_send_batch(a.gather_fd, messages, 2));
    for (int i = 0; i < 2; i++)
    {
        CHECK(await_slot(&b, i) != 0);
        EQUAL(100, ((struct tpacket2_hdr *)rx_slot(&b, i))->tp_len);
        EQUAL(7, frame_number(slot_frame(rx_slot(&b, i))));
    }
    EQUAL(-EAGAIN, pnet_receive_batch(b.ring_fd, messages, 2));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static int bound_socket(const char *interface)
{
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)if_nametoindex(interface),
    };
    CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void takes_over_inherited_sockets(void)
{
    struct pnet_packet_options options = ring_options("p0");
    struct pnet_packet a = open_ring(&options);

    options = ring_options("ignored");
    options.ring_fd = bound_socket("p1");
    struct pnet_packet one = open_ring(&options);
    EQUAL(0, one.tx_slots);
    EQUAL(one.ring_fd, one.gather_fd);
    EQUAL(one.ring_fd, one.watch_fd);
    EQUAL(0, strcmp("p1", one.interface.name));
    EQUAL(0, pnet_watch_writable(one.watch_fd, one.ring_fd, one.gather_fd, 1));
    fill_tx_slot(&a, 0, NULL, frame, plain_frame(frame, 1, 60));
    EQUAL(60, pnet_packet_kick(a.ring_fd));
    CHECK(await_slot(&one, 0) != 0);
    pnet_packet_close(&one);

    options.ring_fd = bound_socket("p1");
    options.gather_fd = bound_socket("p1");
    struct pnet_packet two = open_ring(&options);
    CHECK(two.tx_slots >= 16);
    EQUAL(options.gather_fd, two.gather_fd);
    pnet_packet_close(&two);

    options.ring_fd = socket(AF_PACKET, SOCK_RAW, 0);
    options.gather_fd = -1;
    struct pnet_packet unbound;
    EQUAL(-EDESTADDRREQ, pnet_packet_open(&options, &unbound));
    EQUAL(PNET_STEP_NOT_BOUND, unbound.failed_step);
    EQUAL(PNET_KIND_PACKET, pnet_descriptor_kind(options.ring_fd)); /* stays its holder's */
    close(options.ring_fd);
    pnet_packet_close(&a);
}

static int descriptors(void)
{
    const int next = dup(0);
    close(next);
    return next;
}

static void a_failure_names_its_step_and_leaves_nothing_open(void)
{
    const int before = descriptors();
    struct pnet_packet ring;
    struct pnet_packet_options options = ring_options("nowhere");
    EQUAL(-ENODEV, pnet_packet_open(&options, &ring));
    EQUAL(PNET_STEP_FIND_INTERFACE, ring.failed_step);
    options = ring_options("lo");
    EQUAL(-EPROTOTYPE, pnet_packet_open(&options, &ring));
    EQUAL(PNET_STEP_NOT_ETHERNET, ring.failed_step);
    options = ring_options("p0");
    options.rx_slot_bytes = 2047;
    EQUAL(-EINVAL, pnet_packet_open(&options, &ring));
    EQUAL(PNET_STEP_RX_RING, ring.failed_step);
    options = ring_options("p0");
    options.tx_slot_bytes = 16;
    EQUAL(-EINVAL, pnet_packet_open(&options, &ring));
    EQUAL(PNET_STEP_TX_RING, ring.failed_step);
    options = ring_options("p0");
    options.rx_slots = 1 << 24;
    EQUAL(-EINVAL, pnet_packet_open(&options, &ring));
    EQUAL(PNET_STEP_RX_RING, ring.failed_step);
    EQUAL(before, descriptors());
}

static void a_closed_ring_reads_zeros(void)
{
    struct pnet_packet_options options = ring_options("p0");
    struct pnet_packet a = open_ring(&options);
    options = ring_options("p1");
    struct pnet_packet b = open_ring(&options);
    fill_tx_slot(&a, 0, NULL, frame, plain_frame(frame, 1, 60));
    CHECK(pnet_packet_kick(a.ring_fd) > 0);
    CHECK(await_slot(&b, 0) != 0);
    volatile uint8_t *const leaked = (uint8_t *)(intptr_t)b.address;
    const int64_t length = b.length;
    CHECK(slot_frame(rx_slot(&b, 0))[12] == 0x88);
    const int before = descriptors();
    pnet_packet_close(&b);
    pnet_packet_close(&b);
    CHECK(descriptors() < before || descriptors() == b.ring_fd || b.ring_fd == -1);
    for (int64_t i = 0; i < length; i++)
    {
        EQUAL(0, leaked[i]);
    }
    leaked[0] = 1; /* nobody's memory, but no fault either */
    pnet_packet_close(&a);
}

int main(void)
{
    enter_namespace();
    make_veth("p");
    RUN(slots_lie_side_by_side_whatever_their_size);
    RUN(sends_and_receives_in_place);
    RUN(filters_for_an_address);
    RUN(gathers_frames_by_the_second_socket);
    RUN(takes_over_inherited_sockets);
    RUN(a_failure_names_its_step_and_leaves_nothing_open);
    RUN(a_closed_ring_reads_zeros);
    return 0;
}
