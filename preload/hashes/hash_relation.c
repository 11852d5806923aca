/*
 * Looking for the field that names the slot: see hash_relation.h. No state, no allocation.
 */
#include "hash_relation.h"

#include "field_multiples.h"
#include "keyed_relation.h"
#include "layouts/layout.h"
#include "layouts/words.h"
#include "number_mixes.h"

#define FIRST_ENTRIES 8u /* by these nearly all fields are refused */
#define FEW_ENTRIES   6u
#define NEAR_SLOTS    16u /* a probe sequence that goes from slot to slot ends mostly within these */
#define NEAR_LEAST    24u

/* --- from a field to a slot --- */

static uint64_t golden_64(uint64_t x)
{
    return x * GOLDEN_64;
}

static uint64_t golden_32(uint64_t x)
{
    return (uint32_t)x * 0x9e3779b9u;
}

static uint64_t knuth_32(uint64_t x)
{
    return (uint32_t)x * 2654435761u; /* the prime next to it */
}

static const struct {
    uint64_t (*mix)(uint64_t field);
    uint8_t bits; /* of what it gives; 0: as many as the field has */
} mixes[] = {
    {NULL, 0},       {golden_64, 64}, {golden_32, 32},   {knuth_32, 32},
    {murmur_64, 64}, {murmur_32, 32}, {stafford_64, 64}, {splitmix_64, 64},
};
#define MIXES (sizeof(mixes) / sizeof(mixes[0]))

static uint64_t hash_of(const struct hash_relation *relation, const unsigned char *window)
{
    uint64_t field = hash_relation_field(relation, window);
    return mixes[relation->mix].mix ? mixes[relation->mix].mix(field) : field;
}

static unsigned hash_bits(const struct hash_relation *relation)
{
    return mixes[relation->mix].bits ? mixes[relation->mix].bits : 8u * relation->width;
}

static uint64_t reduce(const struct hash_relation *relation, uint64_t capacity, uint64_t hash)
{
    switch (relation->reduction) {
    case REDUCE_MASK:
        return hash & (capacity - 1);
    case REDUCE_TOP_BITS:
        return hash >> (hash_bits(relation) - log2_of(capacity));
    default:
        return hash % capacity;
    }
}

uint64_t hash_relation_home(const struct layout_view *view, const struct hash_relation *relation,
                            uint64_t capacity, const unsigned char *window)
{
    if (relation->key != RELATION_FIELD)
        return keyed_relation_home(view, relation, capacity, window);
    uint64_t slot = reduce(relation, capacity, hash_of(relation, window)) + relation->ahead;
    return slot < capacity ? slot : slot - capacity;
}

/* --- which entries agree --- */

struct agreement {
    uint32_t exact, near;
    uint32_t behind; /* just before their own slots, where no probe sequence leads */
};

static void ask(const struct relation_question *question, const struct hash_relation *relation,
                uint32_t from, uint32_t to, struct agreement *out)
{
    for (uint32_t i = from; i < to; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        uint64_t home =
            hash_relation_home(question->view, relation, question->capacity, entry->bytes);
        if (home >= question->capacity)
            continue;
        uint64_t ahead =
            entry->slot >= home ? entry->slot - home : entry->slot + question->capacity - home;
        out->exact += ahead == 0;
        out->near += ahead <= NEAR_SLOTS;
        out->behind += question->capacity - ahead <= NEAR_SLOTS;
    }
}

#define ORDER_LEAST 6u /* so many are in order by accident in one of 720 cases */

/* Whether the numbers of those that agree rise with the slot, or that part of them, in those that
 * have it. How many these are. */
static bool do_rise(const struct relation_question *question, const struct hash_relation *relation,
                    uint64_t part, uint32_t *agreed)
{
    const struct sampled_entry *before = NULL;
    uint64_t last = 0;
    *agreed = 0;
    for (uint32_t i = 0; i < question->count; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        uint64_t number = hash_relation_field(relation, entry->bytes) & part;
        if ((number == 0 && part != UINT64_MAX) ||
            hash_relation_home(question->view, relation, question->capacity, entry->bytes) !=
                entry->slot)
            continue;
        if (before && (entry->slot > before->slot) != (number > last))
            return false;
        before = entry;
        last = number;
        ++*agreed;
    }
    return true;
}

