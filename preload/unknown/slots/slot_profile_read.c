/*
 * What slots that were learnt say of an array: how many it has, whether they are in use side by
 * side, how many entries hang in chains. See slot_profile.h. No state, no lock, no allocation.
 */
#include "slot_profile.h"

#include <string.h>

#include "layouts/layout.h"

#define MOST_TAIL_SLOTS 256u /* robin_hood.h: min(0.8 n, 255) */
#define MOST_TAIL_HEADS 16u
#define MOST_TAIL_BYTES 64u

/* Neighbours that are looked at in each of so many parts of the array. */
#define PACKED_PARTS      64u
#define PACKED_NEIGHBOURS 32u

#define PACKED_PIECE_BYTES       1024u
#define LEAST_PACKED_PIECE_BYTES 64u

/* How many of PACKED_PARTS pieces, all over the array, are zero, if these are all in one or two
 * stretches; else 0. */
static unsigned empty_parts(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                            unsigned char *window)
{
    unsigned zero = 0, changes = 0;
    bool was_zero = false;
    size_t piece = bytes / PACKED_PARTS / 2;
    if (piece < LEAST_PACKED_PIECE_BYTES)
        return 0;
    if (piece > PACKED_PIECE_BYTES)
        piece = PACKED_PIECE_BYTES;
    for (uint64_t part = 0; part < PACKED_PARTS; part++) {
        uint64_t offset = (bytes - piece) / (PACKED_PARTS - 1) * part;
        if (!reader->read(reader, address + offset, window, piece))
            return 0;
        bool is_zero = window[0] == 0 && memcmp(window, window + 1, piece - 1) == 0;
        changes += part > 0 && is_zero != was_zero;
        zero += is_zero;
        was_zero = is_zero;
    }
    return changes <= 2 ? zero : 0;
}

bool slot_profile_has_empty_end(const struct memory_reader *reader, uint64_t address,
                                uint64_t bytes, unsigned char *window)
{
    if (bytes < 2 * PACKED_PARTS * PACKED_PIECE_BYTES)
        return false;
    unsigned zero = empty_parts(reader, address, bytes, window);
    return zero * 10 >= PACKED_PARTS && zero * 10 <= 9 * PACKED_PARTS;
}

bool slot_profile_is_at_one_end(const struct memory_reader *reader, uint64_t address,
                                uint64_t bytes, unsigned char *window)
{
    unsigned zero = empty_parts(reader, address, bytes, window);
    return zero * 16 > 9 * PACKED_PARTS && zero < PACKED_PARTS;
}

bool slot_profile_is_packed(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                            const struct slot_profile *profile, unsigned char *window)
{
    uint64_t slots = slot_profile_capacity(profile, bytes);
    uint64_t neighbours = PROFILE_WINDOW_BYTES / profile->slot_bytes;
    uint64_t looked = 0, occupied = 0, changes = 0;
    if (neighbours > PACKED_NEIGHBOURS)
        neighbours = PACKED_NEIGHBOURS;
    if (slots < PACKED_PARTS * neighbours || neighbours < 2)
        return false;
    for (uint64_t part = 0; part < PACKED_PARTS; part++) {
        uint64_t first = (slots - neighbours) / (PACKED_PARTS - 1) * part;
        bool was_occupied = false;
        if (!reader->read(reader, address + profile->header_bytes + first * profile->slot_bytes,
                          window, (size_t)(neighbours * profile->slot_bytes)))
            return false;
        for (uint64_t i = 0; i < neighbours; i++) {
            uint64_t word = 0;
            memcpy(&word, window + i * profile->slot_bytes + profile->column,
                   profile->column_bytes);
            bool is_occupied = !slot_profile_is_empty(profile, word);
            changes += i > 0 && is_occupied != was_occupied;
            occupied += is_occupied;
            was_occupied = is_occupied;
        }
        looked += neighbours;
    }
    /* By chance 2 a (1 - a) of the neighbours differ, a being the load; in the clusters of linear
     * probing about half as many. */
    double load = (double)occupied / (double)looked;
    return (double)changes < 0.1 * load * (1 - load) * (double)looked;
}

bool slot_profile_is_sound(const struct slot_profile *profile)
{
    return (profile->column_bytes == 2 || profile->column_bytes == 4 ||
            profile->column_bytes == 8) &&
           profile->slot_bytes >= profile->column_bytes &&
           profile->column <= profile->slot_bytes - profile->column_bytes &&
           profile->marker_offset < profile->slot_bytes && profile->marker_value <= UINT8_MAX &&
           (!profile->is_chained || profile->column_bytes == 8) &&
           (!profile->is_inline ||
            (profile->slot_bytes >= 8 && profile->chain_offset <= profile->slot_bytes - 8)) &&
           (profile->last_offset == 0 ||
            (profile->slot_bytes >= 8 && profile->last_offset <= profile->slot_bytes - 8)) &&
           (profile->length_kind == SLOT_LENGTH_NONE ||
            (profile->column_bytes == 8 && profile->slot_bytes >= 8 &&
             profile->length_kind < SLOT_LENGTHS &&
             profile->length_offset <=
                 profile->slot_bytes - (profile->length_kind == SLOT_LENGTH_END     ? 8
                                        : profile->length_kind == SLOT_LENGTH_COUNT ? 4
                                                                                    : 2)));
}

