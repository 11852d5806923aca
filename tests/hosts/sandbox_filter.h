/*
 * Filters of system calls, for the hosts that give some up.
 */
#ifndef HASHTRACK_TESTS_SANDBOX_FILTER_H
#define HASHTRACK_TESTS_SANDBOX_FILTER_H

#include "host.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define ALLOWED_MAX 40

static inline struct sock_filter load(size_t offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset);
}

static inline struct sock_filter give(unsigned action)
{
    return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
}

static inline struct sock_filter skip_one_unless(unsigned value)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
}

/* Calls in the list get `listed`, others `others`; on another architecture nothing is filtered. */
static inline void filter(const int *calls, size_t count, unsigned listed, unsigned others)
{
    struct sock_filter program[5 + 2 * ALLOWED_MAX];
    unsigned short length = 0;
    HOST_CHECK(count <= ALLOWED_MAX);
    program[length++] = load(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        program[length++] = skip_one_unless((unsigned)calls[i]);
        program[length++] = give(listed);
    }
    program[length++] = give(others);
    struct sock_fprog whole = {length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
        host_skip("no seccomp filters here");
}

#endif
