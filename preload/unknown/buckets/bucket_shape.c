/*
 * Columns of buckets that hold their entries: see bucket_shape.h. No state, no lock, no allocation.
 * The array that the table is leaving is the better one to look at: it is full to its limit.
 */
#include "bucket_shape.h"

#include <string.h>

#define LEAST_LIVE      256u /* a smaller number is some column's by chance */
#define LEAST_IN_COLUMN 32u  /* slots in use, for a column to be one of the bucket's */
#define LEAST_SLOT      4u   /* bytes of a bucket for each of its slots */
#define MOST_SLOTS      64u  /* of a bucket */
#define LEAST_LOAD_PART 5u   /* a table that grew was that part full at least */
#define LEAST_EMPTY     64u  /* one bucket in so many has room in a column at least */
/* The entry that made it grow may be counted already, one may have a key of zero. */
#define MOST_APART 2u

/* Columns that differ by a smaller part are filled together: the lower half of a pointer may be
 * zero, once in 4,096. */
#define SAME_COLUMN_PART 1024u

static const uint8_t units[] = {1, 2, 4, 8};
#define UNITS 4u

/* --- which columns --- */

struct look {
    const struct memory_reader *reader;
    struct bucket_array *array;
    const struct bucket_tally *tally;
    unsigned char *piece;
    uint32_t bucket_bytes;
    struct bucket_shape *out;
};

static uint32_t in_column(const struct look *look, enum bucket_empty empty, uint32_t unit,
                          uint32_t at)
{
    const struct bucket_tally *tally = look->tally;
    uint32_t nth = log2_of(unit);
    if (empty == BUCKET_EMPTY_ZERO)
        return tally->filled[nth][at];
    return (uint32_t)look->array->buckets -
           (empty == BUCKET_EMPTY_ONES ? tally->ones[nth][at] : tally->high[at]);
}

static bool is_live(const struct look *look, uint64_t number)
{
    return distance_between(number, look->array->live) <= MOST_APART;
}

/* Whether a table whose buckets have so many slots can have grown as it did: not more than full,
 * nor nearly empty. */
static bool can_have_grown(const struct look *look, uint32_t slots)
{
    uint64_t room = look->array->old * slots;
    return look->array->live <= room + MOST_APART && look->array->live * LEAST_LOAD_PART >= room &&
           slots * LEAST_SLOT <= look->bucket_bytes;
}

static void add_way(struct look *look, const struct bucket_way *way)
{
    struct bucket_shape *out = look->out;
    if (way->slots > MOST_SLOTS || !can_have_grown(look, way->slots))
        return;
    /* Values stand beside keys, halves in words: one way for each number of slots will do, and
     * another one, should the first be right by chance. */
    uint32_t same = 0;
    for (uint32_t i = 0; i < out->way_number; i++)
        same += out->ways[i].slots == way->slots;
    if (same < 2 && out->way_number < BUCKET_MOST_WAYS)
        out->ways[out->way_number++] = *way;
}

/* The number of columns from `way->first` on, `way->stride` apart, in which as many words stand as
 * there are entries. Columns in which nothing is empty have what each bucket has: a lock, a
 * pointer. Columns that have all the same number are the fields of one slot, a key and its value,
 * and the number is twice the entries: the limit of a table that has just doubled.
 */
static uint32_t columns_of(const struct look *look, const struct bucket_way *way)
{
    uint64_t number = 0, buckets = look->array->buckets;
    uint32_t slots = 0, first_filled = 0;
    bool has_room = false, are_same = true;
    for (uint32_t at = way->first; at + way->unit <= look->bucket_bytes; at += way->stride) {
        uint32_t filled = in_column(look, (enum bucket_empty)way->empty, way->unit, at);
        if (filled == 0 || (filled == buckets && way->empty != BUCKET_EMPTY_ZERO))
            return 0;
        first_filled = slots == 0 ? filled : first_filled;
        are_same = are_same && distance_between(filled, first_filled) <=
                                   MOST_APART + first_filled / SAME_COLUMN_PART;
        has_room = has_room || (uint64_t)filled * LEAST_EMPTY <= buckets * (LEAST_EMPTY - 1);
        number += filled;
        slots++;
        if (number > look->array->live + MOST_APART)
            return 0;
        if (is_live(look, number))
            return has_room && !are_same ? slots : 0;
    }
    return 0;
}

