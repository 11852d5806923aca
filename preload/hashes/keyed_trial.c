/*
 * From a function to the slots of entries, in all ways in which these may be made of a hash: see
 * keyed_trial.h. No state, no allocation; nearly all is refused by a few entries.
 */
#include "keyed_trial.h"

#include "known_hashes.h"
#include "own_relation.h"

#define MODULO_FINISHES 3u

/* Functions whose bits are taken from somewhere in the middle. */
static const uint8_t middles_64[] = {32, 16, 40, 24, 20, 48, 8, 28, 36, 44};
static const uint8_t middles_32[] = {16, 8, 12, 4};

static uint64_t raw_of(struct trial *trial, uint32_t entry)
{
    const struct hash_relation *relation = &trial->relation;
    for (; trial->hashed <= entry; trial->hashed++) {
        uint32_t i = trial->hashed;
        const unsigned char *window = trial->question->entries[i].bytes;
        trial->raw[i] =
            trial->texts
                ? known_text_hash(relation->known, trial->texts[i].bytes, trial->texts[i].length)
                : known_number_hash(relation->known, hash_relation_field(relation, window),
                                    relation->width);
    }
    return trial->raw[entry];
}

/* Whether the first entries lie where their hashes lead, and then all. */
static bool agree(struct trial *trial)
{
    const struct relation_question *question = trial->question;
    const struct hash_relation *relation = &trial->relation;
    uint32_t strangers = 0, most = question->is_exact ? 1 : FIRST_ENTRIES - FIRST_AGREE;
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        uint64_t hash = known_finish(relation->finish, raw_of(trial, i), relation->hash_bits);
        strangers += keyed_relation_reduce(relation, question->capacity, hash) !=
                     hash_relation_slot(relation, &question->entries[i]);
        if (strangers > most)
            return false;
    }
    return hash_relation_is_agreed(question, &trial->relation);
}

static bool try_shifts(struct trial *trial, uint64_t hash, uint64_t slot, const uint8_t *shifts,
                       size_t count)
{
    uint64_t mask = trial->question->capacity - 1;
    for (size_t i = 0; i < count; i++) {
        if (!hash_relation_begin(trial->question, &trial->relation, slot, hash >> shifts[i] & mask))
            continue;
        trial->relation.shift = shifts[i];
        if (agree(trial))
            return true;
    }
    return false;
}

static bool try_as(struct trial *trial, uint64_t hash, uint64_t slot, uint8_t reduction)
{
    trial->relation.reduction = reduction;
    return hash_relation_begin(
               trial->question, &trial->relation, slot,
               keyed_relation_reduce(&trial->relation, trial->question->capacity, hash)) &&
           agree(trial);
}

/* Halves of 64 bits that were put together are mostly a hash of 32 bits from then on. */
static bool try_half(struct trial *trial, uint64_t hash, uint64_t slot)
{
    struct hash_relation *relation = &trial->relation;
    const uint64_t capacity = trial->question->capacity;
    relation->is_cut = true;
    relation->shift = 0;
    if (!is_power_of_two(capacity)) {
        if (try_as(trial, hash, slot, REDUCE_MODULO) || try_as(trial, hash, slot, REDUCE_RANGE))
            return true;
    } else if (capacity >> 32 == 0) {
        relation->shift = (uint8_t)(32 - __builtin_ctzll(capacity));
        if (try_as(trial, hash, slot, REDUCE_MASK))
            return true;
    }
    relation->is_cut = false;
    return false;
}

/* In all ways in which a slot is made of a hash; `hash` and `slot` are one entry's. */
static bool try_reductions(struct trial *trial, uint64_t hash, uint64_t slot, bool is_product)
{
    struct hash_relation *relation = &trial->relation;
    uint64_t capacity = trial->question->capacity;
    if (!is_power_of_two(capacity))
        return try_as(trial, hash, slot, REDUCE_MODULO) ||
               (is_product && try_as(trial, hash, slot, REDUCE_RANGE));
    uint8_t bits = (uint8_t)__builtin_ctzll(capacity), shift = 0;
    relation->reduction = REDUCE_MASK;
    if (try_shifts(trial, hash, slot, &shift, 1))
        return true;
    if (!is_product || bits >= relation->hash_bits)
        return false;
    shift = (uint8_t)(relation->hash_bits - bits);
    return try_shifts(trial, hash, slot, &shift, 1) ||
           (relation->hash_bits == 64
                ? try_shifts(trial, hash, slot, middles_64, sizeof(middles_64))
                : try_shifts(trial, hash, slot, middles_32, sizeof(middles_32)));
}

/* Whether the function gives 32 bits. */
static bool are_short(struct trial *trial)
{
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++)
        if (raw_of(trial, i) >> 32 != 0)
            return false;
    return true;
}

/* In all ways in which a hash of so many bits is folded; it and the slot are one entry's. */
static bool try_folds(struct trial *trial, uint64_t raw, uint64_t slot, uint8_t finishes,
                      bool is_same)
{
    struct hash_relation *relation = &trial->relation;
    const uint64_t capacity = trial->question->capacity;
    const bool is_power = is_power_of_two(capacity);
    const uint8_t bits = relation->hash_bits;
    for (uint8_t finish = 0; finish < finishes; finish++) {
        bool multiplies = known_finish_multiplies(finish);
        bool is_product = finish == 0 || multiplies;
        if (is_same && !multiplies)
            continue;
        uint64_t hash = known_finish(finish, raw, bits);
        relation->finish = finish;
        if (bits == 64 && finish == KNOWN_HALVES && try_half(trial, hash, slot))
            return true;
        /* Nearly all end here. */
        if (!is_product && !hash_relation_begin(trial->question, relation, slot,
                                                is_power ? hash & (capacity - 1) : hash % capacity))
            continue;
        if (try_reductions(trial, hash, slot, is_product))
            return true;
    }
    return false;
}

/* Of a function's hash, taken for one of 32 bits and of 64. */
bool keyed_trial_agrees(struct trial *trial)
{
    struct hash_relation *relation = &trial->relation;
    const struct relation_question *question = trial->question;
    uint32_t witnesses = question->is_exact ? 1 : trial->witnesses;
    /* Folding is for hashes of which the lower bits are taken. */
    uint8_t finishes = trial->finishes;
    if (!is_power_of_two(question->capacity) && finishes > MODULO_FINISHES)
        finishes = MODULO_FINISHES;
    trial->hashed = 0;
    for (uint32_t i = 0; i < witnesses; i++) {
        const uint64_t raw = raw_of(trial, i);
        for (relation->hash_bits = 32; relation->hash_bits <= 64; relation->hash_bits += 32) {
            /* A hash of 32 bits in a wider variable is the same, unless it is multiplied. */
            bool is_same = relation->hash_bits == 64 && raw >> 32 == 0 && are_short(trial);
            if (try_folds(trial, raw, question->entries[i].slot, finishes, is_same))
                return true;
        }
    }
    return false;
}
