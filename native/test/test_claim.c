/* Claims: one holder at a time, and nothing left when it is gone. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "pnet-test-claim"

static void a_name_has_one_holder(void)
{
    const int fd = pnet_claim(NAME);
    CHECK(fd >= 0);
    EQUAL(-EADDRINUSE, pnet_claim(NAME));
    pnet_close(fd);
    const int again = pnet_claim(NAME);
    CHECK(again >= 0);
    pnet_close(again);
}

static void a_name_is_free_when_its_holder_has_died(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0)
    {
        const char held = pnet_claim(NAME) >= 0;
        CHECK(write(ends[1], &held, 1) == 1);
        pause();
        _exit(0);
    }
    char held = 0;
    CHECK(read(ends[0], &held, 1) == 1);
    EQUAL(1, held);
    EQUAL(-EADDRINUSE, pnet_claim(NAME));
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
    const int fd = pnet_claim(NAME);
    CHECK(fd >= 0);
    pnet_close(fd);
    close(ends[0]);
    close(ends[1]);
}

static void a_long_name_is_refused(void)
{
    char name[200];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    EQUAL(-ENAMETOOLONG, pnet_claim(name));
}

int main(void)
{
    enter_namespace();
    RUN(a_name_has_one_holder);
    RUN(a_name_is_free_when_its_holder_has_died);
    RUN(a_long_name_is_refused);
    return 0;
}
