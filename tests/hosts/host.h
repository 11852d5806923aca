/*
 * What the hosts share: something for the tracker to track, and a description of the process for
 * check_host.py to compare. A host is a program that does one thing that has broken a preloaded
 * allocator before; it checks itself, prints what it sees, and must not notice the tracker.
 */
#ifndef HASHTRACK_TESTS_HOST_H
#define HASHTRACK_TESTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Exit status with which a host says that this machine cannot run it. */
#define HOST_SKIP 77

/* A plain open-addressing table that grows by calloc and free: each growth makes the tracker look
 * at memory, the moment at which it is most likely to hurt. */
struct host_table {
    uint64_t *slots;
    size_t capacity;
    size_t live;
};

void host_table_fill(struct host_table *table, size_t entries);
void host_table_free(struct host_table *table);

/* Grows a table to `entries`, checks that each is found again, frees it. */
void host_work(size_t entries);

/* Writes a line to descriptor 1, unbuffered, so that forks and crashes lose and repeat nothing. */
__attribute__((format(printf, 1, 2))) void host_say(const char *format, ...);

/* Prints everything a tracker could have left in the process: open descriptors, signal dispositions
 * and mask, threads, umask, pending dlerror, names in the environment. */
void host_describe(void);

/* A failed check says where and ends the host with status 1. */
__attribute__((noreturn)) void host_fail(const char *file, int line, const char *what);
#define HOST_CHECK(condition) ((condition) ? (void)0 : host_fail(__FILE__, __LINE__, #condition))

/* Says why and exits with HOST_SKIP. */
__attribute__((noreturn)) void host_skip(const char *why);

struct host_case {
    const char *name;
    int (*run)(void);
};

/* Runs the case that argv[1] names; cases end with {NULL, NULL}. */
int host_main(int argc, char **argv, const struct host_case *cases);

#ifdef __cplusplus
}
#endif

#endif
