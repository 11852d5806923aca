/*
 * Looking for the key that names the slot: see keyed_relation.h. No state, no allocation; what is
 * tried is bounded by the tables of known_hashes.c, and nearly all of it is refused by a few
 * entries.
 */
#include "keyed_relation.h"

#include "key_text.h"
#include "known_hashes.h"
#include "layouts/layout.h"
#include "layouts/words.h"
#include "own_relation.h"

/* Of so many entries two must be in their own slots, else a function is not asked about the others.
 */
#define FIRST_ENTRIES    8u
#define FIRST_AGREE      2u
#define FEW_WITNESSES    4u /* where two of three are, one of 80 tables is missed by that */
#define SPARSE_WITNESSES 2u
#define MODULO_FINISHES  3u

#define LEAST_RECORD_BYTES 12u /* more than one number */

struct key_text {
    uint64_t length;
    unsigned char bytes[KEYED_TEXT_BYTES];
};
_Static_assert(sizeof(struct key_text) * RELATION_SAMPLES == KEYED_ROOM, "the room is for texts");

/* --- from a key to a slot --- */

uint64_t keyed_relation_reduce(const struct hash_relation *relation, uint64_t capacity,
                               uint64_t hash)
{
    switch (relation->reduction) {
    case REDUCE_MASK:
        return hash >> relation->shift & (capacity - 1);
    case REDUCE_RANGE: /* Lemire 2016: the hash as a fraction of the capacity */
        return (uint64_t)((unsigned __int128)hash * capacity >> relation->hash_bits);
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

/* --- which function it is --- */

/* Functions whose bits are taken from somewhere in the middle. */
static const uint8_t middles_64[] = {32, 16, 40, 24, 20, 48, 8, 28, 36, 44};
static const uint8_t middles_32[] = {16, 8, 12, 4};

struct trial {
    const struct relation_question *question;
    struct hash_relation relation;
    uint8_t finishes;
    uint32_t witnesses;
    const struct key_text *texts; /* the keys of the first entries where they are texts */
    /* Hashes of the first entries, before they are folded: of nearly all functions only those of
     * the witnesses are asked for. */
    uint64_t raw[FIRST_ENTRIES];
    uint32_t hashed; /* so many of them are known */
};

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

/* In all ways in which a slot is made of a hash; `hash` and `slot` are one entry's. */
static bool try_reductions(struct trial *trial, uint64_t hash, uint64_t slot, bool is_product)
{
    struct hash_relation *relation = &trial->relation;
    uint64_t capacity = trial->question->capacity;
    if (!is_power_of_two(capacity)) {
        relation->reduction = REDUCE_MODULO;
        if (hash_relation_begin(trial->question, relation, slot, hash % capacity) && agree(trial))
            return true;
        relation->reduction = REDUCE_RANGE;
        return is_product &&
               hash_relation_begin(trial->question, relation, slot,
                                   keyed_relation_reduce(relation, capacity, hash)) &&
               agree(trial);
    }
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
        /* Nearly all end here. */
        if (!is_product && !hash_relation_begin(trial->question, relation, slot,
                                                is_power ? hash & (capacity - 1) : hash % capacity))
            continue;
        relation->finish = finish;
        if (try_reductions(trial, hash, slot, is_product))
            return true;
    }
    return false;
}

/* The same of a function's hash, taken for one of 32 bits and of 64. Where every entry is in its
 * own slot the first one tells which can be meant at all; else one of a few does. */
static bool try_finishes(struct trial *trial)
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

#define LEAST_WIDE 8u

/* Whether the upper halves of the keys differ: else they change nothing, or all in the same way. */
static bool have_wide_keys(const struct relation_question *question,
                           const struct hash_relation *relation)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < question->count && distinct < LEAST_WIDE; i++) {
        uint64_t upper = hash_relation_field(relation, question->entries[i].bytes) >> 32;
        uint32_t before = 0;
        while (hash_relation_field(relation, question->entries[before].bytes) >> 32 != upper)
            before++;
        distinct += before == i && upper != 0;
    }
    return distinct == LEAST_WIDE;
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

static bool try_number(struct trial *trial, uint16_t functions, bool is_address)
{
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    relation->key = RELATION_NUMBER;
    if (!are_distinct_numbers(question, relation) || are_in_order(question, relation))
        return false;
    trial->texts = NULL;
    for (relation->known = 0; relation->known < functions; relation->known++)
        if (is_for(trial, relation->known, is_address) && try_finishes(trial))
            return true;
    return try_own(trial, NULL);
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
        if (try_finishes(trial))
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

static bool try_numbers(struct trial *trial)
{
    const struct relation_question *question = trial->question;
    struct hash_relation *relation = &trial->relation;
    for (uint32_t offset = question->entry; offset + 4 <= question->end; offset += 4) {
        bool is_address = (offset & ~7u) + 8 <= question->end && are_pointers(question, offset);
        bool is_common = is_address || !question->is_exact;
        trial->finishes = is_common ? KNOWN_COMMON_FINISHES : KNOWN_FINISHES;
        for (uint8_t width = 8; width >= (is_address ? 8 : 4); width = (uint8_t)(width - 4)) {
            relation->offset = (uint16_t)offset;
            relation->width = width;
            if (offset % width == 0 && offset + width <= question->end &&
                try_number(trial, is_common ? known_common_number_hashes : known_number_hashes,
                           is_address))
                return true;
        }
    }
    return false;
}

#define MOST_BYTES_BEFORE                                                                          \
    64u /* from where an entry begins to where a key of several fields does                        \
         */

/* Whether it is a link, or a counted string, rather than a field of a key. */
static bool are_addresses(const struct relation_question *question, uint32_t offset)
{
    for (uint32_t i = 0; i < FIRST_ENTRIES; i++) {
        uint64_t word = word_u64(question->entries[i].bytes, offset);
        if (word != 0 && !layout_is_pointer(word, 8))
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
    for (uint32_t offset = question->entry;
         offset < question->end && offset < question->entry + MOST_BYTES_BEFORE; offset += 4) {
        relation->offset = (uint16_t)offset;
        for (unsigned i = 0; i < sizeof(lengths); i++) {
            /* One that was passed leads to no longer key that begins before it. */
            uint32_t word = (offset + lengths[i] - 1) & ~7u;
            if (offset + lengths[i] > question->end ||
                (word + 8 <= question->end && are_addresses(question, word)))
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
    found = found || (!question->no_numbers && try_numbers(&trial)) ||
            (!question->no_records && (try_bytes(&trial) || try_records(&trial)));
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
