/*
 * From keys to slots by the program's own code: see own_relation.h. No state but that of the
 * view's own_hashes; no allocation.
 */
#include "own_relation.h"

#include <string.h>

#include "layouts/layout.h"
#include "own_hashes.h"

#define FLIPPED_KEYS 3u
#define NEAR_SLOTS   16u
#define FAR_PART     64u /* of all slots: so much apart is far */

struct own_search {
    struct own_keys *keys;
    struct hash_relation *relation;
    struct own_hashes *own;
    const struct layout_view *view;
    uint32_t beginning;
    uint32_t ran; /* a bit for each key that this beginning was tried with */
};

static bool hash_key(const struct own_search *search, uint32_t key)
{
    const struct own_keys *keys = search->keys;
    return keys->texts[0]
               ? own_hash_text(search->own, search->view, search->beginning, keys->texts[key],
                               keys->lengths[key])
               : own_hash_number(search->own, search->view, search->beginning, keys->numbers[key]);
}

static const struct own_results *results_of(struct own_search *search, uint32_t key)
{
    struct own_results *results = &search->own->kept[key];
    if (search->ran >> key & 1)
        return results;
    search->ran |= 1u << key;
    results->count = 0;
    if (!hash_key(search, key))
        return results;
    results->count = search->own->run.results;
    memcpy(results->result, search->own->run.result, results->count * sizeof(results->result[0]));
    return results;
}

