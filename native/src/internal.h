/* What the sources share and nobody else sees. */
#ifndef PNET_INTERNAL_H
#define PNET_INTERNAL_H

#include "pnet.h"

#include <linux/filter.h>
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

/*
 * Writes the hash of io.pnet.ip.FlowHash as a classic BPF program that sees a frame from its IP header on; returns the
 * number of its instructions.
 */
#define FLOW_HASH_MAX 256
size_t flow_hash(struct sock_filter program[FLOW_HASH_MAX], uint32_t seed);

/*
 * Has a TAP give each frame to the queue that the hash says; for the descriptor of any of its queues. EPERM from bpf(2) without
 * CAP_BPF where the kernel keeps it from others. `step` says what has failed.
 */
int steer_queues(int fd, int queues, uint32_t seed, int *step);

/* Makes a bound socket with a ring a member of a group, or the first of a new one; returns the group's number, or -errno. */
int fanout_join(int fd, int group, uint32_t seed);

#endif
