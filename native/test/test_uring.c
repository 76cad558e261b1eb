/* TAP frames by io_uring: what goes both ways, what is refused among others, and a kernel that cannot. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES 40
#define LENGTH 100

static uint8_t memory[FRAMES][2048];
static struct mmsghdr messages[FRAMES];
static struct iovec pieces[FRAMES][2];
static struct pnet_tap tap;
static struct pnet_packet ring;
static void *uring;

static void begin_tap(void)
{
    sh("ip tuntap add dev tap4 mode tap vnet_hdr");
    sh("ip link set tap4 addrgenmode none");
    sh("ip link set tap4 up");
    EQUAL(0, pnet_tap_open("tap4", -1, 0, &tap));
    const struct pnet_packet_options options = ring_options("tap4");
    ring = open_ring(&options);
    const int64_t opened = pnet_uring_open(tap.fd);
    CHECK(opened > 0);
    uring = (void *)(intptr_t)opened;
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < FRAMES; i++)
    {
        messages[i].msg_hdr.msg_iov = pieces[i];
    }
}

static void end_tap(void)
{
    pnet_uring_close(uring);
    pnet_packet_close(&ring);
    pnet_close(tap.fd);
    sh("ip link del tap4");
}

/* Every third one is gathered from two pieces. */
static void fill(int from, int count)
{
    const size_t vnet = (size_t)tap.vnet_header_bytes;
    for (int i = 0; i < count; i++)
    {
        memset(memory[i], 0, vnet);
        plain_frame(memory[i] + vnet, (uint32_t)(from + i), LENGTH);
        const size_t first = i % 3 == 0 ? vnet + 60 : vnet + LENGTH;
        pieces[i][0] = (struct iovec){memory[i], first};
        pieces[i][1] = (struct iovec){memory[i] + first, vnet + LENGTH - first};
        messages[i].msg_hdr.msg_iovlen = i % 3 == 0 ? 2 : 1;
    }
}

static void malform(int index)
{
    pieces[index][0].iov_len = 5;
    messages[index].msg_hdr.msg_iovlen = 1;
}

