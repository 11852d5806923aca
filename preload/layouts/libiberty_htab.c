/*
 * libiberty's htab, which gdb, binutils and gcc use: an array of pointers, found through the object
 * that counts what it must hold.
 */
#include "layout.h"
#include "object.h"
#include "prime_slots.h"

/* struct htab, include/hashtab.h */
struct htab {
    uint64_t hash, equal, destroy;
    struct prime_slots slots;
    uint64_t allocate, release;
    uint64_t argument, allocate_with_argument, release_with_argument;
    uint32_t prime_index;
};
#define HTAB_BYTES     108
#define ENTRIES_OFFSET 24

#define HTAB_EMPTY_ENTRY   0
#define HTAB_DELETED_ENTRY 1

struct search {
    const struct block *block;
    struct htab htab;
};

static bool is_function(uint64_t word)
{
    return layout_is_pointer(word, 1);
}

/* One pair of functions gives and takes back the memory: the plain one, or the one with an
 * argument. */
static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct htab *htab = &search->htab;
    return layout_read(view, address, htab, HTAB_BYTES) && is_function(htab->hash) &&
           is_function(htab->equal) && (htab->destroy == 0 || is_function(htab->destroy)) &&
           (is_function(htab->allocate) || is_function(htab->allocate_with_argument)) &&
           prime_slots_fit(&htab->slots, htab->prime_index, search->block) &&
           search->block->bytes == htab->slots.size * 8;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    const struct prime_slot_marks marks = {HTAB_EMPTY_ENTRY, HTAB_DELETED_ENTRY};
    struct search search = {.block = block};
    if (view->blocks == NULL || !prime_slots_divide(block))
        return false;
    uint64_t object;
    unsigned nth = 0;
    do {
        object =
            layout_next_object(view, block->address, ENTRIES_OFFSET, &nth, object_fits, &search);
        if (object == 0)
            return false;
    } while (!prime_slots_count(view, &search.htab.slots, block, marks));
    prime_slots_fill(&search.htab.slots, object, block, out);
    return true;
}

const struct layout layout_libiberty_htab = {
    .name = "libiberty htab",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    /* 0.375, in truth: but what is fuller than an eighth, htab_traverse() leaves as it is. */
    .load_after_growth = 0.25,
    .capacity_for = prime_slots_capacity_for,
    .values_are_boxed = true,
    .on_erase = "leaves a deleted mark; shrinks only when it must make room for more",
    .shrink_call = "htab_traverse(table, callback, NULL); /* a callback that returns 0 */",
    .source = "libiberty of gcc 12, include/hashtab.h and libiberty/hashtab.c: htab_expand, "
              "htab_traverse, prime_tab",
};
