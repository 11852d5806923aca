/*
 * Looking for the key that names the slot: see keyed_relation.h. No state, no allocation; what is
 * tried is bounded by the tables of known_hashes.c, and nearly all of it is refused by a few
 * entries.
 */
#include "keyed_relation.h"

#include "key_text.h"
#include "keyed_trial.h"
#include "known_hashes.h"
#include "layouts/layout.h"
#include "layouts/words.h"
#include "own_relation.h"

#define FEW_WITNESSES    4u /* where two of three are, one of 80 tables is missed by that */
#define SPARSE_WITNESSES 2u

#define LEAST_RECORD_BYTES 12u /* more than one number */

/* --- from a key to a slot --- */

uint64_t keyed_relation_reduce(const struct hash_relation *relation, uint64_t capacity,
                               uint64_t hash)
{
    const unsigned bits = relation->is_cut ? 32 : relation->hash_bits;
    if (relation->is_cut)
        hash = (uint32_t)hash;
    switch (relation->reduction) {
    case REDUCE_MASK:
        return hash >> relation->shift & (capacity - 1);
    case REDUCE_RANGE: /* Lemire 2016: the hash as a fraction of the capacity */
        return (uint64_t)((unsigned __int128)hash * capacity >> bits);
    default:
        return hash % capacity;
    }
}

uint64_t keyed_relation_home(const struct layout_view *view, const struct hash_relation *relation,
                             uint64_t capacity, const unsigned char *window)
{
    unsigned char room[KEYED_TEXT_BYTES];
    uint64_t hash;
    if (relation->key == RELATION_RECORD) {
        if (!own_relation_record(view, relation, window, &hash))
            return capacity;
    } else if (relation->key == RELATION_NUMBER && relation->is_own) {
        if (!own_relation_number(view, relation, hash_relation_field(relation, window), &hash))
            return capacity;
    } else if (relation->key == RELATION_NUMBER) {
        hash = known_number_hash(relation->known, hash_relation_field(relation, window),
                                 relation->width);
    } else {
        size_t length;
        const unsigned char *text = key_text_of(view, relation, window, room, &length);
        if (!text || (relation->is_own && !own_relation_text(view, relation, text, length, &hash)))
            return capacity;
        if (!relation->is_own)
            hash = known_text_hash(relation->known, text, length);
    }
    return keyed_relation_reduce(relation, capacity,
                                 known_finish(relation->finish, hash, relation->hash_bits));
}

bool keyed_relation_is_of_address(const struct hash_relation *relation)
{
    return relation->key == RELATION_NUMBER && !relation->is_own &&
           known_number_is_of_address(relation->known);
}

/* --- which field it is --- */

/* Keys differ. */
static bool are_distinct_numbers(const struct relation_question *question,
                                 const struct hash_relation *relation)
{
    for (uint32_t i = 1; i < question->count; i++)
        for (uint32_t before = 0; before < i; before++)
            if (hash_relation_field(relation, question->entries[i].bytes) ==
                hash_relation_field(relation, question->entries[before].bytes))
                return false;
    return true;
}

/* Numbers that rise with the slot, each of them, are not hashed. */
static bool are_in_order(const struct relation_question *question,
                         const struct hash_relation *relation)
{
    for (uint32_t i = 1; i < question->count; i++)
        if ((question->entries[i].slot > question->entries[i - 1].slot) !=
            (hash_relation_field(relation, question->entries[i].bytes) >
             hash_relation_field(relation, question->entries[i - 1].bytes)))
            return false;
    return true;
}

static uint32_t own_witnesses(const struct relation_question *question)
{
    return question->is_exact ? 1 : FEW_WITNESSES;
}

/* Of entries that never met others two are enough, so that the allowance lasts for all fields. But
 * an array that was fuller keeps some that met others which are gone: of 40 that had been two
 * thirds full and show no marks two witnesses missed ten. */
static uint32_t first_own_witnesses(const struct relation_question *question)
{
    return question->is_sparse && !question->is_exact ? SPARSE_WITNESSES : own_witnesses(question);
}

