/*
 * The end of the slots: see growth_tail.h. Runs inside the tracker, under no lock, and reads
 * through the scratch's reader.
 */
#include "growth_tail.h"

#include <string.h>

#include "header_search.h"
#include "layouts/words.h"
#include "page.h"
#include "slot_profile.h"
#include "table_header_words.h"
#include "tables.h"

#define OBJECT_BYTES 128u /* around the pointer, in which the capacity is looked for */
#define LEAST_LIVE   256u /* a smaller number equals some word by chance */
#define PIECES       SCRATCH_COUNTS
/* Where one slot of n is in use, so many times n without any are not met by chance, in the runs of
 * linear probing neither. */
#define GAP_TIMES  48u
#define LEAST_GAP  16u
#define MOST_LOG2  32u
#define MOST_TRIES 16u /* each costs a read or two */
/* Of the pieces of a table's slots nearly all have room. */
#define FULLEST_PERCENT 98u
#define LEAST_MIXED     4u /* of five pieces */

struct tail {
    struct scratch *scratch;
    const struct slot_profile *profile;
    struct block array, old;
    uint32_t array_sequence;
    uint64_t slots; /* that the array has room for */
    uint64_t least; /* that it may have */
    bool is_line;   /* less than a cache line of it is idle */
    unsigned tries;
    bool is_counted;
    uint64_t piece_slots; /* 0: not counted, or not readable */
    uint64_t *occupied;   /* in each piece */
    const struct study *study;
    double live_each; /* entries for each occupied slot: in a chain */
    uint64_t live_error;
    const struct header_profile *before;
    struct header_profile found;
    uint64_t capacity, live; /* 0: not found */
};

/* The occupied ones of the slots from `first` on, up to `end`, and the last of them plus 1. False
 * when they could not be read. */
static bool count(const struct tail *tail, uint64_t first, uint64_t end, uint64_t *occupied,
                  uint64_t *last)
{
    const struct memory_reader *reader = tail->scratch->view.reader;
    uint64_t slot_bytes = tail->profile->slot_bytes, room = LAYOUT_SCRATCH_BYTES / slot_bytes;
    unsigned char *buffer = tail->scratch->signature.piece;
    *occupied = *last = 0;
    for (uint64_t slot = first; slot < end;) {
        uint64_t many = end - slot < room ? end - slot : room;
        uint64_t address = tail->array.address + tail->profile->header_bytes + slot * slot_bytes;
        if (!reader->read(reader, address, buffer, (size_t)(many * slot_bytes)))
            return false;
        for (uint64_t i = 0; i < many; i++)
            if (slot_profile_is_used(tail->profile, buffer + i * slot_bytes,
                                     address + i * slot_bytes)) {
                ++*occupied;
                *last = slot + i + 1;
            }
        slot += many;
    }
    return true;
}

/* Whether the size may be one that was rounded up to a cache line, so that less than a line is
 * idle: the last slot is. Sets how many slots there are at least. */
static bool may_fill_a_line(struct tail *tail)
{
    const struct memory_reader *reader = tail->scratch->view.reader;
    const uint64_t slot_bytes = tail->profile->slot_bytes;
    const uint64_t last =
        tail->array.address + tail->profile->header_bytes + (tail->slots - 1) * slot_bytes;
    unsigned char slot[HEADER_LINE_BYTES];
    if (!header_may_fill_lines(&tail->array) || slot_bytes >= HEADER_LINE_BYTES ||
        !reader->read(reader, last, slot, slot_bytes) ||
        !slot_profile_is_idle(tail->profile, slot, last))
        return false;
    tail->least =
        header_least_in_lines(tail->array.bytes - tail->profile->header_bytes, slot_bytes);
    return tail->is_line = true;
}

/* Whether the array ends with more of one byte than empty slots are by chance, or may: its size is
 * one that was rounded up, and holds no whole number of slots. */
static bool may_have_tail(struct tail *tail)
{
    const struct memory_reader *reader = tail->scratch->view.reader;
    const uint64_t bytes = tail->array.bytes, slot_bytes = tail->profile->slot_bytes;
    unsigned char *buffer = tail->scratch->signature.piece;
    uint64_t power = 1;
    while (power * 2 <= tail->slots)
        power *= 2;
    /* A power of two of them is known without the object. */
    if (slot_profile_capacity(tail->profile, bytes) != tail->slots || power == tail->slots)
        return false;
    if (bytes % BLOCK_ROUND_BYTES == 0 && (bytes - tail->profile->header_bytes) % slot_bytes != 0)
        return true;
    size_t look = slot_bytes * (LEAST_GAP + GAP_TIMES) < PAGE_BYTES
                      ? (size_t)slot_bytes * (LEAST_GAP + GAP_TIMES)
                      : PAGE_BYTES;
    return (bytes % BLOCK_ROUND_BYTES == 0 && bytes > look &&
            reader->read(reader, tail->array.address + bytes - look, buffer, look) &&
            memcmp(buffer, buffer + 1, look - 1) == 0) ||
           may_fill_a_line(tail);
}

