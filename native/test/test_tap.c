/* TAP: create, attach, offloads, frames with virtio headers both ways against a packet ring on the same interface. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define ALL \
    (PNET_OFFLOAD_CSUM | PNET_OFFLOAD_TSO4 | PNET_OFFLOAD_TSO6 | PNET_OFFLOAD_TSO_ECN | PNET_OFFLOAD_USO4 | \
     PNET_OFFLOAD_USO6)

static uint8_t frame[70000];
static uint8_t received[4][70000];

static struct pnet_tap open_tap(const char *name)
{
    struct pnet_tap tap;
    const int result = pnet_tap_open(name, -1, ALL, &tap);
    if (result < 0)
    {
        fprintf(stderr, "%s: %s\n", pnet_step_name(tap.failed_step), pnet_errno_name(-result));
    }
    EQUAL(0, result);
    return tap;
}

/* One that exists already, whose kernel side sends nothing by itself. */
static struct pnet_tap open_quiet_tap(void)
{
    sh("ip tuntap add dev tap3 mode tap vnet_hdr");
    sh("ip link set tap3 addrgenmode none");
    sh("ip link set tap3 up");
    return open_tap("tap3");
}

static void creates_one_that_goes_away_with_it(void)
{
    struct pnet_tap tap = open_tap("tap0");
    EQUAL(1, tap.was_created);
    EQUAL(1, tap.interface.is_up);
    EQUAL(1500, tap.interface.mtu);
    EQUAL(0, strcmp("tap0", tap.interface.name));
    CHECK(tap.interface.mac != 0);
    EQUAL(PNET_OFFLOAD_CSUM | PNET_OFFLOAD_TSO4 | PNET_OFFLOAD_TSO6,
        tap.offloads & (PNET_OFFLOAD_CSUM | PNET_OFFLOAD_TSO4 | PNET_OFFLOAD_TSO6));
    CHECK(tap.vnet_header_bytes == 12 || tap.vnet_header_bytes == 10);
    EQUAL(PNET_KIND_TAP, pnet_descriptor_kind(tap.fd));
    struct pnet_interface facts;
    EQUAL(0, pnet_interface_read(-1, "tap0", &facts));
    pnet_close(tap.fd);
    EQUAL(-ENODEV, pnet_interface_read(-1, "tap0", &facts));
}

static void attaches_to_one_that_exists(void)
{
    sh("ip tuntap add dev tap1 mode tap vnet_hdr");
    sh("ip link set tap1 up mtu 1400");
    struct pnet_tap tap = open_tap("tap1");
    EQUAL(0, tap.was_created);
    EQUAL(1400, tap.interface.mtu);
    struct pnet_tap second;
    EQUAL(-EBUSY, pnet_tap_open("tap1", -1, ALL, &second));
    EQUAL(PNET_STEP_TUNSETIFF, second.failed_step);
    pnet_close(tap.fd);
    struct pnet_interface facts;
    EQUAL(0, pnet_interface_read(-1, "tap1", &facts)); /* persistent */
    sh("ip link del tap1");
}

static void a_failure_names_its_step(void)
{
    struct pnet_tap tap;
    sh("ip link add veth0 type veth peer name veth1");
    CHECK(pnet_tap_open("veth0", -1, ALL, &tap) < 0);
    EQUAL(PNET_STEP_TUNSETIFF, tap.failed_step);
    EQUAL(-ENAMETOOLONG, pnet_tap_open("sixteen-bytes-xx", -1, ALL, &tap));
    EQUAL(PNET_STEP_NAME, tap.failed_step);
    sh("ip link del veth0");
}

