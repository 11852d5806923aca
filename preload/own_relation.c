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
    uint32_t ran;                        /* a bit for each key that this beginning was tried with */
    unsigned char read[RELATION_WINDOW]; /* of records: which bytes of the window were */
};

static bool hash_record(const struct layout_view *view, const struct hash_relation *relation,
                        const unsigned char *window, unsigned char *read)
{
    return own_hash_record(view->own_hashes, view, relation->known, window + relation->offset,
                           relation->width, relation->base - relation->offset,
                           read + relation->offset);
}

static bool hash_key(struct own_search *search, uint32_t key)
{
    const struct own_keys *keys = search->keys;
    if (keys->are_records)
        return hash_record(search->view, search->relation, keys->question->entries[key].bytes,
                           search->read);
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

/* How two slots lie to each other, of keys of which one bit differs. */
struct scattering {
    uint32_t asked, near, far;
    uint32_t moved; /* bits that made a difference, each time they were asked about */
};

static bool is_scattered(const struct scattering *seen)
{
    return seen->asked >= OWN_KEYS && seen->near * 8 <= seen->asked && seen->far * 4 >= seen->asked;
}

static void note_distance(const struct own_search *search, uint64_t slot, uint64_t flipped,
                          struct scattering *seen)
{
    uint64_t distance = distance_of(search, slot, flipped);
    seen->asked++;
    seen->near += distance <= NEAR_SLOTS;
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
        seen->moved += is_moved;
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
        for (uint32_t i = 0; i < FLIPPED_KEYS; i++) {
            uint64_t slot = flipped_slot(search, i, at, 0);
            uint64_t flipped = flipped_slot(search, i, at, (unsigned char)(varying & -varying));
            if (slot == question->capacity || flipped == question->capacity)
                continue;
            note_distance(search, slot, flipped, &byte);
            is_moved = is_moved && slot != flipped;
            is_any = is_any || slot != flipped;
        }
        byte.moved += is_moved;
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
 * single one is a number. */
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
    return words > 1 && is_scattered(seen);
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

#define MOST_TRIED_DIVISOR (1u << 20)

static bool is_prime(uint64_t n)
{
    if (n < 3 || n % 2 == 0)
        return n == 2;
    for (uint64_t divisor = 3; divisor * divisor <= n; divisor += 2)
        if (n % divisor == 0 || divisor > MOST_TRIED_DIVISOR)
            return false;
    return true;
}

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

#define ENOUGH_RESTS 16u

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

/* Whether what the code makes is a hash; and then whether it is one beyond doubt, even if no entry
 * met another. */
static bool is_hash(struct own_search *search)
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
    if (is_scattering) {
        relation->is_mixed_key = is_crowded(search, &seen);
        return true;
    }
    /* Numbers that are divided by a prime stay neighbours; but nobody numbers anything else so. */
    relation->is_mixed_key = relation->reduction == REDUCE_MODULO &&
                             is_prime(keys->question->capacity) && has_rests(search);
    return relation->is_mixed_key;
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
    return hash_relation_is_agreed(question, relation) && !are_parts(search) && is_hash(search);
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

static bool try_beginnings(struct own_search *search)
{
    const struct own_keys *keys = search->keys;
    for (uint32_t i = 0; i < search->own->beginnings; i++) {
        const struct own_beginning *beginning = &search->own->beginning[i];
        if (keys->texts[0] ? !beginning->is_text : !beginning->is_number)
            continue;
        search->beginning = i;
        search->relation->known = (uint16_t)i;
        if (try_beginning(search))
            return true;
    }
    return false;
}

/* --- records --- */

/* Keys differ: whether the fields that the code loads first do. */
static bool are_keys(const struct own_search *search, const struct own_record *record, int32_t base)
{
    const struct relation_question *question = search->keys->question;
    for (uint32_t i = 1; i < OWN_KEYS; i++)
        for (uint32_t before = 0; before < i; before++) {
            uint32_t same = 0;
            for (uint32_t n = 0; n < record->loads; n++) {
                int32_t at = base + record->load_at[n];
                same += memcmp(question->entries[i].bytes + at,
                               question->entries[before].bytes + at, record->load_bytes[n]) == 0;
            }
            if (same == record->loads)
                return false;
        }
    return true;
}

/* Keeps of the window what the code reads. */
static void keep_read(const struct own_search *search, const struct own_record *record)
{
    struct hash_relation *relation = search->relation;
    uint32_t first = relation->offset, end = first + relation->width;
    while (first < end && !search->read[first])
        first++;
    while (!record->is_text && end > first && !search->read[end - 1])
        end--;
    relation->offset = (uint16_t)first;
    relation->width = (uint8_t)(end - first);
}

/* The register may lead to the record, or to anywhere in it. */
static bool try_bases(struct own_search *search, const struct own_record *record, bool with_keys)
{
    const struct relation_question *question = search->keys->question;
    int32_t first = (int32_t)question->first, end = (int32_t)question->end;
    int32_t lowest = INT32_MAX, highest = INT32_MIN, step = 4;
    for (uint32_t n = 0; n < record->loads; n++) {
        int32_t at = record->load_at[n], behind = at + record->load_bytes[n];
        if (at < -RELATION_WINDOW || at > RELATION_WINDOW)
            return false;
        lowest = at < lowest ? at : lowest;
        highest = behind > highest ? behind : highest;
        step = record->load_bytes[n] == 8 ? 8 : step;
    }
    for (int32_t base = (first - lowest + step - 1) & -step; base + highest <= end; base += step) {
        if (!record->is_text && are_keys(search, record, base) != with_keys)
            continue;
        search->ran = 0;
        memset(search->read, 0, sizeof(search->read));
        search->relation->base = (int16_t)base;
        search->relation->offset = (uint16_t)first;
        search->relation->width = (uint8_t)(end - first);
        if (try_beginning(search)) {
            keep_read(search, record);
            return true;
        }
    }
    return false;
}

static bool try_records_of(struct own_search *search, bool texts, bool with_keys)
{
    for (uint32_t i = 0; i < search->own->records; i++) {
        const struct own_record *record = &search->own->record[i];
        search->beginning = i;
        search->relation->known = (uint16_t)i;
        if (record->is_text == texts && try_bases(search, record, with_keys))
            return true;
    }
    return false;
}

/* First where the fields that are loaded by the same register tell entries apart; else they are but
 * a part of the key. */
static bool try_records(struct own_search *search)
{
    return try_records_of(search, false, true) || try_records_of(search, false, false) ||
           try_records_of(search, true, false);
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
    if (keys->are_records ? try_records(&search) : try_beginnings(&search)) {
        own_hashes_found(search.own);
        return true;
    }
    relation->is_own = false;
    return false;
}

bool own_relation_record(const struct layout_view *view, const struct hash_relation *relation,
                         const unsigned char *window, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    unsigned char read[RELATION_WINDOW];
    return own && hash_record(view, relation, window, read) &&
           find_result(own->run.result, own->run.results, relation->where, 0, hash);
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