/* A product, or the middle bits of one, of numbers that rise evenly does so as well, and of
 * hundreds of functions one rises as the slots of a vector do (decoys, sized_sequences.c). A hash
 * scatters what rises. Two elements of a vector may be taken for one number, of which either is
 * zero where most were erased. */
static bool agree_in_order(const struct relation_question *question,
                           const struct hash_relation *relation)
{
    uint32_t agreed, upper;
    if (do_rise(question, relation, UINT64_MAX, &agreed))
        return agreed >= ORDER_LEAST;
    return relation->width == 8 && do_rise(question, relation, UINT32_MAX, &agreed) &&
           do_rise(question, relation, ~(uint64_t)UINT32_MAX, &upper) &&
           agreed + upper >= ORDER_LEAST;
}

#define LEAST_UNSPLIT 4u

/* Whether those that are not in their own slots are half an array before them, as in a table of
 * linear hashing, whose buckets are split one after the other, or where each is split when it is
 * next asked for (oneTBB's concurrent_hash_map). *are_split: some are in the upper half. */
static bool are_half_before(const struct relation_question *question,
                            const struct hash_relation *relation, uint32_t exact, bool *are_split)
{
    uint64_t half = question->capacity / 2;
    uint32_t unsplit = 0, split = 0, older = 0, most_strangers = question->count / 16;
    if (question->capacity % 2 != 0 || relation->reduction == REDUCE_TOP_BITS)
        return false;
    for (uint32_t i = 0; i < question->count; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        uint64_t home =
            hash_relation_home(question->view, relation, question->capacity, entry->bytes);
        split += home == entry->slot && home >= half;
        unsplit += home == entry->slot + half;
        older += home < question->capacity && home != entry->slot + half &&
                 hash_relation_is_before(question->capacity, home, entry->slot);
    }
    *are_split = split >= LEAST_UNSPLIT;
    return unsplit >= LEAST_UNSPLIT && unsplit >= older &&
           exact + unsplit + older + most_strangers >= question->count;
}

/* --- whether that is an accident --- */

#define FUNCTIONS_TRIED 1e7 /* on one array: functions, foldings, fields and shapes of slots */
#define LEAST_ACCIDENTS 1e-5

/* How many functions of those tried would lead so many of the entries to where they are by chance,
 * each with such odds. */
static double accidents(uint32_t count, uint32_t agreed, double odds)
{
    double expected = FUNCTIONS_TRIED;
    for (uint32_t i = 0; i < agreed; i++)
        expected *= odds * (count - i) / (i + 1);
    return expected;
}

/* Two of nine entries are in the right one of 16,384 slots for some function nearly always. And
 * where all slots are multiples of 4,096, as those of directories are, there are not so many
 * different ones to be in by chance: numbers that a code computes are such multiples, too. */
static bool is_accident(const struct relation_question *question, const struct agreement *agreement)
{
    uint64_t lowest = UINT64_MAX, highest = 0, step = 0;
    for (uint32_t i = 0; i < question->count; i++) {
        uint64_t slot = question->entries[i].slot, first = question->entries[0].slot;
        lowest = slot < lowest ? slot : lowest;
        highest = slot > highest ? slot : highest;
        step = common_divisor(slot > first ? slot - first : first - slot, step);
    }
    if (step == 0)
        return true;
    double places = (double)((highest - lowest) / step + 1);
    double near = step > NEAR_SLOTS ? 1 / places : (NEAR_SLOTS + 1) / (places * (double)step);
    return accidents(question->count, agreement->exact, 1 / places) > LEAST_ACCIDENTS &&
           (near >= 1 || accidents(question->count, agreement->near, near) > LEAST_ACCIDENTS);
}