static void try_columns(struct look *look, uint32_t unit, enum bucket_empty empty)
{
    uint32_t most = look->bucket_bytes / 2;
    for (uint32_t stride = unit; stride <= most; stride += unit) {
        if (unit < LEAST_SLOT && stride != unit)
            break; /* marks lie together, of whatever is longer there is a longer word */
        for (uint32_t first = 0; first + stride < look->bucket_bytes; first += unit) {
            struct bucket_way way = {.kind = BUCKET_WAY_COLUMNS,
                                     .unit = (uint8_t)unit,
                                     .empty = (uint8_t)empty,
                                     .first = (uint8_t)first,
                                     .stride = (uint8_t)stride};
            way.slots = (uint8_t)columns_of(look, &way);
            if (way.slots >= 2)
                add_way(look, &way);
        }
    }
}

/* Whether the first columns of some stride hold something in each bucket that counts as many: a
 * bucket that has but the length of what it points at has no such columns. */
static bool holds_what_it_counts(const struct look *look, uint32_t at, enum bucket_kind kind,
                                 uint32_t slots)
{
    uint64_t more[MOST_SLOTS] = {0}; /* buckets that count more than so many */
    const struct bucket_array *array = look->array;
    size_t room = LAYOUT_SCRATCH_BYTES / look->bucket_bytes;
    for (uint64_t done = 0; done < array->buckets; done += room) {
        uint64_t left = array->buckets - done;
        size_t number = left < room ? (size_t)left : room;
        if (!look->reader->read(look->reader, array->first + done * look->bucket_bytes, look->piece,
                                number * look->bucket_bytes))
            return false;
        for (size_t i = 0; i < number; i++) {
            unsigned char byte = look->piece[i * look->bucket_bytes + at];
            for (uint32_t slot = 0; slot < slots; slot++)
                more[slot] += kind == BUCKET_WAY_MASK ? byte >> slot & 1 : byte > slot;
        }
    }
    for (uint32_t unit = 4; unit <= 8; unit *= 2)
        for (uint32_t stride = unit; stride * slots <= look->bucket_bytes; stride += 4)
            for (uint32_t first = 0; first + (slots - 1) * stride + unit <= look->bucket_bytes;
                 first += unit) {
                uint32_t slot = 0;
                while (slot < slots && first + slot * stride % unit == 0 &&
                       (uint64_t)look->tally->filled[log2_of(unit)][first + slot * stride] + 1 >=
                           more[slot])
                    slot++;
                if (slot == slots)
                    return true;
            }
    return false;
}

/* A byte that counts the bucket's entries, or has a bit for each. */
static void try_count(struct look *look, uint32_t at, enum bucket_kind kind)
{
    const struct bucket_tally *tally = look->tally;
    struct bucket_way way = {.kind = (uint8_t)kind, .first = (uint8_t)at, .slots = tally->most[at]};
    if (!is_live(look, kind == BUCKET_WAY_COUNT ? tally->sum[at] : tally->bits[at]))
        return;
    if (kind == BUCKET_WAY_MASK)
        way.slots = (uint8_t)(32 - __builtin_clz(tally->any[at]));
    if (way.slots >= 2 && way.slots <= MOST_SLOTS &&
        holds_what_it_counts(look, at, kind, way.slots))
        add_way(look, &way);
}

/* --- all together --- */

