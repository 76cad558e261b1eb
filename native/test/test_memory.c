/* Memory on huge pages: aligned, zero, whole, and advised where the kernel has them. */
#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Whether the mapping that starts at an address is one for huge pages ("hg" in VmFlags); -1: there is none. */
static int is_advised(int64_t address)
{
    FILE *const maps = fopen("/proc/self/smaps", "re");
    CHECK(maps != NULL);
    char line[512];
    int found = 0;
    int result = -1;
    while (result < 0 && fgets(line, sizeof line, maps) != NULL)
    {
        int64_t start;
        int64_t end;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
        {
            found = start <= address && address < end;
        }
        else if (found && strncmp(line, "VmFlags:", 8) == 0)
        {
            result = strstr(line, " hg") != NULL;
        }
    }
    fclose(maps);
    return result;
}

static void maps_whole_huge_pages(void)
{
    for (int64_t bytes = 1; bytes < 3 * PNET_HUGE_PAGE_BYTES; bytes += PNET_HUGE_PAGE_BYTES / 2 + 1)
    {
        const int64_t address = pnet_huge_map(bytes);
        CHECK(address > 0);
        EQUAL(0, address % PNET_HUGE_PAGE_BYTES);
        uint8_t *const memory = (uint8_t *)(intptr_t)address;
        EQUAL(0, memory[0]);
        EQUAL(0, memory[bytes - 1]);
        memset(memory, 7, (size_t)bytes);
        if (pnet_huge_allowed() >= 0)
        {
            EQUAL(1, is_advised(address));
        }
        const int64_t pages = (bytes + PNET_HUGE_PAGE_BYTES - 1) / PNET_HUGE_PAGE_BYTES;
        EQUAL(0, munmap(memory, (size_t)(pages * PNET_HUGE_PAGE_BYTES)));
        EQUAL(-1, is_advised(address));
    }
}

static void says_what_it_cannot_map(void)
{
    EQUAL(-ENOMEM, pnet_huge_map(INT64_C(1) << 60));
}

int main(void)
{
    RUN(maps_whole_huge_pages);
    RUN(says_what_it_cannot_map);
    return 0;
}
