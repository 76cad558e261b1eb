#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

/* Newer than the headers (Linux 5.11): our own frames are not shown; a fanout asks no member's PACKET_IGNORE_OUTGOING. */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

/*
 * The hash of io.pnet.ip.FlowHash, instruction by instruction; the kernel takes the result modulo the members, unsigned.
 * A fanout's program runs before the members' filters and with the network header at offset 0, where those have the
 * Ethernet header. A load beyond the frame's end ends it with 0. So member 0 gets everything that is not a whole TCP segment
 * or UDP datagram right behind its IP header.
 */
#define SPREAD 0x9E3779B1U
#define MIX_FIRST 0x85EBCA6BU
#define MIX_SECOND 0xC2B2AE35U

#define LENGTH(program) (sizeof(program) / sizeof((program)[0]))
#define SKIP(program) ((uint8_t)LENGTH(program))

#define LOAD(value) BPF_STMT(BPF_LD | BPF_IMM, value)
#define LOAD_WORD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define LOAD_HALF(at) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at)
#define LOAD_BYTE(at) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at)
#define LOAD_HALF_BEHIND_X(at) BPF_STMT(BPF_LD | BPF_H | BPF_IND, at)
#define LOAD_TYPE BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
#define HEADER_LENGTH_TO_X BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)
#define STORE(slot) BPF_STMT(BPF_ST, slot)
#define FETCH_X(slot) BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, slot)
#define COPY_TO_X BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define ADD(value) BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, value)
#define ADD_X BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0)
#define MULTIPLY(value) BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, value)
#define FOLD(bits) COPY_TO_X, BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, bits), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define IF_SET(mask, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, then, otherwise)
#define RETURN_FIRST BPF_STMT(BPF_RET | BPF_K, 0)
#define MIX_AND_RETURN \
    FOLD(16), MULTIPLY(MIX_FIRST), FOLD(13), MULTIPLY(MIX_SECOND), FOLD(16), BPF_STMT(BPF_RET | BPF_A, 0)
/* One word of each address: slot 0 = (slot 0 + source + destination) * SPREAD. */
#define ADD_WORDS(source, destination) \
    LOAD_WORD(source), COPY_TO_X, LOAD_WORD(destination), ADD_X, FETCH_X(0), ADD_X, MULTIPLY(SPREAD), STORE(0)
/* A = slot 0 + both ports; in X the length of what lies before the TCP header. */
#define ADD_PORTS \
    LOAD_HALF_BEHIND_X(0), STORE(1), LOAD_HALF_BEHIND_X(2), FETCH_X(1), ADD_X, FETCH_X(0), ADD_X

static size_t append(struct sock_filter *program, size_t at, const struct sock_filter *code, size_t length)
{
    memcpy(program + at, code, length * sizeof *code);
    return at + length;
}

size_t flow_hash(struct sock_filter program[FLOW_HASH_MAX], uint32_t seed)
{
    const struct sock_filter tcp4[] = {
        LOAD(seed), STORE(0), ADD_WORDS(12, 16), HEADER_LENGTH_TO_X, ADD_PORTS, MIX_AND_RETURN,
    };
    const struct sock_filter udp4[] = {HEADER_LENGTH_TO_X, LOAD_HALF_BEHIND_X(2), ADD(seed), MIX_AND_RETURN};
    const struct sock_filter ipv4[] = {
        LOAD_HALF(6), IF_SET(0x3FFF, 0, 1), RETURN_FIRST, /* a fragment: more to come, or not the first */
        LOAD_BYTE(9), IF_EQUAL(6, SKIP(udp4) + 2, 0), IF_EQUAL(17, 1, 0), RETURN_FIRST,
    };
    const struct sock_filter tcp6[] = {
        LOAD(seed), STORE(0), ADD_WORDS(8, 24), ADD_WORDS(12, 28), ADD_WORDS(16, 32), ADD_WORDS(20, 36),
        BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40), ADD_PORTS, MIX_AND_RETURN,
    };
    const struct sock_filter udp6[] = {LOAD_HALF(42), ADD(seed), MIX_AND_RETURN};
    const struct sock_filter ipv6[] = {
        LOAD_BYTE(6), IF_EQUAL(6, SKIP(udp6) + 2, 0), IF_EQUAL(17, 1, 0), RETURN_FIRST,
    };
    const struct sock_filter type[] = {
        LOAD_TYPE, IF_EQUAL(ETH_P_IP, 2, 0),
        IF_EQUAL(ETH_P_IPV6, SKIP(ipv4) + SKIP(udp4) + SKIP(tcp4) + 1, 0), RETURN_FIRST,
    };
    size_t length = append(program, 0, type, LENGTH(type));
    length = append(program, length, ipv4, LENGTH(ipv4));
    length = append(program, length, udp4, LENGTH(udp4));
    length = append(program, length, tcp4, LENGTH(tcp4));
    length = append(program, length, ipv6, LENGTH(ipv6));
    length = append(program, length, udp6, LENGTH(udp6));
    return append(program, length, tcp6, LENGTH(tcp6));
}

static int set_hash(int fd, uint32_t seed)
{
    struct sock_filter program[FLOW_HASH_MAX];
    const size_t length = flow_hash(program, seed);
    const struct sock_fprog hash = {.len = (unsigned short)length, .filter = program};
    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &hash, sizeof hash) < 0 ? -errno : 0;
}

/* The group's number, of 16 bits and the namespace's, that the kernel has chosen. */
static int group_of(int fd)
{
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &length) < 0 ? -errno : value & 0xFFFF;
}

int fanout_join(int fd, int group, uint32_t seed)
{
    const int is_first = group == PNET_FANOUT_NEW;
    const int flags = PACKET_FANOUT_FLAG_IGNORE_OUTGOING | (is_first ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
    const uint32_t argument = (uint32_t)(is_first ? 0 : group) | (uint32_t)(PACKET_FANOUT_CBPF | flags) << 16;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) < 0)
    {
        return -errno;
    }
    const int result = is_first ? set_hash(fd, seed) : 0;
    return result < 0 ? result : group_of(fd);
}