/* The same by the program's own code. */
static bool try_own(struct trial *trial, const struct key_text *texts)
{
    const struct relation_question *question = trial->question;
    struct own_keys keys = {.question = question,
                            .most_strangers = question->is_exact ? 1 : FIRST_ENTRIES - FIRST_AGREE,
                            .witnesses = own_witnesses(question),
                            .first_witnesses = first_own_witnesses(question)};
    _Static_assert(OWN_KEYS == FIRST_ENTRIES, "these are the keys");
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        keys.numbers[i] =
            texts ? 0 : hash_relation_field(&trial->relation, question->entries[i].bytes);
        keys.texts[i] = texts ? texts[i].bytes : NULL;
        keys.lengths[i] = texts ? (size_t)texts[i].length : 0;
    }
    trial->relation.finish = 0;
    return question->view && !question->no_own && trial->relation.offset >= question->entry &&
           own_relation_find(&keys, &trial->relation);
}

/* How many different numbers there are in a half of the keys, up to `most`; zero is none. */
static uint32_t count_halves(const struct relation_question *question,
                             const struct hash_relation *relation, unsigned shift, uint32_t most)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < question->count && distinct < most; i++) {
        uint32_t half =
            (uint32_t)(hash_relation_field(relation, question->entries[i].bytes) >> shift);
        uint32_t before = 0;
        while ((uint32_t)(hash_relation_field(relation, question->entries[before].bytes) >>
                          shift) != half)
            before++;
        distinct += before == i && half != 0;
    }
    return distinct;
}

#define LEAST_WIDE 8u
#define LEAST_PAIR 4u

/* Whether the upper halves of the keys differ: else they change nothing, or all in the same way. */
static bool have_wide_keys(const struct relation_question *question,
                           const struct hash_relation *relation)
{
    return count_halves(question, relation, 32, LEAST_WIDE) == LEAST_WIDE;
}

static bool are_pairs(const struct relation_question *question,
                      const struct hash_relation *relation)
{
    return count_halves(question, relation, 0, LEAST_PAIR) == LEAST_PAIR &&
           count_halves(question, relation, 32, LEAST_PAIR) == LEAST_PAIR;
}

/* Both halves of an address are no keys, and few keys are addresses. */
static bool are_pointers(const struct relation_question *question, uint32_t offset)
{
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++)
        if (!layout_is_pointer(word_u64(question->entries[i].bytes, offset & ~7u), 8))
            return false;
    return true;
}

/* Whether the function may be meant by keys of this kind. */
static bool is_for(const struct trial *trial, uint16_t number, bool is_address)
{
    if (known_number_is_of_address(number))
        return is_address;
    return !known_number_is_sum(number) || have_wide_keys(trial->question, &trial->relation);
}

/* By the functions that everybody knows. */
static bool try_known_numbers(struct trial *trial, uint16_t functions, bool is_address)
{
    struct hash_relation *relation = &trial->relation;
    relation->key = RELATION_NUMBER;
    trial->texts = NULL;
    for (relation->known = 0; relation->known < functions; relation->known++)
        if (is_for(trial, relation->known, is_address) && keyed_trial_agrees(trial))
            return true;
    return false;
}

static bool try_number(struct trial *trial, uint16_t functions, bool is_address)
{
    const struct relation_question *question = trial->question;
    const struct hash_relation *relation = &trial->relation;
    return are_distinct_numbers(question, relation) && !are_in_order(question, relation) &&
           (try_known_numbers(trial, functions, is_address) || try_own(trial, NULL));
}

static bool is_same_text(const struct key_text *a, const struct key_text *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* The keys of the first entries, all different. */
static bool collect_texts(const struct trial *trial, struct key_text *texts)
{
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        size_t length;
        const unsigned char *text =
            key_text_of(trial->question->view, &trial->relation, trial->question->entries[i].bytes,
                        texts[i].bytes, &length);
        if (!text)
            return false;
        if (text != texts[i].bytes)
            memcpy(texts[i].bytes, text, length);
        texts[i].length = length;
        for (uint32_t before = 0; before < i; before++)
            if (is_same_text(&texts[i], &texts[before]))
                return false;
    }
    return true;
}

/* By the functions that everybody knows. */
static bool try_known(struct trial *trial, const struct key_text *texts)
{
    struct hash_relation *relation = &trial->relation;
    trial->texts = texts;
    for (relation->known = 0; relation->known < known_text_hashes; relation->known++)
        if (keyed_trial_agrees(trial))
            return true;
    return false;
}

