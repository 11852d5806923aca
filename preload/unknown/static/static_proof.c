/*
 * Whether entries are in a table, of which none ever met another: see static_search.h. No state, no
 * allocation.
 *
 * In a large table that is nearly empty no two entries may have the same slot. That each is where
 * a field of it says proves nothing then, for so is an object that bears the number of its slot. It
 * does when the field is divided by a prime, which nothing else is that numbers slots; when it is
 * the hash of a key that lies beside it, or in what the entry leads to, by a function that is known
 * or by the program's own code; or when the entries point back at their buckets, as members of a
 * list do. static_rows.c asks for keys in rows elsewhere.
 */
#include "keyed_relation.h"
#include "own_meetings.h"
#include "primes.h"
#include "static_search.h"

static bool points_back(const struct static_search *search, uint32_t offset)
{
    const struct slot_shape *shape = &search->shape;
    for (uint32_t i = 0; i < search->count; i++) {
        const struct sampled_entry *entry = &search->work->entries[i];
        uint64_t bucket =
            search->block->address + shape->header_bytes + entry->slot * shape->slot_bytes;
        uint64_t word = word_u64(entry->bytes, offset);
        if (word < bucket || word >= bucket + shape->slot_bytes)
            return false;
    }
    return true;
}

static bool point_back(const struct static_search *search)
{
    for (uint32_t offset = (search->first + 7) & ~7u; offset + 8 <= search->end; offset += 8)
        if (points_back(search, offset))
            return true;
    return false;
}

/* Whether what a known function makes of it names the slots because it is the key. Numbers in slots
 * may be those of entries elsewhere, which the program's keys are made of. */
static bool is_key(const struct slot_shape *shape, const struct hash_relation *keyed)
{
    return keyed->is_mixed_key && (shape->leads != LEADS_NOWHERE || keyed->key == RELATION_TEXT ||
                                   keyed->key == RELATION_TEXT_AT || keyed->key == RELATION_BYTES);
}

#define HASH_CAPACITY (1ull << 32) /* to which a hash is reduced that is compared with a field */
#define LEAST_RESTS   8u

/* Whether the entry has the hash of its key at the offset: all 32 bits that code makes of it, not
 * those alone that name the slot. */
static bool keep_hash_at(const struct static_search *search, uint32_t offset,
                         const uint64_t hashes[RELATION_SAMPLES])
{
    for (uint32_t i = 0; i < search->count; i++)
        if (word_u32(search->work->entries[i].bytes, offset) != hashes[i])
            return false;
    return true;
}

/* Whether the hashes differ by more than what names the slots. */
static bool have_rests(const struct static_search *search, const uint64_t hashes[RELATION_SAMPLES])
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < search->count && distinct < LEAST_RESTS; i++) {
        uint32_t before = 0;
        while (hashes[before] / search->shape.capacity != hashes[i] / search->shape.capacity)
            before++;
        distinct += before == i;
    }
    return distinct == LEAST_RESTS;
}

/* What is made of the entries' keys before that is reduced to a slot. False where it is not more
 * than the slot: code computes indices of all kinds. */
static bool whole_hashes_of(const struct static_search *search, const struct hash_relation *keyed,
                            uint8_t shift, uint64_t hashes[RELATION_SAMPLES])
{
    struct hash_relation whole = *keyed;
    if (search->shape.capacity >= HASH_CAPACITY / LEAST_RESTS)
        return false;
    whole.reduction = REDUCE_MASK;
    whole.shift = shift;
    for (uint32_t i = 0; i < search->count; i++) {
        hashes[i] = keyed_relation_home(search->view, &whole, HASH_CAPACITY,
                                        search->work->entries[i].bytes);
        if (hashes[i] == HASH_CAPACITY)
            return false;
    }
    return have_rests(search, hashes);
}

static bool keep_hashes(const struct static_search *search, const struct hash_relation *keyed,
                        const uint64_t hashes[RELATION_SAMPLES])
{
    for (uint32_t offset = (search->first + 3) & ~3u; offset + 4 <= search->end; offset += 4)
        if ((offset != keyed->offset || keyed->key == RELATION_TEXT_AT) &&
            keep_hash_at(search, offset, hashes))
            return true;
    return false;
}

/* Whether they are kept as the code makes them, or without the bits that do not name the slot. */
static bool keep_made(const struct static_search *search, const struct hash_relation *keyed,
                      bool (*keep)(const struct static_search *search,
                                   const struct hash_relation *keyed,
                                   const uint64_t hashes[RELATION_SAMPLES]))
{
    uint64_t hashes[RELATION_SAMPLES];
    return (whole_hashes_of(search, keyed, 0, hashes) && keep(search, keyed, hashes)) ||
           (keyed->shift != 0 && whole_hashes_of(search, keyed, keyed->shift, hashes) &&
            keep(search, keyed, hashes));
}

/* The code leads from the keys to the slots, as it would from whatever numbers things; but each
 * entry also keeps what the code makes of its key. An index is not kept with more in it than the
 * index. */
static bool keep_own_hash(const struct static_search *search, const struct hash_relation *keyed)
{
    return keyed->is_own && keep_made(search, keyed, keep_hashes);
}

/* --- entries that lead to what is hashed --- */

/* A list's node keeps the hash and leads to an object; that one's fields are the key. */

