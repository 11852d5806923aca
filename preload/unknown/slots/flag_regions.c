/*
 * Looking for flags and for the word that counts them, at a growth: see flag_regions.h. No state,
 * no lock, no allocation.
 */
#include "flag_regions.h"

#include <string.h>

#include "flag_places.h"
#include "flag_sizes.h"
#include "flag_tally.h"

#define LEAST_LIVE       256u /* a smaller number equals some word by chance */
#define MOST_STARTS      48u
#define LOAD_PART        8u  /* a table that grew was that part full at least */
#define MOST_APART       1u  /* the entry that made it grow may be counted already */
#define MOST_EMPTY_SHARE 980 /* thousandths of the slots that a growth added */
#define RECKONED_PART    8u  /* slots reckoned by the arrays' bytes are off by no more */

/* The array that the place is about, the old one as long as its pointer leads there. */
static const struct block *pointed_at(const struct header_place *place,
                                      const struct flag_growth *growth)
{
    if (place->kind == HEADER_IN_ARRAY)
        return &growth->array;
    return block_has(&growth->old, place->word) ? &growth->old : &growth->array;
}

/* The front of the array that it is about; NULL where the place itself is there. */
static const unsigned char *front_of(const struct header_place *place,
                                     const struct flag_growth *growth)
{
    if (place->kind == HEADER_IN_ARRAY)
        return NULL;
    return pointed_at(place, growth) == &growth->old ? growth->old_front : growth->front;
}

void flag_regions_read_fronts(const struct memory_reader *reader, struct flag_growth *growth)
{
    if (growth->old.bytes < FLAG_FRONT_BYTES ||
        !reader->read(reader, growth->old.address, growth->old_front, FLAG_FRONT_BYTES))
        memset(growth->old_front, 0, FLAG_FRONT_BYTES);
    if (growth->array.bytes < FLAG_FRONT_BYTES ||
        !reader->read(reader, growth->array.address, growth->front, FLAG_FRONT_BYTES))
        memset(growth->front, 0, FLAG_FRONT_BYTES);
}

bool flag_regions_are_likely(const struct memory_reader *reader, const struct header_place *place,
                             const struct flag_growth *growth)
{
    FORGOTTEN(object_window) struct object_window window;
    struct flag_sizes sizes;
    if (!flag_words_read(reader, place->address, place->kind == HEADER_IN_ARRAY,
                         place->kind == HEADER_ON_STACK ? place->object : 0, &window))
        return false;
    flag_sizes_find(&window, front_of(place, growth), pointed_at(place, growth), &sizes);
    return sizes.number > 0;
}

/* --- which of them are counted --- */

struct match {
    struct flag_look look;
    const struct flag_growth *growth;
    struct flag_regions *out;
};

static bool is_same_way(const struct flag_way *a, const struct flag_way *b)
{
    return a->count == b->count && a->capacity == b->capacity && a->pointer == b->pointer &&
           a->bucket_slots == b->bucket_slots && a->form == b->form && a->base == b->base &&
           a->unit == b->unit && a->value == b->value && a->in_array == b->in_array;
}

static bool has_way(const struct flag_regions *regions, const struct flag_way *way)
{
    for (unsigned i = 0; i < regions->way_number; i++)
        if (is_same_way(&regions->ways[i], way))
            return true;
    return false;
}

/* Whether so many slots can be live at this growth, and could not be the free ones: the new array
 * has as many more slots than the old one, and these are free; the old one is more than half full.
 */
static bool can_be_live(const struct match *match, uint64_t slots, uint64_t number)
{
    const struct flag_growth *growth = match->growth;
    if (number < LEAST_LIVE || number >= slots)
        return false;
    if (match->look.array == &growth->old)
        return number * 1000 > slots * (1000 - MOST_EMPTY_SHARE / 2);
    double old = (double)slots * (double)growth->old.bytes / (double)growth->array.bytes;
    return (double)number * LOAD_PART >= old &&
           (double)number * 1000 < ((double)slots - old) * MOST_EMPTY_SHARE;
}

/* Share of its slots that the old array had full. 0, not known, where there are more entries by now
 * than it had slots: they came since. */
static uint32_t load_at_growth(double slots, double number)
{
    double load = number / slots;
    return number > slots + MOST_APART ? 0 : load < 1 ? (uint32_t)(load * 1e6) : 1000000;
}

