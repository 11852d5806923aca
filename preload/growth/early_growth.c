/*
 * Recognising growth before an array is full: see early_growth.h. Runs inside the tracker, reads
 * through the scratch's reader, takes no lock.
 */
#include "early_growth.h"

#include <string.h>

#include "header_search.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define LEAST_SLOT_BYTES 4u
#define MOST_SLOT_BYTES  256u /* four cache lines */
#define COLUMNS          (MOST_SLOT_BYTES / 4)
/* Each costs a pass over the old array. */
#define MOST_SLOT_SIZES 3u
#define MOST_PASSES     6u /* where no word says how many slots there are */
#define MOST_BYTES      (64ull << 20)
#define LEAST_LIVE      256u /* a smaller number equals some word of an object by chance */
/* The emptiest array that was seen growing, a cuckoo table's half, was 0.31 full. */
#define LEAST_LOAD_PPM 250000u

/* What slots of one size hold. One is occupied when it holds anything but zeros, and words of ones,
 * which stand for no key. */
struct census {
    uint64_t slot_bytes;
    uint64_t occupied;
    uint64_t changes; /* neighbours of which one is occupied */
    bool was_occupied;
    uint32_t filled[COLUMNS]; /* occupied slots in which this 4-byte column is neither */
    uint32_t ones[COLUMNS];   /* empty ones in which it is all ones */
};

_Static_assert(MOST_SLOT_SIZES * sizeof(struct census) <= SCRATCH_COUNTS * sizeof(uint64_t),
               "the scratch has room for the counts");

struct search {
    struct scratch *scratch;
    struct block old, array;
    uint32_t array_sequence;
    struct census *census; /* in the scratch: too large for a small stack */
    unsigned sizes;
    unsigned passes;                     /* over an array of slots whose number no word says */
    const struct header_profile *before; /* what the growth before taught, or NULL */
    struct early_growth *out;
    bool found;
};

static bool is_empty_column(uint32_t word)
{
    return word == 0 || word == UINT32_MAX;
}

static void count_slot(struct census *census, const unsigned char *slot)
{
    const size_t columns = (size_t)census->slot_bytes / 4;
    bool is_occupied = false;
    for (size_t column = 0; column < columns && !is_occupied; column++)
        is_occupied = !is_empty_column(word_u32(slot, column * 4));
    census->changes += is_occupied != census->was_occupied;
    census->was_occupied = is_occupied;
    census->occupied += is_occupied;
    for (size_t column = 0; column < columns; column++) {
        uint32_t word = word_u32(slot, column * 4);
        if (is_occupied)
            census->filled[column] += !is_empty_column(word);
        else
            census->ones[column] += word != 0;
    }
}

static const struct census *take_census(struct search *search, uint64_t slot_bytes)
{
    for (unsigned i = 0; i < search->sizes; i++)
        if (search->census[i].slot_bytes == slot_bytes)
            return &search->census[i];
    if (search->sizes == MOST_SLOT_SIZES)
        return NULL;
    struct census *census = &search->census[search->sizes];
    unsigned char *buffer = search->scratch->signature.piece;
    size_t room = LAYOUT_SCRATCH_BYTES / slot_bytes * slot_bytes;
    memset(census, 0, sizeof(*census));
    census->slot_bytes = slot_bytes;
    for (uint64_t offset = 0; offset < search->old.bytes; offset += room) {
        uint64_t left = search->old.bytes - offset;
        size_t piece = left < room ? (size_t)left : room;
        if (!search->scratch->view.reader->read(search->scratch->view.reader,
                                                search->old.address + offset, buffer, piece))
            return NULL; /* half a count is none */
        for (size_t at = 0; at + slot_bytes <= piece; at += slot_bytes)
            count_slot(census, buffer + at);
    }
    search->sizes++;
    return census;
}

/* Keys in sequence lie together. An array indexed by ids of which some were given back, or by ids
 * at random, has holes all over. */
static bool are_together(const struct census *census, uint64_t slots)
{
    double load = (double)census->occupied / (double)slots;
    return (double)census->changes <= 8 + 0.2 * load * (1 - load) * (double)slots;
}

/* What the 4-byte column holds in every empty slot; false where that differs. */
static bool empty_word(const struct census *census, uint64_t slots, uint32_t column, uint32_t *word)
{
    *word = census->ones[column] != 0 ? UINT32_MAX : 0;
    return census->ones[column] == 0 || census->ones[column] == slots - census->occupied;
}

/* The first column that is filled in every occupied slot, a key of zero aside. */
static bool find_column(const struct census *census, uint64_t slots, struct slot_profile *profile)
{
    const uint32_t columns = (uint32_t)census->slot_bytes / 4;
    for (uint32_t column = 0; column < columns; column++) {
        uint32_t lower, upper;
        if (census->filled[column] + 1 < census->occupied ||
            !empty_word(census, slots, column, &lower))
            continue;
        profile->column = column * 4;
        profile->column_bytes = 4;
        profile->empty_value = lower;
        /* A word where it may be one. */
        if (column % 2 == 0 && column + 2 <= columns &&
            empty_word(census, slots, column + 1, &upper)) {
            profile->column_bytes = 8;
            profile->empty_value |= (uint64_t)upper << 32;
        }
        return true;
    }
    return false;
}

