/*
 * GCC's hash_table<>, under its hash_map and hash_set: slots of any size, found through the object
 * that counts what the array must hold. What marks a slot as empty or deleted is up to the type of
 * its key: an empty one begins with 0 where that is a pointer, else with what most slots begin
 * with.
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
#define SAMPLED_SLOTS  32u

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
           object->slots.searches > 0 && !object->in_garbage_collected_memory &&
           object->sanitize <= 1;
}

/* The word that the most of some slots begin with. Small numbers that are their own hash fill the
 * array from its beginning, so those at its end are looked at. */
static uint64_t commonest_word(const struct layout_view *view, const struct block *block,
                               uint64_t slot_bytes)
{
    uint64_t words[SAMPLED_SLOTS], commonest = 0;
    unsigned most = 0;
    for (unsigned i = 0; i < SAMPLED_SLOTS; i++)
        if (!layout_read_u64(view, block->address + block->bytes - (i + 1) * slot_bytes, &words[i]))
            return 0;
    for (unsigned i = 0; i < SAMPLED_SLOTS; i++) {
        unsigned count = 0;
        for (unsigned other = 0; other < SAMPLED_SLOTS; other++)
            count += words[i] == words[other];
        if (count > most) {
            most = count;
            commonest = words[i];
        }
    }
    return commonest;
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
    const struct prime_slot_marks pointers = {.empty = 0};
    const struct prime_slot_marks others = {
        .empty = commonest_word(view, block, block->bytes / slots->size)};
    if (!prime_slots_count(view, slots, block, pointers) &&
        !prime_slots_count(view, slots, block, others))
        return false;
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
    .on_clear = "empty() shrinks arrays of more than 1 MiB and those below an eighth",
    .shrink_call = "table.traverse<void *, callback> (NULL);",
    .source = "gcc 12, gcc/hash-table.h: hash_table::expand, traverse, empty_slow",
};
