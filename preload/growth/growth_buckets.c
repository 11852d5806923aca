/*
 * Learning how many slots a bucket has: see growth_buckets.h. Runs inside the tracker, under no
 * lock. A table whose slots are understood is not looked at, nor one of which some looks taught
 * nothing.
 */
#include "growth_buckets.h"

#include "bucket_shape.h"
#include "growth_object.h"
#include "slot_profile.h"
#include "table_scale.h"
#include "tables.h"

#define EIGHTHS     8u   /* of a byte, in which table_scale.h has the size of a slot */
#define MOST_START  128u /* of a header in front of the buckets: two cache lines */
#define MOST_SHAPES 2u   /* sizes of a bucket that are tried: each costs a pass over the array */
#define SCALE_LEAST 2u   /* growths at which the object's words were right */

_Static_assert(sizeof(struct bucket_tally) <= LAYOUT_SCRATCH_BYTES, "the view's scratch holds it");

/* Whether each occupied slot is one entry, and the object says as much. */
static bool is_understood(const struct table_record *record, uint32_t sequence)
{
    const struct header_profile *header = &record->header;
    return header->array_sequence == sequence && header->growths > 0 && !header->is_rough &&
           header->capacity_form != HEADER_CAPACITY_UNKNOWN && header->times == header->parts;
}

static void add_live(struct bucket_growth *growth, uint64_t live)
{
    for (uint32_t i = 0; i < growth->live_number; i++)
        if (growth->lives[i] == live)
            return;
    if (growth->live_number < BUCKET_MOST_LIVES)
        growth->lives[growth->live_number++] = live;
}

/* A limit divides the bytes as well as the number of buckets does, but leaves a rest: only behind a
 * power of two of buckets there may be one. */
static bool is_bucket(const struct block *array, uint64_t bytes)
{
    return bytes >= BUCKET_LEAST_BYTES && bytes <= BUCKET_MOST_BYTES && bytes % 8 == 0 &&
           (array->bytes % bytes == 0 || is_power_of_two(array->bytes / bytes));
}

static void add_bytes(const struct block *array, uint64_t bytes, uint32_t found[MOST_SHAPES],
                      uint32_t *number)
{
    for (uint32_t i = 0; i < *number; i++)
        if (found[i] == bytes)
            return;
    if (is_bucket(array, bytes) && *number < MOST_SHAPES)
        found[(*number)++] = (uint32_t)bytes;
}

/* Where the buckets begin: at the object's pointer, unless that leads somewhere else. */
static uint64_t start_of(const struct memory_reader *reader, uint64_t place,
                         const struct bucket_growth *growth)
{
    uint64_t pointer = 0;
    if (place == 0 || !reader->read(reader, place, &pointer, sizeof(pointer)))
        return 0;
    const struct block *pointed = block_has(&growth->old, pointer) ? &growth->old : &growth->array;
    uint64_t start = pointer - pointed->address;
    return start <= MOST_START ? start : 0;
}

/* Whether the word was the same before the entries moved: that is no capacity, though at three
 * quarters of the slots it divides the bytes as well. */
static bool is_count(const struct scale_profile *scale, const struct scale_capacity *capacity)
{
    for (uint32_t i = 0; i < scale->count_number; i++)
        if (scale->counts[i].was_at_birth && scale->counts[i].offset == capacity->offset &&
            scale->counts[i].in_array == capacity->in_array)
            return true;
    return false;
}

