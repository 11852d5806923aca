/*
 * Calls of libc with the stack off by eight, as a program in assembly makes them that forgets to
 * align it: malloc and its family, memset, mappings and both exits do well with it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host.h"

/* Calls the function with five arguments. */
long call_astray(uintptr_t function, long a, long b, long c, long d, long e);
__asm__(".text\n"
        "call_astray:\n"
        "    .cfi_startproc\n"
        "    push %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbp, -16\n"
        "    mov %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    and $-16, %rsp\n"
        "    sub $8, %rsp\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %rdi\n"
        "    mov %rdx, %rsi\n"
        "    mov %rcx, %rdx\n"
        "    mov %r8, %rcx\n"
        "    mov %r9, %r8\n"
        "    xor %r9d, %r9d\n"
        "    call *%rax\n"
        "    leave\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n");

#define ASTRAY(function, ...) call_astray((uintptr_t)(function), __VA_ARGS__)

static void *allocate(size_t count, size_t bytes)
{
    void *block = (void *)ASTRAY(calloc, (long)count, (long)bytes, 0, 0, 0);
    HOST_CHECK(block);
    return block;
}

static void release(void *block)
{
    ASTRAY(free, (long)block, 0, 0, 0, 0);
}

/* The tracker compares each array with the one before. */
static void grow_table(size_t most)
{
    uint64_t *slots = allocate(1024, 8);
    for (size_t capacity = 1024; capacity < most; capacity *= 2) {
        for (size_t i = 0; i < capacity / 2; i++)
            slots[(i * 0x9E3779B9u) & (capacity - 1)] = i + 1;
        uint64_t *larger = allocate(2 * capacity, 8);
        for (size_t i = 0; i < capacity; i++)
            if (slots[i] != 0)
                larger[((slots[i] - 1) * 0x9E3779B9u) & (2 * capacity - 1)] = slots[i];
        release(slots);
        slots = larger;
    }
    ASTRAY(memset, (long)slots, 0, (long)(most * sizeof *slots), 0, 0);
    HOST_CHECK(slots[0] == 0 && slots[most - 1] == 0);
    release(slots);
}

static void reallocate(void)
{
    void *block = (void *)ASTRAY(malloc, 70000, 0, 0, 0, 0);
    for (long bytes = 100000; bytes < 2000000; bytes *= 2) {
        block = (void *)ASTRAY(realloc, (long)block, bytes, 0, 0, 0);
        HOST_CHECK(block);
        memset(block, 1, (size_t)bytes);
    }
    release(block);
    HOST_CHECK(ASTRAY(posix_memalign, (long)&block, 64, 300000, 0, 0) == 0);
    release(block);
    release((void *)ASTRAY(aligned_alloc, 64, 300032, 0, 0, 0));
}

static void map(void)
{
    const long bytes = 1 << 20;
    void *memory =
        (void *)ASTRAY(mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    HOST_CHECK(memory != MAP_FAILED);
    memset(memory, 1, (size_t)bytes);
    memory = (void *)ASTRAY(mremap, (long)memory, bytes, 2 * bytes, MREMAP_MAYMOVE, 0);
    HOST_CHECK(memory != MAP_FAILED);
    HOST_CHECK(ASTRAY(munmap, (long)memory, 2 * bytes, 0, 0, 0) == 0);
}

static int work(void)
{
    grow_table(1 << 18);
    reallocate();
    map();
    HOST_CHECK(ASTRAY(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0) >= 0);
    host_describe();
    return 0;
}

static int leave(void)
{
    grow_table(1 << 18);
    ASTRAY(exit, 3, 0, 0, 0, 0);
    return 1;
}

static int leave_now(void)
{
    grow_table(1 << 18);
    ASTRAY(_exit, 4, 0, 0, 0, 0);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"work", work},
        {"exit", leave},
        {"exit-now", leave_now},
        {NULL, NULL},
    };
    return host_main(argc, argv, cases);
}