/* Counts the occupied slots of all pieces, once there is a reason to. */
static bool count_pieces(struct tail *tail)
{
    const struct memory_reader *reader = tail->scratch->view.reader;
    uint64_t slot_bytes = tail->profile->slot_bytes, room = LAYOUT_SCRATCH_BYTES / slot_bytes;
    unsigned char *buffer = tail->scratch->signature.piece;
    if (tail->is_counted)
        return tail->piece_slots > 0;
    tail->is_counted = true;
    memset(tail->occupied, 0, PIECES * sizeof(tail->occupied[0]));
    uint64_t piece_slots = (tail->slots + PIECES - 1) / PIECES;
    for (uint64_t slot = 0; slot < tail->slots;) {
        uint64_t many = tail->slots - slot < room ? tail->slots - slot : room;
        uint64_t address = tail->array.address + tail->profile->header_bytes + slot * slot_bytes;
        if (!reader->read(reader, address, buffer, (size_t)(many * slot_bytes)))
            return false;
        for (uint64_t i = 0; i < many; i++)
            if (slot_profile_is_used(tail->profile, buffer + i * slot_bytes,
                                     address + i * slot_bytes))
                tail->occupied[(slot + i) / piece_slots]++;
        slot += many;
    }
    tail->piece_slots = piece_slots;
    return true;
}

/* Entries for each occupied slot, which heads of chains have more of than one. */
static void measure_chains(struct tail *tail, const struct study *study)
{
    uint64_t occupied = 0;
    if (!tail->profile->is_chained || study->live == 0)
        return;
    for (unsigned i = 0; i < PIECES; i++)
        occupied += tail->occupied[i];
    tail->live_each = occupied > 0 ? (double)study->live / (double)occupied : 1;
    tail->live_error = study->live_error + 1;
}

/* What the table would hold if it had `capacity` slots. False where the last of them are none:
 * empty for longer than by chance. */
static bool count_within(const struct tail *tail, uint64_t capacity, uint64_t *live)
{
    uint64_t piece = capacity / tail->piece_slots, before = 0, occupied, last;
    for (uint64_t i = 0; i < piece; i++)
        before += tail->occupied[i];
    if (!count(tail, piece * tail->piece_slots, capacity, &occupied, &last))
        return false;
    *live = before + occupied;
    if (*live < LEAST_LIVE)
        return false;
    uint64_t gap = GAP_TIMES * capacity / *live + LEAST_GAP, from = capacity - gap;
    return gap < capacity &&
           (last > from || (count(tail, from, capacity, &occupied, &last) && occupied > 0));
}

/* Whether the slots up to there are neither full nor empty anywhere: a vector that was sorted, and
 * has room behind, is full where it is not empty. */
static bool has_room_everywhere(const struct tail *tail, uint64_t capacity)
{
    uint64_t pieces = capacity / tail->piece_slots, mixed = 0;
    for (uint64_t i = 0; i < pieces; i++)
        mixed +=
            tail->occupied[i] > 0 && tail->occupied[i] * 100 <= tail->piece_slots * FULLEST_PERCENT;
    return pieces > 0 && mixed * 5 >= pieces * LEAST_MIXED;
}

/* Whether the object that points there says that the array it points at has `named` slots: by a
 * word that header_match finds, or by their logarithm, which was found. That of the old array still
 * has the numbers of before. */