/* Whether there is one entry for each bucket at most: a column tells. */
static bool is_single(const struct look *look)
{
    for (uint32_t nth = 0; nth < UNITS; nth++)
        for (uint32_t at = 0; at < look->bucket_bytes; at += units[nth])
            for (int empty = BUCKET_EMPTY_ZERO; empty <= BUCKET_EMPTY_HIGH; empty++) {
                uint32_t filled = in_column(look, (enum bucket_empty)empty, units[nth], at);
                if ((empty != BUCKET_EMPTY_HIGH || nth == 0) && filled < look->array->buckets &&
                    is_live(look, filled))
                    return true;
            }
    return false;
}

/* Slots that fill the bucket from one end to the other: it is no bucket, but a number of single
 * slots that some word of the object names. Any other way to count would be right by chance. */
static bool try_whole(struct look *look)
{
    for (uint32_t stride = 8; stride * 2 <= look->bucket_bytes; stride += 4)
        for (uint32_t first = 0; look->bucket_bytes % stride == 0 && first < stride; first += 4)
            for (uint32_t unit = first % 8 == 0 && stride % 8 == 0 ? 8 : 4; unit >= 4; unit /= 2)
                for (int empty = BUCKET_EMPTY_ZERO; empty <= BUCKET_EMPTY_ONES; empty++) {
                    struct bucket_way way = {.kind = BUCKET_WAY_COLUMNS,
                                             .unit = (uint8_t)unit,
                                             .empty = (uint8_t)empty,
                                             .first = (uint8_t)first,
                                             .stride = (uint8_t)stride};
                    way.slots = (uint8_t)columns_of(look, &way);
                    if (way.slots * stride != look->bucket_bytes)
                        continue;
                    add_way(look, &way);
                    return look->out->way_number > 0;
                }
    return false;
}

static void try_all(struct look *look)
{
    if (try_whole(look))
        return;
    for (uint32_t at = 0; at < look->bucket_bytes; at++) {
        try_count(look, at, BUCKET_WAY_COUNT);
        try_count(look, at, BUCKET_WAY_MASK);
    }
    for (uint32_t nth = UNITS; nth-- > 0;) {
        try_columns(look, units[nth], BUCKET_EMPTY_ZERO);
        try_columns(look, units[nth], BUCKET_EMPTY_ONES);
    }
    try_columns(look, 1, BUCKET_EMPTY_HIGH);
}

static bool is_right_again(const struct bucket_shape *now, const struct bucket_way *way)
{
    for (uint32_t i = 0; i < now->way_number; i++)
        if (memcmp(&now->ways[i], way, sizeof(*way)) == 0)
            return true;
    return false;
}

/* Keeps the ways that both growths have shown; none: those of the second one. */
static void confirm(struct bucket_shape *shape, const struct bucket_shape *now)
{
    struct bucket_shape both = *now;
    both.way_number = 0;
    for (uint32_t i = 0; i < shape->way_number && shape->bucket_bytes == now->bucket_bytes; i++)
        if (is_right_again(now, &shape->ways[i]))
            both.ways[both.way_number++] = shape->ways[i];
    both.growths = (uint8_t)(shape->growths + 1);
    both.looks = shape->looks;
    if (both.way_number == 0) {
        both = *now;
        both.growths = now->way_number > 0;
        both.looks = (uint8_t)(shape->looks + (shape->growths > 0 || now->way_number == 0));
    }
    *shape = both;
}

#define MOST_FLAGS 16u /* bytes side by side that are 0 or 1, one for each slot of a bucket */

/* Bytes beside each other that are 0 or 1 in all buckets: whether each slot is in use, if just as
 * many words of as many slots are not zero. They need no object that counts. */
