/*
 * process_reader: memory of this process or of another one through process_vm_readv(2), which fails
 * where a load would fault. May touch nothing but the caller's buffer.
 *
 * Plain loads are ten times cheaper, and safe where two things are known. That nobody takes the
 * memory away meanwhile: the block that this thread is about to free is this thread's alone, and
 * where there is no other thread nobody takes anything away but a signal handler, so signals are
 * held back from the first such load until the look is over. And that it can be read now, for even
 * that block may have a page that the program took the rights from (mprotect): the kernel is asked
 * once for each page (0.1 µs), by a call that reads from there and then refuses to do anything. A
 * handler for the fault would be one in the program's signal dispositions.
 */
#include "reader.h"

#include <string.h>
#include <sys/uio.h>

#include "page.h"
#include "refused_calls.h"
#include "system.h"

#define MOST_PIECES 32     /* in one system call */
#define BULK_BYTES  16384u /* from here on copied the other way round */

static pid_t target(const struct memory_reader *reader)
{
    if (reader->pid != 0)
        return reader->pid;
    /* By the thread: when the main thread has ended, the process's own number leads nowhere. Each
     * time, for a reader made before fork() must follow into the child. */
    return reader->thread != 0 ? reader->thread : (pid_t)system_call(SYS_gettid, 0, 0, 0, 0);
}

static bool transfer(pid_t pid, const struct iovec *local, const struct iovec *remote,
                     unsigned count, size_t bytes)
{
    long got = system_call6(SYS_process_vm_readv, pid, (long)local, 1, (long)remote, count, 0);
    return got >= 0 && (size_t)got == bytes;
}

/* "Writes" from the address into our own buffer. Of the local side the kernel copies as of any
 * buffer, and fails where that would fault; only the pages of the remote side, which are the same
 * few each time, are looked up one by one. 1.3 times as fast as reading, with a buffer on a huge
 * page twice. Filters of system calls allow both or none (docker, systemd). */
static bool copy_in_bulk(pid_t pid, struct iovec *from, struct iovec *into)
{
    long got = system_call6(SYS_process_vm_writev, pid, (long)from, 1, (long)into, 1, 0);
    return got >= 0 && (size_t)got == from->iov_len;
}

static bool read_process(const struct memory_reader *reader, uint64_t address, void *into,
                         size_t bytes)
{
    if (bytes == 0)
        return true;
    if (call_is_refused(REFUSED_MEMORY))
        return false;
    struct iovec local = {.iov_base = into, .iov_len = bytes};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = bytes};
    pid_t pid = target(reader);
    return (bytes >= BULK_BYTES && reader->pid == 0 && copy_in_bulk(pid, &remote, &local)) ||
           transfer(pid, &local, &remote, 1, bytes);
}

static bool read_process_pieces(const struct memory_reader *reader, const uint64_t *at,
                                unsigned count, void *into, size_t bytes)
{
    if (call_is_refused(REFUSED_MEMORY))
        return false;
    pid_t pid = target(reader);
    for (unsigned done = 0; done < count;) {
        struct iovec remote[MOST_PIECES];
        unsigned now = count - done < MOST_PIECES ? count - done : MOST_PIECES;
        for (unsigned i = 0; i < now; i++)
            remote[i] =
                (struct iovec){.iov_base = (void *)(uintptr_t)at[done + i], .iov_len = bytes};
        struct iovec local = {.iov_base = (unsigned char *)into + done * bytes,
                              .iov_len = now * bytes};
        if (!transfer(pid, &local, remote, now, now * bytes))
            return false;
        done += now;
    }
    return true;
}

struct memory_reader process_reader(pid_t pid)
{
    return (struct memory_reader){
        .read = read_process, .read_pieces = read_process_pieces, .pid = pid};
}

/* --- reading the same words again --- */

/* What cannot be read where it lies is read by a system call, which names the thread. Most looks
 * need none, and do not ask for it. */
static const struct memory_reader *copying_reader(struct cached_reader *cached)
{
    if (cached->reader.thread == 0)
        cached->reader.thread = target(&cached->reader);
    return &cached->reader;
}

/* All of it lies in one page, so all of it can be read or none. The same numbers look like pointers
 * again and again: where nothing is, is remembered apart, so that it takes no place of what is
 * there. With one place for each line two took turns in it: a module's first page and the program's
 * types were read by 28 system calls in a hundred of CPython. */
