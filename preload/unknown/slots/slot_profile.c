/*
 * From raw memory to slots: see slot_profile.h; slot_profile_read.c has what slots once learnt say
 * of an array. No state, no lock, no allocation.
 *
 * A slot size is right when one of its columns implies the others: where that column holds the
 * empty value, the whole slot is empty. A size too small passes too, one too large does not (the
 * slot next to an empty one is mostly not empty), so the largest that passes is taken.
 */
#include "slot_profile.h"

#include <string.h>

#include "bucket_pairs.h"
#include "layouts/words.h"
#include "locked_heads.h"
#include "slot_empty.h"
#include "slot_kinds.h"
#include "slot_numbers.h"

#define MOST_SLOT_BYTES 1024u
#define LEAST_SLOTS     24u  /* fewer in the window prove nothing */
#define IMPLIED         0.98 /* of the slots that are empty by one column are so by all */

struct fit {
    uint32_t slots;
    uint32_t empty;
    uint32_t column; /* offset of the column that implies the others */
    uint64_t empty_value;
};

/* Whether slots of `slot` bytes from `phase` on make sense. */
static bool fits(const struct slot_window *window, size_t phase, size_t slot, struct fit *out)
{
    uint64_t values[MOST_SLOT_BYTES / 8];
    uint32_t counts[MOST_SLOT_BYTES / 8];
    uint32_t columns = (uint32_t)(slot / window->unit);
    if (columns > sizeof(values) / sizeof(values[0]))
        return false;
    out->slots = (uint32_t)((window->bytes - phase) / slot);
    if (out->slots < LEAST_SLOTS)
        return false;
    out->empty = slot_empty_find(window, phase, slot, out->slots, values, counts);
    /* One slot may be empty by chance where slots are large and few. */
    if (out->empty < 2 || out->empty < LEAST_EMPTY * out->slots ||
        out->empty > (1 - LEAST_EMPTY) * out->slots)
        return false;
    uint32_t best = columns;
    for (uint32_t c = 0; c < columns; c++)
        if (out->empty >= IMPLIED * counts[c] && best == columns)
            best = c; /* the first: mostly the key or its hash */
    if (best == columns)
        return false;
    out->column = best * window->unit;
    out->empty_value = values[best];
    return true;
}

/* Of an empty word that is half zero and half ones the ones are the mark of an empty slot, unless
 * an occupied slot has them, too: an index of -1 beside a hash that erasing may leave behind. */
static uint32_t marked_half(const struct slot_window *window, size_t phase,
                            const struct slot_profile *profile)
{
    uint32_t half = profile->empty_value == UINT32_MAX ? 0 : 4;
    if (profile->column_bytes != 8 ||
        (half == 4 && profile->empty_value != (uint64_t)UINT32_MAX << 32))
        return 0;
    for (size_t at = phase + profile->column; at + 8 <= window->bytes; at += profile->slot_bytes) {
        uint32_t mark;
        memcpy(&mark, window->memory + at + half, sizeof(mark));
        if (mark == UINT32_MAX && slot_column_at(window, at) != profile->empty_value)
            return 0;
    }
    return half == 0 ? SLOT_MARK_LOW : SLOT_MARK_HIGH;
}

#define FRONT_BYTES 16u /* what an allocator that aligns keeps there is in no slot */

/* Whether the column's words differ from occupied slot to occupied slot, as keys and pointers do.
 */
static bool is_distinct(const struct slot_window *window, size_t phase,
                        const struct slot_profile *profile)
{
    uint32_t probes = 0, repeated = 0;
    for (size_t at = phase + profile->column; at + window->unit <= window->bytes && probes < 32;
         at += profile->slot_bytes) {
        if (at < FRONT_BYTES)
            continue;
        uint64_t word = slot_column_at(window, at);
        if (slot_profile_is_empty(profile, word))
            continue;
        probes++;
        repeated +=
            slot_count_value(window, phase + profile->column, profile->slot_bytes, word) > 1;
    }
    return probes > 0 && repeated * 10 < probes;
}

/* Whether another column's words differ as well, and are others than the empty slots have. Of the
 * occupied slots so many are looked at. */
#define COLUMN_PROBES 16u
static bool is_distinct_column(const struct slot_window *window, size_t phase,
                               const struct slot_profile *profile, uint32_t column)
{
    uint32_t probes = 0, repeated = 0;
    for (size_t at = phase; at + profile->slot_bytes <= window->bytes && probes < COLUMN_PROBES;
         at += profile->slot_bytes) {
        uint64_t word = slot_column_at(window, at + column);
        if (slot_column_at(window, at + profile->column) == profile->empty_value)
            continue;
        probes++;
        repeated += slot_count_value(window, phase + column, profile->slot_bytes, word) > 1;
        if (repeated > COLUMN_PROBES / 10)
            return false;
    }
    return probes > 0;
}

