/*
 * GCC's hash_table<>, under its hash_map and hash_set. What a slot holds, and what marks it as
 * empty or deleted, is up to the type of its key, so the object proves the table: it names the
 * block's size twice, as a prime and as that prime's place in a list.
 */
#include "layout.h"
#include "object.h"
#include "prime_slots.h"

/* class hash_table, gcc/hash-table.h */
struct object {
    struct prime_slots slots;
    uint32_t prime_index;
    uint8_t in_garbage_collected_memory; /* m_ggc: then the array is no block of malloc */
    uint8_t sanitize;
};
#define OBJECT_BYTES 46

#define SLOT_BYTES_MAX 4096

struct search {
    const struct block *block;
    struct object object;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct object *object = &search->object;
    return layout_read(view, address, object, OBJECT_BYTES) &&
           prime_slots_fit(&object->slots, object->prime_index, search->block) &&
           search->block->bytes / object->slots.size <= SLOT_BYTES_MAX &&
           !object->in_garbage_collected_memory && object->sanitize <= 1;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct search search = {.block = block};
    if (view->blocks == NULL || !prime_slots_divide(block))
        return false;
    uint64_t address = layout_object(view, block->address, 0, object_fits, &search);
    if (address == 0)
        return false;
    const struct prime_slots *slots = &search.object.slots;
    prime_slots_fill(slots, address, block, out);
    return true;
}

const struct layout layout_gcc_hash_table = {
    .name = "GCC hash_table",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.75,
    /* 0.375, in truth: but what is fuller than an eighth, traverse() leaves as it is. */
    .load_after_growth = 0.25,
    .capacity_for = prime_slots_capacity_for,
    .on_erase = "leaves a deleted mark; shrinks only when it must make room for more",
    .shrink_call = "table.traverse<void *, callback> (NULL);",
    .source = "gcc 12, gcc/hash-table.h: hash_table::expand, traverse, empty_slow",
};
