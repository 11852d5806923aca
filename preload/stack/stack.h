/*
 * Call stacks of the running thread.
 */
#ifndef HASHTRACK_STACK_H
#define HASHTRACK_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "known_stacks.h"

#define STACK_MAX_FRAMES 64u

/* Loads and primes the unwinder; before this every stack is empty. Called once, while no lock is
 * held and tracking has not begun. */
void stack_start(void);

struct stack_reading {
    struct stack_place place;
    struct stack_site site; /* index 0: not known */
};

/* Return addresses of the callers outside this library, innermost first. Returns how many (0: could
 * not unwind). Must not be called under a lock: unwinding takes the loader's (trap 29). */
uint32_t stack_read(void **frames, uint32_t depth, struct stack_reading *reading);

/* What stack_read found is this site, whose innermost frame is `top`: the next time the reading of
 * the same stack says so, and there are no frames. */
void stack_is_site(struct stack_reading *reading, uint32_t site, uint32_t top);

/* A function that is being executed. */
struct stack_frame {
    uint64_t address;       /* where it goes on: the return address of what it called */
    uint64_t stack_pointer; /* then; its own CFA is the stack pointer of the next frame out */
    bool is_ours;           /* of this library */
};

/* All frames of the running thread, this library's included, innermost first. Returns how many: at
 * least one if most > 0. Must not be called under a lock. */
uint32_t stack_frames(struct stack_frame *frames, uint32_t most);

/* The stack pointer of the program's main, once stack_note_main was called further in; 0: not
 * known. When main has returned, its variables are from there on yet, as long as nobody writes over
 * them, and below lies what functions left that had returned before. */
extern uint64_t stack_of_main __attribute__((visibility("hidden")));

/* Finds it, unless it is known: unwinds, a few times at most, in the first thread, on the stack
 * with which that began. Must not be called under a lock. */
void stack_note_main(void);

/* In the child of a fork from a program with several threads: another thread may have been inside
 * libunwind, whose locks would never be released. libgcc's unwinder takes none (_dl_find_object).
 */
void stack_after_fork(void);

/* libunwind is not called any more. */
void stack_drop_libunwind(void);

/* Whether this is the alternate stack of a signal handler, which may be of a few KiB, or another
 * one that is not known to have room (thread.h, STACK_TOO_SMALL). */
bool stack_is_for_signals(void);

/* Whether the address is in this library's code. */
bool stack_is_ours(const void *address);

/* Whether the address is in the unwinder that we loaded. */
bool stack_is_unwinder(const void *address);

/* Whether the address is in the program loader, ld.so. */
bool stack_is_loader(const void *address);

/* "libunwind" or "libgcc". */
const char *stack_unwinder(void);

#endif
