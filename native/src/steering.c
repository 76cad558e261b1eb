#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A TAP with several queues has the kernel choose one by an eBPF program, which sees the frame from its Ethernet header on. It
 * is the fanout's program, translated instruction by instruction as the kernel translates classic programs for itself: A is
 * R0, X is R7, which loads leave alone, and the scratch slots are on the stack. The kernel keeps 16 bits of the result, so that
 * the program takes it modulo the queues itself.
 */
#define A BPF_REG_0
#define X BPF_REG_7
#define FRAME BPF_REG_6
#define SLOT(number) ((int16_t)(-4 * ((int)(number) + 1)))
#define MAX_PER_INSTRUCTION 4
#define MAX_LENGTH (2 + MAX_PER_INSTRUCTION * FLOW_HASH_MAX)
#define PROTOCOL ((uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))

struct output
{
    struct bpf_insn code[MAX_LENGTH];
    size_t length;
};

static void put(struct output *to, int code, int target, int source, int16_t jump, uint32_t value)
{
    to->code[to->length++] = (struct bpf_insn){
        .code = (uint8_t)code,
        .dst_reg = (uint8_t)(target & 0xF),
        .src_reg = (uint8_t)(source & 0xF),
        .off = jump,
        .imm = (int32_t)value,
    };
}

static void load(struct output *to, int size, uint32_t at)
{
    if (at == PROTOCOL)
    {
        put(to, BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, offsetof(struct ethhdr, h_proto));
    }
    else
    {
        put(to, BPF_LD | BPF_ABS | size, 0, 0, 0, ETH_HLEN + at);
    }
}

/* Translates one instruction that does not jump; ENOTSUP for one that the hash has not had so far. */
static int translate(struct output *to, const struct sock_filter *from, uint32_t queues)
{
    const int operation = BPF_OP(from->code);
    switch (from->code)
    {
        case BPF_LD | BPF_IMM:
            put(to, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0, from->k);
            return 0;
        case BPF_LD | BPF_ABS | BPF_W:
        case BPF_LD | BPF_ABS | BPF_H:
        case BPF_LD | BPF_ABS | BPF_B:
            load(to, BPF_SIZE(from->code), from->k);
            return 0;
        case BPF_LD | BPF_IND | BPF_H:
            put(to, BPF_LD | BPF_IND | BPF_H, 0, X, 0, ETH_HLEN + from->k);
            return 0;
        case BPF_LDX | BPF_B | BPF_MSH:
            load(to, BPF_B, from->k);
            put(to, BPF_ALU | BPF_AND | BPF_K, A, 0, 0, 0xF);
            put(to, BPF_ALU | BPF_LSH | BPF_K, A, 0, 0, 2);
            put(to, BPF_ALU | BPF_MOV | BPF_X, X, A, 0, 0);
            return 0;
        case BPF_LDX | BPF_IMM:
            put(to, BPF_ALU | BPF_MOV | BPF_K, X, 0, 0, from->k);
            return 0;
        case BPF_LDX | BPF_MEM:
            put(to, BPF_LDX | BPF_MEM | BPF_W, X, BPF_REG_10, SLOT(from->k), 0);
            return 0;
        case BPF_ST:
            put(to, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, A, SLOT(from->k), 0);
            return 0;
        case BPF_MISC | BPF_TAX:
            put(to, BPF_ALU | BPF_MOV | BPF_X, X, A, 0, 0);
            return 0;
        case BPF_ALU | BPF_ADD | BPF_K:
        case BPF_ALU | BPF_MUL | BPF_K:
        case BPF_ALU | BPF_RSH | BPF_K:
            put(to, BPF_ALU | operation | BPF_K, A, 0, 0, from->k);
            return 0;
        case BPF_ALU | BPF_ADD | BPF_X:
        case BPF_ALU | BPF_XOR | BPF_X:
            put(to, BPF_ALU | operation | BPF_X, A, X, 0, 0);
            return 0;
        case BPF_RET | BPF_K:
            put(to, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0, from->k);
            put(to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
            return 0;
        case BPF_RET | BPF_A:
            put(to, BPF_ALU | BPF_MOD | BPF_K, A, 0, 0, queues);
            put(to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
            return 0;
        default:
            return -ENOTSUP;
    }
}

static int build(struct output *to, uint32_t seed, uint32_t queues)
{
    struct sock_filter from[FLOW_HASH_MAX];
    const size_t length = flow_hash(from, seed);
    size_t places[FLOW_HASH_MAX];
    to->length = 0;
    put(to, BPF_ALU64 | BPF_MOV | BPF_X, FRAME, BPF_REG_1, 0, 0);
    put(to, BPF_ALU | BPF_MOV | BPF_K, X, 0, 0, 0);
    for (size_t i = 0; i < length; i++)
    {
        places[i] = to->length;
        if (BPF_CLASS(from[i].code) == BPF_JMP)
        {
            /* Where to is known when everything has its place. */
            put(to, BPF_JMP32 | BPF_OP(from[i].code) | BPF_K, A, 0, 0, from[i].k);
            put(to, BPF_JMP | BPF_JA, 0, 0, 0, 0);
        }
        else
        {
            const int result = translate(to, &from[i], queues);
            if (result < 0)
            {
                return result;
            }
        }
    }
    for (size_t i = 0; i < length; i++)
    {
        if (BPF_CLASS(from[i].code) == BPF_JMP)
        {
            const size_t at = places[i];
            to->code[at].off = (int16_t)(places[i + 1 + from[i].jt] - (at + 1));
            to->code[at + 1].off = (int16_t)(places[i + 1 + from[i].jf] - (at + 2));
        }
    }
    return 0;
}

int steer_queues(int fd, int queues, uint32_t seed, int *step)
{
    struct output program;
    *step = PNET_STEP_BPF;
    const int built = build(&program, seed, (uint32_t)queues);
    if (built < 0)
    {
        return built;
    }
    static const char license[] = "Apache-2.0";
    union bpf_attr load_it;
    memset(&load_it, 0, sizeof load_it);
    load_it.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    load_it.insns = (uintptr_t)program.code;
    load_it.insn_cnt = (uint32_t)program.length;
    load_it.license = (uintptr_t)license;
    const long loaded = syscall(SYS_bpf, BPF_PROG_LOAD, &load_it, sizeof load_it);
    if (loaded < 0)
    {
        return -errno;
    }
    int program_fd = (int)loaded;
    *step = PNET_STEP_TUN_STEERING;
    const int result = ioctl(fd, TUNSETSTEERINGEBPF, &program_fd) < 0 ? -errno : 0;
    /* The device keeps the program. */
    close(program_fd);
    return result;
}
