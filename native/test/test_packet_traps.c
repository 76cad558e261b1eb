/* What the kernel does behind one's back, each as a test of what it is and of what helps. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static uint8_t frame[70000];
static uint8_t received[70000];

static struct pnet_packet ring_on(const char *interface)
{
    const struct pnet_packet_options options = ring_options(interface);
    return open_ring(&options);
}

static struct virtio_net_hdr segmentation(uint16_t size)
{
    return (struct virtio_net_hdr){
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .hdr_len = 54,
        .gso_size = size,
        .csum_start = 34,
        .csum_offset = 16,
    };
}

static int send_one(int fd, const void *virtio_header, size_t vnet_bytes, const void *bytes, size_t length)
{
    uint8_t header[12] = {0};
    if (virtio_header != NULL)
    {
        memcpy(header, virtio_header, 10);
    }
    struct iovec pieces[2] = {{header, vnet_bytes}, {(void *)(uintptr_t)bytes, length}};
    struct mmsghdr message;
    memset(&message, 0, sizeof message);
    message.msg_hdr.msg_iov = pieces;
    message.msg_hdr.msg_iovlen = 2;
    return pnet_send_batch(fd, &message, 1);
}

/* Receives what waits in the socket's queue; returns the length with virtio header, or -errno. */
static int receive_one(int fd)
{
    struct iovec piece = {received, sizeof received};
    struct mmsghdr message;
    memset(&message, 0, sizeof message);
    message.msg_hdr.msg_iov = &piece;
    message.msg_hdr.msg_iovlen = 1;
    const int result = pnet_receive_batch(fd, &message, 1);
    return result < 0 ? result : (int)message.msg_len;
}

/*
 * Above 65,535 bytes a GSO frame needs software segmentation, which the way past the queueing discipline does not do. The
 * slot then stays marked and every kick stops at it, until it is made one that is skipped.
 */