static const unsigned char *line_at(struct cached_reader *cached, uint64_t address)
{
    uint64_t line = address & ~(uint64_t)(CACHED_LINE_BYTES - 1);
    uint64_t hash = line / CACHED_LINE_BYTES * 0x9E3779B97F4A7C15ull;
    uint64_t *absent = &cached->absent[hash >> 32 & (CACHED_ABSENT - 1)];
    unsigned set = (unsigned)(hash >> 40) % CACHED_SETS, first = set * CACHED_WAYS;
    for (unsigned i = first; i < first + CACHED_WAYS; i++)
        if (cached->lines[i] == line && line != 0)
            return cached->bytes[i];
    if (*absent == line + 1)
        return NULL;
    unsigned place = first + cached->line_next[set] % CACHED_WAYS;
    cached->lines[place] = 0;
    if (!read_process(copying_reader(cached), line, cached->bytes[place], CACHED_LINE_BYTES)) {
        *absent = line + 1;
        return NULL;
    }
    cached->lines[place] = line;
    cached->line_next[set]++;
    return cached->bytes[place];
}

/* --- memory that stays --- */

#define NO_SUCH_HOW (-1)

enum readable { READABLE, UNREADABLE, NOT_TOLD };

/* rt_sigprocmask copies the set before it looks at what to do with it (kernel/signal.c). */
static enum readable ask_kernel(uint64_t word)
{
    long result = system_call(SYS_rt_sigprocmask, NO_SUCH_HOW, word, NULL, sizeof(uint64_t));
    return result == -EINVAL ? READABLE : result == -EFAULT ? UNREADABLE : NOT_TOLD;
}

bool process_can_read(uint64_t address)
{
    enum readable readable = ask_kernel(address & ~(uint64_t)(sizeof(uint64_t) - 1));
    if (readable != NOT_TOLD)
        return readable == READABLE;
    struct memory_reader reader = process_reader(0);
    char byte;
    return read_process(&reader, address, &byte, 1);
}

/* Of many pages of one mapping only the first need be asked for, if all of them are there: what is
 * not there may be a guard (MADV_GUARD_INSTALL). */
#define MANY_PAGES 4u
#define MOST_PAGES 32u

static bool are_all_present(const struct cached_reader *cached, uint64_t address, size_t bytes)
{
    unsigned char pages[MOST_PAGES];
    uint64_t first = address & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t count = (address + bytes - first + PAGE_BYTES - 1) / PAGE_BYTES;
    if (count < MANY_PAGES || count > MOST_PAGES || call_is_refused(REFUSED_PRESENCE) ||
        !cached->known || !cached->known->mapped_until ||
        cached->known->mapped_until(cached->known, first) < address + bytes ||
        system_call(SYS_mincore, first, count * PAGE_BYTES, pages, 0) != 0)
        return false;
    unsigned char all = 1;
    for (uint64_t i = 0; i < count; i++)
        all &= pages[i];
    return all & 1;
}

static enum readable are_readable(struct cached_reader *cached, uint64_t address, size_t bytes)
{
    uint64_t last = (address + bytes - 1) / PAGE_BYTES;
    if (bytes >= (size_t)MANY_PAGES * PAGE_BYTES && are_all_present(cached, address, bytes))
        last = address / PAGE_BYTES;
    for (uint64_t page = address / PAGE_BYTES; page <= last; page++) {
        uint64_t *known = &cached->pages[page % READER_PAGES];
        if (*known == page + 1)
            continue;
        enum readable readable = ask_kernel(page * PAGE_BYTES);
        if (readable != READABLE)
            return readable;
        *known = page + 1;
    }
    return READABLE;
}

static bool is_within(const struct memory_range *range, uint64_t address, size_t bytes)
{
    return address >= range->start && address < range->end && bytes <= range->end - address;
}

static bool is_steady(struct cached_reader *cached, uint64_t address, size_t bytes)
{
    if (is_within(&cached->near, address, bytes))
        return true;
    for (unsigned i = 0; i < READER_STEADY; i++)
        if (is_within(&cached->steady[i], address, bytes)) {
            cached->near = cached->steady[i];
            return true;
        }
    uint64_t until = cached->known ? cached->known->until(cached->known, address) : 0;
    if (until <= address || bytes > until - address)
        return false;
    cached->near = (struct memory_range){.start = address, .end = until};
    return true;
}