#define MOST_FOLLOWED 4u  /* words of the entries */
#define LEAST_LED_TO  16u /* bytes */

static bool have_led(const struct static_search *search, uint32_t offset)
{
    const struct sampled_entry *entries = search->work->entries;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t word = word_u64(entries[i].bytes, offset);
        if (!layout_is_pointer(word, 8) || block_has(search->block, word))
            return false;
        for (uint32_t before = 0; before < i; before++)
            if (word_u64(entries[before].bytes, offset) == word)
                return false; /* a function, a list's end */
    }
    return true;
}

static uint64_t place_of(const struct static_search *search, uint32_t entry, uint32_t offset)
{
    return search->work->entries[entry].address - window_before(&search->shape) + offset;
}

/* Reads what that word of the entries leads to in their place; returns how much of each, or 0. */
static uint32_t read_led_to(struct static_search *search, uint32_t offset)
{
    uint32_t bytes = RELATION_WINDOW;
    for (uint32_t i = 0; i < search->count; i++) {
        struct sampled_entry *entry = &search->work->entries[i];
        uint64_t address;
        if (!layout_read_u64(search->view, place_of(search, i, offset), &address))
            return 0;
        while (!layout_read(search->view, address, entry->bytes, bytes)) {
            bytes /= 2;
            if (bytes < LEAST_LED_TO)
                return 0;
        }
    }
    return bytes;
}

/* Whether the field that names the slots is what was made of the keys. */
static bool is_field(const struct static_search *search, const struct hash_relation *keyed,
                     const uint64_t hashes[RELATION_SAMPLES])
{
    (void)keyed; /* they may lie where the entries lead */
    for (uint32_t half = 0; half < search->relation.width; half += 4) {
        uint32_t i = 0, hash;
        while (i < search->count &&
               layout_read_u32(search->view, place_of(search, i, search->relation.offset + half),
                               &hash) &&
               hash == hashes[i])
            i++;
        if (i == search->count)
            return true;
    }
    return false;
}

bool static_keep_whole_hash(const struct static_search *search, const struct hash_relation *keyed)
{
    return keep_made(search, keyed, is_field);
}

static bool lead_to_keys(struct static_search *search, struct relation_question question)
{
    uint32_t offsets[MOST_FOLLOWED], count = 0;
    for (uint32_t at = (search->first + 7) & ~7u; at + 8 <= search->end && count < MOST_FOLLOWED;
         at += 8)
        if (have_led(search, at))
            offsets[count++] = at;
    for (uint32_t i = 0; i < count; i++) {
        struct hash_relation keyed;
        question.first = question.entry = 0;
        question.end = question.text_end = read_led_to(search, offsets[i]);
        if (question.end == 0 || !keyed_relation_find(&question, &keyed) || !keyed.is_exact)
            continue;
        search->is_by_code = keyed.is_own;
        if (keyed.is_own ? static_keep_whole_hash(search, &keyed) : is_key(&search->shape, &keyed))
            return true;
    }
    return false;
}

static bool is_by_key(struct static_search *search, const struct relation_question *question)
{
    struct hash_relation keyed;
    if (!keyed_relation_find(question, &keyed) || !keyed.is_exact ||
        !(keyed.is_own ? keep_own_hash(search, &keyed) : is_key(&search->shape, &keyed)))
        return false;
    /* Numbered names meet nowhere where the hash is a poor one
     * (tests/layouts/private/runs_of_keys.c), and handles are no text. */
    search->is_by_code =
        keyed.is_own && keyed.key != RELATION_TEXT && keyed.key != RELATION_TEXT_AT;
    return true;
}

/* The hash may have text right behind it, whose beginning does not show: of eight hashes in a row
 * none has a last byte below the letters in a third of all cases. */
static bool is_by_text_behind(struct static_search *search, struct relation_question question)
{
    question.first = question.entry = search->relation.offset + search->relation.width;
    question.no_numbers = true;
    return is_by_key(search, &question);
}

static bool is_by_prime(const struct static_search *search)
{
    const struct hash_relation *relation = &search->relation;
    bool is_number = relation->key == RELATION_FIELD ? relation->mix == 0
                                                     : keyed_relation_is_of_address(relation);
    return is_number && relation->reduction == REDUCE_MODULO && is_prime(search->shape.capacity);
}

bool static_proof(struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    struct relation_question question = {.entries = search->work->entries,
                                         .count = search->count,
                                         .first = search->first,
                                         .end = search->end,
                                         .entry = window_before(shape),
                                         .text_end = search->end,
                                         .capacity = shape->capacity,
                                         .is_exact = true,
                                         /* Tokens are made handles again in that way, of which few
                                          * never meet (tests/layouts/decoys/led_handles.c). */
                                         .no_operands = true,
                                         .view = search->view,
                                         .room = search->work->counted};
    if (shape->leads == LEADS_BY_POINTER && point_back(search))
        return true;
    search->is_by_prime = is_by_prime(search);
    if (search->is_by_prime)
        return true;
    if (search->relation.key != RELATION_FIELD)
        return keep_own_hash(search, &search->relation) ||
               (search->relation.is_own &&
                own_keys_meet(search->view, &search->relation, shape->capacity,
                              search->work->entries, search->count));
    return is_by_key(search, &question) || is_by_text_behind(search, question) ||
           lead_to_keys(search, question) || static_rows_have_keys(search, &question);
}