static bool try_text(struct trial *trial)
{
    struct key_text *texts = (void *)trial->question->room;
    return collect_texts(trial, texts) && (try_known(trial, texts) || try_own(trial, texts));
}

/* Whether a number may end there: of a double that is 2 or more the last byte is a letter. */
static bool ends_number(const struct relation_question *question, uint32_t offset)
{
    if (offset % 8 != 0 || offset < question->first + 8)
        return false;
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++)
        for (uint32_t at = offset - 8; at < offset; at++)
            if (!key_is_text(question->entries[i].bytes[at]))
                return true;
    return false;
}

/* Whether text begins there and not before. */
static bool begins_text(const struct relation_question *question, uint32_t offset)
{
    bool is_inside = offset > question->first;
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        unsigned char begin = question->entries[i].bytes[offset];
        if (!key_is_text(begin) ||
            begin >= 0x80) /* of other scripts, too, most keys begin with ASCII */
            return false;
        is_inside = is_inside && key_is_text(question->entries[i].bytes[offset - 1]);
    }
    return !is_inside || offset == question->entry || ends_number(question, offset);
}

/* Text that the pointer at the relation's offset leads to: as long as the word behind the pointer
 * says, or the one in front of it, for code may ask that; or up to a zero. */
static bool try_text_at(struct trial *trial)
{
    static const int8_t lengths_at[] = {8, -8, 0};
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    const int32_t offset = relation->offset;
    relation->key = RELATION_TEXT_AT;
    relation->width = 8;
    for (unsigned i = 0; i < sizeof(lengths_at); i++) {
        const int32_t at = offset + lengths_at[i];
        relation->length_at = lengths_at[i];
        if (at >= (int32_t)question->first && at + 8 <= (int32_t)question->end && try_text(trial))
            return true;
    }
    relation->length_at = 0;
    return false;
}

static bool try_texts(struct trial *trial)
{
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    for (uint32_t offset = question->first; offset < question->text_end; offset++) {
        uint32_t room = question->text_end - offset;
        relation->offset = (uint16_t)offset;
        relation->key = RELATION_TEXT;
        relation->width = (uint8_t)(room < KEYED_TEXT_BYTES ? room : KEYED_TEXT_BYTES);
        if (begins_text(question, offset) && try_text(trial))
            return true;
        if (offset % 8 == 0 && offset + 8 <= question->text_end && try_text_at(trial))
            return true;
    }
    return false;
}

static struct hash_relation column_of(const struct relation_question *question)
{
    return (struct hash_relation){.key = RELATION_NUMBER,
                                  .offset = (uint16_t)question->entry,
                                  .width = (uint8_t)(question->end - question->entry)};
}

enum relation_key keyed_relation_kind(const struct relation_question *question)
{
    struct hash_relation column = column_of(question);
    if (question->count < FIRST_ENTRIES)
        return RELATION_FIELD;
    if (begins_text(question, question->entry))
        return RELATION_TEXT;
    return are_distinct_numbers(question, &column) && !are_in_order(question, &column)
               ? RELATION_NUMBER
               : RELATION_FIELD;
}

bool keyed_relation_may_be_number(const struct relation_question *question)
{
    struct trial trial = {.question = question,
                          .relation = column_of(question),
                          .finishes = KNOWN_COMMON_FINISHES,
                          .witnesses = FEW_WITNESSES};
    bool is_address = question->entry % 8 == 0 && trial.relation.width == 8 &&
                      are_pointers(question, question->entry);
    return try_number(&trial, known_common_number_hashes, is_address);
}

/* Two numbers beside each other (a column and a row) are put together in either order; and begin
 * where four bytes may. */
static bool try_pair(struct trial *trial, uint16_t functions)
{
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    relation->width = 8;
    if (!are_pairs(question, relation) || !are_distinct_numbers(question, relation))
        return false;
    if (relation->offset % 8 != 0 && try_number(trial, functions, false))
        return true;
    relation->is_turned = true;
    if (try_known_numbers(trial, functions, false))
        return true;
    relation->is_turned = false;
    return false;
}

