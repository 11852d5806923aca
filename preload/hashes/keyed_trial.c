/*
 * From a function to the slots of entries, in all ways in which these may be made of a hash: see
 * keyed_trial.h. No state, no allocation; nearly all is refused by a few entries.
 */
#include "keyed_trial.h"

#include "known_hashes.h"
#include "own_relation.h"

#define MODULO_FINISHES 3u

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

#define FEW_SHIFTS 4u /* where the array begins anywhere: of each so many one */

/* Programs take the bits from wherever they like, and most hashes have the slot nowhere in them.
 * But not those of what leaves a number as it is: of addresses some bits are the page's number. */
static bool try_shifts(struct trial *trial, uint64_t hash, uint64_t slot, uint8_t bits)
{
    struct hash_relation *relation = &trial->relation;
    const uint64_t mask = trial->question->capacity - 1;
    const bool is_plain = (trial->question->slack | trial->question->before) == 0;
    const bool is_left =
        !trial->texts && !known_finish_multiplies(relation->finish) &&
        (known_number_is_sum(relation->known) || known_number_is_of_address(relation->known));
    for (uint8_t shift = 0; shift == 0 || shift + bits <= relation->hash_bits; shift++) {
        if (is_plain && (hash >> shift & mask) != slot) /* nearly all end here */
            continue;
        if (shift > 0 && shift + bits < relation->hash_bits &&
            (trial->few_shifts || (!is_plain && shift % FEW_SHIFTS != 0)))
            continue;
        if (shift > 0 && is_left)
            break;
        if (!hash_relation_begin(trial->question, relation, slot, hash >> shift & mask))
            continue;
        relation->shift = shift;
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
    trial->relation.is_cut = true;
    if (try_as(trial, hash, slot, REDUCE_MODULO) || try_as(trial, hash, slot, REDUCE_RANGE))
        return true;
    trial->relation.is_cut = false;
    return false;
}

/* In all ways in which a slot is made of a hash; `hash` and `slot` are one entry's. */
static bool try_reductions(struct trial *trial, uint64_t hash, uint64_t slot, bool is_product)
{
    struct hash_relation *relation = &trial->relation;
    uint64_t capacity = trial->question->capacity;
    if (!is_power_of_two(capacity))
        return try_as(trial, hash, slot, REDUCE_MODULO) ||
               (is_product && try_as(trial, hash, slot, REDUCE_RANGE)) ||
               (relation->hash_bits == 64 && relation->finish == KNOWN_HALVES &&
                try_half(trial, hash, slot));
    relation->reduction = REDUCE_MASK;
    return try_shifts(trial, hash, slot, (uint8_t)__builtin_ctzll(capacity));
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
    for (uint8_t finish = 0; finish < finishes; finish++) {
        bool multiplies = known_finish_multiplies(finish);
        if (is_same && !multiplies)
            continue;
        relation->finish = finish;
        if (try_reductions(trial, known_finish(finish, raw, relation->hash_bits), slot,
                           finish == 0 || multiplies))
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
