/*
 * Counting the entries of buckets whose shape is known: see bucket_shape.h. No state, no lock, no
 * allocation.
 */
#include "bucket_shape.h"

#include <string.h>

uint32_t bucket_shape_slots(const struct bucket_shape *shape)
{
    if (shape->growths < BUCKET_GROWTHS_PROVE || shape->way_number == 0 ||
        shape->way_number > BUCKET_MOST_WAYS || shape->bucket_bytes == 0 ||
        shape->bucket_bytes > BUCKET_MOST_BYTES)
        return 0;
    for (uint32_t i = 1; i < shape->way_number; i++)
        if (shape->ways[i].slots != shape->ways[0].slots)
            return 0;
    return shape->ways[0].slots;
}

struct bucket_count {
    const struct bucket_way *way;
    uint32_t bucket_bytes;
    uint64_t live;
};

static bool is_filled(const unsigned char *word, const struct bucket_way *way)
{
    uint64_t value = 0;
    if (way->unit > sizeof(value))
        return false;
    memcpy(&value, word, way->unit);
    if (way->empty == BUCKET_EMPTY_ZERO)
        return value != 0;
    if (way->empty == BUCKET_EMPTY_HIGH)
        return value != 0x80;
    return value != UINT64_MAX >> (64 - 8 * way->unit);
}

uint64_t bucket_way_count(const struct bucket_way *way, uint32_t bucket_bytes,
                          const unsigned char *piece, size_t bytes)
{
    uint64_t live = 0;
    for (size_t at = way->first; at < bytes; at += bucket_bytes) {
        if (way->kind == BUCKET_WAY_COUNT)
            live += piece[at];
        else if (way->kind == BUCKET_WAY_MASK)
            live += bucket_bits_in(piece[at]);
        else
            for (uint32_t slot = 0; slot < way->slots; slot++)
                live += is_filled(piece + at + slot * way->stride, way);
    }
    return live;
}

static bool count_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct bucket_count *count = context;
    (void)offset;
    count->live += bucket_way_count(count->way, count->bucket_bytes, piece, bytes);
    return true;
}

/* A copy that another process was just writing may hold anything. */
static bool is_sound(const struct bucket_shape *shape, const struct bucket_way *way)
{
    if (way->kind != BUCKET_WAY_COLUMNS)
        return way->first < shape->bucket_bytes;
    return way->unit >= 1 && way->unit <= 8 && way->slots >= 1 &&
           way->first + (way->slots - 1u) * way->stride + way->unit <= shape->bucket_bytes;
}

/* How many slots of the buckets are in use by the shape's first way, which is the surest. */
static bool count_live(const struct layout_view *view, const struct bucket_shape *shape,
                       const struct block *array, uint64_t buckets, struct table_reading *reading)
{
    struct bucket_count count = {.way = &shape->ways[0], .bucket_bytes = shape->bucket_bytes};
    if (!is_sound(shape, count.way) ||
        !layout_scan(view, array->address + shape->start, buckets * shape->bucket_bytes,
                     shape->bucket_bytes, count_buckets, &count))
        return false;
    reading->live = count.live;
    reading->live_error = 0;
    if (count.way->kind == BUCKET_WAY_COLUMNS) /* what was erased may stand there yet */
        reading->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    return true;
}

bool bucket_shape_count(const struct layout_view *view, const struct bucket_shape *shape,
                        const struct block *array, uint64_t *live)
{
    struct table_reading reading = {0};
    if (bucket_shape_slots(shape) == 0 || array->bytes < shape->start ||
        !count_live(view, shape, array, (array->bytes - shape->start) / shape->bucket_bytes,
                    &reading))
        return false;
    *live = reading.live;
    return true;
}

/* Buckets of the array: as many as the object says, where it says so. An allocator that rounds up
 * makes the array longer than they are. */
static uint64_t buckets_of(const struct bucket_shape *shape, const struct block *array,
                           const struct table_reading *reading)
{
    uint64_t buckets = (array->bytes - shape->start) / shape->bucket_bytes;
    bool is_said = reading->capacity <= buckets && reading->capacity > buckets / 2;
    return is_said ? reading->capacity : buckets;
}

/* Slots of the array where they fill the buckets from end to end, as single ones do: the object
 * names no buckets then, but something that a number of them share. Where they were read one by one
 * as well, they go on up to the array's end: of 196,613 the last five had been left out, behind
 * 32,768 buckets of six, as the number of a prime had passed for a logarithm. */
static uint64_t slots_of(const struct bucket_shape *shape, const struct block *array,
                         const struct table_reading *reading, uint64_t buckets)
{
    const struct bucket_way *way = &shape->ways[0];
    uint64_t in_buckets = buckets * way->slots;
    bool are_single = way->kind == BUCKET_WAY_COLUMNS &&
                      (uint32_t)way->slots * way->stride == shape->bucket_bytes &&
                      reading->slot_bytes == way->stride;
    bool are_read = are_single && reading->capacity > in_buckets &&
                    reading->capacity <= (array->bytes - shape->start) / way->stride;
    return are_read ? reading->capacity : in_buckets;
}

bool bucket_shape_correct(const struct layout_view *view, const struct bucket_shape *shape,
                          const struct block *array, struct table_reading *reading)
{
    uint64_t slots = bucket_shape_slots(shape);
    if (slots == 0 || array->bytes < (uint64_t)shape->start + shape->bucket_bytes)
        return false;
    uint64_t buckets = buckets_of(shape, array, reading);
    struct table_reading correct = *reading;
    if (!(reading->flags & DUMP_TABLE_COUNTED) &&
        !count_live(view, shape, array, buckets, &correct))
        return false;
    correct.capacity = slots_of(shape, array, reading, buckets);
    correct.slot_bytes = shape->bucket_bytes / slots;
    correct.value_bytes = correct.tombstones = correct.entry_blocks = 0;
    correct.known &= ~(DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_TOMBSTONES);
    correct.known |= DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    correct.growth_load_ppm = (uint32_t)(shape->bucket_load * 1000ull / slots);
    if (correct.confidence_ppm < 900000)
        correct.confidence_ppm = 900000;
    *reading = correct;
    return true;
}
