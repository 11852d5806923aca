/*
 * Whether what a program's code makes of keys is a hash: see own_search.h. No state, no allocation.
 *
 * Bits of keys are flipped. A hash leads far away then, whichever bit it was; an index that is
 * computed from coordinates, times or levels does not. And it leads more keys to a slot than one,
 * which a permutation does not.
 */
#include <string.h>

#include "own_meetings.h"
#include "own_search.h"
#include "primes.h"

#define FLIPPED_KEYS 3u
#define NEAR_SLOTS   16u
#define FAR_PART     64u /* of all slots: so much apart is far */

/* How far apart two slots are, the last being next to the first. */
static uint64_t distance_of(const struct own_search *search, uint64_t a, uint64_t b)
{
    uint64_t apart = distance_between(a, b), capacity = search->keys->question->capacity;
    return apart < capacity / 2 ? apart : capacity - apart;
}

/* How two slots lie to each other, of keys of which one bit differs. */
struct scattering {
    uint32_t asked, near, far, same;
    uint32_t moved; /* bits that made a difference, each time they were asked about */
};

static bool is_scattered(const struct scattering *seen)
{
    return seen->asked >= OWN_KEYS && seen->near * 8 <= seen->asked && seen->far * 4 >= seen->asked;
}

static bool do_meet(const struct own_search *search)
{
    const struct relation_question *question = search->keys->question;
    return own_keys_meet(search->view, search->relation, question->capacity, question->entries,
                         question->count);
}

/* Where the upper bits of numbers make no difference, as of a product of which the middle is taken,
 * those do that make one; if keys meet that differ in them alone. */
static bool scatters_part(const struct own_search *search, const struct scattering *seen)
{
    struct scattering rest = *seen;
    rest.asked -= seen->same;
    rest.near -= seen->same;
    return !search->keys->are_records && seen->same > 0 && is_scattered(&rest) && do_meet(search);
}

static void note_distance(const struct own_search *search, uint64_t slot, uint64_t flipped,
                          struct scattering *seen)
{
    uint64_t distance = distance_of(search, slot, flipped);
    seen->asked++;
    seen->near += distance <= NEAR_SLOTS;
    seen->same += distance == 0;
    seen->far += distance > search->keys->question->capacity / FAR_PART;
}

/* Of a number each bit must make a difference. Where coordinates, times, numbers given out in turn
 * are made into an index, some bits lead to the same slot or to one nearby. */
static bool scatters_numbers(struct own_search *search, struct scattering *seen)
{
    const struct own_keys *keys = search->keys;
    uint64_t capacity = keys->question->capacity, varying = 0, hash, flipped;
    for (uint32_t i = 1; i < OWN_KEYS; i++)
        varying |= keys->numbers[i] ^ keys->numbers[0];
    for (; varying != 0; varying &= varying - 1) {
        bool is_moved = true;
        uint32_t before = seen->asked;
        for (uint32_t i = 0; i < FLIPPED_KEYS; i++) {
            uint64_t key = keys->numbers[i];
            if (!own_relation_number(search->view, search->relation, key, &hash) ||
                !own_relation_number(search->view, search->relation, key ^ (varying & -varying),
                                     &flipped))
                continue;
            hash = slot_for(search->relation, capacity, hash);
            flipped = slot_for(search->relation, capacity, flipped);
            note_distance(search, hash, flipped, seen);
            is_moved = is_moved && hash != flipped;
        }
        seen->moved += is_moved && seen->asked > before;
    }
    return is_scattered(seen);
}

/* Letters at both ends must make a difference: else it is an index by the first few, or a sum of
 * lengths. */
static bool scatters_texts(struct own_search *search)
{
    const struct own_keys *keys = search->keys;
    uint64_t capacity = keys->question->capacity, hash, flipped;
    uint32_t asked = 0, differ = 0;
    unsigned char text[KEYED_TEXT_BYTES + 1];
    for (uint32_t i = 0; i < OWN_KEYS; i++)
        for (uint32_t end = 0; end < 2; end++) {
            size_t length = keys->lengths[i];
            if (length > KEYED_TEXT_BYTES)
                continue;
            memcpy(text, keys->texts[i], length);
            text[length] = 0;
            text[end ? length - 1 : 0] ^= 1;
            if (!own_relation_text(search->view, search->relation, keys->texts[i], length, &hash) ||
                !own_relation_text(search->view, search->relation, text, length, &flipped))
                continue;
            asked++;
            differ += slot_for(search->relation, capacity, hash) !=
                      slot_for(search->relation, capacity, flipped);
        }
    return asked >= OWN_KEYS && differ * 8 >= asked * 7;
}

/* The slot of a record of which the bits are flipped; the capacity where there is none. */
static uint64_t flipped_slot(struct own_search *search, uint32_t key, uint32_t at,
                             unsigned char bits)
{
    const struct relation_question *question = search->keys->question;
    unsigned char window[RELATION_WINDOW];
    uint64_t hash;
    memcpy(window, question->entries[key].bytes, sizeof(window));
    window[at] ^= bits;
    return own_relation_record(search->view, search->relation, window, &hash)
               ? slot_for(search->relation, question->capacity, hash)
               : question->capacity;
}