static void make_room(void)
{
    for (int i = 0; i < FRAMES; i++)
    {
        pieces[i][0] = (struct iovec){memory[i], sizeof memory[i]};
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

/* The next frame in the ring, whose number is returned. */
static int next_slot;
static uint32_t arrived(void)
{
    CHECK(await_slot(&ring, next_slot) != 0);
    void *const slot = rx_slot(&ring, next_slot);
    EQUAL(LENGTH, ((struct tpacket2_hdr *)slot)->tp_len);
    const uint32_t number = frame_number(slot_frame(slot));
    set_slot_status(slot, TP_STATUS_KERNEL);
    next_slot = (next_slot + 1) % ring.rx_slots;
    return number;
}

static void writes_batches_in_order(void)
{
    begin_tap();
    next_slot = 0;
    int number = 0;
    for (int round = 0; round < 200; round++)
    {
        const int count = 1 + round % FRAMES;
        fill(number, count);
        EQUAL(count, pnet_uring_write_batch(uring, messages, count));
        for (int i = 0; i < count; i++, number++)
        {
            EQUAL(number, arrived());
        }
    }
    EQUAL(0, slot_status(rx_slot(&ring, next_slot)));
    end_tap();
}

static void tells_which_frames_were_refused_among_others(void)
{
    begin_tap();
    next_slot = 0;
    fill(0, 7);
    malform(1);
    malform(3);
    EQUAL(7 | PNET_SOME_REFUSED, pnet_uring_write_batch(uring, messages, 7));
    for (int i = 0; i < 7; i++)
    {
        EQUAL(i != 1 && i != 3, messages[i].msg_len != 0);
        if (messages[i].msg_len != 0)
        {
            EQUAL(i, arrived());
        }
    }
    /* At the end they are offered again, as with plain calls. */
    fill(10, 5);
    malform(3);
    malform(4);
    EQUAL(3, pnet_uring_write_batch(uring, messages, 5));
    EQUAL(-EINVAL, pnet_uring_write_batch(uring, messages + 3, 2));
    for (int i = 10; i < 13; i++)
    {
        EQUAL(i, arrived());
    }
    EQUAL(0, slot_status(rx_slot(&ring, next_slot)));
    end_tap();
}

static void reads_what_is_there_and_no_more(void)
{
    begin_tap();
    make_room();
    int number = 0;
    for (int round = 0; round < 200; round++)
    {
        EQUAL(-EAGAIN, pnet_uring_read_batch(uring, messages, FRAMES));
        const int count = 1 + round % 16;
        uint8_t small[LENGTH];
        for (int i = 0; i < count; i++)
        {
            const int slot = (number + i) % ring.tx_slots;
            fill_tx_slot(&ring, slot, NULL, small, plain_frame(small, (uint32_t)(number + i), LENGTH));
        }
        EQUAL(count * LENGTH, pnet_packet_kick(ring.ring_fd));
        for (int done = 0; done < count;)
        {
            const int got = pnet_uring_read_batch(uring, messages, 1 + round % FRAMES);
            CHECK(got > 0);
            for (int i = 0; i < got; i++, number++)
            {
                EQUAL(LENGTH + tap.vnet_header_bytes, messages[i].msg_len);
                EQUAL(number, frame_number(memory[i] + tap.vnet_header_bytes));
            }
            done += got;
        }
    }
    end_tap();
}

/* Frames that arrive between two requests of one batch: behind one that found nothing. */
static void keeps_the_order_of_frames_that_arrive_while_it_reads(void)
{
    begin_tap();
    make_room();
    const int frames = 50000;
    const pid_t sender = fork();
    CHECK(sender >= 0);
    if (sender == 0)
    {
        uint8_t small[LENGTH];
        for (int i = 0; i < frames; i++)
        {
            const int slot = i % ring.tx_slots;
            fill_tx_slot(&ring, slot, NULL, small, plain_frame(small, (uint32_t)i, LENGTH));
            pnet_packet_kick(ring.ring_fd);
        }
        _exit(0);
    }
    int64_t last = -1;
    while (last < frames - 1)
    {
        const int got = pnet_uring_read_batch(uring, messages, FRAMES);
        if (got < 0)
        {
            EQUAL(-EAGAIN, got);
            if (pnet_wait(tap.fd, 0, -1, 200000000) == 0)
            {
                break; /* the last ones met a full queue */
            }
            continue;
        }
        for (int i = 0; i < got; i++)
        {
            EQUAL(LENGTH + tap.vnet_header_bytes, messages[i].msg_len);
            const int64_t number = frame_number(memory[i] + tap.vnet_header_bytes);
            CHECK(number > last);
            last = number;
        }
    }
    CHECK(last > frames / 2);
    int status;
    EQUAL(sender, waitpid(sender, &status, 0));
    end_tap();
}

static void says_that_the_interface_is_down_or_gone(void)
{
    begin_tap();
    fill(0, FRAMES);
    EQUAL(0, pnet_interface_set_up("tap4", 0));
    EQUAL(-EIO, pnet_uring_write_batch(uring, messages, FRAMES));
    EQUAL(0, pnet_interface_set_up("tap4", 1));
    EQUAL(FRAMES, pnet_uring_write_batch(uring, messages, FRAMES));
    sh("ip link del tap4");
    EQUAL(-EBADFD, pnet_uring_write_batch(uring, messages, FRAMES));
    EQUAL(-EBADFD, pnet_uring_read_batch(uring, messages, FRAMES));
    pnet_uring_close(uring);
    pnet_packet_close(&ring);
    pnet_close(tap.fd);
}

static void lets_go_of_the_tap_at_once(void)
{
    for (int i = 0; i < 20; i++)
    {
        EQUAL(0, pnet_tap_open("fresh", -1, 0, &tap));
        const int64_t opened = pnet_uring_open(tap.fd);
        CHECK(opened > 0);
        memset(messages, 0, sizeof messages);
        for (int k = 0; k < FRAMES; k++)
        {
            messages[k].msg_hdr.msg_iov = pieces[k];
        }
        fill(0, FRAMES);
        EQUAL(FRAMES, pnet_uring_write_batch((void *)(intptr_t)opened, messages, FRAMES));
        pnet_uring_close((void *)(intptr_t)opened);
        pnet_close(tap.fd);
        struct pnet_interface facts;
        EQUAL(-ENODEV, pnet_interface_read(-1, "fresh", &facts));
    }
}

/* A file of /proc knows no RWF_NOWAIT, as an older TAP driver does not. */
static void goes_on_with_plain_calls_where_requests_cannot_answer_at_once(void)
{
    const int fd = open("/proc/self/status", O_RDONLY);
    CHECK(fd >= 0);
    void *const file = (void *)(intptr_t)pnet_uring_open(fd);
    for (int i = 0; i < FRAMES; i++)
    {
        pieces[i][0] = (struct iovec){memory[i], 16};
        messages[i].msg_hdr.msg_iov = pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    EQUAL(3, pnet_uring_read_batch(file, messages, 8)); /* 1, 2, and then the first batch */
    EQUAL(8, pnet_uring_read_batch(file, messages + 3, 8));
    uint8_t expected[11 * 16];
    EQUAL(sizeof expected, pread(fd, expected, sizeof expected, 0));
    for (int i = 0; i < 11; i++)
    {
        EQUAL(16, messages[i].msg_len);
        EQUAL(0, memcmp(expected + 16 * i, memory[i], 16));
    }
    pnet_uring_close(file);
    close(fd);
}

int main(void)
{
    enter_namespace();
    const int fd = open("/dev/net/tun", O_RDWR);
    const int64_t probe = fd < 0 ? -errno : pnet_uring_open(fd);
    if (probe < 0)
    {
        fprintf(stderr, "skipped: %s: %s\n", fd < 0 ? "/dev/net/tun" : "io_uring", pnet_errno_name((int)-probe));
        return SKIPPED;
    }
    pnet_uring_close((void *)(intptr_t)probe);
    close(fd);
    RUN(writes_batches_in_order);
    RUN(tells_which_frames_were_refused_among_others);
    RUN(reads_what_is_there_and_no_more);
    RUN(keeps_the_order_of_frames_that_arrive_while_it_reads);
    RUN(says_that_the_interface_is_down_or_gone);
    RUN(lets_go_of_the_tap_at_once);
    RUN(goes_on_with_plain_calls_where_requests_cannot_answer_at_once);
    return 0;
}
