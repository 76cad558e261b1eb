package io.pnet.link;

/** The errors that links tell apart; the numbers are Linux's, the same on x86-64 and arm64. */
final class Errno
{
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EBADFD = 77;
    static final int EDESTADDRREQ = 89;
    static final int EMSGSIZE = 90;
    static final int ENOPROTOOPT = 92;
    static final int EADDRINUSE = 98;
    static final int ENETDOWN = 100;
    static final int ENOBUFS = 105;

    private Errno()
    {
    }

    /** Whether an error says that the interface is down or gone, so that nothing can leave. */
    static boolean isDown(final int errno)
    {
        return errno == ENETDOWN || errno == EIO || errno == ENXIO || errno == ENODEV || errno == EBADFD;
    }
}