static void a_refused_frame_keeps_its_slot_until_it_is_discarded(void)
{
    struct pnet_packet_options options = ring_options("t0");
    options.tx_slot_bytes = 69632;
    options.tx_slots = 15;
    options.qdisc_bypass = 1;
    struct pnet_packet a = open_ring(&options);
    struct pnet_packet b = ring_on("t1");
    const struct virtio_net_hdr header = segmentation(1460);

    tcp_headers(frame, 65481);
    fill_tx_slot(&a, 0, &header, frame, 54 + 65481);
    EQUAL(54 + 65481, pnet_packet_kick(a.ring_fd)); /* 65,535: the largest that passes */
    CHECK((await_slot(&b, 0) & TP_STATUS_COPY) != 0);
    EQUAL(54 + 65481 + b.vnet_header_bytes, receive_one(b.ring_fd));

    uint8_t small[60];
    tcp_headers(frame, 65482);
    fill_tx_slot(&a, 1, &header, frame, 54 + 65482);
    fill_tx_slot(&a, 2, NULL, small, plain_frame(small, 7, sizeof small));
    EQUAL(-ENOBUFS, pnet_packet_kick(a.ring_fd));
    EQUAL(TP_STATUS_SEND_REQUEST, slot_status(tx_slot(&a, 1)));
    EQUAL(-ENOBUFS, pnet_packet_kick(a.ring_fd));
    EQUAL(TP_STATUS_SEND_REQUEST, slot_status(tx_slot(&a, 2)));

    ((struct tpacket2_hdr *)tx_slot(&a, 1))->tp_len = 0;
    EQUAL(sizeof small, pnet_packet_kick(a.ring_fd));
    EQUAL(TP_STATUS_AVAILABLE, slot_status(tx_slot(&a, 1)));
    EQUAL(TP_STATUS_AVAILABLE, slot_status(tx_slot(&a, 2)));
    CHECK(await_slot(&b, 1) != 0);
    EQUAL(7, frame_number(slot_frame(rx_slot(&b, 1))));

    /* The gathered lane is told of the same frame at once and keeps nothing. */
    EQUAL(-ENOBUFS, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 54 + 65482));
    EQUAL(1, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, small, sizeof small));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void a_large_frame_is_whole_in_the_queue_and_cut_in_its_slot(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet b = ring_on("t1");
    const struct virtio_net_hdr header = segmentation(1000);
    const size_t length = 54 + 30000;
    tcp_headers(frame, length - 54);
    for (size_t i = 54; i < length; i++)
    {
        frame[i] = (uint8_t)(i * 7);
    }
    EQUAL(1, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, length));
    CHECK((await_slot(&b, 0) & TP_STATUS_COPY) != 0);
    struct tpacket2_hdr *const slot = rx_slot(&b, 0);
    EQUAL(length, slot->tp_len);
    EQUAL(2048 - slot->tp_mac, slot->tp_snaplen);

    const int vnet = b.vnet_header_bytes;
    EQUAL((int)length + vnet, receive_one(b.ring_fd));
    EQUAL(0, memcmp(received + vnet, frame, length));
    struct virtio_net_hdr seen;
    memcpy(&seen, received, sizeof seen);
    EQUAL(VIRTIO_NET_HDR_GSO_TCPV4, seen.gso_type);
    EQUAL(1000, seen.gso_size);
    /* The slot has the same header right before the frame: 10 bytes before it, where the queue has 12 in between. */
    EQUAL(0, memcmp(received, slot_frame(slot) - SLOT_VNET_BYTES, sizeof seen));
    EQUAL(-EAGAIN, receive_one(b.ring_fd));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void without_copies_the_rest_of_a_large_frame_is_lost(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet_options options = ring_options("t1");
    options.copy_large = 0;
    struct pnet_packet b = open_ring(&options);
    const struct virtio_net_hdr header = segmentation(1000);
    tcp_headers(frame, 30000);
    EQUAL(1, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 30054));
    const uint32_t status = await_slot(&b, 0);
    CHECK(status != 0 && (status & TP_STATUS_COPY) == 0);
    const struct tpacket2_hdr *const slot = rx_slot(&b, 0);
    EQUAL(30054, slot->tp_len);
    CHECK(slot->tp_snaplen < slot->tp_len);
    EQUAL(-EAGAIN, receive_one(b.ring_fd));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void copies_end_where_the_receive_buffer_ends(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet_options options = ring_options("t1");
    options.receive_buffer_bytes = 0;
    struct pnet_packet b = open_ring(&options);
    const int small = 100000;
    CHECK(setsockopt(b.ring_fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
    const struct virtio_net_hdr header = segmentation(1000);
    tcp_headers(frame, 60000);
    int copies = 0;
    for (int i = 0; i < 16; i++)
    {
        EQUAL(1, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 60054));
        const uint32_t status = await_slot(&b, i);
        CHECK(status != 0);
        copies += (status & TP_STATUS_COPY) != 0;
    }
    /* Every slot tells the truth: as many frames in the queue as slots that say so. */
    CHECK(copies > 0 && copies < 16);
    for (int i = 0; i < copies; i++)
    {
        CHECK(receive_one(b.ring_fd) > 60000);
    }
    EQUAL(-EAGAIN, receive_one(b.ring_fd));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void a_partial_checksum_arrives_partial(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet b = ring_on("t1");
    const struct virtio_net_hdr header = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .hdr_len = 154,
        .csum_start = 34,
        .csum_offset = 16,
    };
    tcp_headers(frame, 100);
    fill_tx_slot(&a, 0, &header, frame, 154);
    EQUAL(154, pnet_packet_kick(a.ring_fd));
    const uint32_t status = await_slot(&b, 0);
    CHECK((status & TP_STATUS_CSUMNOTREADY) != 0);
    const uint8_t *const seen = slot_frame(rx_slot(&b, 0));
    struct virtio_net_hdr out;
    memcpy(&out, seen - SLOT_VNET_BYTES, sizeof out);
    EQUAL(VIRTIO_NET_HDR_F_NEEDS_CSUM, out.flags);
    EQUAL(34, out.csum_start);
    EQUAL(16, out.csum_offset);
    EQUAL(0, memcmp(seen, frame, 154)); /* the field still holds the pseudo-header's sum */
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void a_device_without_checksums_completes_them(void)
{
    sh("ip link add s0 type veth peer name s1");
    sh("ethtool -K s0 tx off >/dev/null");
    sh("ip link set s0 up");
    sh("ip link set s1 up");
    await_up("s");
    struct pnet_packet a = ring_on("s0");
    struct pnet_packet_options options = ring_options("s1");
    options.mac = 0x020000000001;
    struct pnet_packet b = open_ring(&options);
    const struct virtio_net_hdr header = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .hdr_len = 154,
        .csum_start = 34,
        .csum_offset = 16,
    };
    memset(frame, 0, sizeof frame);
    tcp_headers(frame, 100);
    memcpy(frame, "\x02\x00\x00\x00\x00\x01", 6);
    EQUAL(1, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 154));
    CHECK(await_slot(&b, 0) != 0);
    const uint8_t *const seen = slot_frame(rx_slot(&b, 0));
    struct virtio_net_hdr out;
    memcpy(&out, seen - SLOT_VNET_BYTES, sizeof out);
    EQUAL(0, out.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
    CHECK(memcmp(seen + 50, frame + 50, 2) != 0);
    pnet_packet_close(&a);
    pnet_packet_close(&b);
    sh("ip link del s0");
}

static void a_vlan_tag_is_stripped_into_the_slot(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet b = ring_on("t1");
    plain_frame(frame, 5, 60);
    memmove(frame + 16, frame + 12, 48);
    memcpy(frame + 12, "\x81\x00\x60\x2A", 4); /* priority 3, VLAN 42 */
    fill_tx_slot(&a, 0, NULL, frame, 64);
    EQUAL(64, pnet_packet_kick(a.ring_fd));
    const uint32_t status = await_slot(&b, 0);
    CHECK((status & TP_STATUS_VLAN_VALID) != 0);
    const struct tpacket2_hdr *const slot = rx_slot(&b, 0);
    EQUAL(0x602A, slot->tp_vlan_tci);
    EQUAL(60, slot->tp_len); /* the tag is not in the frame */
    EQUAL(5, frame_number(slot_frame(rx_slot(&b, 0))));
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void a_full_ring_drops_counts_and_goes_on(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet_options options = ring_options("t1");
    options.rx_slots = 32;
    struct pnet_packet b = open_ring(&options);
    EQUAL(32, b.rx_slots);
    for (int i = 0; i < 50; i++)
    {
        EQUAL(1, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, frame, plain_frame(frame, (uint32_t)i, 60)));
    }
    for (int i = 0; i < 32; i++)
    {
        CHECK(await_slot(&b, i) != 0);
        EQUAL(i, frame_number(slot_frame(rx_slot(&b, i))));
        set_slot_status(rx_slot(&b, i), TP_STATUS_KERNEL);
    }
    EQUAL(1, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, frame, plain_frame(frame, 99, 60)));
    CHECK((await_slot(&b, 0) & TP_STATUS_LOSING) != 0);
    EQUAL(99, frame_number(slot_frame(rx_slot(&b, 0))));
    const int64_t statistics = pnet_packet_statistics(b.ring_fd);
    EQUAL(51, statistics >> 32); /* drops are among them */
    EQUAL(18, statistics & 0xFFFFFFFF);
    EQUAL(0, pnet_packet_statistics(b.ring_fd));
    EQUAL(1, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, frame, plain_frame(frame, 100, 60)));
    EQUAL(0, await_slot(&b, 1) & TP_STATUS_LOSING);
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void an_interface_that_was_down_works_again(void)
{
    struct pnet_packet a = ring_on("t0");
    struct pnet_packet b = ring_on("t1");
    for (int round = 0; round < 3; round++)
    {
        EQUAL(0, pnet_socket_error(b.ring_fd));
        EQUAL(0, pnet_interface_set_up("t1", 0));
        EQUAL(0, pnet_interface_set_up("t0", 0));
        /* A socket that receives has an error to report, which makes it poll ready until it is told. */
        CHECK(pnet_wait(b.ring_fd, 0, -1, 0) != 0);
        EQUAL(ENETDOWN, pnet_socket_error(b.ring_fd));
        EQUAL(0, pnet_socket_error(b.ring_fd));
        EQUAL(0, pnet_wait(b.ring_fd, 0, -1, 0));

        /* Nothing is sent meanwhile, and slots keep their marks: they are free to be taken back. */
        fill_tx_slot(&a, round, NULL, frame, plain_frame(frame, 1, 60));
        EQUAL(-ENETDOWN, pnet_packet_kick(a.ring_fd));
        EQUAL(TP_STATUS_SEND_REQUEST, slot_status(tx_slot(&a, round)));
        set_slot_status(tx_slot(&a, round), TP_STATUS_AVAILABLE);
        EQUAL(-ENETDOWN, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, frame, 60));

        EQUAL(0, pnet_interface_set_up("t0", 1));
        EQUAL(0, pnet_interface_set_up("t1", 1));
        await_up("t");
        fill_tx_slot(&a, round, NULL, frame, plain_frame(frame, 2, 60));
        EQUAL(60, pnet_packet_kick(a.ring_fd));
        CHECK(await_slot(&b, round) != 0);
        EQUAL(2, frame_number(slot_frame(rx_slot(&b, round))));
        set_slot_status(rx_slot(&b, round), TP_STATUS_KERNEL);
    }
    pnet_packet_close(&a);
    pnet_packet_close(&b);
}

