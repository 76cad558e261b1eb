#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int pnet_claim(const char *name)
{
    struct sockaddr_un address;
    const size_t length = strlen(name);
    if (length + 1 > sizeof address.sun_path)
    {
        return -ENAMETOOLONG;
    }
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    /* The first byte stays zero: a name that is in no folder, and ends with its socket. */
    memcpy(address.sun_path + 1, name, length);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
    {
        return -errno;
    }
    if (bind(fd, (const struct sockaddr *)&address, size) < 0)
    {
        const int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}
