/* What the sources share and nobody else sees. */
#ifndef PNET_INTERNAL_H
#define PNET_INTERNAL_H

#include "pnet.h"

#include <stddef.h>

/* Newer than the headers that Linux 6.1 distributions carry; probed when used. */
#ifndef PACKET_VNET_HDR_SZ
#define PACKET_VNET_HDR_SZ 24
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* virtio_net_hdr with and without num_buffers. */
#define VNET_HEADER_BYTES 12
#define VNET_HEADER_BYTES_OLD 10

/* Copies an interface's name, zero-filled. ENAMETOOLONG; ENODEV when it is empty. */
int interface_name_copy(char target[PNET_NAME_BYTES], const char *name);

/* Makes a bound socket with a ring a member of a group, or the first of a new one; returns the group's number, or -errno. */
int fanout_join(int fd, int group, uint32_t seed);

#endif