static void an_interface_that_is_gone_says_so(void)
{
    sh("ip link add g0 type veth peer name g1");
    sh("ip link set g0 up");
    sh("ip link set g1 up");
    struct pnet_packet a = ring_on("g0");
    sh("ip link del g0");
    fill_tx_slot(&a, 0, NULL, frame, plain_frame(frame, 1, 60));
    EQUAL(-ENXIO, pnet_packet_kick(a.ring_fd));
    EQUAL(-ENXIO, send_one(a.gather_fd, NULL, (size_t)a.vnet_header_bytes, frame, 60));
    pnet_packet_close(&a);
}

/* A shaper's queue holds frames by reference, charged to the socket until they leave: that is the back-pressure. */
static void a_full_send_buffer_is_congestion_and_ends(void)
{
    sh("tc qdisc add dev t0 root tbf rate 50mbit burst 64k latency 5s");
    struct pnet_packet_options options = ring_options("t0");
    options.send_buffer_bytes = 212992;
    struct pnet_packet a = open_ring(&options);
    const struct virtio_net_hdr header = segmentation(1460);
    tcp_headers(frame, 60000);
    int sent = 0;
    int result;
    while ((result = send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 60054)) == 1 && sent < 100)
    {
        sent++;
    }
    EQUAL(-EAGAIN, result);
    CHECK(sent >= 2 && sent < 10);
    EQUAL(212992, pnet_send_buffer(a.gather_fd, 0));
    CHECK(pnet_send_queue(a.gather_fd) >= 212992 && pnet_send_queue(a.gather_fd) < 212992 + 80000);
    EQUAL(0, pnet_send_queue(a.ring_fd));
    EQUAL(0, pnet_wait(a.watch_fd, 0, -1, 0));
    EQUAL(0, pnet_watch_writable(a.watch_fd, a.ring_fd, a.gather_fd, 1));
    EQUAL(0, pnet_wait(a.watch_fd, 0, -1, 0));
    EQUAL(PNET_WAIT_READABLE, pnet_wait(a.watch_fd, 0, -1, 2000000000));
    CHECK(pnet_send_queue(a.gather_fd) < 212992 / 2);
    EQUAL(1, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 60054));
    /* Less room: congested at once, by what waits already. */
    EQUAL(50000, pnet_send_buffer(a.gather_fd, 50000));
    EQUAL(-EAGAIN, send_one(a.gather_fd, &header, (size_t)a.vnet_header_bytes, frame, 60054));
    EQUAL(0, pnet_watch_writable(a.watch_fd, a.ring_fd, a.gather_fd, 0));
    EQUAL(0, pnet_watch_writable(a.watch_fd, a.ring_fd, a.gather_fd, 0));
    EQUAL(0, pnet_wait(a.watch_fd, 0, -1, 0));
    pnet_packet_close(&a);
    sh("tc qdisc del dev t0 root");
}

int main(void)
{
    enter_namespace();
    make_veth("t");
    RUN(a_refused_frame_keeps_its_slot_until_it_is_discarded);
    RUN(a_large_frame_is_whole_in_the_queue_and_cut_in_its_slot);
    RUN(without_copies_the_rest_of_a_large_frame_is_lost);
    RUN(copies_end_where_the_receive_buffer_ends);
    RUN(a_partial_checksum_arrives_partial);
    RUN(a_device_without_checksums_completes_them);
    RUN(a_vlan_tag_is_stripped_into_the_slot);
    RUN(a_full_ring_drops_counts_and_goes_on);
    RUN(an_interface_that_was_down_works_again);
    RUN(an_interface_that_is_gone_says_so);
    RUN(a_full_send_buffer_is_congestion_and_ends);
    return 0;
}
