/*
 * A fanout group, and a TAP with a queue for each of a group: every frame reaches one member, by the hash that is computed here
 * once more.
 */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS 3
#define SEED 0xC0FFEE11U

static struct pnet_packet sender;
static struct pnet_packet members[MEMBERS];
static int taken[MEMBERS];
static struct pnet_tap queues[MEMBERS];
static int has_queues;
static uint8_t frame[256];

static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85EBCA6BU;
    h ^= h >> 13;
    h *= 0xC2B2AE35U;
    return h ^ h >> 16;
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t half(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* The member that a whole TCP segment belongs to; `words` a version's address has. */
static int tcp_home(const uint8_t *source, const uint8_t *destination, int words, const uint8_t *tcp)
{
    uint32_t h = SEED;
    for (int i = 0; i < words; i++)
    {
        h = (h + word(source + 4 * i) + word(destination + 4 * i)) * 0x9E3779B1U;
    }
    return (int)(mix(h + half(tcp) + half(tcp + 2)) % MEMBERS);
}

static int udp_home(const uint8_t *udp)
{
    return (int)(mix(SEED + half(udp + 2)) % MEMBERS);
}

static void put_random(uint8_t *at, int length)
{
    static uint32_t state = 12345;
    for (int i = 0; i < length; i++)
    {
        state = state * 1664525U + 1013904223U;
        at[i] = (uint8_t)(state >> 24);
    }
}

static void send_frame(size_t length)
{
    static int slot;
    fill_tx_slot(&sender, slot, NULL, frame, length);
    CHECK(pnet_packet_kick(sender.ring_fd) > 0);
    slot = (slot + 1) % sender.tx_slots;
}

static void arrives_at_queue(int home, size_t length)
{
    uint8_t got[sizeof frame + 12];
    struct pollfd wait = {.fd = queues[home].fd, .events = POLLIN};
    EQUAL(1, poll(&wait, 1, 5000));
    const int header = queues[home].vnet_header_bytes;
    EQUAL(header + (int)length, (int)read(queues[home].fd, got, sizeof got));
    EQUAL(0, memcmp(got + header, frame, length));
    for (int i = 0; i < MEMBERS; i++)
    {
        EQUAL(-1, (int)read(queues[i].fd, got, sizeof got));
        EQUAL(EAGAIN, errno);
    }
}

/* Sends the frame; it must be with that member and with no other. */
static void arrives_at(int home, size_t length)
{
    send_frame(length);
    if (has_queues)
    {
        arrives_at_queue(home, length);
        return;
    }
    struct pnet_packet *const member = &members[home];
    const int slot = taken[home] % member->rx_slots;
    CHECK(await_slot(member, slot) != 0);
    EQUAL(0, memcmp(slot_frame(rx_slot(member, slot)), frame, length));
    set_slot_status(rx_slot(member, slot), TP_STATUS_KERNEL);
    taken[home]++;
    for (int i = 0; i < MEMBERS; i++)
    {
        EQUAL(TP_STATUS_KERNEL, slot_status(rx_slot(&members[i], taken[i] % members[i].rx_slots)));
    }
}

static uint8_t *ipv4(int header_words, int protocol)
{
    uint8_t *const ip = frame + 14;
    memset(frame, 0, sizeof frame);
    memcpy(frame, "\x02\x00\x00\x00\x00\x0B\x02\x00\x00\x00\x00\x0A\x08\x00", 14);
    ip[0] = (uint8_t)(0x40 | header_words);
    ip[3] = 60;
    ip[8] = 64;
    ip[9] = (uint8_t)protocol;
    put_random(ip + 12, 8);
    put_random(ip + 4 * header_words, 4);
    return ip;
}

static uint8_t *ipv6(int next_header)
{
    uint8_t *const ip = frame + 14;
    memset(frame, 0, sizeof frame);
    memcpy(frame, "\x02\x00\x00\x00\x00\x0B\x02\x00\x00\x00\x00\x0A\x86\xDD", 14);
    ip[0] = 0x60;
    ip[6] = (uint8_t)next_header;
    ip[7] = 64;
    put_random(ip + 8, 32);
    put_random(ip + 40, 4);
    return ip;
}

static void segments_go_by_addresses_and_ports(void)
{
    int count[MEMBERS] = {0};
    for (int i = 0; i < 300; i++)
    {
        const int words = 5 + i % 3;
        const uint8_t *const ip = ipv4(words, 6);
        const int home = tcp_home(ip + 12, ip + 16, 1, ip + 4 * words);
        arrives_at(home, 100);
        count[home]++;
        const uint8_t *const ip6 = ipv6(6);
        arrives_at(tcp_home(ip6 + 8, ip6 + 24, 4, ip6 + 40), 120);
    }
    for (int i = 0; i < MEMBERS; i++)
    {
        CHECK(count[i] > 60);
    }
}

static void both_directions_have_one_home(void)
{
    uint8_t *const ip = ipv4(5, 6);
    const int home = tcp_home(ip + 12, ip + 16, 1, ip + 20);
    arrives_at(home, 100);
    uint8_t swapped[8];
    memcpy(swapped, ip + 16, 4);
    memcpy(swapped + 4, ip + 12, 4);
    memcpy(ip + 12, swapped, 8);
    memcpy(swapped, ip + 22, 2);
    memcpy(swapped + 2, ip + 20, 2);
    memcpy(ip + 20, swapped, 4);
    arrives_at(home, 100);
}

static void datagrams_go_by_our_port(void)
{
    for (int i = 0; i < 100; i++)
    {
        const int words = 5 + i % 3;
        arrives_at(udp_home(ipv4(words, 17) + 4 * words), 100);
        arrives_at(udp_home(ipv6(17) + 40), 100);
    }
}

static void everything_else_goes_to_the_first(void)
{
    for (int i = 0; i < 10; i++)
    {
        ipv4(5, 1);
        arrives_at(0, 100);
        ipv6(58);
        arrives_at(0, 100);
        ipv6(44);
        arrives_at(0, 100);
        ipv4(5, 6)[6] = 0x20; /* more fragments */
        arrives_at(0, 100);
        ipv4(5, 17)[7] = 1; /* not the first fragment */
        arrives_at(0, 100);
        ipv4(15, 6); /* ends before its ports */
        arrives_at(0, 60);
        arrives_at(0, plain_frame(frame, (uint32_t)i, 60));
    }
}

static void our_own_frames_are_not_shown(void)
{
    ipv4(5, 1);
    fill_tx_slot(&members[1], 0, NULL, frame, 100);
    CHECK(pnet_packet_kick(members[1].ring_fd) > 0);
    CHECK(await_slot(&sender, 0) != 0);
    EQUAL(TP_STATUS_KERNEL, slot_status(rx_slot(&members[0], taken[0] % members[0].rx_slots)));
}

static void an_interface_that_was_down_keeps_its_order(void)
{
    sh("ip link set p1 down");
    sh("ip link set p1 up");
    await_up("p");
    for (int i = 0; i < MEMBERS; i++)
    {
        pnet_socket_error(members[i].ring_fd);
    }
    segments_go_by_addresses_and_ports();
}

static void open_queues(const char *name)
{
    for (int i = 0; i < MEMBERS; i++)
    {
        EQUAL(0, pnet_tap_open_queue(name, PNET_OFFLOAD_CSUM, &queues[i]));
    }
}

static void a_tap_without_queues_has_none(void)
{
    sh("ip tuntap add dev tap0 mode tap vnet_hdr");
    struct pnet_tap tap;
    EQUAL(-EINVAL, pnet_tap_open_queue("tap0", 0, &tap));
    EQUAL(PNET_STEP_TUN_QUEUE, tap.failed_step);
}

static void the_queues_of_a_tap_are_the_same_homes(void)
{
    sh("ip tuntap add dev tap1 mode tap vnet_hdr multi_queue");
    sh("ip link set tap1 addrgenmode none");
    sh("ip link set tap1 up");
    open_queues("tap1");
    EQUAL(0, pnet_tap_steer(&queues[1], MEMBERS, (int)SEED));
    const struct pnet_packet_options options = ring_options("tap1");
    sender = open_ring(&options);
    has_queues = 1;
    segments_go_by_addresses_and_ports();
    both_directions_have_one_home();
    datagrams_go_by_our_port();
    everything_else_goes_to_the_first();
    pnet_packet_close(&sender);
    for (int i = 0; i < MEMBERS; i++)
    {
        pnet_close(queues[i].fd);
    }
}

int main(void)
{
    enter_namespace();
    make_veth("p");
    struct pnet_packet_options options = ring_options("p0");
    sender = open_ring(&options);
    options = ring_options("p1");
    options.fanout_group = PNET_FANOUT_NEW;
    options.fanout_seed = (int32_t)SEED;
    for (int i = 0; i < MEMBERS; i++)
    {
        members[i] = open_ring(&options);
        CHECK(members[i].fanout_group >= 0);
        options.fanout_group = members[i].fanout_group;
    }
    RUN(segments_go_by_addresses_and_ports);
    RUN(both_directions_have_one_home);
    RUN(datagrams_go_by_our_port);
    RUN(everything_else_goes_to_the_first);
    RUN(our_own_frames_are_not_shown);
    RUN(an_interface_that_was_down_keeps_its_order);
    for (int i = 0; i < MEMBERS; i++)
    {
        pnet_packet_close(&members[i]);
    }
    pnet_packet_close(&sender);
    RUN(a_tap_without_queues_has_none);
    RUN(the_queues_of_a_tap_are_the_same_homes);
    return 0;
}