/* Whether the words around the place say that the old array had `slots` slots (or the new one as
 * many more as it is larger), and how many entries. */
static bool try_slots(struct search *search, const struct header_place *place, uint64_t slot_bytes)
{
    const struct census *census = take_census(search, slot_bytes);
    uint64_t slots = search->old.bytes / slot_bytes;
    if (!census || census->occupied < LEAST_LIVE)
        return false;
    uint64_t load = census->occupied * 1000000 / slots;
    struct early_growth found = {.load_ppm = (uint32_t)load, .live = census->occupied};
    if (load < LEAST_LOAD_PPM || load > EARLY_MOST_LOAD_PPM ||
        !find_column(census, slots, &found.profile))
        return false;
    bool is_of_old = block_has(&search->old, place->word);
    const struct block *array = is_of_old ? &search->old : &search->array;
    struct header_facts facts = {.array = *array,
                                 .array_sequence = search->array_sequence,
                                 .capacity = array->bytes / slot_bytes,
                                 .live = census->occupied,
                                 .slack = 1};
    if (!header_match(search->scratch->view.reader, place, &facts, search->before, &found.header) ||
        found.header.capacity_form == HEADER_CAPACITY_UNKNOWN ||
        found.header.times != found.header.parts)
        return false;
    found.profile.slot_bytes = (uint32_t)slot_bytes;
    found.profile.array_sequence = search->array_sequence;
    found.profile.is_distinct = 1;
    found.is_together = are_together(census, slots);
    if (!search->found || header_is_better(&found.header, &search->out->header))
        *search->out = found;
    search->found = true;
    return true;
}

/* How many slots of that size hold something in each 4-byte column, and how often one that does
 * lies beside one that does not. */
struct column_census {
    uint32_t set[COLUMNS], changes[COLUMNS];
    bool was_set[COLUMNS];
};

_Static_assert(sizeof(struct column_census) <= SCRATCH_COUNTS * sizeof(uint64_t),
               "the scratch has room for the counts");

static bool count_columns(struct search *search, uint64_t slot_bytes, struct column_census *census)
{
    unsigned char *buffer = search->scratch->signature.piece;
    const size_t room = LAYOUT_SCRATCH_BYTES / slot_bytes * slot_bytes;
    search->sizes = 0; /* it lies where their counts were */
    memset(census, 0, sizeof(*census));
    for (uint64_t offset = 0; offset < search->old.bytes; offset += room) {
        uint64_t left = search->old.bytes - offset;
        size_t piece = left < room ? (size_t)left : room;
        if (!search->scratch->view.reader->read(search->scratch->view.reader,
                                                search->old.address + offset, buffer, piece))
            return false;
        for (size_t at = 0; at < piece; at += slot_bytes)
            for (size_t column = 0; column < slot_bytes / 4; column++) {
                bool is_set = word_u32(buffer, at + column * 4) != 0;
                census->set[column] += is_set;
                census->changes[column] += is_set != census->was_set[column];
                census->was_set[column] = is_set;
            }
    }
    return true;
}

/* The first column that is set in so many slots, a key of zero aside, which lie together. What lies
 * between the fields of a slot is as it was before in that memory. */
static bool find_counted_column(const struct column_census *census, uint64_t slot_bytes,
                                uint64_t slots, uint64_t live, struct slot_profile *profile)
{
    const uint32_t columns = (uint32_t)slot_bytes / 4;
    for (uint32_t column = 0; column < columns; column++) {
        uint32_t set = census->set[column];
        struct census together = {.occupied = live, .changes = census->changes[column]};
        if (set > live || set + 1 < live || !are_together(&together, slots))
            continue;
        bool is_word = column % 2 == 0 && slot_bytes % 8 == 0 &&
                       (census->set[column + 1] == 0 || census->set[column + 1] == set);
        profile->column = column * 4;
        profile->column_bytes = is_word ? 8 : 4;
        profile->empty_value = 0;
        return true;
    }
    return false;
}

/* A vector has no word for its capacity but two pointers to its end: that of its slots, all of
 * which are there, and that of its room. Then as many entries as a word says must be in slots of
 * one of the sizes that may be. */