static bool try_capacity(struct tail *tail, const struct header_place *place, uint64_t named,
                         bool is_log2)
{
    const struct block *pointed = block_has(&tail->array, place->word) ? &tail->array : &tail->old;
    uint64_t capacity = named * (tail->array.bytes / pointed->bytes), occupied;
    struct header_profile found;
    /* Only where slots and bytes are multiplied alike. */
    if (pointed == &tail->old &&
        (!is_power_of_two(named) || tail->array.bytes % pointed->bytes != 0))
        return false;
    if (named > tail->slots || capacity >= tail->slots || capacity < tail->least ||
        capacity < LEAST_LIVE || tail->tries == MOST_TRIES || !count_pieces(tail))
        return false;
    tail->tries++;
    measure_chains(tail, tail->study);
    if (!count_within(tail, capacity, &occupied) ||
        (!tail->is_line && !has_room_everywhere(tail, capacity)))
        return false;
    double live = (double)occupied * tail->live_each;
    struct header_facts facts = {
        .array = *pointed,
        .array_sequence = tail->array_sequence,
        .capacity = named,
        .live = (uint64_t)(live + 0.5),
        .slack = tail->live_error > 0 ? 3 * tail->live_error + (uint64_t)live / 100 : 1};
    if (!header_match(tail->scratch->view.reader, place, &facts, tail->before, &found) ||
        (found.capacity_form == HEADER_CAPACITY_UNKNOWN && !is_log2) ||
        found.times != found.parts ||
        (tail->capacity != 0 && !header_is_better(&found, &tail->found)))
        return false;
    tail->found = found;
    tail->capacity = capacity;
    tail->live = facts.live;
    return true;
}

/* Or a pointer to where they end. */
static bool try_end(struct tail *tail, const struct header_place *place, uint64_t end)
{
    const struct block *pointed = block_has(&tail->array, place->word) ? &tail->array : &tail->old;
    const uint64_t first = pointed->address + tail->profile->header_bytes;
    const uint64_t slot_bytes = tail->profile->slot_bytes;
    return end > first && end < pointed->address + pointed->bytes &&
           (end - first) % slot_bytes == 0 &&
           try_capacity(tail, place, (end - first) / slot_bytes, false);
}

/* Every word around the pointer could be the capacity, or one less. */
static bool visit(const struct header_place *place, void *context)
{
    struct tail *tail = context;
    const struct memory_reader *reader = tail->scratch->view.reader;
    unsigned char words[OBJECT_BYTES];
    uint64_t start = place->address - OBJECT_BYTES / 2;
    if (place->kind == HEADER_ON_STACK)
        start = place->object;
    if (!reader->read(reader, start, words, sizeof(words)))
        return false;
    for (size_t at = 0; at + 4 <= sizeof(words); at += 4) {
        uint64_t word = word_u32(words, at);
        if (at % 8 == 0 && at + 8 <= sizeof(words) && try_end(tail, place, word_u64(words, at)))
            return place->kind != HEADER_ON_STACK;
        if (try_capacity(tail, place, word, false) || try_capacity(tail, place, word + 1, false) ||
            (word <= MOST_LOG2 && try_capacity(tail, place, 1ull << word, true)))
            return place->kind != HEADER_ON_STACK;
    }
    return false;
}

void growth_tail_find(struct registry *registry, struct scratch *scratch,
                      const struct growth_link *link, struct study *study)
{
    struct table_record record = {0};
    struct header_place nowhere = {0};
    struct slot_profile *profile = &study->profile;
    struct tail tail = {
        .scratch = scratch,
        .profile = profile,
        .array = {.address = link->array->address, .bytes = link->array->bytes},
        .old = {.address = link->old->address, .bytes = link->old->bytes},
        .array_sequence = (uint32_t)link->array->sequence,
        .occupied = scratch->counts,
        .live_each = 1,
        .before = &record.header,
        .study = study,
    };
    if (study->is_known || link->by_realloc || profile->slot_bytes == 0 ||
        tail.array.bytes < GROWTH_LEAST_STUDIED_BYTES || profile->length_kind != SLOT_LENGTH_NONE)
        return;
    tail.slots = (tail.array.bytes - profile->header_bytes) / profile->slot_bytes;
    tail.least = (tail.slots + 1) / 2;
    if (!may_have_tail(&tail))
        return;
    tables_get(registry, tables_resolve(registry, link->old->table), &record);
    header_search_places(registry, scratch, &tail.array, &tail.old, link->array->site, &nowhere,
                         visit, &tail);
    if (tail.capacity == 0)
        return;
    profile->tail_bytes =
        tail.array.bytes - profile->header_bytes - tail.capacity * profile->slot_bytes;
    study->capacity = tail.capacity;
    study->live = tail.live;
    study->header = tail.found;
    study->is_packed = study->is_overfull = false;
    study->evidence.live = tail.live;
    double old_capacity =
        (double)tail.capacity * (double)link->old->bytes / (double)link->array->bytes;
    double load = (double)tail.live / old_capacity;
    study->evidence.occupied_ppm = load < 1000 && !link->by_steps ? (uint32_t)(load * 1e6) : 0;
}