static void add_way(struct match *match, const struct flag_way *way, uint64_t slots,
                    uint64_t number)
{
    const struct flag_growth *growth = match->growth;
    struct flag_regions *out = match->out;
    if (out->way_number == FLAG_MOST_WAYS || has_way(out, way))
        return;
    double old = (double)slots * (double)growth->old.bytes / (double)match->look.array->bytes;
    if (out->way_number == 0) {
        out->slots = (uint32_t)(old * (double)growth->array.bytes / (double)growth->old.bytes);
        out->live = (uint32_t)number;
        out->load_ppm = load_at_growth(old, (double)number);
    }
    out->ways[out->way_number++] = *way;
}

/* The words that say that number, those next to the pointer first. */
static void add_ways(struct match *match, const struct flag_size *size, struct flag_way way,
                     uint64_t number)
{
    const struct object_window *window = match->look.window;
    uint64_t slots = size->slots * (way.unit == FLAG_BUCKET ? way.bucket_slots : 1);
    if (!can_be_live(match, slots, number))
        return;
    for (int64_t distance = 0; distance <= (int64_t)sizeof(window->bytes); distance += 4)
        for (int side = 0; side < 2; side++) {
            int64_t offset = side == 0 ? distance : -distance;
            if ((side == 1 && distance == 0) || (offset == size->offset && !size->in_array) ||
                !flag_word_says(window, offset, number, MOST_APART))
                continue;
            way.count = (int16_t)offset;
            add_way(match, &way, slots, number);
        }
}

/* What was tried for one number of slots: from which unit to which. */
struct tried {
    enum flag_unit first, last;
    unsigned number;
    uint64_t keys[MOST_STARTS];
};

static void try_flags(struct match *match, const struct flag_size *size, enum flag_base base,
                      int16_t pointer, struct tried *tried)
{
    for (int unit = (int)tried->first; unit <= (int)tried->last; unit++) {
        struct flag_tally tally = {0};
        struct flag_way way = {.capacity = size->offset,
                               .form = size->form,
                               .in_array = size->in_array,
                               .base = (uint8_t)base,
                               .pointer = pointer,
                               .unit = (uint8_t)unit};
        uint64_t start =
            flag_start_of(&match->look, base, pointer, (enum flag_unit)unit, size->slots);
        uint64_t key = start * 8 + (uint64_t)unit;
        unsigned known = 0;
        while (known < tried->number && tried->keys[known] != key)
            known++;
        if (start == 0 || known < tried->number || tried->number == MOST_STARTS)
            continue;
        tried->keys[tried->number++] = key;
        if (!flag_tally_read(match->look.view, start, size->slots, (enum flag_unit)unit, &tally))
            continue;
        uint64_t number;
        unsigned first = flag_is_hash((enum flag_unit)unit) ? FLAG_HASH_ANY : 0;
        unsigned last = unit == FLAG_PAIR ? 3 : first + 1;
        for (unsigned value = first; value <= last && unit != FLAG_BYTE; value++) {
            way.value = (uint8_t)value;
            if (flag_tally_number(&tally, (enum flag_unit)unit, value, &number))
                add_ways(match, size, way, number);
        }
        for (unsigned i = 0; unit == FLAG_BYTE && i < tally.states; i++) {
            if (tally.states > FLAG_MOST_STATES)
                break;
            way.value = tally.state[i].value;
            add_ways(match, size, way, tally.state[i].seen);
        }
    }
}

/* Bits in each bucket, as many as it has slots. One alone is in every slot that was ever used, as
 * any number that is mostly the same; so are several that are always set together. */
static void try_buckets(struct match *match, const struct flag_size *size)
{
    const struct layout_view *view = match->look.view;
    const struct block *old = &match->growth->old;
    struct flag_columns columns;
    uint32_t bucket_bytes;
    uint64_t start = flag_buckets_of(&match->look, size->slots, &bucket_bytes);
    if (start == 0 || !flag_columns_read(view, start, size->slots, bucket_bytes, &columns))
        return;
    /* The array that was left is the fuller one. */
    uint64_t header = start - match->look.array->address;
    if (match->look.array != old && old->bytes >= header)
        flag_columns_add_bits(view, old->address + header, (old->bytes - header) / bucket_bytes,
                              bucket_bytes, &columns);
    for (uint32_t at = 0; at < bucket_bytes; at++) {
        uint32_t slots = flag_columns_slots(&columns, bucket_bytes, at);
        struct flag_way way = {.capacity = size->offset,
                               .form = size->form,
                               .in_array = size->in_array,
                               .unit = FLAG_BUCKET,
                               .bucket_slots = (uint16_t)slots,
                               .value = (uint8_t)at};
        if (slots > 1 && slots * FLAG_LEAST_SLOT <= bucket_bytes &&
            flag_columns_differ(&columns, at, slots))
            add_ways(match, size, way, flag_columns_number(&columns, at, slots));
    }
}

