/*
 * From keys to slots by the program's own code: see own_relation.h. No state but that of the
 * view's own_hashes; no allocation.
 */
#include "own_relation.h"

#include <string.h>

#include "layouts/layout.h"
#include "own_search.h"

static bool hash_record(const struct layout_view *view, const struct hash_relation *relation,
                        const unsigned char *window, unsigned char *read)
{
    return own_hash_record(view->own_hashes, view, relation->known, window + relation->offset,
                           relation->width, relation->base - relation->offset, relation->object,
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
                               keys->lengths[key], search->relation->length_at)
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
            hash_relation_slot(search->relation, entry))
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

#define LEAST_RECORDS 6u

/* Of records much more is tried than of numbers, so more of them must be in their own slots. */
static bool has_enough(const struct own_search *search)
{
    return !search->keys->are_records ||
           search->keys->question->count >= LEAST_RECORDS + search->relation->displaced;
}

/* How often the instruction makes a number of a key: nothing need be carried out behind the last.
 * Of texts that depends on their lengths. */
static void note_hits(struct own_search *search)
{
    struct machine_run *run = &search->own->run;
    search->relation->hits = 0;
    if (search->keys->texts[0])
        return;
    run->stop_where = search->relation->where;
    for (uint32_t i = 0; i < OWN_KEYS; i++) {
        run->hits = 0;
        if (!hash_key(search, i))
            continue;
        if (i > 0 && run->hits != search->relation->hits) {
            search->relation->hits = 0;
            break;
        }
        search->relation->hits = run->hits;
    }
    run->stop_where = 0;
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
            slot_for(relation, question->capacity, value) !=
                hash_relation_slot(relation, &question->entries[i]);
        if (strangers > search->keys->most_strangers)
            return false;
    }
    note_hits(search);
    return hash_relation_is_agreed(question, relation) && has_enough(search) &&
           !are_parts(search) && own_is_hash(search);
}

static bool try_as(struct own_search *search, uint32_t guess, uint64_t value, uint64_t slot,
                   uint8_t reduction, uint8_t bits, uint8_t shift)
{
    search->relation->reduction = reduction;
    search->relation->hash_bits = bits;
    search->relation->shift = shift;
    const struct relation_question *question = search->keys->question;
    return hash_relation_begin(question, search->relation, slot,
                               slot_for(search->relation, question->capacity, value)) &&
           agree(search, guess);
}

#define LEAST_SHIFTED 16u /* bits: of fewer slots accidents cost more steps than the search has */

/* The caller may shift what the function returns, by as much as it likes. */
static bool try_any_shift(struct own_search *search, uint32_t guess, uint64_t value, uint64_t slot,
                          uint8_t bits)
{
    const uint64_t mask = search->keys->question->capacity - 1;
    if (bits < LEAST_SHIFTED)
        return false;
    for (uint8_t shift = 1; shift + bits < 64; shift++)
        if ((value >> shift & mask) == slot &&
            try_as(search, guess, value, slot, REDUCE_MASK, 64, shift))
            return true;
    return false;
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
                try_as(search, guess, value, slot, REDUCE_MASK, 32, (uint8_t)(32 - bits))) ||
               try_any_shift(search, guess, value, slot, bits);
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
    if (search->first_witness > 0 && !own_hashes_has_half(search->own, keys->are_records))
        return false;
    for (uint32_t witness = search->first_witness; witness < search->end_witness; witness++) {
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
        if (keys->question->no_operands && !keys->texts[0] && beginning->operand != 0)
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

/* The other register may lead to the table's object, of which one of the words that are loaded is
 * the array's address; or it is of no interest. */
static bool try_objects(struct own_search *search, const struct own_record *record)
{
    uint32_t objects = record->object == MACHINE_NONE ? 0 : record->object_loads;
    search->relation->object = 0;
    for (uint32_t i = 0; i <= objects * OWN_HOLDERS; i++) {
        if (i > 0) {
            uint64_t holder = search->own->holders[(i - 1) % OWN_HOLDERS];
            if (holder == 0)
                continue;
            search->relation->object =
                holder - (uint64_t)(int64_t)record->object_at[(i - 1) / OWN_HOLDERS];
        }
        search->ran = 0;
        memset(search->read, 0, sizeof(search->read));
        if (try_beginning(search))
            return true;
    }
    return false;
}

/* The register may lead to the record, or to anywhere in it. */
static bool try_bases(struct own_search *search, const struct own_record *record, bool with_keys)
{
    const struct relation_question *question = search->keys->question;
    int32_t first = (int32_t)question->first, end = (int32_t)question->end;
    int32_t lowest = record->loads > 0 ? INT32_MAX : 0;
    int32_t highest = record->loads > 0 ? INT32_MIN : 4, step = record->loads > 0 ? 4 : 8;
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
        search->relation->base = (int16_t)base;
        search->relation->offset = (uint16_t)first;
        search->relation->width = (uint8_t)(end - first);
        if (try_objects(search, record)) {
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

/* The later witnesses are asked about all beginnings only when the first were. */
static bool try_witnesses(struct own_search *search, uint32_t first, uint32_t end)
{
    search->first_witness = first;
    search->end_witness = end;
    return first < end &&
           (search->keys->are_records ? try_records(search) : try_beginnings(search));
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
    if (try_witnesses(&search, 0, keys->first_witnesses) ||
        try_witnesses(&search, keys->first_witnesses, keys->witnesses)) {
        own_hashes_found(search.own);
        return true;
    }
    relation->is_own = false;
    return false;
}

/* What comes behind the number is not carried out. */
static void stop_at(struct own_hashes *own, const struct hash_relation *relation)
{
    own->run.stop_where = relation ? relation->where : 0;
    own->run.stop_hits = relation ? relation->hits : 0;
}

bool own_relation_record(const struct layout_view *view, const struct hash_relation *relation,
                         const unsigned char *window, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    unsigned char read[RELATION_WINDOW];
    if (!own)
        return false;
    stop_at(own, relation);
    bool is_made = hash_record(view, relation, window, read);
    stop_at(own, NULL);
    return is_made && find_result(own->run.result, own->run.results, relation->where, 0, hash);
}

bool own_relation_number(const struct layout_view *view, const struct hash_relation *relation,
                         uint64_t key, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    if (!own)
        return false;
    stop_at(own, relation);
    bool is_made = own_hash_number(own, view, relation->known, key);
    stop_at(own, NULL);
    return is_made && find_result(own->run.result, own->run.results, relation->where, 0, hash);
}

bool own_relation_text(const struct layout_view *view, const struct hash_relation *relation,
                       const unsigned char *text, size_t length, uint64_t *hash)
{
    struct own_hashes *own = view->own_hashes;
    return own && own_hash_text(own, view, relation->known, text, length, relation->length_at) &&
           find_result(own->run.result, own->run.results, relation->where, 0, hash);
}