static uint64_t nearest_power(double slots, uint64_t most)
{
    uint64_t power = 1;
    while (power * 2 <= most && (double)power * 1.4 < slots)
        power *= 2;
    return power;
}

/* Whether so many bytes may be some for each slot. */
static bool are_states(uint64_t bytes, uint64_t slots)
{
    for (uint64_t least = slots / 2; least <= slots * 4; least *= 2)
        if (bytes >= least && bytes <= least + MOST_TAIL_BYTES)
            return true;
    return false;
}

uint64_t slot_profile_capacity(const struct slot_profile *profile, uint64_t bytes)
{
    if (profile->slot_bytes == 0 || bytes < profile->header_bytes ||
        bytes - profile->header_bytes < profile->tail_bytes)
        return 0;
    if (profile->tail_bytes > 0)
        return (bytes - profile->header_bytes - profile->tail_bytes) / profile->slot_bytes;
    uint64_t slots = (bytes - profile->header_bytes) / profile->slot_bytes;
    if (slots < 2 || profile->is_in_use_to_its_end)
        return slots;
    if (profile->index_ppm != 0)
        return nearest_power((double)slots * profile->index_ppm / 1e6, slots);
    uint64_t power = 1;
    while (power * 2 <= slots)
        power *= 2;
    /* A power of two and a tail: some bytes for each slot behind them (the control bytes of swiss
     * tables), or a few slots more than the last home bucket (hopscotch, robin hood). */
    uint64_t tail = bytes - profile->header_bytes - power * profile->slot_bytes;
    /* No chain runs over the end: behind heads there is a sentinel or two, and primes a little
     * above a power of two are usual. */
    uint64_t most_slots = profile->is_chained ? MOST_TAIL_HEADS : MOST_TAIL_SLOTS;
    bool has_tail = (tail <= most_slots * profile->slot_bytes || are_states(tail, power)) &&
                    power * 100 >= slots * 85;
    return has_tail ? power : slots;
}

#define LEAST_TAIL_SLOTS 16u
#define LEAST_TAIL_USED  8u

/* Those in use of so many slots from one on; UINT64_MAX: not readable. */
static uint64_t count_used(const struct memory_reader *reader, uint64_t address,
                           const struct slot_profile *profile, uint64_t slots,
                           unsigned char *window)
{
    uint64_t used = 0;
    if (!reader->read(reader, address, window, (size_t)(slots * profile->slot_bytes)))
        return UINT64_MAX;
    for (uint64_t i = 0; i < slots; i++)
        used += slot_profile_is_used(profile, window + i * profile->slot_bytes,
                                     address + i * profile->slot_bytes);
    return used;
}

bool slot_profile_is_in_use_to_its_end(const struct memory_reader *reader, uint64_t address,
                                       uint64_t bytes, const struct slot_profile *profile,
                                       unsigned char *window)
{
    const uint64_t slot_bytes = profile->slot_bytes, before = bytes - profile->header_bytes;
    const uint64_t capacity = slot_profile_capacity(profile, bytes);
    if (slot_bytes == 0 || profile->index_ppm != 0 || profile->tail_bytes > 0 ||
        before % slot_bytes != 0)
        return false;
    const uint64_t tail = before / slot_bytes - capacity;
    if (tail < LEAST_TAIL_SLOTS || tail * 4 > capacity ||
        tail * slot_bytes > LAYOUT_SCRATCH_BYTES || are_states(tail * slot_bytes, capacity))
        return false;
    /* As many in the middle, and two thirds of these at the end. */
    const uint64_t first = address + profile->header_bytes;
    const uint64_t middle =
        count_used(reader, first + capacity / 2 * slot_bytes, profile, tail, window);
    const uint64_t end = count_used(reader, first + capacity * slot_bytes, profile, tail, window);
    return middle != UINT64_MAX && end != UINT64_MAX && end >= LEAST_TAIL_USED &&
           end * 3 >= middle * 2 && middle < tail;
}

double slot_profile_log(double x)
{
    /* x = m * 2^e; ln m by the series of atanh, m in [1, 2): eleven terms give 1e-11. */
    int exponent = 0;
    while (x >= 2) {
        x /= 2;
        exponent++;
    }
    while (x < 1 && exponent > -1100) {
        x *= 2;
        exponent--;
    }
    double y = (x - 1) / (x + 1);
    double term = y, sum = 0;
    for (int n = 1; n < 23; n += 2, term *= y * y)
        sum += term / n;
    return 2 * sum + exponent * 0.69314718055994531;
}

double slot_profile_square_root(double x)
{
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 40 && x > 0; i++)
        root = (root + x / root) / 2;
    return x > 0 ? root : 0;
}

void slot_profile_chained_live(uint64_t occupied, uint64_t capacity, uint64_t *live,
                               uint64_t *error)
{
    double buckets = (double)capacity;
    double left = 1 - (double)occupied / buckets; /* e^-l */
    double load = -slot_profile_log(left);
    *live = (uint64_t)(load * buckets + 0.5);
    *error = (uint64_t)(slot_profile_square_root(buckets * (1 / left - 1 - load)) + 0.5);
}