static void try_places(struct match *match, const struct flag_size *size, enum flag_unit first,
                       enum flag_unit last)
{
    const struct object_window *window = match->look.window;
    struct tried tried = {.first = first, .last = last};
    try_flags(match, size, FLAG_TO_END, 0, &tried);
    try_flags(match, size, FLAG_FROM_START, 0, &tried);
    for (uint64_t at = window->start; at + 8 <= window->end; at += 8) {
        int16_t pointer = (int16_t)(int64_t)(at - window->place);
        try_flags(match, size, FLAG_FROM_POINTER, pointer, &tried);
        try_flags(match, size, FLAG_TO_POINTER, pointer, &tried);
    }
}

/* Hashes last: as many keys and values are not zero where there are flags, until some are erased.
 * Of slots that are compared in groups the object may name the groups, and their bytes be apart
 * from them: a private table of 262,144 slots in groups of eight was read as one of 32,768 buckets.
 */
static void search(struct match *match)
{
    struct flag_sizes sizes, groups;
    flag_sizes_find(match->look.window, match->look.front, match->look.array, &sizes);
    for (unsigned i = 0; i < sizes.number && match->out->way_number == 0; i++) {
        try_places(match, &sizes.size[i], FLAG_BIT, FLAG_HIGH_BIT);
        if (match->out->way_number == 0)
            try_buckets(match, &sizes.size[i]);
    }
    flag_sizes_find_groups(match->look.window, match->look.array, &groups);
    for (unsigned i = 0; i < groups.number && match->out->way_number == 0; i++)
        try_places(match, &groups.size[i], FLAG_BYTE, FLAG_HIGH_BIT);
    for (unsigned i = 0; i < sizes.number && match->out->way_number == 0; i++)
        try_places(match, &sizes.size[i], FLAG_HASH_4, FLAG_HASH_8);
}

/* Whether the array has more slots than the one of the growth before. A number that stays the same
 * is none: an id whose power of two is near, beside the size of the allocator's next block, where
 * what a freed block was filled with has as many bits. */
static bool has_more_slots(const struct match *match, const struct flag_regions *before,
                           uint64_t slots)
{
    const struct flag_growth *growth = match->growth;
    if (growth->array.bytes <= growth->old.bytes ||
        growth->array_sequence == before->array_sequence)
        return true;
    if (match->look.array == &growth->old) /* it may be that one, whose slots were reckoned */
        return slots + slots / RECKONED_PART >= before->slots;
    return slots > before->slots;
}

/* Of the ways of the growth before those that are right again. */
static void confirm(struct match *match, const struct flag_regions *before)
{
    for (unsigned i = 0; i < before->way_number && i < FLAG_MOST_WAYS; i++) {
        const struct flag_way *way = &before->ways[i];
        uint64_t slots, number;
        if (flag_way_count(&match->look, way, &slots, &number) && number >= LEAST_LIVE &&
            has_more_slots(match, before, slots) &&
            flag_word_says(match->look.window, way->count, number, MOST_APART))
            add_way(match, way, slots, number);
    }
}

bool flag_regions_match(const struct layout_view *view, const struct header_place *place,
                        const struct flag_growth *growth, const struct flag_regions *before,
                        struct flag_regions *out)
{
    FORGOTTEN(object_window) struct object_window window;
    bool is_in_array = place->kind == HEADER_IN_ARRAY;
    uint64_t object = place->kind == HEADER_ON_STACK ? place->object : 0;
    struct match match = {.look = {.view = view,
                                   .window = &window,
                                   .array = pointed_at(place, growth),
                                   .front = front_of(place, growth)},
                          .growth = growth,
                          .out = out};
    *out = (struct flag_regions){.place = place->address,
                                 .object = object,
                                 .is_in_array = is_in_array,
                                 .array_sequence = growth->array_sequence,
                                 .growths = 1};
    if (!flag_words_read(view->reader, place->address, is_in_array, object, &window))
        return false;
    if (before) {
        out->growths = before->growths < UINT8_MAX ? (uint8_t)(before->growths + 1) : UINT8_MAX;
        out->looks = before->looks;
        confirm(&match, before);
    } else {
        search(&match);
    }
    return out->way_number > 0;
}