static uint32_t distinct_columns(const struct slot_window *window, size_t phase,
                                 const struct slot_profile *profile)
{
    uint32_t columns = 0;
    for (uint32_t n = 0; n < 32 && (n + 1) * profile->column_bytes <= profile->slot_bytes; n++)
        if (profile->is_distinct &&
            (n * profile->column_bytes == profile->column ||
             is_distinct_column(window, phase, profile, n * profile->column_bytes)))
            columns |= 1u << n;
    return columns;
}

/* Whether the aligned word that holds the byte is a pointer in every occupied slot: its bytes are
 * as constant as a state, until the heap moves on. */
static bool is_in_pointer(const struct slot_window *window, size_t phase,
                          const struct slot_profile *profile, uint32_t byte)
{
    size_t first = byte & ~(uint32_t)7;
    if (first + 8 > profile->slot_bytes)
        return false;
    for (size_t at = phase; at + profile->slot_bytes <= window->bytes; at += profile->slot_bytes) {
        uint64_t word;
        memcpy(&word, window->memory + at + first, 8);
        if (slot_column_at(window, at + profile->column) != profile->empty_value &&
            !slot_profile_is_pointer(word))
            return false;
    }
    return true;
}

static bool is_constant_field(const struct slot_window *window, size_t phase,
                              const struct slot_profile *profile, uint32_t offset)
{
    uint32_t first = 0;
    bool is_first = true;
    for (size_t at = phase; at + profile->slot_bytes <= window->bytes; at += profile->slot_bytes) {
        uint32_t field;
        memcpy(&field, window->memory + at + offset, sizeof(field));
        if (slot_column_at(window, at + profile->column) == profile->empty_value)
            continue;
        if (is_first)
            first = field;
        is_first = false;
        if (field != first)
            return false;
    }
    return true;
}

/* Whether the byte is the lowest of an aligned 4-byte field that is the same in all occupied slots:
 * a state or a flag, padded. A time, a size or a disguised pointer has a constant upper half, too,
 * above a lower one that varies. */
static bool is_lowest_of_field(const struct slot_window *window, size_t phase,
                               const struct slot_profile *profile, uint32_t byte)
{
    return byte % 4 == 0 && byte + 4 <= profile->slot_bytes &&
           is_constant_field(window, phase, profile, byte) &&
           (byte % 8 == 0 || is_constant_field(window, phase, profile, byte - 4));
}

/* A state byte: the same small value in every occupied slot, another one in the empty slots. Bytes
 * of pointers and of counters are larger or vary; a value above 15 is not taken for a state. */
static void find_marker(const struct slot_window *window, size_t phase,
                        struct slot_profile *profile)
{
    size_t slot = profile->slot_bytes;
    for (uint32_t byte = 0; byte < slot; byte++) {
        int occupied = -1, empty = -1;
        bool constant = true;
        for (size_t at = phase; at + slot <= window->bytes && constant; at += slot) {
            int *seen = slot_column_at(window, at + profile->column) == profile->empty_value
                            ? &empty
                            : &occupied;
            if (*seen < 0)
                *seen = window->memory[at + byte];
            constant = *seen == window->memory[at + byte];
        }
        if (constant && occupied > 0 && occupied < 16 && empty >= 0 && empty != occupied &&
            is_lowest_of_field(window, phase, profile, byte) &&
            !is_in_pointer(window, phase, profile, byte)) {
            profile->has_marker = 1;
            profile->marker_offset = byte;
            profile->marker_value = (uint16_t)occupied;
            return;
        }
    }
}

#define LEAST_OWN 32u /* slots that lead to themselves; fewer do not tell how large slots are */

/* Clears the addresses by which empty slots lead to themselves. Returns the size of the slots where
 * words that hold their own address tell it, else 0: the entries of lists may stand in the first
 * word of one head and in the last of the next, by as much as no slot is long. */
static size_t clear_own_addresses(unsigned char *memory, size_t bytes, uint64_t address)
{
    size_t period = 0, last = 0, count = 0;
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
        uint64_t word;
        memcpy(&word, memory + at, sizeof(word));
        if (!slot_profile_is_own_address(word, address + at))
            continue;
        memset(memory + at, 0, sizeof(word));
        if (word != address + at)
            continue;
        period = count++ > 0 ? common_divisor(period, at - last) : 0;
        last = at;
    }
    return count >= LEAST_OWN ? period : 0;
}

/* A hash that keeps keys in sequence together fills and leaves empty long stretches of buckets,
 * among which slots of any size seem to fit. What is nothing but addresses, in slots longer than
 * any that hold several of them, are heads of chains or slots of one pointer each. */