static void try_flags(struct look *look)
{
    const struct bucket_tally *tally = look->tally;
    for (uint32_t first = 0, end; first < look->bucket_bytes; first = end + 1) {
        uint64_t live = 0;
        for (end = first; end < look->bucket_bytes && tally->any[end] == 1; end++)
            live += tally->filled[0][end];
        struct bucket_way way = {.kind = BUCKET_WAY_COLUMNS,
                                 .unit = 1,
                                 .empty = BUCKET_EMPTY_ZERO,
                                 .first = (uint8_t)first,
                                 .stride = 1,
                                 .slots = (uint8_t)(end - first)};
        if (end - first < 2 || end - first > MOST_FLAGS || live < LEAST_LIVE)
            continue;
        look->array->live = live;
        add_way(look, &way); /* the surest is the first: what was erased leaves words */
        try_columns(look, 8, BUCKET_EMPTY_ZERO);
        try_columns(look, 4, BUCKET_EMPTY_ZERO);
        if (look->out->way_number >= 2)
            return;
        look->out->way_number = 0;
    }
}

#define LEAST_PARALLEL 3u /* fewer may be optional fields of single slots */
#define LEAST_FALL_PART                                                                            \
    8u /* by which part fewer buckets have a last slot in use than a first one */

/* How many columns from either place on, each beside the one before, are filled just as often as
 * their counterparts, and each less often than the one before: entries go where the first free slot
 * is. */
static uint32_t parallel_columns(const struct look *look, uint32_t unit, uint32_t first,
                                 uint32_t more_unit, uint32_t more_first)
{
    const struct bucket_tally *tally = look->tally;
    uint32_t slots = 0, at_first = 0, before = UINT32_MAX;
    while (slots < MOST_SLOTS && first + (slots + 1) * unit <= look->bucket_bytes &&
           more_first + (slots + 1) * more_unit <= look->bucket_bytes) {
        uint32_t filled = tally->filled[log2_of(unit)][first + slots * unit];
        uint32_t more = tally->filled[log2_of(more_unit)][more_first + slots * more_unit];
        if (filled < LEAST_IN_COLUMN || filled >= before ||
            distance_between(filled, more) > MOST_APART)
            break;
        at_first = slots == 0 ? filled : at_first;
        before = filled;
        slots++;
    }
    bool are_apart = first + slots * unit <= more_first || more_first + slots * more_unit <= first;
    bool is_falling = slots >= LEAST_PARALLEL && before <= at_first - at_first / LEAST_FALL_PART;
    return are_apart && is_falling ? slots : 0;
}

/* Tags or hashes beside each other, and as many longer words: they need neither an object that
 * counts nor flags. A lock or a pointer that each bucket has beside them does not matter. */
static void try_parallel(struct look *look)
{
    struct bucket_way best[2] = {{0}};
    for (uint32_t nth = 0; nth + 1 < UNITS; nth++)
        for (uint32_t first = 0; first < look->bucket_bytes; first += units[nth])
            for (uint32_t wide = nth + 1; wide < UNITS; wide++)
                for (uint32_t from = 0; from < look->bucket_bytes; from += units[wide]) {
                    uint32_t slots = parallel_columns(look, units[nth], first, units[wide], from);
                    if (slots <= best[0].slots)
                        continue;
                    for (uint32_t i = 0; i < 2; i++)
                        best[i] = (struct bucket_way){.kind = BUCKET_WAY_COLUMNS,
                                                      .unit = i ? units[nth] : units[wide],
                                                      .empty = BUCKET_EMPTY_ZERO,
                                                      .first = (uint8_t)(i ? first : from),
                                                      .stride = i ? units[nth] : units[wide],
                                                      .slots = (uint8_t)slots};
                }
    uint64_t live = 0;
    for (uint32_t slot = 0; slot < best[0].slots; slot++)
        live +=
            in_column(look, BUCKET_EMPTY_ZERO, best[0].unit, best[0].first + slot * best[0].stride);
    if (live < LEAST_LIVE)
        return;
    look->array->live = live;
    add_way(look, &best[0]);
    add_way(look, &best[1]);
}

