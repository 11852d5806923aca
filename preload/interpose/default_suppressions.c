/*
 * Asking the program for its suppressions: see default_suppressions.h.
 *
 * The reference is weak, so that the dynamic linker leaves it 0 where nobody exports the function.
 * LeakSanitizer asks in its leak check, at the end; we ask before main, because at an end no code
 * of the program should run for us.
 */
#include "default_suppressions.h"

#include <errno.h>
#include <string.h>

#include "dump_format.h"
#include "page.h"
#include "reader.h"
#include "system.h"

const char *__lsan_default_suppressions(void) __attribute__((weak));

/* How many bytes of the text, without \0, came over; by the reader, for the pointer is only the
 * program's word. SIZE_MAX when it cannot be read. */
static size_t copy_text(char *copy, const char *text)
{
    struct memory_reader reader = process_reader(0);
    size_t copied = 0;
    while (copied < DEFAULT_SUPPRESSIONS_BYTES) {
        uint64_t from = (uint64_t)(uintptr_t)text + copied;
        size_t bytes = PAGE_BYTES - from % PAGE_BYTES;
        if (bytes > DEFAULT_SUPPRESSIONS_BYTES - copied)
            bytes = DEFAULT_SUPPRESSIONS_BYTES - copied;
        if (!reader.read(&reader, from, copy + copied, bytes))
            return SIZE_MAX;
        char *end = memchr(copy + copied, '\0', bytes);
        if (end)
            return (size_t)(end - copy);
        copied += bytes;
    }
    return copied;
}

/* Half a line would be a pattern of its own. */
static void cut(char *copy)
{
    size_t kept = DEFAULT_SUPPRESSIONS_BYTES - 1;
    while (kept > 0 && copy[kept - 1] != '\n')
        kept--;
    memset(copy + kept, 0, DEFAULT_SUPPRESSIONS_BYTES - kept);
}

void default_suppressions_ask(struct registry *registry)
{
    int saved_errno = errno;
    /* A program with AddressSanitizer or LeakSanitizer: nothing is tracked in it. */
    if (!__lsan_default_suppressions || registry->pid == 0 ||
        (registry->flags & DUMP_INFO_OWN_ALLOCATOR))
        return;
    const char *text = __lsan_default_suppressions();
    char *copy = system_map(DEFAULT_SUPPRESSIONS_BYTES);
    size_t length = copy ? (text ? copy_text(copy, text) : 0) : SIZE_MAX;
    if (length == SIZE_MAX) {
        system_unmap(copy, DEFAULT_SUPPRESSIONS_BYTES);
        counter_add(&registry->counters, COUNTER_SUPPRESSIONS_UNREADABLE);
    } else {
        registry->suppressions_cut = length == DEFAULT_SUPPRESSIONS_BYTES;
        if (registry->suppressions_cut)
            cut(copy);
        atomic_store_explicit(&registry->suppressions, copy, memory_order_release);
    }
    errno = saved_errno;
}