#define MOST_POINTER_SLOT 64u

static bool is_all_pointers(const struct slot_window *window)
{
    for (size_t at = 0; at + 8 <= window->bytes; at += 8) {
        uint64_t word = slot_column_at(window, at);
        if (word != 0 && !slot_profile_is_pointer(word))
            return false;
    }
    return true;
}

/* The array that a window is of. */
struct learnt_array {
    uint64_t address, bytes;
    uint64_t start; /* of the window in it */
    size_t period;  /* of its slots, where it is known, else 0 */
    const struct comparison *comparison;
};

/* What lies over the edge of two slots is empty only where both are: where slots begin, more of
 * them are, by so many parts at least. */
#define MORE_EMPTY 16u
#define LINE_BYTES 64u

/* The largest slots of `most` bytes or less that make sense. */
static void find_slots(const struct slot_window *window, const struct learnt_array *array,
                       size_t most, struct slot_profile *out, size_t *best_phase)
{
    uint32_t unit = window->unit;
    for (size_t slot = unit; slot <= most && slot <= array->bytes / LEAST_SLOTS; slot += unit) {
        if (array->period != 0 ? slot != array->period
                               : !signature_allows_slot(array->comparison, slot / unit))
            continue;
        /* Slots from the block's first byte on, or behind a header that is not a whole slot long,
         * or, as parts of a cache line, from the beginning of one on. */
        uint64_t headers[] = {0, array->bytes % slot,
                              LINE_BYTES % slot == 0 ? -array->address % slot : 0};
        uint32_t most_empty = 0;
        for (int h = 0; h < 3; h++) {
            struct fit fit;
            if (h > 0 && headers[h] == 0)
                continue;
            size_t phase = (slot - (array->start + slot - headers[h] % slot) % slot) % slot;
            /* Of 8-byte slots behind a header of 20 bytes, too. */
            if (headers[h] % 4 != 0 || !fits(window, phase, slot, &fit) ||
                fit.empty <= most_empty + most_empty / MORE_EMPTY)
                continue;
            most_empty = fit.empty;
            *out = (struct slot_profile){.slot_bytes = (uint32_t)slot,
                                         .header_bytes = (uint32_t)headers[h],
                                         .column = fit.column,
                                         .column_bytes = unit,
                                         .empty_value = fit.empty_value};
            *best_phase = phase;
        }
    }
}

#define MOST_PAIR_BYTES 128u
#define LEAST_OF_HALVES 64u /* pairs in the window */
#define LEAST_ALONE     16u /* one slot in so many at least has the first half alone, the second */

/* What the halves of slots hold: how many are in use, and in how many of these each word is set. */
struct half_tally {
    uint32_t used;
    uint32_t set[MOST_PAIR_BYTES / 2 / sizeof(uint32_t)];
};

static bool tally_half(const unsigned char *half, size_t bytes, const void *empty,
                       struct half_tally *tally)
{
    if (memcmp(half, empty, bytes) == 0)
        return false;
    tally->used++;
    for (size_t at = 0; at < bytes; at += sizeof(uint32_t))
        tally->set[at / sizeof(uint32_t)] += word_u32(half, at) != 0;
    return true;
}

/* Whether they are slots of one kind: each is in use as often as the other, and the same of its
 * words are set. The halves of a bucket of several entries are not. */
static bool are_alike(const struct half_tally *a, const struct half_tally *b, size_t bytes)
{
    if (distance_between(a->used, b->used) * 4 > (uint64_t)a->used + b->used)
        return false;
    for (size_t nth = 0; nth < bytes / sizeof(uint32_t); nth++)
        if (distance_between((uint64_t)a->set[nth] * b->used, (uint64_t)b->set[nth] * a->used) * 4 >
            (uint64_t)a->used * b->used)
            return false;
    return true;
}

/* Whether the slots are pairs of slots that are half as long: each half is empty or not whatever
 * the other is. Slots of 12 bytes show as some of 24 where words of eight are compared, and one in
 * two of the entries is not counted. */
