/* The wait: descriptors, events, time. */
#include "support.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void times_out(void)
{
    const int event = pnet_event_create();
    CHECK(event >= 0);
    const int64_t start = now_ns();
    EQUAL(0, pnet_wait(-1, 0, event, 20000000));
    CHECK(now_ns() - start >= 20000000);
    EQUAL(0, pnet_wait(-1, 0, event, 0));
    pnet_close(event);
}

static void a_signal_ends_one_wait(void)
{
    const int event = pnet_event_create();
    EQUAL(0, pnet_event_signal(event));
    EQUAL(0, pnet_event_signal(event));
    EQUAL(PNET_WAIT_WOKEN, pnet_wait(-1, 0, event, -1));
    EQUAL(0, pnet_wait(-1, 0, event, 0));
    pnet_close(event);
}

static void reports_readable_and_writable(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    EQUAL(0, pnet_wait(ends[0], 0, -1, 0));
    EQUAL(PNET_WAIT_WRITABLE, pnet_wait(ends[1], 1, -1, -1));
    EQUAL(0, pnet_wait(ends[1], 0, -1, 0));
    CHECK(write(ends[1], "x", 1) == 1);
    EQUAL(PNET_WAIT_READABLE, pnet_wait(ends[0], 0, -1, -1));
    close(ends[1]);
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
    EQUAL(PNET_WAIT_ERROR, pnet_wait(ends[0], 0, -1, -1));
    close(ends[0]);
}

static void waits_for_either_of_two(void)
{
    int ends[2];
    int others[2];
    CHECK(pipe(ends) == 0);
    CHECK(pipe(others) == 0);
    EQUAL(0, pnet_wait_two(ends[0], 0, others[0], 0, -1, 0));
    EQUAL(PNET_WAIT_WRITABLE | PNET_WAIT_OTHER, pnet_wait_two(ends[0], 0, others[1], 1, -1, -1));
    CHECK(write(others[1], "x", 1) == 1);
    EQUAL(PNET_WAIT_READABLE | PNET_WAIT_OTHER, pnet_wait_two(ends[0], 0, others[0], 0, -1, -1));
    EQUAL(PNET_WAIT_READABLE, pnet_wait_two(others[0], 0, ends[0], 0, -1, -1));
    EQUAL(PNET_WAIT_READABLE | PNET_WAIT_WRITABLE | PNET_WAIT_OTHER, pnet_wait_two(ends[1], 1, others[0], 0, -1, -1));
    for (int i = 0; i < 2; i++)
    {
        close(ends[i]);
        close(others[i]);
    }
}

static void a_closed_descriptor_is_an_error(void)
{
    EQUAL(-EBADF, pnet_wait(1000, 0, -1, 0));
    EQUAL(-EBADF, pnet_wait(-1, 0, 1000, 0));
    EQUAL(-EBADF, pnet_wait_two(-1, 0, 1000, 0, -1, 0));
    EQUAL(-EBADF, pnet_event_signal(1000));
}

static void pins_to_a_cpu_that_exists(void)
{
    EQUAL(-EINVAL, pnet_pin_thread(-1));
    EQUAL(-EINVAL, pnet_pin_thread(1 << 20));
    EQUAL(0, pnet_pin_thread(0));
}

int main(void)
{
    RUN(times_out);
    RUN(a_signal_ends_one_wait);
    RUN(reports_readable_and_writable);
    RUN(waits_for_either_of_two);
    RUN(a_closed_descriptor_is_an_error);
    RUN(pins_to_a_cpu_that_exists);
    return 0;
}