/* Whether it is near to what was read before, on a page that was: signals are held since then. */
static inline bool was_asked_for(const struct cached_reader *cached, uint64_t address, size_t bytes)
{
    uint64_t page = address / PAGE_BYTES;
    return is_within(&cached->near, address, bytes) && (address + bytes - 1) / PAGE_BYTES == page &&
           cached->pages[page % READER_PAGES] == page + 1;
}

void cached_reader_rely_on(struct cached_reader *cached, uint64_t address, uint64_t bytes)
{
    if (bytes == 0 || address + bytes < address || is_steady(cached, address, bytes))
        return;
    cached->steady[cached->steady_next++ % READER_STEADY] =
        (struct memory_range){.start = address, .end = address + bytes};
}

/* False when it has to be read in another way. */
static bool try_steady(struct cached_reader *cached, uint64_t address, void *into, size_t bytes,
                       bool *is_read)
{
    if (bytes == 0)
        return false;
    *is_read = was_asked_for(cached, address, bytes);
    if (*is_read) {
        memcpy(into, (const void *)(uintptr_t)address, bytes);
        return true;
    }
    if (!is_steady(cached, address, bytes) || !signals_hold(&cached->signals))
        return false;
    enum readable readable = are_readable(cached, address, bytes);
    if (readable == NOT_TOLD)
        return false;
    *is_read = readable == READABLE;
    if (*is_read)
        memcpy(into, (const void *)(uintptr_t)address, bytes);
    return true;
}

static const unsigned char *borrow_steady(const struct memory_reader *reader, uint64_t address,
                                          size_t bytes)
{
    struct cached_reader *cached = (struct cached_reader *)(uintptr_t)reader;
    if (bytes == 0 || (!was_asked_for(cached, address, bytes) &&
                       (!is_steady(cached, address, bytes) || !signals_hold(&cached->signals) ||
                        are_readable(cached, address, bytes) != READABLE)))
        return NULL;
    return (const unsigned char *)(uintptr_t)address;
}

static bool read_cached_pieces(const struct memory_reader *reader, const uint64_t *at,
                               unsigned count, void *into, size_t bytes)
{
    struct cached_reader *cached = (struct cached_reader *)(uintptr_t)reader;
    for (unsigned i = 0; i < count; i++) {
        bool is_read;
        if (!try_steady(cached, at[i], (unsigned char *)into + i * bytes, bytes, &is_read))
            return read_process_pieces(copying_reader(cached), at + i, count - i,
                                       (unsigned char *)into + i * bytes, bytes);
        if (!is_read)
            return false;
    }
    return true;
}

static bool read_cached(const struct memory_reader *reader, uint64_t address, void *into,
                        size_t bytes)
{
    struct cached_reader *cached = (struct cached_reader *)(uintptr_t)reader;
    bool is_read;
    if (try_steady(cached, address, into, bytes, &is_read))
        return is_read;
    if (bytes > CACHED_LINE_BYTES || address + bytes < address)
        return read_process(copying_reader(cached), address, into, bytes);
    unsigned char *next = into;
    while (bytes > 0) {
        size_t offset = address % CACHED_LINE_BYTES;
        size_t part = bytes < CACHED_LINE_BYTES - offset ? bytes : CACHED_LINE_BYTES - offset;
        const unsigned char *line = line_at(cached, address);
        if (!line)
            return false;
        memcpy(next, line + offset, part);
        next += part;
        address += part;
        bytes -= part;
    }
    return true;
}

void cached_reader_go_on(struct cached_reader *cached)
{
    cached->known = NULL;
    memset(cached->steady, 0, sizeof(cached->steady));
    memset(cached->pages, 0, sizeof(cached->pages));
    cached->steady_next = 0;
    cached->near = (struct memory_range){0};
}

void cached_reader_start(struct cached_reader *cached, pid_t pid)
{
    cached->reader = (struct memory_reader){.read = read_cached,
                                            .read_pieces = read_cached_pieces,
                                            .borrow = borrow_steady,
                                            .pid = pid};
    memset(cached->lines, 0, sizeof(cached->lines));
    memset(cached->absent, 0, sizeof(cached->absent));
    cached_reader_go_on(cached);
}

void cached_reader_stop(struct cached_reader *cached)
{
    cached->near = (struct memory_range){0};
    signals_release(&cached->signals);
}
