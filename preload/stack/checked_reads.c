/*
 * Reading on stacks that may end anywhere: see checked_reads.h. No lock; runs while unwinding.
 *
 * A coroutine library puts some address at the bottom of its stacks, to which the first function is
 * to return never: libcoro abort's (coro.c, coro_create). What describes the code before it, where
 * an unwinder looks, is of another function, and leads past the stack's end. libunwind's fast way
 * reads there unasked (x86_64/Gtrace.c, tdep_trace). Its cursor asks before it reads, but keeps in
 * mind four pages that could be read once (x86_64/Ginit.c, validate_mem), and a page beyond a stack
 * that ended is soon another stack's guard.
 */
#include "checked_reads.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "dwarf_bases.h"
#include "reader.h"
#include "stack.h"
#include "thread.h"

typedef int (*access_function)(void *space, uint64_t address, uint64_t *value, int write,
                               void *argument);

/* unw_accessors_t of libunwind-common.h, as far as it matters. */
struct accessors {
    void *find_description, *put_description, *list_dynamic;
    access_function access_memory;
};

static access_function access_by_libunwind;

/* The program may unwind by the same library: to it this is what was there before. */
static int read_checked(void *space, uint64_t address, uint64_t *value, int write, void *argument)
{
    if (thread_state.checks_reads && !write &&
        !(process_can_read(address) && process_can_read(address + sizeof(*value) - 1)))
        return -1;
    return access_by_libunwind(space, address, value, write, argument);
}

void checked_reads_start(void *libunwind)
{
    void **space = dlsym(libunwind, "_ULx86_64_local_addr_space");
    struct accessors *(*accessors_of)(void *) =
        (struct accessors * (*)(void *)) dlsym(libunwind, "_Ux86_64_get_accessors");
    struct accessors *accessors = space && accessors_of ? accessors_of(*space) : NULL;
    if (!accessors || !stack_is_unwinder((void *)accessors->access_memory))
        return;
    access_by_libunwind = accessors->access_memory;
    accessors->access_memory = read_checked;
}

bool checked_reads_end_at(void *address)
{
    struct dwarf_eh_bases bases;
    return thread_state.checks_reads && _Unwind_Find_FDE(address, &bases) &&
           bases.function == address;
}
