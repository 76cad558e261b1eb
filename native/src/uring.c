/*
 * TAP frames by io_uring: one system call a batch where readv and writev take one a frame. The submission queue is filled,
 * entered and reaped within one call, so that no frame is ever under way between two calls.
 *
 * A kernel that has no io_uring, or whose TAP driver cannot answer at once (RWF_NOWAIT), leaves plain calls.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENTRIES 64
/* Below it a batch costs as much as so many plain calls. */
#define BATCH_LEAST 3
/* What a request reports that the kernel did not get to see. */
#define NOT_SUBMITTED INT32_MIN

struct pnet_uring
{
    struct io_uring_sqe *requests;
    struct io_uring_cqe *completions;
    _Atomic uint32_t *submit_tail;
    _Atomic uint32_t *complete_head;
    _Atomic uint32_t *complete_tail;
    void *rings;
    size_t rings_bytes;
    size_t requests_bytes;
    uint32_t submit_mask;
    uint32_t complete_mask;
    int ring_fd;
    int fd;
    int is_broken; /* plain calls from now on */
    int expected;  /* frames to read at once: what the last batches found */
    int32_t results[ENTRIES];
};

static int enter(const struct pnet_uring *uring, unsigned int submit, unsigned int complete)
{
    const long result =
        syscall(SYS_io_uring_enter, uring->ring_fd, submit, complete, IORING_ENTER_GETEVENTS, NULL, (size_t)0);
    return result < 0 ? -errno : (int)result;
}

static int map(struct pnet_uring *uring, const struct io_uring_params *params)
{
    const size_t submit_bytes = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
    const size_t complete_bytes = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
    uring->rings_bytes = submit_bytes > complete_bytes ? submit_bytes : complete_bytes;
    uring->requests_bytes = params->sq_entries * sizeof(struct io_uring_sqe);
    const int protection = PROT_READ | PROT_WRITE;
    const int flags = MAP_SHARED | MAP_POPULATE;
    uring->rings = mmap(NULL, uring->rings_bytes, protection, flags, uring->ring_fd, IORING_OFF_SQ_RING);
    if (uring->rings == MAP_FAILED)
    {
        return -errno;
    }
    uring->requests = mmap(NULL, uring->requests_bytes, protection, flags, uring->ring_fd, IORING_OFF_SQES);
    if (uring->requests == MAP_FAILED)
    {
        return -errno;
    }
    uint8_t *const base = uring->rings;
    uring->submit_tail = (void *)(base + params->sq_off.tail);
    uring->complete_head = (void *)(base + params->cq_off.head);
    uring->complete_tail = (void *)(base + params->cq_off.tail);
    uring->completions = (void *)(base + params->cq_off.cqes);
    uring->submit_mask = params->sq_entries - 1;
    uring->complete_mask = params->cq_entries - 1;
    uint32_t *const array = (void *)(base + params->sq_off.array);
    for (uint32_t i = 0; i < params->sq_entries; i++)
    {
        array[i] = i;
    }
    return 0;
}

int64_t pnet_uring_open(int fd)
{
    struct pnet_uring *const uring = calloc(1, sizeof *uring);
    if (uring == NULL)
    {
        return -ENOMEM;
    }
    struct io_uring_params params;
    memset(&params, 0, sizeof params);
    uring->fd = fd;
    uring->expected = 1;
    uring->rings = MAP_FAILED;
    uring->requests = MAP_FAILED;
    uring->ring_fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    int result = uring->ring_fd < 0 ? -errno : (params.features & IORING_FEAT_SINGLE_MMAP) == 0 ? -ENOSYS : 0;
    if (result == 0)
    {
        result = map(uring, &params);
    }
    if (result == 0 && syscall(SYS_io_uring_register, uring->ring_fd, IORING_REGISTER_FILES, &fd, 1) < 0)
    {
        result = -errno;
    }
    if (result < 0)
    {
        pnet_uring_close(uring);
        return result;
    }
    return (int64_t)(intptr_t)uring;
}

void pnet_uring_close(void *handle)
{
    struct pnet_uring *const uring = handle;
    if (uring->ring_fd >= 0)
    {
        /* At once: the ring itself is taken apart later, and would keep the TAP until then. */
        syscall(SYS_io_uring_register, uring->ring_fd, IORING_UNREGISTER_FILES, NULL, 0);
    }
    if (uring->requests != MAP_FAILED)
    {
        munmap(uring->requests, uring->requests_bytes);
    }
    if (uring->rings != MAP_FAILED)
    {
        munmap(uring->rings, uring->rings_bytes);
    }
    pnet_close(uring->ring_fd);
    free(uring);
}

