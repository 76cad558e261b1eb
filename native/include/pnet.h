/*
 * The C layer of Pnet: opens what needs the kernel, maps it and hands addresses to Java. It holds no policy and no state
 * of its own; everything it makes is described by the structures it fills, and is released by whoever holds them.
 *
 * Results. Unless a function says otherwise it returns 0 or more on success and -errno on failure; the structures that an
 * `open` fills also say which step failed (`failed_step`, see pnet_step_name), and nothing stays open after a failure.
 *
 * Threads. Functions that take descriptors and addresses may be called by any thread; one owner at a time is assumed for
 * each ring, TAP and message array. pnet_event_signal is made for other threads.
 *
 * Layout. Every structure has 64-bit fields first, then 32-bit ones, then bytes, so that Java can write them at fixed
 * offsets, which it verifies against pnet_layout when it starts.
 */
#ifndef PNET_H
#define PNET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PNET_NAME_BYTES 16 /* IFNAMSIZ, the terminating zero included */

/* ---- What can fail ------------------------------------------------------------------------------------------------ */

enum pnet_step
{
    PNET_STEP_NONE = 0,
    PNET_STEP_NAME,            /* the interface's name is longer than the kernel allows */
    PNET_STEP_FIND_INTERFACE,  /* no such interface: ENODEV */
    PNET_STEP_NOT_ETHERNET,    /* the interface carries no Ethernet frames: EPROTOTYPE */
    PNET_STEP_SOCKET,          /* socket(AF_PACKET): EPERM without CAP_NET_RAW */
    PNET_STEP_NOT_BOUND,       /* an inherited packet socket is bound to no interface: EDESTADDRREQ */
    PNET_STEP_PACKET_VERSION,
    PNET_STEP_VNET_HEADER,
    PNET_STEP_RESERVE,
    PNET_STEP_IGNORE_OUTGOING, /* ENOPROTOOPT before Linux 4.20 */
    PNET_STEP_COPY_THRESHOLD,
    PNET_STEP_LOSS,
    PNET_STEP_TX_OFFSET,
    PNET_STEP_QDISC_BYPASS,
    PNET_STEP_BUFFER_SIZE,
    PNET_STEP_RX_RING,         /* EINVAL: geometry; ENOMEM: ring larger than what the kernel gives; EBUSY: has rings */
    PNET_STEP_TX_RING,
    PNET_STEP_MAP,
    PNET_STEP_FILTER,
    PNET_STEP_PROMISCUOUS,
    PNET_STEP_BIND,
    PNET_STEP_FANOUT,          /* EINVAL: before Linux 5.11, or the interface is down; EALREADY: the group is another one */
    PNET_STEP_WATCH,
    PNET_STEP_OPEN_TUN,        /* open(/dev/net/tun): EACCES, ENOENT */
    PNET_STEP_TUNSETIFF,       /* EPERM: may not create, or not owner; EBUSY: attached already; EINVAL: is a tun */
    PNET_STEP_TUN_QUEUE,       /* EINVAL: the TAP was made without multi_queue, or is a tun; E2BIG: has 256 queues */
    PNET_STEP_TUNGETIFF,       /* EINVAL: an inherited tun descriptor that is not a TAP, or has no vnet_hdr */
    PNET_STEP_TUN_VNET_HEADER,
    PNET_STEP_TUN_NONBLOCK,
    PNET_STEP_BPF,             /* EPERM: the kernel keeps bpf(2) from those without CAP_BPF */
    PNET_STEP_TUN_STEERING,
    PNET_STEP_SET_UP,
    PNET_STEP_COUNT
};

/* The call that a step makes, for messages; never null. */
const char *pnet_step_name(int step);

/* "EPERM" for EPERM; "errno 1234" (thread-local) for what it does not know; never null. */
const char *pnet_errno_name(int error);

/* ---- Interfaces --------------------------------------------------------------------------------------------------- */

struct pnet_interface
{
    int64_t mac; /* 48 bits, first byte of the address highest */
    int32_t index;
    int32_t mtu;
    int32_t hardware_type; /* ARPHRD_*: 1 is Ethernet */
    int32_t is_up;
    char name[PNET_NAME_BYTES];
};

