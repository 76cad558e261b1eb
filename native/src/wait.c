#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int pnet_event_create(void)
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int pnet_event_signal(int event_fd)
{
    const uint64_t one = 1;
    if (write(event_fd, &one, sizeof one) == (ssize_t)sizeof one || errno == EAGAIN)
    {
        return 0; /* EAGAIN: the counter is at its end, so the event is signalled already */
    }
    return -errno;
}

static void drain(int event_fd)
{
    uint64_t count;
    const ssize_t ignored = read(event_fd, &count, sizeof count);
    (void)ignored; /* EAGAIN: another waiter was faster */
}

/* Waits on the event alone for a moment. */
static int pause_for_error(int event_fd)
{
    struct pollfd polled = {.fd = event_fd, .events = POLLIN};
    if (poll(&polled, 1, 1) > 0 && (polled.revents & POLLIN) != 0)
    {
        drain(event_fd);
        return PNET_WAIT_WOKEN;
    }
    return 0;
}

static short wanted(int for_write)
{
    return (short)(for_write ? POLLIN | POLLOUT : POLLIN);
}

int pnet_wait(int fd, int for_write, int event_fd, int64_t timeout_ns)
{
    return pnet_wait_two(fd, for_write, -1, 0, event_fd, timeout_ns);
}

int pnet_wait_two(int fd, int for_write, int other_fd, int other_for_write, int event_fd, int64_t timeout_ns)
{
    struct pollfd polled[3] = {
        {.fd = event_fd, .events = POLLIN},
        {.fd = fd, .events = wanted(for_write)},
        {.fd = other_fd, .events = wanted(other_for_write)},
    };
    const struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000),
        .tv_nsec = (long)(timeout_ns % 1000000000),
    };
    const int ready = ppoll(polled, 3, timeout_ns < 0 ? NULL : &timeout, NULL);
    if (ready < 0)
    {
        return errno == EINTR ? 0 : -errno;
    }
    int result = 0;
    if (ready > 0)
    {
        const int links = polled[1].revents | polled[2].revents;
        const int other = polled[2].revents != 0 ? PNET_WAIT_OTHER : 0;
        if (((polled[0].revents | links) & POLLNVAL) != 0)
        {
            return -EBADF;
        }
        result |= (links & POLLIN) != 0 ? PNET_WAIT_READABLE : 0;
        result |= (links & POLLOUT) != 0 ? PNET_WAIT_WRITABLE : 0;
        result |= (links & (POLLERR | POLLHUP)) != 0 ? PNET_WAIT_ERROR : 0;
        if ((polled[0].revents & POLLIN) != 0)
        {
            result |= PNET_WAIT_WOKEN;
            drain(event_fd);
        }
        if (result == PNET_WAIT_ERROR && timeout_ns != 0)
        {
            result |= pause_for_error(event_fd);
        }
        result |= other;
    }
    return result;
}
