/*
 * Looking for the field that names the slot: see hash_relation.h. No state, no allocation.
 */
#include "hash_relation.h"

#include "hash_rest.h"
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

uint64_t hash_relation_reduce(const struct hash_relation *relation, uint64_t capacity,
                              uint64_t hash)
{
    switch (relation->reduction) {
    case REDUCE_MASK:
        return hash & (capacity - 1);
    case REDUCE_TOP_BITS:
        return hash >> (hash_bits(relation) - log2_of(capacity));
    case REDUCE_RANGE: /* Lemire 2016: the hash as a fraction of the capacity */
        return (uint64_t)((unsigned __int128)hash * capacity >> hash_bits(relation));
    default:
        return hash % capacity;
    }
}

uint64_t hash_relation_home(const struct layout_view *view, const struct hash_relation *relation,
                            uint64_t capacity, const unsigned char *window)
{
    if (relation->key != RELATION_FIELD)
        return keyed_relation_home(view, relation, capacity, window);
    uint64_t slot =
        hash_relation_reduce(relation, capacity, hash_of(relation, window)) + relation->ahead;
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
        uint64_t slot = hash_relation_slot(relation, entry);
        if (home >= question->capacity || (question->slack != 0 && slot >= question->capacity))
            continue;
        uint64_t ahead = slot >= home ? slot - home : slot + question->capacity - home;
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
                hash_relation_slot(relation, entry))
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
 * zero where most were erased; or an element's number and something beside it that the lowest bits
 * of a product do not depend on. */
static bool agree_in_order(const struct relation_question *question,
                           const struct hash_relation *relation)
{
    uint32_t agreed, upper;
    if (do_rise(question, relation, UINT64_MAX, &agreed))
        return agreed >= ORDER_LEAST;
    if (relation->width != 8)
        return false;
    bool rises = do_rise(question, relation, UINT32_MAX, &agreed);
    bool upper_rises = do_rise(question, relation, ~(uint64_t)UINT32_MAX, &upper);
    if (rises && upper_rises)
        return agreed + upper >= ORDER_LEAST;
    return (rises && agreed >= ORDER_LEAST) || (upper_rises && upper >= ORDER_LEAST);
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
    if (question->capacity % 2 != 0 || relation->reduction == REDUCE_TOP_BITS ||
        relation->reduction == REDUCE_RANGE || question->slack != 0)
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

/* Where the array begins that has the most of the first entries in their own slots; how many these
 * are. */
static uint32_t settle_origin(const struct relation_question *question,
                              struct hash_relation *relation, uint32_t count)
{
    uint64_t origins[RELATION_SAMPLES], best = 0;
    uint32_t known = 0, most = 0;
    for (uint32_t i = 0; i < count && i < RELATION_SAMPLES; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        uint64_t home =
            hash_relation_home(question->view, relation, question->capacity, entry->bytes);
        if (home < question->capacity && hash_relation_begin(question, relation, entry->slot, home))
            origins[known++] = relation->origin;
    }
    for (uint32_t i = 0; i < known; i++) {
        uint32_t same = 0;
        for (uint32_t n = 0; n < known; n++)
            same += origins[n] == origins[i];
        if (same > most) {
            most = same;
            best = origins[i];
        }
    }
    relation->origin = best;
    return most;
}

#define LEAST_EVERY 16u /* entries: by chance so many are in such slots in one of 2^15 cases */

/* Whether all lie in every second slot: then slots are twice as long. Their hash, by one bit more,
 * leads to that slot or to the one before, as if a probe had gone on: of 262,144 slots, which are
 * the first entries of chains, 524,288 were said. */
static bool are_in_every_second(const struct relation_question *question)
{
    for (uint32_t i = 1; i < question->count; i++)
        if ((question->entries[i].slot ^ question->entries[0].slot) & 1)
            return false;
    return question->count >= LEAST_EVERY;
}

static bool is_shown(const struct relation_question *question, struct hash_relation *relation)
{
    struct agreement agreement = {0};
    uint32_t count = question->count, first = count < FIRST_ENTRIES ? count : FIRST_ENTRIES;
    relation->origin = 0;
    if (question->slack != 0 && settle_origin(question, relation, first) < 2)
        return false;
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
    if (are_in_every_second(question))
        return false;
    /* Numbers in order lie on both sides of where their size leads; so do slots named by the top
     * bits of a hash that are taken for two. */
    if (agreement.behind > count / 16)
        return false;
    if (!question->is_guess && is_accident(question, &agreement))
        return false;
    /* Keys of a function that is known lead to their slots by no accident; where it clusters them,
     * few are in their own. */
    if (relation->key != RELATION_FIELD || question->is_counted)
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
    return hash_relation_is_agreed(question, relation) && hash_rest_is_hash(question, relation);
}

static bool ask_mixed(const struct relation_question *question, struct hash_relation *relation)
{
    if (!is_power_of_two(question->capacity)) {
        relation->reduction = REDUCE_MODULO;
        if (is_placed(question, relation))
            return true;
        /* By one slot more or less half of them lie in their own or one behind, as probes do. */
        relation->reduction = REDUCE_RANGE;
        return is_placed(question, relation) && relation->is_exact;
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
        for (unsigned top = 0; top <= 1; top++) {
            struct agreement agreement = {0};
            relation.mix = (uint8_t)mix;
            if (is_power)
                relation.reduction = top ? REDUCE_TOP_BITS : REDUCE_MASK;
            else
                relation.reduction = top ? REDUCE_RANGE : REDUCE_MODULO;
            if (top && is_power && log2_of(question->capacity) >= hash_bits(&relation))
                continue;
            if (question->slack != 0 &&
                settle_origin(question, &relation, question->count) * 5 < question->count)
                continue;
            ask(question, &relation, 0, GUESS_LEAST, &agreement);
            if (agreement.exact == 0 && agreement.near < GUESS_LEAST && question->slack == 0)
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