static bool try_vector(struct search *search, const struct header_place *place,
                       const struct block *array, uint64_t live)
{
    struct column_census *census = (struct column_census *)search->scratch->counts;
    const uint64_t bytes = search->old.bytes;
    for (uint64_t slot_bytes = MOST_SLOT_BYTES; slot_bytes >= LEAST_SLOT_BYTES; slot_bytes -= 4) {
        uint64_t slots = bytes / slot_bytes, load = live * 1000000 / slots;
        struct early_growth found = {.load_ppm = (uint32_t)load, .live = live, .is_together = true};
        struct header_facts facts = {.array = *array,
                                     .array_sequence = search->array_sequence,
                                     .capacity = array->bytes / slot_bytes,
                                     .live = live,
                                     .slack = 1};
        if (load < LEAST_LOAD_PPM || load > EARLY_MOST_LOAD_PPM || bytes % slot_bytes != 0 ||
            search->array.bytes % slot_bytes != 0)
            continue;
        if (search->passes++ >= MOST_PASSES || !count_columns(search, slot_bytes, census))
            return false;
        if (!find_counted_column(census, slot_bytes, slots, live, &found.profile) ||
            !header_match(search->scratch->view.reader, place, &facts, search->before,
                          &found.header) ||
            found.header.capacity_form == HEADER_CAPACITY_UNKNOWN ||
            found.header.times != found.header.parts)
            continue;
        found.profile.slot_bytes = (uint32_t)slot_bytes;
        found.profile.array_sequence = search->array_sequence;
        found.profile.is_distinct = 1;
        if (!search->found || header_is_better(&found.header, &search->out->header))
            *search->out = found;
        return search->found = true;
    }
    return false;
}

static bool visit_vector(struct search *search, const struct header_place *place,
                         const unsigned char *words, size_t bytes)
{
    const struct block *array =
        block_has(&search->old, place->word) ? &search->old : &search->array;
    const uint64_t end = array->address + array->bytes;
    bool is_vector = false;
    for (size_t at = 0; at + 16 <= bytes; at += 8)
        is_vector = is_vector || (word_u64(words, at) == end && word_u64(words, at + 8) == end);
    if (!is_vector || place->word != array->address)
        return false;
    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        uint64_t live = word_u32(words, at);
        if (live >= LEAST_LIVE && live <= search->old.bytes / LEAST_SLOT_BYTES &&
            !slot_profile_is_pointer(word_u64(words, at / 8 * 8)) &&
            try_vector(search, place, array, live))
            return true;
    }
    return false;
}

/* Every word near the place could be the capacity, or one less: then the slots have the size that
 * it leaves for each. */
static bool visit_place(const struct header_place *place, void *context)
{
    struct search *search = context;
    unsigned char words[128];
    uint64_t start = place->address - 64;
    bool is_of_old = block_has(&search->old, place->word);
    uint64_t bytes = is_of_old ? search->old.bytes : search->array.bytes;
    if (place->kind == HEADER_ON_STACK)
        start = place->object;
    if (!search->scratch->view.reader->read(search->scratch->view.reader, start, words,
                                            sizeof(words)))
        return false;
    for (size_t at = 0; at + 4 <= sizeof(words); at += 4) {
        uint64_t word = word_u32(words, at);
        for (uint64_t capacity = word; capacity <= word + 1; capacity++) {
            if (capacity < LEAST_LIVE || bytes % capacity != 0)
                continue;
            uint64_t slot_bytes = bytes / capacity;
            if (slot_bytes % LEAST_SLOT_BYTES == 0 && slot_bytes >= LEAST_SLOT_BYTES &&
                slot_bytes <= MOST_SLOT_BYTES && search->old.bytes % slot_bytes == 0 &&
                try_slots(search, place, slot_bytes))
                return place->kind != HEADER_ON_STACK;
        }
    }
    return visit_vector(search, place, words, sizeof(words)) && place->kind != HEADER_ON_STACK;
}

bool early_growth_find(const struct registry *registry, struct scratch *scratch,
                       const struct array_record *old, const struct array_record *array,
                       const struct header_profile *before, struct early_growth *out)
{
    struct search search = {.scratch = scratch,
                            .census = (struct census *)scratch->counts,
                            .old = {.address = old->address, .bytes = old->bytes},
                            .array = {.address = array->address, .bytes = array->bytes},
                            .array_sequence = (uint32_t)array->sequence,
                            .before = before->growths > 0 ? before : NULL,
                            .out = out};
    struct header_place nowhere = {0};
    if (old->bytes > MOST_BYTES || old->bytes < LEAST_LIVE * LEAST_SLOT_BYTES)
        return false;
    header_search_places(registry, scratch, &search.array, &search.old, array->site, &nowhere,
                         visit_place, &search);
    return search.found;
}

bool early_growth_continues(uint32_t before_ppm, uint32_t load_ppm, uint64_t live)
{
    /* The entry that makes it grow may be counted or not, and limits are rounded. */
    uint32_t slack = 2000 + (live < 1000000 ? (uint32_t)(2000000 / (live + 1)) : 2);
    uint32_t apart = before_ppm > load_ppm ? before_ppm - load_ppm : load_ppm - before_ppm;
    return apart <= slack;
}