static bool is_shown(const struct relation_question *question, struct hash_relation *relation)
{
    struct agreement agreement = {0};
    uint32_t count = question->count, first = count < FIRST_ENTRIES ? count : FIRST_ENTRIES;
    /* Of six entries one is in its own slot, or all are near it; else this is nearly never the
     * field. */
    uint32_t few = first < FEW_ENTRIES ? first : FEW_ENTRIES;
    ask(question, relation, 0, few, &agreement);
    if (agreement.exact == 0 && agreement.near < few)
        return false;
    ask(question, relation, few, first, &agreement);
    if (agreement.exact < 2 && agreement.near < first - first / 4)
        return false;
    ask(question, relation, first, count, &agreement);
    relation->displaced = (uint16_t)(count - agreement.exact);
    /* The program goes on while it is looked at from outside. */
    relation->is_exact = relation->displaced <= count / 16;
    relation->is_linear = false;
    if (relation->is_exact)
        return true;
    /* Where none is in the upper half the array may have but half as many slots; that probes lead
     * so far back is not to be believed either. */
    bool are_split;
    if (are_half_before(question, relation, agreement.exact, &are_split)) {
        relation->is_exact = relation->is_linear = are_split;
        return are_split;
    }
    /* Numbers in order lie on both sides of where their size leads; so do slots named by the top
     * bits of a hash that are taken for two. */
    if (agreement.behind > count / 16)
        return false;
    if (!question->is_guess && is_accident(question, &agreement))
        return false;
    /* Keys of a function that is known lead to their slots by no accident; where it clusters them,
     * few are in their own. */
    if (relation->key != RELATION_FIELD)
        return agreement.exact * 5 >= count;
    /* Open addressing: where the load was 0.7, two of three are in their own slots, and double
     * hashing has the others anywhere. Robin Hood tables that are nearly full have one in six
     * there, but all of them close by. */
    if (agreement.exact * 5 >= count * 2 || (question->is_guess && agreement.exact * 3 >= count))
        return true;
    return count >= NEAR_LEAST && agreement.exact * 10 >= count && agreement.near * 10 >= count * 9;
}

bool hash_relation_is_agreed(const struct relation_question *question,
                             struct hash_relation *relation)
{
    bool is_number =
        relation->key == RELATION_NUMBER || (relation->key == RELATION_FIELD && relation->mix != 0);
    return is_shown(question, relation) && (!is_number || !agree_in_order(question, relation));
}

/* --- whether there is more in the field than the slot --- */

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
    bool is_downwards = relation->reduction == REDUCE_TOP_BITS;
    unsigned width = 8u * relation->width - log2_of(question->capacity), random = 0;
    for (unsigned n = 0; n < width; n++) {
        unsigned bit = is_downwards ? width - 1 - n : n;
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
        if (relation->reduction == REDUCE_TOP_BITS && width > NEXT_BITS)
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
    return relation->reduction != REDUCE_TOP_BITS && beyond * ROUND_OF >= question->count;
}

/* A number beside itself is no more than that number: 5 << 16 | 5. */
static bool is_repeated(const struct relation_question *question,
                        const struct hash_relation *relation)
{
    const uint64_t mask = question->capacity - 1;
    uint32_t same = 0;
    if (relation->reduction == REDUCE_MODULO)
        return field_is_multiple(question, relation);
    for (uint32_t i = 0; i < question->count; i++)
        same += (rest_of(question, relation, question->entries[i].bytes) & mask) ==
                reduce(relation, question->capacity,
                       hash_relation_field(relation, question->entries[i].bytes));
    return same * 2 > question->count;
}

/* A mixed key leads to its slot by no accident, whatever it looks like; a number that is mixed and
 * is the same in many entries would lead to one slot only. */
static bool is_hash(const struct relation_question *question, struct hash_relation *relation)
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

/* --- all fields --- */

/* Heap addresses are no hashes, however random their bits. */
static bool are_pointers(const struct relation_question *question, uint32_t offset)
{
    for (uint32_t i = 0; i < question->count; i++) {
        uint64_t word = word_u64(question->entries[i].bytes, offset);
        if (word != 0 && !layout_is_pointer(word, 8))
            return false;
    }
    return true;
}