static void takes_over_an_inherited_descriptor(void)
{
    struct pnet_tap first = open_tap("tap0");
    struct pnet_tap tap;
    EQUAL(0, pnet_tap_open(NULL, first.fd, ALL, &tap));
    EQUAL(first.fd, tap.fd);
    EQUAL(0, tap.was_created);
    EQUAL(first.interface.mac, tap.interface.mac);
    EQUAL(first.interface.index, tap.interface.index);
    pnet_close(tap.fd);

    /* Without IFF_VNET_HDR it is of no use, and stays its holder's. */
    const int fd = open("/dev/net/tun", O_RDWR);
    EQUAL(PNET_KIND_TUN, pnet_descriptor_kind(fd));
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "tap2");
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    CHECK(ioctl(fd, TUNSETIFF, &request) == 0);
    EQUAL(-EINVAL, pnet_tap_open(NULL, fd, ALL, &tap));
    EQUAL(PNET_STEP_TUNGETIFF, tap.failed_step);
    EQUAL(PNET_KIND_TAP, pnet_descriptor_kind(fd));
    close(fd);
}

static void refused_offloads_are_not_granted(void)
{
    struct pnet_tap tap;
    EQUAL(0, pnet_tap_open("tap0", -1, PNET_OFFLOAD_CSUM, &tap));
    EQUAL(PNET_OFFLOAD_CSUM, tap.offloads);
    pnet_close(tap.fd);
    EQUAL(0, pnet_tap_open("tap0", -1, ALL | 0x4000, &tap)); /* a bit that no kernel knows */
    EQUAL(PNET_OFFLOAD_CSUM | PNET_OFFLOAD_TSO4 | PNET_OFFLOAD_TSO6 | PNET_OFFLOAD_TSO_ECN, tap.offloads);
    pnet_close(tap.fd);
    EQUAL(0, pnet_tap_open("tap0", -1, 0, &tap));
    EQUAL(0, tap.offloads);
    pnet_close(tap.fd);
}

