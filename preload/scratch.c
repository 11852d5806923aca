/*
 * The pieces of work memory: see scratch.h. Taken with an atomic exchange.
 */
#include "scratch.h"

#include <stdatomic.h>

#include "real.h"
#include "system.h"

#define PIECES 8
/* A look takes a millisecond or two: worth waiting for a piece, but not for one that a thread took
 * with it into a longjmp. */
#define MOST_YIELDS 2000

static struct scratch *_Atomic free_pieces[PIECES];
static _Atomic int mapped_pieces;

static struct scratch *take_free_piece(void)
{
    for (int i = 0; i < PIECES; i++) {
        struct scratch *piece = atomic_exchange(&free_pieces[i], NULL);
        if (piece)
            return piece;
    }
    return NULL;
}

static struct scratch *map_piece(void)
{
    int number = atomic_fetch_add(&mapped_pieces, 1);
    if (number >= PIECES) {
        atomic_fetch_sub(&mapped_pieces, 1);
        return NULL;
    }
    struct scratch *piece = system_map(sizeof(*piece));
    if (!piece) {
        atomic_fetch_sub(&mapped_pieces, 1);
        return NULL;
    }
    piece->view.reader = &piece->reader.reader;
    piece->view.scratch = piece->layout_scratch;
    piece->view.glibc_heap = real.is_glibc;
    piece->view.is_hurried = true;
    return piece;
}

struct scratch *scratch_take(void)
{
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
        piece->view.likely = NULL;
        for (unsigned i = 0; i < SCRATCH_RECOGNISED; i++)
            piece->recognised[i].sequence = 0;
    }
    return piece;
}

void scratch_after_fork(void)
{
    int present = 0;
    for (int i = 0; i < PIECES; i++)
        present += atomic_load(&free_pieces[i]) != NULL;
    atomic_store(&mapped_pieces, present);
}

void scratch_return(struct scratch *scratch)
{
    for (int i = 0; i < PIECES; i++) {
        struct scratch *nobody = NULL;
        if (atomic_compare_exchange_strong(&free_pieces[i], &nobody, scratch))
            return;
    }
}
