/*
 * The pieces of work memory: see scratch.h. Taken with an atomic exchange.
 */
#include "scratch.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anonymous_memory.h"
#include "glibc.h"
#include "real.h"
#include "stack.h"
#include "system.h"

/* A look takes a millisecond or two: worth waiting for a piece, but not for one that a thread took
 * with it into a longjmp. */
#define MOST_YIELDS 2000

static struct scratch *_Atomic free_pieces[SCRATCH_PIECES];
static struct scratch *_Atomic all_pieces[SCRATCH_PIECES];
static _Atomic int mapped_pieces;

static struct scratch *take_free_piece(void)
{
    for (int i = 0; i < (int)SCRATCH_PIECES; i++) {
        struct scratch *piece = atomic_exchange(&free_pieces[i], NULL);
        if (piece)
            return piece;
    }
    return NULL;
}

static struct scratch *map_piece(void)
{
    int number = atomic_fetch_add(&mapped_pieces, 1);
    if (number >= (int)SCRATCH_PIECES) {
        atomic_fetch_sub(&mapped_pieces, 1);
        return NULL;
    }
    struct scratch *piece = system_map(sizeof(*piece));
    if (!piece) {
        atomic_fetch_sub(&mapped_pieces, 1);
        return NULL;
    }
    atomic_store(&all_pieces[number], piece);
    piece->view.reader = &piece->reader.reader;
    piece->view.scratch = piece->layout_scratch;
    piece->view.glibc_heap = real.is_glibc;
    piece->view.is_hurried = true;
    return piece;
}

/* Of the heap that grows by brk as much as was not there before the first allocation. Small blocks
 * are in it, and no file is, which another process could cut off. */
static uint64_t heap_start;

/* Another allocator may have its reasons to watch who reads its blocks (AddressSanitizer). And
 * where the kernel reads nothing for us, a snapshot can say nothing of a table that was found here.
 */
static _Atomic bool may_rely;
static _Atomic bool is_shared;

void scratch_start(void)
{
    struct memory_reader reader = process_reader(0);
    const uint64_t word = 0;
    uint64_t copy;
    may_rely = real.is_glibc && !is_shared &&
               reader.read(&reader, (uint64_t)(uintptr_t)&word, &copy, sizeof(copy));
    heap_start = (uint64_t)(uintptr_t)real.first_break;
}

void scratch_share_memory(void)
{
    is_shared = true; /* before may_rely is known */
    may_rely = false;
}

void scratch_rely_on(struct scratch *scratch, const struct array_record *array, bool is_own)
{
    if (may_rely && (is_own || __libc_single_threaded))
        cached_reader_rely_on(&scratch->reader, array->address, array->bytes);
}

void scratch_rely_on_stack(struct scratch *scratch, uint64_t start, uint64_t end)
{
    if (may_rely && __libc_single_threaded && end > start)
        cached_reader_rely_on(&scratch->reader, start, end - start);
}

/* The heap, and what the program mapped. */
static uint64_t lone_until(const struct steady_memory *steady, uint64_t address)
{
    uint64_t heap_end = ((const struct lone_memory *)(const void *)steady)->heap_end;
    if (address >= heap_start && address < heap_end)
        return heap_end;
    return anonymous_memory_until(address);
}

/* Where there is no other thread. */
static void rely_on_all(struct scratch *scratch)
{
    if (!may_rely || !__libc_single_threaded)
        return;
    scratch->lone.steady.until = lone_until;
    scratch->lone.heap_end = (uint64_t)(uintptr_t)sbrk(0); /* no system call: libc remembers it */
    scratch->reader.known = &scratch->lone.steady;
}

bool scratch_is_only_thread(struct memory_range *heap)
{
    struct stat status;
    *heap = (struct memory_range){.start = heap_start, .end = (uint64_t)(uintptr_t)sbrk(0)};
    /* The folder of the threads has three links: itself, its parent's entry and one thread. libc
     * does not know of threads that were started by a system call. */
    return may_rely && system_call(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &status, 0) == 0 &&
           status.st_nlink == 3;
}

const struct scratch *scratch_piece(unsigned nth)
{
    return nth < SCRATCH_PIECES ? atomic_load(&all_pieces[nth]) : NULL;
}

struct scratch *scratch_take(void)
{
    if (stack_is_for_signals()) {
        counter_add(&hashtrack_registry.counters, COUNTER_ON_SIGNAL_STACK);
        return NULL;
    }
    struct scratch *piece = take_free_piece();
    if (!piece)
        piece = map_piece();
    /* Where memory was refused and no piece is there, nobody will return one. */
    for (int yields = 0; !piece && yields < MOST_YIELDS && atomic_load(&mapped_pieces) > 0;
         yields++) {
        system_call(SYS_sched_yield, 0, 0, 0, 0);
        piece = take_free_piece();
    }
    if (piece) {
        cached_reader_start(&piece->reader, 0);
        rely_on_all(piece);
        piece->view.likely = NULL;
        piece->found_places.array = 0;
        for (unsigned i = 0; i < SCRATCH_RECOGNISED; i++)
            piece->recognised[i].sequence = 0;
    } else {
        counter_add(&hashtrack_registry.counters, COUNTER_SCRATCH_BUSY);
    }
    return piece;
}

void scratch_after_fork(void)
{
    int present = 0;
    for (int i = 0; i < (int)SCRATCH_PIECES; i++)
        present += atomic_load(&free_pieces[i]) != NULL;
    atomic_store(&mapped_pieces, present);
}

void scratch_return(struct scratch *scratch)
{
    cached_reader_stop(&scratch->reader);
    /* Whoever looks from outside takes them for the program's own: so many pointers to one array
     * leave no room for that of the table's object. */
    memset(&scratch->found_places, 0, sizeof(scratch->found_places));
    for (int i = 0; i < (int)SCRATCH_PIECES; i++) {
        struct scratch *nobody = NULL;
        if (atomic_compare_exchange_strong(&free_pieces[i], &nobody, scratch))
            return;
    }
}
