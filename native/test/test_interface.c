/* Interface facts, names of errors and steps, kinds of descriptors, layout. */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void reads_an_interface(void)
{
    struct pnet_interface facts;
    sh("ip link set t0 mtu 1400 address 02:00:00:00:12:34");
    EQUAL(0, pnet_interface_read(-1, "t0", &facts));
    EQUAL(0x020000001234, facts.mac);
    EQUAL(1400, facts.mtu);
    EQUAL(1, facts.hardware_type);
    EQUAL(1, facts.is_up);
    CHECK(facts.index > 0);
    EQUAL(0, strcmp("t0", facts.name));
}

static void sets_up_and_down(void)
{
    struct pnet_interface facts;
    EQUAL(0, pnet_interface_set_up("t0", 0));
    EQUAL(0, pnet_interface_read(-1, "t0", &facts));
    EQUAL(0, facts.is_up);
    EQUAL(0, pnet_interface_set_up("t0", 1));
    EQUAL(0, pnet_interface_read(-1, "t0", &facts));
    EQUAL(1, facts.is_up);
}

static void names_that_do_not_exist(void)
{
    struct pnet_interface facts;
    EQUAL(-ENODEV, pnet_interface_read(-1, "nowhere", &facts));
    EQUAL(-ENODEV, pnet_interface_read(-1, "", &facts));
    EQUAL(-ENAMETOOLONG, pnet_interface_read(-1, "sixteen-bytes-xx", &facts));
    EQUAL(-ENODEV, pnet_interface_set_up("nowhere", 1));
}

static void tells_descriptors_apart(void)
{
    struct pnet_packet_options options = ring_options("t0");
    struct pnet_packet ring = open_ring(&options);
    EQUAL(PNET_KIND_PACKET, pnet_descriptor_kind(ring.ring_fd));
    struct pnet_interface facts;
    EQUAL(0, pnet_interface_bound(ring.ring_fd, &facts));
    EQUAL(0, strcmp("t0", facts.name));
    pnet_packet_close(&ring);
    int ends[2];
    CHECK(pipe(ends) == 0);
    EQUAL(PNET_KIND_OTHER, pnet_descriptor_kind(ends[0]));
    close(ends[0]);
    EQUAL(-EBADF, pnet_descriptor_kind(ends[0]));
    close(ends[1]);
    const int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    EQUAL(PNET_KIND_OTHER, pnet_descriptor_kind(stream));
    EQUAL(-EDESTADDRREQ, pnet_interface_bound(stream, &facts));
    close(stream);
}

static void names_errors_and_steps(void)
{
    EQUAL(0, strcmp("EPERM", pnet_errno_name(EPERM)));
    EQUAL(0, strcmp("ENOBUFS", pnet_errno_name(ENOBUFS)));
    EQUAL(0, strcmp("errno 9999", pnet_errno_name(9999)));
    for (int step = PNET_STEP_NONE; step < PNET_STEP_COUNT; step++)
    {
        CHECK(pnet_step_name(step) != NULL);
    }
    EQUAL(0, strcmp("unknown step", pnet_step_name(PNET_STEP_COUNT)));
    EQUAL(0, strcmp("unknown step", pnet_step_name(-1)));
}

static void knows_the_layout(void)
{
    EQUAL(32, pnet_layout("sizeof tpacket2_hdr"));
    EQUAL(12, pnet_layout("offsetof tpacket2_hdr tp_mac"));
    EQUAL((int)sizeof(struct pnet_packet), pnet_layout("sizeof pnet_packet"));
    EQUAL(-1, pnet_layout("offsetof nothing at_all"));
}

int main(void)
{
    enter_namespace();
    make_veth("t");
    RUN(reads_an_interface);
    RUN(sets_up_and_down);
    RUN(names_that_do_not_exist);
    RUN(tells_descriptors_apart);
    RUN(names_errors_and_steps);
    RUN(knows_the_layout);
    return 0;
}