static bool is_placed(const struct relation_question *question, struct hash_relation *relation)
{
    return hash_relation_is_agreed(question, relation) && is_hash(question, relation);
}

static bool ask_mixed(const struct relation_question *question, struct hash_relation *relation)
{
    if (!is_power_of_two(question->capacity)) {
        relation->reduction = REDUCE_MODULO;
        return is_placed(question, relation);
    }
    relation->reduction = REDUCE_MASK;
    if (is_placed(question, relation))
        return true;
    relation->reduction = REDUCE_TOP_BITS;
    return log2_of(question->capacity) < hash_bits(relation) && is_placed(question, relation);
}

/* A probe sequence that steps before it looks begins one behind the slot that the hash names: none
 * is where the hash leads, and all are close by. Of lists there is no such thing. */
static bool ask_field(const struct relation_question *question, struct hash_relation *relation)
{
    for (unsigned mix = 0; mix < MIXES; mix++) {
        relation->mix = (uint8_t)mix;
        if (ask_mixed(question, relation))
            return true;
    }
    relation->mix = 0;
    relation->ahead = 1;
    return !question->is_exact && ask_mixed(question, relation);
}

#define GUESS_LEAST 4u

/* Whether the entries belong into different slots: the upper bits of addresses are the same in all,
 * and lead near the first slots. */
static bool have_homes(const struct relation_question *question,
                       const struct hash_relation *relation)
{
    uint64_t first = hash_relation_home(question->view, relation, question->capacity,
                                        question->entries[0].bytes);
    for (uint32_t i = 1; i < question->count; i++)
        if (hash_relation_home(question->view, relation, question->capacity,
                               question->entries[i].bytes) != first)
            return true;
    return false;
}

bool hash_relation_may_be(const struct relation_question *question)
{
    bool is_power = is_power_of_two(question->capacity);
    struct hash_relation relation = {.offset = (uint16_t)question->first,
                                     .width = (uint8_t)(question->end - question->first)};
    if (question->count < GUESS_LEAST || question->capacity < 2 || question->capacity >> 40 != 0)
        return false;
    for (unsigned mix = 0; mix < MIXES; mix++)
        for (unsigned top = 0; top <= is_power; top++) {
            struct agreement agreement = {0};
            relation.mix = (uint8_t)mix;
            relation.reduction = (uint8_t)(top        ? REDUCE_TOP_BITS
                                           : is_power ? REDUCE_MASK
                                                      : REDUCE_MODULO);
            if (top && log2_of(question->capacity) >= hash_bits(&relation))
                continue;
            ask(question, &relation, 0, GUESS_LEAST, &agreement);
            if (agreement.exact == 0 && agreement.near < GUESS_LEAST)
                continue;
            ask(question, &relation, GUESS_LEAST, question->count, &agreement);
            if ((agreement.exact * 5 >= question->count ||
                 agreement.near * 3 >= question->count * 2) &&
                have_homes(question, &relation))
                return true;
        }
    return false;
}

bool hash_relation_find(const struct relation_question *question, struct hash_relation *out)
{
    bool found = false;
    if (question->count < RELATION_LEAST || question->capacity < 2 || question->capacity >> 40 != 0)
        return false;
    for (uint32_t offset = question->first; offset + 4 <= question->end; offset += 4) {
        for (uint8_t width = 4; width <= 8; width += 4) {
            struct hash_relation relation = {.offset = (uint16_t)offset, .width = width};
            if (offset + width > question->end || (width == 8 && offset % 8 != 0) ||
                !ask_field(question, &relation))
                continue;
            uint32_t word = offset & ~7u;
            if (relation.mix == 0 && word + 8 <= question->end && are_pointers(question, word))
                continue;
            if (!found || relation.displaced < out->displaced ||
                (relation.displaced == out->displaced && relation.spare_bits > out->spare_bits))
                *out = relation;
            found = true;
        }
    }
    return found || (question->view && keyed_relation_find(question, out));
}