static void request(struct pnet_uring *uring, uint32_t tail, int index, const struct msghdr *header, int is_write)
{
    struct io_uring_sqe *const entry = &uring->requests[(tail + (uint32_t)index) & uring->submit_mask];
    const int is_one = header->msg_iovlen == 1;
    memset(entry, 0, sizeof *entry);
    entry->opcode = is_write ? (is_one ? IORING_OP_WRITE : IORING_OP_WRITEV) : (is_one ? IORING_OP_READ : IORING_OP_READV);
    entry->flags = IOSQE_FIXED_FILE;
    entry->fd = 0;
    entry->off = UINT64_MAX;
    entry->rw_flags = RWF_NOWAIT;
    entry->user_data = (uint32_t)index;
    entry->addr = (uint64_t)(uintptr_t)(is_one ? header->msg_iov->iov_base : header->msg_iov);
    entry->len = (uint32_t)(is_one ? header->msg_iov->iov_len : header->msg_iovlen);
}

/* Hands `count` messages over in order; each one's result is in uring->results afterwards. */
static void run(struct pnet_uring *uring, const struct mmsghdr *message, int count, int is_write)
{
    const uint32_t tail = atomic_load_explicit(uring->submit_tail, memory_order_relaxed);
    for (int i = 0; i < count; i++)
    {
        request(uring, tail, i, &message[i].msg_hdr, is_write);
        uring->results[i] = NOT_SUBMITTED;
    }
    atomic_store_explicit(uring->submit_tail, tail + (uint32_t)count, memory_order_release);
    int submitted = 0;
    int completed = 0;
    while (completed < count)
    {
        const int rest = count - submitted;
        const int result = enter(uring, (unsigned int)rest, (unsigned int)(count - completed));
        submitted += result > 0 ? result : 0;
        uint32_t head = atomic_load_explicit(uring->complete_head, memory_order_relaxed);
        const uint32_t end = atomic_load_explicit(uring->complete_tail, memory_order_acquire);
        for (; head != end; head++, completed++)
        {
            const struct io_uring_cqe *const completion = &uring->completions[head & uring->complete_mask];
            uring->results[completion->user_data] = completion->res;
            uring->is_broken |= completion->res == -EOPNOTSUPP;
        }
        atomic_store_explicit(uring->complete_head, head, memory_order_release);
        if (result < 0 && result != -EINTR && completed == submitted)
        {
            uring->is_broken = 1; /* What is in the queue stays there, and nobody will ever enter it. */
            return;
        }
    }
}

/* A frame that came right after the queue was empty lies behind the message that found it so. */
static int close_gaps(const struct pnet_uring *uring, struct mmsghdr *message, int count)
{
    int done = 0;
    for (int i = 0; i < count; i++)
    {
        if (uring->results[i] < 0)
        {
            continue;
        }
        const uint32_t bytes = (uint32_t)uring->results[i];
        if (done < i)
        {
            const struct iovec *const to = message[done].msg_hdr.msg_iov;
            memmove(to->iov_base, message[i].msg_hdr.msg_iov->iov_base, bytes < to->iov_len ? bytes : to->iov_len);
        }
        message[done++].msg_len = bytes;
    }
    return done;
}

int pnet_uring_read_batch(void *handle, void *messages, int count)
{
    struct pnet_uring *const uring = handle;
    struct mmsghdr *const message = messages;
    int done = 0;
    while (done < count)
    {
        int wanted = uring->expected < count - done ? uring->expected : count - done;
        int got;
        if (wanted < BATCH_LEAST || uring->is_broken)
        {
            wanted = uring->is_broken ? count - done : wanted;
            got = pnet_read_batch(uring->fd, message + done, wanted);
            if (got < 0 && done == 0)
            {
                uring->expected = 1;
                return got;
            }
        }
        else
        {
            wanted = wanted < ENTRIES ? wanted : ENTRIES;
            run(uring, message + done, wanted, 0);
            got = close_gaps(uring, message + done, wanted);
            if (got == 0 && done == 0)
            {
                uring->expected = 1;
                return uring->is_broken ? pnet_read_batch(uring->fd, messages, count) : uring->results[0];
            }
        }
        done += got > 0 ? got : 0;
        if (got < wanted)
        {
            uring->expected = got > 1 ? got : 1;
            break;
        }
        uring->expected = wanted < ENTRIES ? 2 * wanted : wanted;
    }
    return done;
}

int pnet_uring_write_batch(void *handle, void *messages, int count)
{
    struct pnet_uring *const uring = handle;
    struct mmsghdr *const message = messages;
    const int batch = count < ENTRIES ? count : ENTRIES;
    if (uring->is_broken || batch < BATCH_LEAST)
    {
        return pnet_write_batch(uring->fd, messages, count);
    }
    run(uring, message, batch, 1);
    int first = 0;
    while (first < batch && uring->results[first] >= 0)
    {
        first++;
    }
    int last = batch;
    while (last > first && uring->results[last - 1] < 0)
    {
        last--;
    }
    if (first == last)
    {
        /* What failed, if anything, is at the end, and may be offered again. */
        return first > 0 ? first : uring->is_broken ? pnet_write_batch(uring->fd, messages, count) : uring->results[0];
    }
    /* Others went behind one that failed: its length tells. */
    for (int i = 0; i < last; i++)
    {
        message[i].msg_len = uring->results[i] < 0 ? 0 : (unsigned int)uring->results[i];
    }
    return last | PNET_SOME_REFUSED;
}