static void prepare(struct mmsghdr *messages, struct iovec *pieces, int count)
{
    memset(messages, 0, sizeof *messages * (size_t)count);
    for (int i = 0; i < count; i++)
    {
        pieces[i] = (struct iovec){received[i], sizeof received[i]};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

static void carries_frames_with_their_offloads_both_ways(void)
{
    struct pnet_tap tap = open_quiet_tap();
    const struct pnet_packet_options options = ring_options("tap3");
    struct pnet_packet ring = open_ring(&options);
    const size_t vnet = (size_t)tap.vnet_header_bytes;
    struct mmsghdr messages[4];
    struct iovec pieces[4];
    prepare(messages, pieces, 4);
    EQUAL(-EAGAIN, pnet_read_batch(tap.fd, messages, 4));

    /* Towards us: two small ones and a GSO frame in one call. */
    const struct virtio_net_hdr gso = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .hdr_len = 54,
        .gso_size = 1400,
        .csum_start = 34,
        .csum_offset = 16,
    };
    uint8_t header[12] = {0};
    struct iovec out[3] = {{header, (size_t)ring.vnet_header_bytes}, {frame, 54}, {frame + 54, 30000}};
    struct mmsghdr sending;
    memset(&sending, 0, sizeof sending);
    sending.msg_hdr.msg_iov = out;
    sending.msg_hdr.msg_iovlen = 3;
    uint8_t small[60];
    fill_tx_slot(&ring, 0, NULL, small, plain_frame(small, 1, sizeof small));
    fill_tx_slot(&ring, 1, NULL, small, plain_frame(small, 2, sizeof small));
    EQUAL(120, pnet_packet_kick(ring.ring_fd));
    for (size_t i = 54; i < 30054; i++)
    {
        frame[i] = (uint8_t)(i * 13);
    }
    tcp_headers(frame, 30000);
    memcpy(header, &gso, sizeof gso);
    EQUAL(1, pnet_send_batch(ring.gather_fd, &sending, 1));
    EQUAL(PNET_WAIT_READABLE, pnet_wait(tap.fd, 0, -1, 1000000000));
    EQUAL(3, pnet_read_batch(tap.fd, messages, 4));
    for (int i = 0; i < 2; i++)
    {
        EQUAL(60 + vnet, messages[i].msg_len);
        EQUAL(i + 1, frame_number(received[i] + vnet));
    }
    EQUAL(30054 + vnet, messages[2].msg_len);
    EQUAL(0, memcmp(received[2] + vnet, frame, 30054));
    struct virtio_net_hdr seen;
    memcpy(&seen, received[2], sizeof seen);
    EQUAL(VIRTIO_NET_HDR_F_NEEDS_CSUM, seen.flags);
    EQUAL(VIRTIO_NET_HDR_GSO_TCPV4, seen.gso_type);
    EQUAL(1400, seen.gso_size);
    EQUAL(34, seen.csum_start);

    /* From us: the same frame, gathered from three pieces, and one that is malformed behind it. */
    struct mmsghdr batch[3];
    memset(batch, 0, sizeof batch);
    out[0].iov_len = vnet;
    for (int i = 0; i < 3; i++)
    {
        batch[i].msg_hdr.msg_iov = out;
        batch[i].msg_hdr.msg_iovlen = 3;
    }
    struct iovec bad = {header, 5};
    batch[1].msg_hdr.msg_iov = &bad;
    batch[1].msg_hdr.msg_iovlen = 1;
    EQUAL(1, pnet_write_batch(tap.fd, batch, 3));
    EQUAL(-EINVAL, pnet_write_batch(tap.fd, batch + 1, 2));
    EQUAL(1, pnet_write_batch(tap.fd, batch + 2, 1));
    for (int i = 0; i < 2; i++)
    {
        CHECK((await_slot(&ring, i) & TP_STATUS_COPY) != 0);
        EQUAL(30054, ((struct tpacket2_hdr *)rx_slot(&ring, i))->tp_len);
        memcpy(&seen, slot_frame(rx_slot(&ring, i)) - SLOT_VNET_BYTES, sizeof seen);
        EQUAL(VIRTIO_NET_HDR_GSO_TCPV4, seen.gso_type);
        EQUAL(1400, seen.gso_size);
    }
    pnet_packet_close(&ring);
    pnet_close(tap.fd);
    sh("ip link del tap3");
}

static void one_that_is_down_says_so_and_works_again(void)
{
    struct pnet_tap tap = open_quiet_tap();
    struct mmsghdr message;
    struct iovec piece = {frame, 60 + (size_t)tap.vnet_header_bytes};
    memset(&message, 0, sizeof message);
    memset(frame, 0, (size_t)tap.vnet_header_bytes);
    plain_frame(frame + tap.vnet_header_bytes, 1, 60);
    message.msg_hdr.msg_iov = &piece;
    message.msg_hdr.msg_iovlen = 1;
    EQUAL(1, pnet_write_batch(tap.fd, &message, 1));
    EQUAL(0, pnet_interface_set_up("tap3", 0));
    EQUAL(-EIO, pnet_write_batch(tap.fd, &message, 1));
    EQUAL(0, pnet_interface_set_up("tap3", 1));
    EQUAL(1, pnet_write_batch(tap.fd, &message, 1));
    sh("ip link del tap3");
    EQUAL(-EBADFD, pnet_write_batch(tap.fd, &message, 1));
    EQUAL(-EBADFD, pnet_read_batch(tap.fd, &message, 1));
    pnet_close(tap.fd);
}

int main(void)
{
    enter_namespace();
    const int fd = open("/dev/net/tun", O_RDWR);
    if (fd < 0)
    {
        perror("skipped: /dev/net/tun");
        return SKIPPED;
    }
    close(fd);
    RUN(creates_one_that_goes_away_with_it);
    RUN(attaches_to_one_that_exists);
    RUN(a_failure_names_its_step);
    RUN(takes_over_an_inherited_descriptor);
    RUN(refused_offloads_are_not_granted);
    RUN(carries_frames_with_their_offloads_both_ways);
    RUN(one_that_is_down_says_so_and_works_again);
    return 0;
}