/* What flips of a byte's bits do, of those in which the records differ. False when nothing. */
static bool flip_byte(struct own_search *search, uint32_t at, struct scattering *seen)
{
    const struct relation_question *question = search->keys->question;
    struct scattering byte = {0};
    unsigned varying = 0;
    bool is_any = false;
    for (uint32_t i = 1; i < question->count; i++)
        varying |= question->entries[i].bytes[at] ^ question->entries[0].bytes[at];
    for (; varying != 0; varying &= varying - 1) {
        bool is_moved = true;
        uint32_t before = byte.asked;
        for (uint32_t i = 0; i < FLIPPED_KEYS; i++) {
            uint64_t slot = flipped_slot(search, i, at, 0);
            uint64_t flipped = flipped_slot(search, i, at, (unsigned char)(varying & -varying));
            if (slot == question->capacity || flipped == question->capacity)
                continue;
            note_distance(search, slot, flipped, &byte);
            is_moved = is_moved && slot != flipped;
            is_any = is_any || slot != flipped;
        }
        byte.moved += is_moved && byte.asked > before;
    }
    if (!is_any)
        return false; /* read, but not for the hash */
    seen->asked += byte.asked;
    seen->near += byte.near;
    seen->far += byte.far;
    seen->moved += byte.moved;
    return true;
}

/* The same of all bits of a record that the hash is made of, and of two of its fields at least: a
 * single one is a number, unless the code has the table's object, too, or leads several such to a
 * slot. */
static bool scatters_records(struct own_search *search, struct scattering *seen)
{
    const struct hash_relation *relation = search->relation;
    uint32_t words = 0, last = UINT32_MAX;
    for (uint32_t at = relation->offset; at < relation->offset + relation->width; at++) {
        if (!search->read[at] || !flip_byte(search, at, seen))
            continue;
        words += at / 4 != last;
        last = at / 4;
    }
    return is_scattered(seen) &&
           (words >= (relation->object == 0 ? 2u : 1u) || (words == 1 && do_meet(search)));
}

#define LEAST_TEXT 4u

/* Of a text whose length stands beside it each letter must make a difference, whichever it is. */
static bool scatters_text_records(struct own_search *search)
{
    const struct hash_relation *relation = search->relation;
    uint32_t letters = 0, read = 0, word_letters = 0, word_read = 0;
    for (uint32_t at = relation->offset; at < relation->offset + relation->width; at++) {
        uint64_t capacity = search->keys->question->capacity;
        if (search->read[at]) {
            uint64_t slot = flipped_slot(search, 0, at, 0);
            uint64_t flipped = flipped_slot(search, 0, at, 1);
            word_read++;
            word_letters += slot != capacity && flipped != capacity && slot != flipped;
        }
        if (at % 4 != 3)
            continue;
        if (word_letters > 0) { /* other words are read, but not for the hash */
            letters += word_letters;
            read += word_read;
        }
        word_letters = word_read = 0;
    }
    return letters >= LEAST_TEXT && letters * 4 >= read * 3;
}

/* --- whether more keys lead to a slot than one --- */

static bool hash_entry(const struct own_search *search, const struct sampled_entry *entry,
                       uint64_t *hash)
{
    const struct hash_relation *relation = search->relation;
    return relation->key == RELATION_RECORD
               ? own_relation_record(search->view, relation, entry->bytes, hash)
               : own_relation_number(search->view, relation,
                                     hash_relation_field(relation, entry->bytes), hash);
}

/* What of the hash does not name the slot. */
static uint64_t rest_of(const struct own_search *search, uint64_t hash)
{
    const struct hash_relation *relation = search->relation;
    uint64_t capacity = search->keys->question->capacity;
    if (relation->hash_bits == 32)
        hash &= UINT32_MAX;
    return relation->reduction == REDUCE_MODULO ? hash / capacity
           : relation->shift == 0               ? hash / capacity
                                                : hash & ((1ull << relation->shift) - 1);
}

#define ENOUGH_RESTS 8u

/* Whether the code's numbers are larger than the slots', and differ by more than what names these:
 * of half of the entries the rest is one of its own, or there are enough different ones. What puts
 * each thing into the one place that it has, a permutation or the number of a cell, makes no larger
 * numbers. */
static bool has_rests(const struct own_search *search)
{
    const struct relation_question *question = search->keys->question;
    uint64_t rests[RELATION_SAMPLES], hash;
    uint32_t count = 0, distinct = 0;
    if (search->relation->reduction == REDUCE_RANGE)
        return false;
    for (uint32_t i = 0; i < question->count && count < RELATION_SAMPLES; i++) {
        uint32_t before = 0;
        if (!hash_entry(search, &question->entries[i], &hash))
            continue;
        rests[count] = rest_of(search, hash);
        while (rests[before] != rests[count])
            before++;
        distinct += before == count;
        count++;
    }
    uint32_t least = question->count / 2 < ENOUGH_RESTS ? question->count / 2 : ENOUGH_RESTS;
    return distinct >= OWN_KEYS / 2 && distinct >= least;
}

#define SPARE_BITS 4u

/* So many bits of the key make a difference that it can be told from their number alone that keys
 * share slots. */
static bool is_crowded(const struct own_search *search, const struct scattering *seen)
{
    unsigned bits = 63u - (unsigned)__builtin_clzll(search->keys->question->capacity);
    return seen->moved >= bits + SPARE_BITS && has_rests(search);
}

bool own_is_hash(struct own_search *search)
{
    const struct own_keys *keys = search->keys;
    struct hash_relation *relation = search->relation;
    struct scattering seen = {0};
    relation->is_mixed_key = false;
    if (keys->texts[0])
        return scatters_texts(search);
    bool is_scattering = keys->are_records ? scatters_records(search, &seen) ||
                                                 (search->own->record[search->beginning].is_text &&
                                                  scatters_text_records(search))
                                           : scatters_numbers(search, &seen);
    /* Numbers that are divided by a prime stay neighbours; but nobody numbers anything else so. */
    bool is_by_prime = relation->reduction == REDUCE_MODULO && is_prime(keys->question->capacity) &&
                       has_rests(search);
    relation->is_mixed_key = is_by_prime || (is_scattering && is_crowded(search, &seen));
    return is_by_prime || is_scattering || scatters_part(search, &seen);
}