/*
 * Reads what the kernel knows of an interface. `socket_fd` is any socket and decides the network namespace; -1 stands for
 * the caller's own. ENAMETOOLONG, ENODEV.
 */
int pnet_interface_read(int socket_fd, const char *name, struct pnet_interface *out);

/* The same for the interface that a packet socket is bound to. EDESTADDRREQ: to none. */
int pnet_interface_bound(int packet_fd, struct pnet_interface *out);

/* Sets an interface administratively up or down. EPERM without CAP_NET_ADMIN; ENODEV. */
int pnet_interface_set_up(const char *name, int up);

/* ---- Descriptors -------------------------------------------------------------------------------------------------- */

enum pnet_kind
{
    PNET_KIND_OTHER = 0,
    PNET_KIND_PACKET = 1, /* an AF_PACKET socket of type SOCK_RAW */
    PNET_KIND_TAP = 2,
    PNET_KIND_TUN = 3     /* a tun without Ethernet headers, or a /dev/net/tun that is attached to nothing */
};

/* Says what an inherited descriptor is. EBADF. */
int pnet_descriptor_kind(int fd);

/* Closes a descriptor; -1 is ignored. */
void pnet_close(int fd);

/* ---- Packet ring -------------------------------------------------------------------------------------------------- */

#define PNET_FANOUT_NONE (-2)
#define PNET_FANOUT_NEW (-1)

struct pnet_packet_options
{
    int64_t mac;                   /* filter: frames to this address, broadcast and multicast; -1: every frame */
    int32_t ring_fd;               /* inherited and bound packet socket, or -1 to open one on `name` */
    int32_t gather_fd;             /* inherited second socket, or -1 */
    int32_t rx_slot_bytes;         /* multiple of 16 */
    int32_t rx_slots;              /* rounded up to whole blocks */
    int32_t tx_slot_bytes;
    int32_t tx_slots;              /* 0: no TX ring; forced when just one descriptor was inherited */
    int32_t copy_large;            /* PACKET_COPY_THRESH: frames larger than a slot come whole through the queue */
    int32_t receive_buffer_bytes;  /* SO_RCVBUF for those; never lowered below what an inherited socket has */
    int32_t send_buffer_bytes;     /* SO_SNDBUF of the socket that gathers, 0: the kernel's default */
    int32_t ring_send_buffer_bytes; /* SO_SNDBUF of the one with the TX ring, where there is one; 0: default */
    int32_t qdisc_bypass;
    int32_t promiscuous;
    int32_t fanout_group;          /* PNET_FANOUT_NONE, PNET_FANOUT_NEW, or the group of a ring that is open */
    int32_t fanout_seed;           /* of a new group's hash */
    char name[PNET_NAME_BYTES];
};

struct pnet_packet
{
    int64_t address;    /* of the mapping: RX ring, then TX ring; slots lie side by side without gaps */
    int64_t length;     /* bytes mapped */
    int64_t tx_offset;  /* first TX slot, from `address` */
    struct pnet_interface interface;
    int32_t ring_fd;    /* owns the rings; polls readable when an RX slot is filled */
    int32_t gather_fd;  /* for pnet_send_batch; equals ring_fd when there is no TX ring */
    int32_t watch_fd;   /* readable when there is something to do, see pnet_watch_writable; ring_fd without a TX ring */
    int32_t rx_slot_bytes;
    int32_t rx_slots;
    int32_t tx_slot_bytes;
    int32_t tx_slots;
    int32_t vnet_header_bytes;    /* of messages and TX slots: 12, or 10 before Linux 6.4; in RX slots always 10 */
    int32_t receive_buffer_bytes; /* what SO_RCVBUF really is (the kernel counts its own overhead in it) */
    int32_t fanout_group;         /* the group it has joined, or PNET_FANOUT_NONE */
    int32_t failed_step;
};

/*
 * Opens (or takes over) a packet socket with a TPACKET_V2 RX ring and, in the same mapping, a TX ring. A socket with a TX
 * ring sends everything through it, so frames that are gathered from several places leave by a second socket; without a TX
 * ring one socket does both. The IP header of a received frame is 16-byte aligned; the virtio header's ten bytes lie right
 * before the frame, also where its size is 12. A TX slot says in tp_mac where its
 * virtio header starts (PACKET_TX_HAS_OFF), so that the same can be had there; tp_len counts that header too.
 *
 * Rings of one fanout group share the interface's frames: each frame goes to one of them, by a hash of our own that Java can
 * compute, too (fanout.c), and to the first what that hash does not cover. Members count in the order of joining.
 *
 * The descriptors in `options` belong to the ring after success only.
 */