/* The sizes that a bucket may have by what the object says, and its counts. */
static uint32_t gather(const struct table_record *record, uint32_t sequence,
                       struct bucket_growth *growth, uint64_t *place, uint32_t found[MOST_SHAPES])
{
    const struct scale_profile *scale = &record->scale;
    const struct header_profile *header = &record->header;
    uint32_t number = 0;
    if (scale->array_sequence == sequence && scale->growths >= SCALE_LEAST) {
        *place = scale->place;
        for (uint32_t i = 0; i < scale->capacity_number; i++)
            if (scale->capacities[i].slot % EIGHTHS == 0 && !is_count(scale, &scale->capacities[i]))
                add_bytes(&growth->array, scale->capacities[i].slot / EIGHTHS, found, &number);
        /* A limit scales as a count does, but changes with the array. */
        bool was_at_birth = table_scale_was_at_birth(scale);
        for (uint32_t i = 0; i < scale->count_number; i++)
            if (was_at_birth ? scale->counts[i].was_at_birth
                             : !table_scale_is_capacity(scale, &scale->counts[i]))
                add_live(growth, scale->counts[i].word);
    }
    uint64_t slots = slot_profile_capacity(&record->profile, growth->array.bytes);
    if (header->array_sequence == sequence && header->growths > 0 && header->parts > 0 &&
        header->capacity_form != HEADER_CAPACITY_UNKNOWN && slots >= header->parts) {
        *place = header->kind == HEADER_IN_ARRAY ? 0 : header->place;
        add_bytes(&growth->array, growth->array.bytes / (slots * header->times / header->parts),
                  found, &number);
        if (!header->is_rough)
            add_live(growth, header->live);
    }
    return number;
}

/* Buckets whose own flags tell which slots are in use need fresh memory, which is zero between
 * them: from malloc that is what lies in mappings of its own. */
#define LEAST_FRESH_BYTES (128u * 1024)
#define LEAST_FLAGGED     32u /* bytes of a bucket that has flags: four words, at least */

/* The sizes that leave a power of two of buckets, behind a header in the block if need be. Sets the
 * length of that. */
static uint32_t guess_bytes(const struct block *array, uint32_t found[MOST_SHAPES], uint64_t *start)
{
    uint32_t number = 0;
    *start = 0;
    for (uint64_t bytes = LEAST_FLAGGED; bytes <= BUCKET_MOST_BYTES && number < MOST_SHAPES;
         bytes += 8) {
        uint64_t rest = array->bytes % bytes;
        if (!is_power_of_two(array->bytes / bytes) || rest > MOST_START || rest % 8 != 0 ||
            (number > 0 && rest != *start))
            continue;
        *start = rest;
        add_bytes(array, bytes, found, &number);
    }
    return number;
}

void growth_buckets_learn(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct array_record *old, const struct array_record *array)
{
    struct table_record record;
    uint32_t sequence = (uint32_t)array->sequence, found[MOST_SHAPES];
    if (array->bytes < GROWTH_LEAST_STUDIED_BYTES || array->bytes > BUCKET_MOST_ARRAY_BYTES ||
        array->bytes <= old->bytes || !tables_get(registry, table, &record) || record.layout != 0 ||
        bucket_shape_is_settled(&record.buckets) || is_understood(&record, sequence))
        return;
    struct bucket_growth growth = {.old = {.address = old->address, .bytes = old->bytes},
                                   .array = {.address = array->address, .bytes = array->bytes}};
    struct bucket_work work = {.tally = (struct bucket_tally *)scratch->layout_scratch,
                               .piece = scratch->signature.piece};
    const struct memory_reader *reader = scratch->view.reader;
    uint64_t place = 0;
    uint32_t number = gather(&record, sequence, &growth, &place, found);
    struct bucket_shape shape = record.buckets;
    if (growth.live_number == 0 && array->bytes < LEAST_FRESH_BYTES)
        return;
    growth.start = start_of(reader, place, &growth);
    if (number == 0) {
        growth.live_number = 0;
        number = guess_bytes(&growth.array, found, &growth.start);
    }
    for (uint32_t i = 0; i < number; i++) {
        struct bucket_shape tried = record.buckets;
        growth.bucket_bytes = found[i];
        bucket_shape_learn(reader, &growth, &work, &tried);
        if (i == 0 || tried.growths > shape.growths)
            shape = tried;
    }
    tables_set_buckets(registry, table, &shape);
}
