/*
 * Whether there is more in a field than the number of the slot: see hash_rest.h. No state, no
 * allocation.
 */
#include "hash_rest.h"

#include "field_multiples.h"

#include "layouts/words.h"
#include "number_mixes.h"

#define NEAR_LEAST 24u /* entries: fewer show few of a hash's bits */

/* The slot is what the field's upper bits say, and the next ones are below. */
static bool is_downwards(const struct hash_relation *relation)
{
    return relation->reduction == REDUCE_TOP_BITS || relation->reduction == REDUCE_RANGE;
}

/* The bits of the field that do not name the slot. */
static uint64_t rest_of(const struct relation_question *question,
                        const struct hash_relation *relation, const unsigned char *window)
{
    uint64_t field = hash_relation_field(relation, window);
    unsigned bits = log2_of(question->capacity);
    switch (relation->reduction) {
    case REDUCE_MASK:
        return field >> bits;
    case REDUCE_TOP_BITS:
        return field & ((1ull << (8u * relation->width - bits)) - 1);
    case REDUCE_RANGE: /* the fraction of a slot, its topmost bits first */
        return field * question->capacity << (64 - 8u * relation->width) >>
               (64 - 8u * relation->width + bits);
    default:
        return field / question->capacity;
    }
}

/* How many bits of the rest, next to those that name the slot, look random: set in some of the
 * entries and not in others. A slot's number with a generation in front has a few small numbers
 * there, a page table the same number everywhere, ids nothing at all, and an id of four bytes
 * before a random number zeros first. */
static unsigned random_bits(const struct relation_question *question,
                            const struct hash_relation *relation)
{
    uint32_t set[64] = {0};
    for (uint32_t i = 0; i < question->count; i++) {
        uint64_t rest = rest_of(question, relation, question->entries[i].bytes);
        for (; rest != 0; rest &= rest - 1)
            set[__builtin_ctzll(rest)]++;
    }
    /* Of 64 random bits fewer than a sixth are set in one of 10^8 cases; of 12, none in 4,096. */
    uint32_t least = question->count < NEAR_LEAST ? 1 : question->count / 6;
    unsigned width = 8u * relation->width - log2_of(question->capacity), random = 0;
    for (unsigned n = 0; n < width; n++) {
        unsigned bit = is_downwards(relation) ? width - 1 - n : n;
        if (set[bit] < least || set[bit] > question->count - least)
            break;
        random++;
    }
    return random;
}

#define LEAST_RANDOM_BITS 6u
#define NEXT_BITS         8u /* beside those that name the slot */
#define LEAST_NEXT        8u /* different ones, */
#define NEXT_OF           6u /* and of so many entries one */

/* How many different numbers the bits beside those that name the slot are. */
static uint32_t count_next(const struct relation_question *question,
                           const struct hash_relation *relation)
{
    uint64_t seen[(1u << NEXT_BITS) / 64] = {0};
    unsigned width = 8u * relation->width - log2_of(question->capacity);
    uint32_t count = 0;
    for (uint32_t i = 0; i < question->count; i++) {
        uint64_t rest = rest_of(question, relation, question->entries[i].bytes);
        if (is_downwards(relation) && width > NEXT_BITS)
            rest >>= width - NEXT_BITS;
        uint64_t *word = &seen[rest / 64 % (sizeof(seen) / sizeof(seen[0]))],
                 bit = 1ull << rest % 64;
        count += (*word & bit) == 0;
        *word |= bit;
    }
    return count;
}

/* A poor hash leaves keys in sequence in runs, in which all bits but the lowest are the same: of
 * the few runs that are sampled, one bit may be set in all. But each run has other bits. The first
 * one must look random even so: a number that is repeated further up leaves it zero. */
static bool differ_beside(const struct relation_question *question,
                          const struct hash_relation *relation)
{
    uint32_t count = count_next(question, relation);
    return count >= LEAST_NEXT && count * NEXT_OF >= question->count;
}

#define GOLDEN_64_INVERSE 0xf1de83e19937733du /* GOLDEN_64 times this is 1, modulo 2^64 */
#define LARGEST_KEY       (1ull << 47)        /* an address, an id */

/* Whether the fields are keys multiplied by the golden number: undone, they are small. */
static bool are_products(const struct relation_question *question,
                         const struct hash_relation *relation)
{
    if (relation->width != 8)
        return false;
    for (uint32_t i = 0; i < question->count; i++)
        if (hash_relation_field(relation, question->entries[i].bytes) * GOLDEN_64_INVERSE >=
            LARGEST_KEY)
            return false;
    return true;
}

#define ROUND_OF 4u /* one of so many */

/* Whether enough of the numbers are beyond the slots: what bears the number of its list is not. */
static bool go_round(const struct relation_question *question, const struct hash_relation *relation)
{
    uint32_t beyond = 0;
    for (uint32_t i = 0; i < question->count; i++)
        beyond += hash_relation_field(relation, question->entries[i].bytes) >= question->capacity;
    return !is_downwards(relation) && beyond * ROUND_OF >= question->count;
}

/* A number beside itself is no more than that number: 5 << 16 | 5. */
static bool is_repeated(const struct relation_question *question,
                        const struct hash_relation *relation)
{
    const uint64_t mask = question->capacity - 1;
    uint32_t same = 0;
    if (relation->reduction == REDUCE_MODULO || relation->reduction == REDUCE_RANGE)
        return field_is_multiple(question, relation);
    for (uint32_t i = 0; i < question->count; i++)
        same += (rest_of(question, relation, question->entries[i].bytes) & mask) ==
                hash_relation_reduce(relation, question->capacity,
                                     hash_relation_field(relation, question->entries[i].bytes));
    return same * 2 > question->count;
}

/* A mixed key leads to its slot by no accident, whatever it looks like; a number that is mixed and
 * is the same in many entries would lead to one slot only. */
bool hash_rest_is_hash(const struct relation_question *question, struct hash_relation *relation)
{
    relation->is_mixed_key = relation->mix != 0 || are_products(question, relation);
    unsigned bits = relation->is_mixed_key ? 64 : random_bits(question, relation);
    if (bits > 0 && bits < LEAST_RANDOM_BITS && differ_beside(question, relation))
        bits = LEAST_RANDOM_BITS;
    if (bits < LEAST_RANDOM_BITS && question->any_rest && go_round(question, relation))
        bits = LEAST_RANDOM_BITS;
    if (!relation->is_mixed_key && is_repeated(question, relation))
        bits = 0;
    relation->spare_bits = (uint8_t)bits;
    return bits >= LEAST_RANDOM_BITS;
}