int pnet_packet_open(const struct pnet_packet_options *options, struct pnet_packet *out);

/*
 * Closes the descriptors and puts anonymous zero pages over the mapping, which stays reserved for good: a view that leaked
 * reads zeros instead of ending the process.
 */
void pnet_packet_close(struct pnet_packet *packet);

/*
 * Sends the TX slots that are marked TP_STATUS_SEND_REQUEST, in order, without blocking. Returns the bytes handed over.
 * EAGAIN: the send buffer is full, the rest stays marked. ENOBUFS and others: the first slot still marked was refused and
 * would be tried again for ever; a length of 0 makes it malformed, and those are skipped (PACKET_LOSS): whatever is skipped
 * comes back as if it had been sent, but is not among the bytes. ENETDOWN, ENXIO: the interface is down or gone, and the
 * slots still marked stay so.
 */
int pnet_packet_kick(int ring_fd);

/* Frames seen since the last call in the high, drops in the low 32 bits; the kernel clears both. Negative: -errno. */
int64_t pnet_packet_statistics(int ring_fd);

/*
 * Sets what may wait below a socket before EAGAIN, in bytes as the kernel counts them; 0 leaves it as it is. Returns what
 * it is now.
 */
int pnet_send_buffer(int fd, int bytes);

/* The bytes, counted alike, that a socket sent and that have not left the queueing discipline and the driver. */
int pnet_send_queue(int fd);

/* Fetches and clears the socket's pending error, which otherwise makes it poll ready: 0, or an errno as positive value. */
int pnet_socket_error(int fd);

/*
 * sendmmsg / recvmmsg without blocking over an array of struct mmsghdr. Returns how many went (at least 1), or -errno of
 * the first. Sending: EAGAIN is congestion; ENOBUFS says that a queueing discipline or the device dropped the first frame;
 * EINVAL, EMSGSIZE that it is malformed; ENETDOWN, ENXIO as above. msg_len is set on receive.
 */
int pnet_send_batch(int fd, void *messages, int count);
int pnet_receive_batch(int fd, void *messages, int count);

/*
 * Whether `watch_fd` also becomes readable when `fd` (ring or gather socket) has room to send again. No effect, and 0,
 * when watch_fd is that socket itself: poll it for writing then.
 */
int pnet_watch_writable(int watch_fd, int ring_fd, int fd, int on);

/* ---- TAP ---------------------------------------------------------------------------------------------------------- */

#define PNET_OFFLOAD_CSUM 0x01
#define PNET_OFFLOAD_TSO4 0x02
#define PNET_OFFLOAD_TSO6 0x04
#define PNET_OFFLOAD_TSO_ECN 0x08
#define PNET_OFFLOAD_USO4 0x20 /* Linux 6.2 */
#define PNET_OFFLOAD_USO6 0x40

struct pnet_tap
{
    struct pnet_interface interface; /* index 0 when the interface is in another namespace: mtu and is_up are unknown */
    int32_t fd;
    int32_t offloads;          /* what the kernel granted of PNET_OFFLOAD_*: what it may leave undone towards us */
    int32_t vnet_header_bytes; /* 12, or 10 */
    int32_t was_created;       /* 0: attached to one that existed */
    int32_t failed_step;
};

/*
 * Attaches to the TAP `name`, or creates it (non-persistent: it goes with the descriptor), or takes over `inherited_fd`
 * (not -1; `name` is then ignored). Asks for as many of `offloads` as the kernel grants. A TAP that was created is set up.
 */
int pnet_tap_open(const char *name, int inherited_fd, int offloads, struct pnet_tap *out);

/* The same by name, for one queue of a TAP that has several: they may be open at the same time. */
int pnet_tap_open_queue(const char *name, int offloads, struct pnet_tap *out);

/*
 * Has a TAP with so many queues, which are all open, give each frame to the one that the hash of io.pnet.ip.FlowHash says;
 * `tap` is any of them, and has the failed step. The first queue gets what the hash does not cover.
 */