/* False when the buckets are single slots, or cannot be read. */
static bool look_at(const struct memory_reader *reader, const struct bucket_growth *growth,
                    struct bucket_array *array, struct bucket_work *work, struct bucket_shape *now)
{
    struct look look = {.reader = reader,
                        .array = array,
                        .tally = work->tally,
                        .piece = work->piece,
                        .bucket_bytes = growth->bucket_bytes,
                        .out = now};
    if (!bucket_tally_read(reader, array, work))
        return false;
    if (growth->live_number == 0)
        try_flags(&look);
    if (growth->live_number == 0 && now->way_number == 0)
        try_parallel(&look);
    if (growth->live_number == 0 && now->way_number > 0)
        now->bucket_load = (uint32_t)(array->live * 1000 / array->old);
    /* All of them first: the limit of a table that has just doubled may be twice its entries, and
     * as many as stand in two columns of single slots, a key's and its value's. */
    for (uint32_t i = 0; i < growth->live_number; i++) {
        array->live = growth->lives[i];
        if (array->live >= LEAST_LIVE && is_single(&look))
            return false;
    }
    for (uint32_t i = 0; i < growth->live_number; i++) {
        array->live = growth->lives[i];
        if (array->live < LEAST_LIVE)
            continue;
        try_all(&look);
        if (now->way_number > 0) {
            now->bucket_load = (uint32_t)(array->live * 1000 / array->old);
            break;
        }
    }
    return true;
}

/* Whether the array holds no more than so many by that way. False where it cannot be read. */
static bool holds_no_more(const struct memory_reader *reader, const struct bucket_array *array,
                          const struct bucket_way *way, unsigned char *piece)
{
    uint64_t number = 0, bytes = array->buckets * array->bucket_bytes;
    size_t room = LAYOUT_SCRATCH_BYTES / array->bucket_bytes * array->bucket_bytes;
    for (uint64_t done = 0; done < bytes; done += room) {
        size_t size = bytes - done < room ? (size_t)(bytes - done) : room;
        if (!reader->read(reader, array->first + done, piece, size))
            return false;
        number += bucket_way_count(way, array->bucket_bytes, piece, size);
    }
    return number <= array->live + MOST_APART;
}

/* Drops what counts more in the new array than in the old one: the entries are the same, but there
 * are many more slots without one, and two columns that hold something in the free slots alone are
 * as many as the entries where the table grows at two thirds. */
static void drop_free(const struct memory_reader *reader, const struct bucket_array *array,
                      struct bucket_work *work, struct bucket_shape *now)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < now->way_number; i++)
        if (holds_no_more(reader, array, &now->ways[i], work->piece))
            now->ways[kept++] = now->ways[i];
    now->way_number = (uint8_t)kept;
}

void bucket_shape_learn(const struct memory_reader *reader, const struct bucket_growth *growth,
                        struct bucket_work *work, struct bucket_shape *shape)
{
    const struct block *blocks[] = {&growth->old, &growth->array};
    struct bucket_shape now = {.bucket_bytes = growth->bucket_bytes,
                               .start = (uint32_t)growth->start};
    for (unsigned i = 0; i < 2 && now.way_number == 0; i++) {
        struct bucket_array array = {
            .first = blocks[i]->address + growth->start,
            .buckets = (blocks[i]->bytes - growth->start) / growth->bucket_bytes,
            .old = (growth->old.bytes - growth->start) / growth->bucket_bytes,
            .bucket_bytes = growth->bucket_bytes,
        };
        if (!look_at(reader, growth, &array, work, &now)) {
            *shape = (struct bucket_shape){.looks = BUCKET_MOST_LOOKS};
            return;
        }
        if (i == 0 && now.way_number > 0) {
            array.first = growth->array.address + growth->start;
            array.buckets = (growth->array.bytes - growth->start) / growth->bucket_bytes;
            drop_free(reader, &array, work, &now);
        }
    }
    confirm(shape, &now);
}

bool bucket_shape_is_settled(const struct bucket_shape *shape)
{
    return shape->looks >= BUCKET_MOST_LOOKS || bucket_shape_slots(shape) != 0;
}
