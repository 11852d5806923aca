/*
 * tommyds' tommy_hashdyn, which doubles and halves, and tommy_hashtable, which keeps the size it
 * was made with. Every node keeps its hash, which names its bucket. (tommy_hashlin stores the
 * address that its segments would have if they were one array, so that nothing points at them.)
 */
#include "chained.h"
#include "words.h"

/* struct tommy_hashdyn and tommy_hashtable: numbers have 32 bits in tommyds 2, 64 in tommyds 3, and
 * the exponent that tells a hashdyn stands before them in one, behind them in the other. */
struct object_form {
    unsigned number_bytes;
    unsigned exponent, buckets, mask, count; /* offsets */
};
#define OBJECT_BYTES 40
#define NO_EXPONENT  0 /* the array's address stands at 0 */

static const struct object_form dynamic_forms[] = {{8, 32, 8, 16, 24}, {4, 8, 12, 16, 20}};
static const struct object_form fixed_forms[] = {{8, NO_EXPONENT, 8, 16, 24},
                                                 {4, NO_EXPONENT, 8, 12, 16}};

/* tommy_node, tommytypes.h; the hash has 32 or 64 bits */
#define NODE_NEXT     0
#define NODE_PREVIOUS 8 /* of the first one: the last of its list */
#define NODE_HASH     24
#define NODE_BYTES    32

#define BUCKETS_MIN 16u /* of both kinds */

static uint64_t number_at(const unsigned char *object, const struct object_form *form,
                          unsigned offset)
{
    return form->number_bytes == 8 ? word_u64(object, offset) : word_u32(object, offset);
}

static bool form_fits(const unsigned char *object, const struct object_form *form,
                      const struct block *array, struct chained_table *table)
{
    uint64_t buckets = array->bytes / 8;
    table->capacity = buckets;
    table->live = number_at(object, form, form->count);
    return number_at(object, form, form->buckets) == buckets &&
           number_at(object, form, form->mask) == buckets - 1 &&
           (form->exponent == NO_EXPONENT ||
            word_u32(object, form->exponent) == (uint32_t)__builtin_ctzll(buckets));
}

static bool read_forms(const struct layout_view *view, uint64_t address,
                       const struct object_form forms[2], const struct block *array,
                       struct chained_table *table)
{
    unsigned char object[OBJECT_BYTES];
    if (!layout_read(view, address, object, sizeof(object)))
        return false;
    return form_fits(object, &forms[0], array, table) || form_fits(object, &forms[1], array, table);
}

/* hashdyn_shrink_step(), hashdyn_grow_step(): it is never emptier than an eighth nor fuller than
 * half, so never empty at this size. */
static bool read_dynamic(const struct layout_view *view, uint64_t address,
                         const struct block *array, struct chained_table *table)
{
    return read_forms(view, address, dynamic_forms, array, table) &&
           table->live >= table->capacity / 8 && table->live <= table->capacity / 2;
}

/* Three numbers, two of which depend on the third, prove little: its nodes must. */
static bool read_fixed(const struct layout_view *view, uint64_t address, const struct block *array,
                       struct chained_table *table)
{
    return read_forms(view, address, fixed_forms, array, table) && table->live > 0;
}

static bool node_fits(const struct chained_table *table, const unsigned char *node, uint64_t bucket)
{
    return (word_u32(node, NODE_HASH) & (uint32_t)(table->capacity - 1)) == bucket &&
           layout_is_pointer(word_u64(node, NODE_PREVIOUS), 8);
}

static const struct chained_layout dynamic_chained = {
    .entry_bytes = NODE_BYTES,
    .next_offset = NODE_NEXT,
    .read_object = read_dynamic,
    .entry_fits = node_fits,
};
static const struct chained_layout fixed_chained = {
    .entry_bytes = NODE_BYTES,
    .next_offset = NODE_NEXT,
    .read_object = read_fixed,
    .entry_fits = node_fits,
};

static bool recognise_dynamic(struct layout_view *view, const struct block *block,
                              struct table_reading *out)
{
    return is_power_of_two(block->bytes) && block->bytes < 8ULL << 32 &&
           chained_recognise(view, block, 0, &dynamic_chained, out);
}

static bool recognise_fixed(struct layout_view *view, const struct block *block,
                            struct table_reading *out)
{
    return is_power_of_two(block->bytes) && block->bytes < 8ULL << 32 &&
           chained_recognise(view, block, 0, &fixed_chained, out);
}

/* hashdyn_grow_step() after every insertion. */
static uint64_t dynamic_capacity_for(uint64_t live)
{
    uint64_t capacity = BUCKETS_MIN;
    while (live >= capacity / 2 && capacity < 1ULL << 62)
        capacity *= 2;
    return capacity;
}

/* tommy_hashtable_init(&t, tommy_hashtable_count(&t)) */
static uint64_t fixed_capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live);
    return capacity < BUCKETS_MIN ? BUCKETS_MIN : capacity;
}

const struct layout layout_tommy_hashdyn = {
    .name = "tommy_hashdyn",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_dynamic,
    .load_limit = 0.5,
    .load_after_growth = 0.25,
    .capacity_for = dynamic_capacity_for,
    .shrinks_by_itself = true,
    .values_are_boxed = true,
    .on_erase = "halves the array at an eighth",
    .source = "tommyds 2.2 and 3.0, tommyds/tommyhashdyn.h and .c: tommy_hashdyn_resize",
};

const struct layout layout_tommy_hashtable = {
    .name = "tommy_hashtable",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_fixed,
    /* It never grows: its manual asks for twice as many buckets as objects. */
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = fixed_capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "tommy_hashtable_init() one for tommy_hashtable_count() objects, insert them there "
                "and tommy_hashtable_done() this one",
    .source = "tommyds 2.2 and 3.0, tommyds/tommyhashtbl.h and .c: tommy_hashtable_init",
};
