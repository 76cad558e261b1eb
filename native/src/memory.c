#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int pnet_huge_allowed(void)
{
    char answer[128];
    const int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
    {
        return -errno;
    }
    const ssize_t bytes = read(fd, answer, sizeof answer - 1);
    const int error = errno;
    pnet_close(fd);
    if (bytes < 0)
    {
        return -error;
    }
    answer[bytes] = '\0';
    return strstr(answer, "[never]") == NULL;
}

int64_t pnet_huge_map(int64_t bytes)
{
    const uintptr_t page = PNET_HUGE_PAGE_BYTES;
    const size_t wanted = ((size_t)bytes + page - 1) & ~(page - 1);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *const address = mmap(NULL, wanted + page, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (address == MAP_FAILED)
    {
        return -errno;
    }
    /* What lies before and behind the aligned part is given back. */
    const uintptr_t start = (uintptr_t)address;
    const uintptr_t aligned = (start + page - 1) & ~(page - 1);
    if (aligned > start)
    {
        munmap(address, aligned - start);
    }
    if (start + page > aligned)
    {
        munmap((void *)(aligned + wanted), start + page - aligned);
    }
    /* A kernel without huge pages refuses, and the small ones do. */
    madvise((void *)aligned, wanted, MADV_HUGEPAGE);
    return (int64_t)aligned;
}