static bool try_numbers(struct trial *trial)
{
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    for (uint32_t offset = question->entry; offset + 4 <= question->end; offset += 4) {
        bool is_address = (offset & ~7u) + 8 <= question->end && are_pointers(question, offset);
        bool is_common = is_address || !question->is_exact;
        uint16_t functions = is_common ? known_common_number_hashes : known_number_hashes;
        trial->finishes = is_common ? KNOWN_COMMON_FINISHES : KNOWN_FINISHES;
        for (uint8_t width = 8; width >= (is_address ? 8 : 4); width = (uint8_t)(width - 4)) {
            relation->offset = (uint16_t)offset;
            relation->width = width;
            if (offset % width == 0 && offset + width <= question->end &&
                try_number(trial, functions, is_address))
                return true;
        }
        relation->offset = (uint16_t)offset;
        if (!is_address && offset + 8 <= question->end && try_pair(trial, functions))
            return true;
    }
    return false;
}

#define MOST_BYTES_BEFORE                                                                          \
    64u /* from where an entry begins to where a key of several fields does                        \
         */

/* Whether it is a link: a number may be as large as an address, but nothing lies there. */
static bool are_links(const struct relation_question *question, uint32_t offset)
{
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        uint64_t word = word_u64(question->entries[i].bytes, offset), target;
        if (word != 0 && (!layout_is_pointer(word, 8) ||
                          !layout_read(question->view, word, &target, sizeof(target))))
            return false;
    }
    return true;
}

/* Structures are mostly hashed as the bytes that they lie in: addresses and ports, digests, cells.
 * Of one that is a number, or text, that was tried. */
static bool try_bytes(struct trial *trial)
{
    static const uint8_t lengths[] = {6, 10, 12, 13, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48};
    const struct relation_question *question = trial->question;
    struct key_text *keys = (void *)question->room;
    struct hash_relation *relation = &trial->relation;
    relation->key = RELATION_BYTES;
    trial->finishes = KNOWN_COMMON_FINISHES;
    trial->few_shifts = true;
    for (uint32_t offset = question->entry;
         offset < question->end && offset < question->entry + MOST_BYTES_BEFORE; offset += 4) {
        relation->offset = (uint16_t)offset;
        for (unsigned i = 0; i < sizeof(lengths); i++) {
            /* One that was passed leads to no longer key that begins before it. */
            uint32_t word = (offset + lengths[i] - 1) & ~7u;
            if (offset + lengths[i] > question->end ||
                (word + 8 <= question->end && are_links(question, word)))
                break;
            relation->width = lengths[i];
            if (collect_texts(trial, keys) && try_known(trial, keys))
                return true;
        }
    }
    return false;
}

/* Fields of the entry, of which the program's own code makes a hash. */
static bool try_records(struct trial *trial)
{
    const struct relation_question *question = trial->question;
    struct own_keys keys = {.question = question,
                            .most_strangers = question->is_exact ? 1 : FIRST_ENTRIES - FIRST_AGREE,
                            .witnesses = own_witnesses(question),
                            .first_witnesses = first_own_witnesses(question),
                            .are_records = true};
    trial->relation.key = RELATION_RECORD;
    trial->relation.finish = 0;
    return question->view && !question->no_own &&
           question->end - question->first >= LEAST_RECORD_BYTES &&
           own_relation_find(&keys, &trial->relation);
}

bool keyed_relation_find(const struct relation_question *question, struct hash_relation *out)
{
    struct trial trial = {
        .question = question, .finishes = KNOWN_FINISHES, .witnesses = FIRST_ENTRIES};
    if (question->count < FIRST_ENTRIES || question->capacity < 2)
        return false;
    bool found = !question->no_text && try_texts(&trial);
    trial.witnesses = FEW_WITNESSES;
    found = found || (!question->no_numbers && try_numbers(&trial));
    /* What the code makes of one field it may make of a key that has others, too; that proves less.
     */
    struct trial of_bytes = trial;
    of_bytes.relation.is_own = false;
    if (!question->no_records && (!found || trial.relation.is_own) && try_bytes(&of_bytes)) {
        trial = of_bytes;
        found = true;
    }
    found = found || (!question->no_records && try_records(&trial));
    if (!found)
        return false;
    /* Code also permutes numbers: that they are hashed show entries that met, or what
     * own_relation.c asks for in their place. Pages have a slot each by their addresses. */
    if (!trial.relation.is_own)
        trial.relation.is_mixed_key = !keyed_relation_is_of_address(&trial.relation);
    trial.relation.spare_bits = 64;
    *out = trial.relation;
    return true;
}
