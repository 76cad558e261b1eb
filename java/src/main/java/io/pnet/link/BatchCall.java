package io.pnet.link;

/**
 * A call that has the kernel take or fill an array of {@link Messages} in order: returns how many it did, or -errno of
 * the first. A call that sends may add {@link #SOME_REFUSED}.
 */
@FunctionalInterface
interface BatchCall
{
    /** In the result of a call that sends: the frames it counts whose length is 0 now were refused, and are gone. */
    int SOME_REFUSED = 0x10000;

    int run(int fd, long messages, int count);
}
