/*
 * Reading memory that may vanish, belong to somebody else or never have existed.
 *
 * Layout readers see memory only through this interface, so that one reader serves a table of our
 * own process, of another process, of a core file, and a buffer of random bytes in the fuzzer.
 * A reader allocates nothing and keeps no state between calls.
 */
#ifndef HASHTRACK_READER_H
#define HASHTRACK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory_reader {
    /* Copies `bytes` bytes from `address` into `into`: all of them and true, or false, in which
     * case the contents of `into` are undefined. Never faults, never changes errno. */
    bool (*read)(const struct memory_reader *reader, uint64_t address, void *into, size_t bytes);
    pid_t pid; /* for process_reader */
};

/* A reader of another process (pid) or of our own (pid 0) by process_vm_readv(2). Reading ourselves
 * that way costs a system call (0.5 µs, measured) and never faults, whatever another thread unmaps.
 */
struct memory_reader process_reader(pid_t pid);

#endif
