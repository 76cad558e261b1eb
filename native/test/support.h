/*
 * What the C tests share: checks that end the program with a line, a network namespace of its own for each test program
 * (it goes away with the process), and raw frames to put on a wire.
 */
#ifndef PNET_TEST_SUPPORT_H
#define PNET_TEST_SUPPORT_H

#include "pnet.h"

#include <stddef.h>
#include <stdint.h>

#define SKIPPED 77

#define CHECK(condition)                                                       \
    do                                                                         \
    {                                                                          \
        if (!(condition))                                                      \
        {                                                                      \
            fail(__FILE__, __LINE__, #condition);                              \
        }                                                                      \
    } while (0)

#define EQUAL(expected, actual)                                                                              \
    do                                                                                                       \
    {                                                                                                        \
        const long long expected_value = (long long)(expected);                                              \
        const long long actual_value = (long long)(actual);                                                  \
        if (expected_value != actual_value)                                                                  \
        {                                                                                                    \
            fail_equal(__FILE__, __LINE__, #actual, expected_value, actual_value);                           \
        }                                                                                                    \
    } while (0)

/* Runs one test function and says so. */
#define RUN(test)                    \
    do                               \
    {                                \
        begin(#test);                \
        test();                      \
    } while (0)

_Noreturn void fail(const char *file, int line, const char *what);
_Noreturn void fail_equal(const char *file, int line, const char *what, long long expected, long long actual);
void begin(const char *name);

/* Moves the process into a fresh network namespace; ends the program with SKIPPED when the machine forbids it. */
void enter_namespace(void);

/* Runs a command, which must succeed. */
void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes the veth pair NAME0, NAME1, both up and without addresses. */
void make_veth(const char *name);

/*
 * Waits until both ends carry frames. The kernel attaches their queueing disciplines a moment after they were set up, and
 * what is sent before is lost without a word.
 */
void await_up(const char *name);

/* Options for a ring on an interface: 64 RX slots and 16 TX slots of 2 KiB, every frame, large ones copied. */
struct pnet_packet_options ring_options(const char *interface);

/* Opens a ring, which must succeed. */
struct pnet_packet open_ring(const struct pnet_packet_options *options);

/* A slot of the RX or TX ring. */
void *rx_slot(const struct pnet_packet *ring, int index);
void *tx_slot(const struct pnet_packet *ring, int index);
uint32_t slot_status(void *slot);

/* Marks a slot free again (RX) or to be sent (TX). */
void set_slot_status(void *slot, uint32_t status);

/* Waits up to a second for an RX slot to be filled and returns its status; 0 if it is not. */
uint32_t await_slot(const struct pnet_packet *ring, int index);

/* In an RX slot the virtio header ends where the frame starts, without num_buffers even where its size is 12. */
#define SLOT_VNET_BYTES 10

/* The first byte of the frame in an RX slot. */
uint8_t *slot_frame(void *slot);

/* Writes a virtio header and a frame to a TX slot and marks it. `length` is the frame's; the virtio header comes on top. */
void fill_tx_slot(
    const struct pnet_packet *ring, int index, const void *virtio_header, const void *frame, size_t length);

/* A frame of the local experimental EtherType with a number in it, to everybody. */
size_t plain_frame(uint8_t *target, uint32_t number, size_t length);
uint32_t frame_number(const uint8_t *frame);

/* Ethernet, IPv4 and TCP headers (54 bytes) for `payload` bytes; the checksum field holds the pseudo-header's sum. */
void tcp_headers(uint8_t *target, size_t payload);

#endif