/* The result of that instruction; mostly it comes as late as for the key before. */
static bool find_result(const struct machine_result *results, uint32_t count, uint64_t where,
                        uint32_t guess, uint64_t *value)
{
    if (guess < count && results[guess].where == where) {
        *value = results[guess].value;
        return true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (results[i].where == where) {
            *value = results[i].value;
            return true;
        }
    return false;
}

static uint64_t slot_for(const struct hash_relation *relation, uint64_t capacity, uint64_t hash)
{
    if (relation->hash_bits == 32)
        hash &= UINT32_MAX;
    return keyed_relation_reduce(relation, capacity, hash);
}

/* --- whether it scatters --- */

/* How far apart two slots are, the last being next to the first. */
static uint64_t distance_of(const struct own_search *search, uint64_t a, uint64_t b)
{
    uint64_t apart = distance_between(a, b), capacity = search->keys->question->capacity;
    return apart < capacity / 2 ? apart : capacity - apart;
}

/* Of a number each bit must make a difference. Where coordinates, times, numbers given out in turn
 * are made into an index, some bits lead to the same slot or to one nearby. */
static bool scatters_numbers(struct own_search *search)
{
    const struct own_keys *keys = search->keys;
    uint64_t capacity = keys->question->capacity, varying = 0, hash, flipped;
    uint32_t asked = 0, near = 0, far = 0;
    for (uint32_t i = 1; i < OWN_KEYS; i++)
        varying |= keys->numbers[i] ^ keys->numbers[0];
    for (; varying != 0; varying &= varying - 1)
        for (uint32_t i = 0; i < FLIPPED_KEYS; i++) {
            uint64_t key = keys->numbers[i];
            if (!own_relation_number(search->view, search->relation, key, &hash) ||
                !own_relation_number(search->view, search->relation, key ^ (varying & -varying),
                                     &flipped))
                continue;
            uint64_t distance = distance_of(search, slot_for(search->relation, capacity, hash),
                                            slot_for(search->relation, capacity, flipped));
            asked++;
            near += distance <= NEAR_SLOTS;
            far += distance > capacity / FAR_PART;
        }
    return asked >= OWN_KEYS && near * 8 <= asked && far * 4 >= asked;
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

/* --- which instruction's result it is --- */

#define MOST_PARTS  16u /* of a slot that may be taken for slots */
#define LEAST_PARTS 10u /* entries of which all are in every second slot in one of 500 cases */

/* Whether all that are in their own slots are in every so many-th: then the slots are larger, and
 * the code's result is an offset. */
static bool are_parts(const struct own_search *search)
{
    const struct relation_question *question = search->keys->question;
    uint64_t slots[RELATION_SAMPLES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < question->count && i < RELATION_SAMPLES; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        if (hash_relation_home(search->view, search->relation, question->capacity, entry->bytes) ==
            entry->slot)
            slots[count++] = entry->slot;
    }
    for (uint64_t parts = 2; parts <= MOST_PARTS && count >= LEAST_PARTS; parts++) {
        uint32_t i = 1;
        while (i < count && slots[i] % parts == slots[0] % parts)
            i++;
        if (i == count)
            return true;
    }
    return false;
}

static bool agree(struct own_search *search, uint32_t guess)
{
    const struct relation_question *question = search->keys->question;
    struct hash_relation *relation = search->relation;
    uint32_t strangers = 0;
    for (uint32_t i = 0; i < OWN_KEYS; i++) {
        const struct own_results *results = results_of(search, i);
        uint64_t value;
        strangers +=
            !find_result(results->result, results->count, relation->where, guess, &value) ||
            slot_for(relation, question->capacity, value) != question->entries[i].slot;
        if (strangers > search->keys->most_strangers)
            return false;
    }
    return hash_relation_is_agreed(question, relation) && !are_parts(search) &&
           (search->keys->texts[0] ? scatters_texts(search) : scatters_numbers(search));
}

static bool try_as(struct own_search *search, uint32_t guess, uint64_t value, uint64_t slot,
                   uint8_t reduction, uint8_t bits, uint8_t shift)
{
    search->relation->reduction = reduction;
    search->relation->hash_bits = bits;
    search->relation->shift = shift;
    return slot_for(search->relation, search->keys->question->capacity, value) == slot &&
           agree(search, guess);
}

/* Whatever the code does itself is among the results; but not what it takes from memory for it: the
 * number of slots, or of bits. */
static bool try_value(struct own_search *search, uint32_t guess, uint64_t value, uint64_t slot)
{
    uint64_t capacity = search->keys->question->capacity;
    bool is_wide = value >> 32 != 0;
    if (is_power_of_two(capacity)) {
        uint8_t bits = (uint8_t)__builtin_ctzll(capacity);
        return try_as(search, guess, value, slot, REDUCE_MASK, 64, 0) ||
               (is_wide && try_as(search, guess, value, slot, REDUCE_MASK, 64, 64 - bits)) ||
               (bits < 32 &&
                try_as(search, guess, value, slot, REDUCE_MASK, 32, (uint8_t)(32 - bits)));
    }
    return try_as(search, guess, value, slot, REDUCE_MODULO, 64, 0) ||
           (is_wide && try_as(search, guess, value, slot, REDUCE_MODULO, 32, 0)) ||
           (is_wide && try_as(search, guess, value, slot, REDUCE_RANGE, 64, 0)) ||
           try_as(search, guess, value, slot, REDUCE_RANGE, 32, 0);
}

static bool try_beginning(struct own_search *search)
{
    const struct own_keys *keys = search->keys;
    search->ran = 0;
    for (uint32_t witness = 0; witness < keys->witnesses; witness++) {
        const struct own_results *results = results_of(search, witness);
        uint64_t slot = keys->question->entries[witness].slot;
        for (uint32_t i = 0; i < results->count; i++) {
            search->relation->where = results->result[i].where;
            if (try_value(search, i, results->result[i].value, slot))
                return true;
        }
    }
    return false;
}

bool own_relation_find(struct own_keys *keys, struct hash_relation *relation)
{
    struct own_search search = {.keys = keys,
                                .relation = relation,
                                .own = keys->question->view->own_hashes,
                                .view = keys->question->view};
    if (!search.own || !own_hashes_ready(search.own, search.view))
        return false;
    relation->is_own = true;
    for (uint32_t i = 0; i < search.own->beginnings; i++) {
        const struct own_beginning *beginning = &search.own->beginning[i];
        if (keys->texts[0] ? !beginning->is_text : !beginning->is_number)
            continue;
        search.beginning = i;
        relation->known = (uint16_t)i;
        if (try_beginning(&search)) {
            own_hashes_found(search.own);
            return true;
        }
    }
    relation->is_own = false;
    return false;
}

bool own_relation_number(const struct layout_view *view, const struct hash_relation *relation,
                         uint64_t key, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    return own && own_hash_number(own, view, relation->known, key) &&
           find_result(own->run.result, own->run.results, relation->where, 0, hash);
}

bool own_relation_text(const struct layout_view *view, const struct hash_relation *relation,
                       const unsigned char *text, size_t length, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    return own && own_hash_text(own, view, relation->known, text, length) &&
           find_result(own->run.result, own->run.results, relation->where, 0, hash);
}