static bool are_pairs(const struct slot_window *window, size_t phase,
                      const struct slot_profile *slots)
{
    size_t slot = slots->slot_bytes, half = slot / 2;
    const unsigned char *empty = NULL;
    struct half_tally first = {0}, second = {0};
    uint64_t both = 0, all = 0;
    for (size_t at = phase; at + slot <= window->bytes && !empty; at += slot)
        if (slot_column_at(window, at + slots->column) == slots->empty_value &&
            memcmp(window->memory + at, window->memory + at + half, half) == 0)
            empty = window->memory + at;
    if (!empty)
        return false;
    for (size_t at = phase; at + slot <= window->bytes; at += slot, all++) {
        bool has_first = tally_half(window->memory + at, half, empty, &first);
        bool has_second = tally_half(window->memory + at + half, half, empty, &second);
        both += has_first && has_second;
    }
    /* Neighbours of linear probing are in use together more often than by chance. */
    uint64_t by_chance = (uint64_t)first.used * second.used, together = both * all;
    return all >= LEAST_OF_HALVES && (first.used - both) * LEAST_ALONE >= all &&
           (second.used - both) * LEAST_ALONE >= all && together >= by_chance / 2 &&
           together <= by_chance + by_chance / 2 && are_alike(&first, &second, half);
}

/* Slots of an odd number of half words. */
static void part_pairs(struct slot_window *window, const struct learnt_array *array,
                       struct slot_profile *out, size_t *best_phase)
{
    struct slot_window halves = *window;
    size_t half = out->slot_bytes / 2;
    uint64_t header = array->bytes % half;
    struct fit fit;
    if (out->slot_bytes > MOST_PAIR_BYTES || half % sizeof(uint64_t) != sizeof(uint32_t) ||
        !are_pairs(window, *best_phase, out))
        return;
    halves.unit = sizeof(uint32_t);
    header = header % sizeof(uint32_t) == 0 && out->header_bytes % half == header ? header : 0;
    size_t phase = (half - (array->start + half - header) % half) % half;
    if (!fits(&halves, phase, half, &fit))
        return;
    *out = (struct slot_profile){.slot_bytes = (uint32_t)half,
                                 .header_bytes = (uint32_t)header,
                                 .column = fit.column,
                                 .column_bytes = halves.unit,
                                 .empty_value = fit.empty_value};
    *window = halves;
    *best_phase = phase;
}

/* Makes buckets of two words out of slots of one, where they are such; or of slots of two those. */
static void join_pairs(const struct slot_window *window, const struct learnt_array *array,
                       struct slot_profile *out, size_t *best_phase)
{
    uint32_t header = out->slot_bytes == BUCKET_PAIR_BYTES
                          ? out->header_bytes
                          : (uint32_t)(array->bytes % BUCKET_PAIR_BYTES);
    size_t from_start = (array->start + BUCKET_PAIR_BYTES - header) % BUCKET_PAIR_BYTES;
    size_t phase = (BUCKET_PAIR_BYTES - from_start) % BUCKET_PAIR_BYTES;
    if (bucket_pairs_learn(window->memory + phase, window->bytes - phase, out)) {
        out->header_bytes = header;
        *best_phase = phase;
    }
}

bool slot_profile_learn(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                        uint32_t unit, const struct comparison *comparison, unsigned char *memory,
                        struct slot_profile *out)
{
    struct slot_window window = {.memory = memory, .unit = unit};
    uint64_t start = 0; /* from the middle of a big array: all parts of a hash table look alike */
    size_t best_phase = 0;

    memset(out, 0, sizeof(*out));
    window.bytes = bytes < PROFILE_WINDOW_BYTES ? (size_t)bytes : PROFILE_WINDOW_BYTES;
    if (bytes > 2 * PROFILE_WINDOW_BYTES)
        start = bytes / 2 & ~(uint64_t)7;
    if (!reader->read(reader, address + start, memory, window.bytes))
        return false;
    if (unit == 8 &&
        slot_numbers_learn(reader, address, bytes, memory, window.bytes, start, comparison, out))
        return true;
    size_t period = clear_own_addresses(memory, window.bytes, address + start);
    const struct learnt_array array = {address, bytes, start, period, comparison};
    find_slots(&window, &array, MOST_SLOT_BYTES, out, &best_phase);
    if (unit == 8 && period == 0 && out->slot_bytes > MOST_POINTER_SLOT && is_all_pointers(&window))
        find_slots(&window, &array, sizeof(uint64_t), out, &best_phase);
    if (unit == 8 && period == 0 &&
        (out->slot_bytes == sizeof(uint64_t) || out->slot_bytes == BUCKET_PAIR_BYTES))
        join_pairs(&window, &array, out, &best_phase);
    if (out->slot_bytes == 0)
        return false;
    if (unit == 8 && period == 0) {
        locked_heads_learn(reader, &(struct block){address, bytes}, start, memory, out,
                           &best_phase);
        part_pairs(&window, &array, out, &best_phase);
    }
    out->mark = marked_half(&window, best_phase, out);
    out->is_distinct = is_distinct(&window, best_phase, out);
    out->distinct_columns = distinct_columns(&window, best_phase, out);
    find_marker(&window, best_phase, out);
    out->is_of_parts = slot_kinds_differ(memory, window.bytes, out);
    return true;
}