int pnet_tap_steer(struct pnet_tap *tap, int queues, int seed);

/*
 * Reads frames without blocking, one into each message of an array of struct mmsghdr (only msg_iov and msg_iovlen are
 * used); msg_len is set. Returns how many (at least 1), or -errno: EAGAIN when there is none, EBADFD when the interface
 * is gone.
 */
int pnet_read_batch(int fd, void *messages, int count);

/*
 * Writes frames without blocking, one from each message. Returns how many went (at least 1), or -errno of the first:
 * EAGAIN is congestion, EIO says that the interface is down, EINVAL that the frame is malformed.
 */
int pnet_write_batch(int fd, void *messages, int count);

/*
 * The same two by io_uring, one system call a batch: for a TAP's descriptor, which stays the caller's. Returns an address, or
 * -errno: ENOSYS, EPERM and others where the kernel has none or forbids it.
 */
int64_t pnet_uring_open(int fd);

/* Lets go of the descriptor at once. */
void pnet_uring_close(void *uring);

int pnet_uring_read_batch(void *uring, void *messages, int count);

/*
 * A frame that is refused does not keep those behind it from going: then PNET_SOME_REFUSED is set in the result, and the
 * frames among the others that it counts whose msg_len is 0 were refused and are gone.
 */
int pnet_uring_write_batch(void *uring, void *messages, int count);
#define PNET_SOME_REFUSED 0x10000

/* ---- Waiting ------------------------------------------------------------------------------------------------------ */

#define PNET_WAIT_READABLE 1
#define PNET_WAIT_WRITABLE 2
#define PNET_WAIT_ERROR 4
#define PNET_WAIT_WOKEN 8
#define PNET_WAIT_OTHER 16 /* pnet_wait_two alone: the second descriptor is one of those that are ready */

/* A non-blocking eventfd. EMFILE. */
int pnet_event_create(void);

/* Ends the wait that is going on or the next one. Any thread. */
int pnet_event_signal(int event_fd);

/*
 * Blocks until `fd` is readable (always asked for) or writable (if `for_write`), `event_fd` was signalled, or `timeout_ns`
 * has passed (negative: never). Drains the event. Either descriptor may be -1. Returns PNET_WAIT_* bits, 0 for a time-out
 * or a signal, -errno. A descriptor with nothing but an error to report (its interface is gone) ends the wait after one
 * millisecond, so that waiting on it does not become spinning.
 */
int pnet_wait(int fd, int for_write, int event_fd, int64_t timeout_ns);

/* The same for two descriptors, each for reading and, if its `for_write` is set, for writing; the bits are of both. */
int pnet_wait_two(int fd, int for_write, int other_fd, int other_for_write, int event_fd, int64_t timeout_ns);

/* Pins the calling thread to one CPU. EINVAL: no such CPU. */
int pnet_pin_thread(int cpu);

/* ---- Memory ------------------------------------------------------------------------------------------------------- */

#define PNET_HUGE_PAGE_BYTES (2 << 20)

/* Whether the kernel gives huge pages to who asks for them: 1, 0 (it was told not to), or -errno where it has none. */
int pnet_huge_allowed(void);

/*
 * Zeroed memory for good, aligned to huge pages and on them if the kernel gives any: its address, or -errno. ENOMEM. The first
 * touch of a page may take as long as the kernel needs to find 2 MiB in one piece.
 */
int64_t pnet_huge_map(int64_t bytes);

/* ---- Claims ------------------------------------------------------------------------------------------------------- */

/*
 * Holds a name for this process alone, in its network namespace, until the descriptor closes or the process dies: a socket
 * with an abstract Unix address, which everybody can see in /proc/net/unix. Returns the descriptor, closed on exec.
 * EADDRINUSE: somebody has it; ENAMETOOLONG.
 */
int pnet_claim(const char *name);

/* ---- Layout ------------------------------------------------------------------------------------------------------- */

/*
 * The compiler's word on one number that Java retypes: "sizeof tpacket2_hdr", "offsetof tpacket2_hdr tp_mac",
 * "TP_STATUS_COPY" and so on. -1: unknown key.
 */
int pnet_layout(const char *key);

#ifdef __cplusplus
}
#endif

#endif
