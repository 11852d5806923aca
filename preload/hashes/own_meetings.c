/*
 * Carrying out the program's code with keys that the table does not have: see own_meetings.h. No
 * allocation; the room is the view's own_hashes'.
 *
 * The keys are those of entries in which the bits that make a difference are set at random. What
 * gives each number a place of its own (a permutation, a handle, the number of a cell) leads no two
 * of them to one slot; a hash does so as often as chance does. Neighbours that meet prove nothing:
 * a number that is divided first does the same. Nor does what only adds up: a ring's sequence
 * number modulo its length.
 */
#include "own_meetings.h"

#include <string.h>

#include "key_text.h"
#include "own_search.h"

#define MOST_BITS  32u /* that are varied: keys are numbered by a word of so many */
#define LEAST_BITS 8u  /* fewer make too few keys to meet */
#define FLIPPED    8u  /* entries of which a bit is flipped */
#define TEXT_BITS  7u  /* of a letter, that are flipped: it is no zero then */
/* Keys are tried until so many meetings are to be expected of a hash; the third one ends it. A hash
 * has fewer than three of sixteen in one case of 60,000. */
#define EXPECTED 16u
#define TO_MEET  3u
/* Two keys that meet are no neighbours: numbers are apart by more than so much of their range, of
 * others more than one bit in so many differs. */
#define FAR_NUMBERS 32u
#define FAR_BITS    3u
/* All but one in so many of a number's bits lead as far whatever else is in it: it is added up. */
#define AFFINE_PARTS 8u
/* As many bits of a number of eight bytes make a difference as name a slot, times this. */
#define WIDE_PARTS 2u

struct bit_place {
    uint8_t byte, bit;
};

struct meeting {
    const struct layout_view *view;
    const struct hash_relation *relation;
    uint64_t capacity;
    uint32_t length;   /* of the key, where it is a text */
    uint64_t largest;  /* number that is tried, unless is_wide */
    bool are_numbered; /* texts, by what stands at their places */
    bool is_wide;      /* all bits of a number are tried, not those alone that entries need */
    uint32_t moved;    /* bits that make a difference */
    uint32_t bits;     /* those of them that are varied: */
    struct bit_place place[MOST_BITS];
    uint32_t affine; /* of the moved ones, those that lead as far in each entry */
    unsigned char bytes[RELATION_WINDOW]; /* the key that is tried */
};

static bool is_text(const struct hash_relation *relation)
{
    return relation->key == RELATION_TEXT || relation->key == RELATION_TEXT_AT;
}

/* The key of the entry as bytes that can be changed: its window, or its text. */
static bool take_key(struct meeting *meeting, const struct sampled_entry *entry)
{
    size_t length = RELATION_WINDOW;
    if (!is_text(meeting->relation)) {
        memcpy(meeting->bytes, entry->bytes, length);
        return true;
    }
    if (!key_text_copy(meeting->view, meeting->relation, entry->bytes, meeting->bytes, &length))
        return false;
    meeting->length = (uint32_t)length;
    return length < sizeof(meeting->bytes);
}

static bool slot_of(const struct meeting *meeting, uint64_t *slot)
{
    const struct hash_relation *relation = meeting->relation;
    uint64_t hash;
    bool is_made =
        relation->key == RELATION_RECORD
            ? own_relation_record(meeting->view, relation, meeting->bytes, &hash)
        : is_text(relation)
            ? own_relation_text(meeting->view, relation, meeting->bytes, meeting->length, &hash)
            : own_relation_number(meeting->view, relation,
                                  hash_relation_field(relation, meeting->bytes), &hash);
    if (is_made)
        *slot = slot_for(relation, meeting->capacity, hash);
    return is_made;
}

/* --- which bits make a difference --- */

/* Whether the bit leads elsewhere in each of some entries; notes if it does so as far in all. */
static bool makes_difference(struct meeting *meeting, const struct sampled_entry *entries,
                             uint32_t count, struct bit_place place)
{
    uint64_t with, without, apart = 0;
    bool is_same = true;
    for (uint32_t i = 0; i < FLIPPED && i < count; i++) {
        if (!take_key(meeting, &entries[i]) ||
            (is_text(meeting->relation) && place.byte >= meeting->length))
            return false;
        meeting->bytes[place.byte] |= (unsigned char)(1u << place.bit);
        if (!slot_of(meeting, &with))
            return false;
        meeting->bytes[place.byte] &= (unsigned char)~(1u << place.bit);
        if (!slot_of(meeting, &without) || with == without)
            return false;
        uint64_t difference = with >= without ? with - without : with + meeting->capacity - without;
        is_same = is_same && (i == 0 || difference == apart);
        apart = difference;
    }
    meeting->affine += is_same;
    return true;
}

static unsigned differing_bits(const struct sampled_entry *entries, uint32_t count, uint32_t byte)
{
    unsigned differing = 0;
    for (uint32_t i = 1; i < count; i++)
        differing |= entries[i].bytes[byte] ^ entries[0].bytes[byte];
    return differing;
}

/* The bits in which entries differ; of a number also those below, as far as there are slots. */
static unsigned varying_bits(const struct meeting *meeting, const struct sampled_entry *entries,
                             uint32_t count, uint32_t byte)
{
    const struct hash_relation *relation = meeting->relation;
    if (is_text(relation))
        return TEXT_BITS;
    if (meeting->is_wide)
        return 255;
    unsigned varying = differing_bits(entries, count, byte);
    if (relation->key == RELATION_NUMBER) {
        unsigned first = 8 * (byte - relation->offset);
        unsigned slots = 63u - (unsigned)__builtin_clzll(meeting->capacity);
        if (slots > first)
            varying |= slots - first >= 8 ? 255u : (1u << (slots - first)) - 1;
    }
    return varying;
}

static void note_bit(struct meeting *meeting, struct bit_place place)
{
    meeting->moved++;
    if (meeting->bits < MOST_BITS)
        meeting->place[meeting->bits++] = place;
}

/* False where in some byte the lower ones of the bits in which entries differ make no difference,
 * or not always, and the upper ones do: a number is divided first, so that only some are meant. */
static bool find_bits(struct meeting *meeting, const struct sampled_entry *entries, uint32_t count)
{
    const struct hash_relation *relation = meeting->relation;
    uint32_t first = is_text(relation) ? 0 : relation->offset;
    uint32_t end = is_text(relation) ? meeting->length : first + relation->width;
    for (uint32_t byte = first; byte < end && byte < RELATION_WINDOW; byte++) {
        unsigned tried = varying_bits(meeting, entries, count, byte);
        unsigned differ = is_text(relation) ? 0 : differing_bits(entries, count, byte), idle = 0;
        for (; tried != 0; tried &= tried - 1) {
            struct bit_place place = {(uint8_t)byte, (uint8_t)__builtin_ctz(tried)};
            if (!meeting->is_wide && meeting->bits == MOST_BITS)
                return true;
            if (!makes_difference(meeting, entries, count, place))
                idle |= tried & -tried & differ;
            else if (idle != 0)
                return false;
            else
                note_bit(meeting, place);
        }
    }
    return true;
}

/* --- keys that meet --- */

/* A field that is loaded from the record is one, too. */
static bool is_number(const struct meeting *meeting)
{
    const struct bit_place *place = meeting->place;
    return !is_text(meeting->relation) && place[meeting->bits - 1].byte - place[0].byte < 8;
}

/* One to one, of so many bits: the numbers of the keys in an order without one. */
static uint32_t mixed(uint32_t number, uint32_t bits)
{
    const uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
    number = number * 0x9E3779B1u & mask;
    number ^= number >> (bits / 2 + 1);
    number = number * 0x85EBCA6Bu & mask;
    return number ^ number >> bits / 2;
}

static void set_bits(struct meeting *meeting, uint32_t number)
{
    for (uint32_t i = 0; i < meeting->bits; i++) {
        unsigned char *byte = &meeting->bytes[meeting->place[i].byte];
        unsigned bit = 1u << meeting->place[i].bit;
        *byte = (unsigned char)(number >> i & 1 ? *byte | bit : *byte & ~bit);
    }
}

/* Of numbers the places are in the order of what the bits are worth. */
static bool are_far(const struct meeting *meeting, uint32_t a, uint32_t b)
{
    if (meeting->are_numbered || is_number(meeting))
        return (a > b ? a - b : b - a) > (1ull << meeting->bits) / FAR_NUMBERS;
    return (uint32_t)__builtin_popcount(a ^ b) * FAR_BITS > meeting->bits;
}

/* Numbers that are larger than all that there are may not be meant, either: two of them may well
 * have the same place then. */
static bool is_beyond(const struct meeting *meeting)
{
    return !meeting->is_wide && meeting->relation->key == RELATION_NUMBER &&
           hash_relation_field(meeting->relation, meeting->bytes) > meeting->largest;
}

/* Notes where the key leads; returns how many that were noted it meets. */
static uint32_t note_key(const struct meeting *meeting, struct own_met *met, uint32_t slot,
                         uint32_t key)
{
    uint32_t at = slot * 0x9E3779B1u >> (32 - OWN_MET_BITS), meets = 0;
    for (; met->slots[at] != 0; at = (at + 1) % OWN_MET)
        meets += met->slots[at] == slot + 1 && are_far(meeting, met->keys[at], key);
    met->slots[at] = slot + 1;
    met->keys[at] = key;
    return meets;
}

/* Whether enough of the keys lead where others did. False also where the code makes nothing of one.
 */
static bool keys_meet(struct meeting *meeting, struct own_met *met)
{
    const uint64_t keys = 1ull << meeting->bits;
    /* Of n keys n * n / 2 pairs meet in one of so many slots. */
    const uint64_t most_squared = 2ull * EXPECTED * meeting->capacity;
    uint64_t tried = 0, slot;
    uint32_t meetings = 0;
    memset(met->slots, 0, sizeof(met->slots));
    for (uint64_t i = 0; i < keys && i < OWN_MET && tried < OWN_MET / 2; i++) {
        if (tried * tried > most_squared)
            return false;
        uint32_t key = mixed((uint32_t)i, meeting->bits);
        set_bits(meeting, key);
        if (is_beyond(meeting))
            continue;
        if (!slot_of(meeting, &slot))
            return false;
        tried++;
        meetings += note_key(meeting, met, (uint32_t)slot, key);
        if (meetings >= TO_MEET)
            return true;
    }
    return false;
}

static bool try_bits(struct meeting *meeting, const struct sampled_entry *entries, uint32_t count,
                     struct own_met *met)
{
    const unsigned slots = 63u - (unsigned)__builtin_clzll(meeting->capacity);
    meeting->bits = meeting->moved = meeting->affine = 0;
    if (!find_bits(meeting, entries, count) || meeting->bits < LEAST_BITS ||
        (meeting->is_wide && meeting->moved < WIDE_PARTS * slots) ||
        (is_number(meeting) &&
         meeting->affine * AFFINE_PARTS >= meeting->moved * (AFFINE_PARTS - 1)))
        return false;
    return take_key(meeting, &entries[0]) && keys_meet(meeting, met);
}

/* Numbers that are given out are few, and a good hash of neighbours leads none of them to the slot
 * of another. But what gives each of a few numbers a place of its own makes nothing of bits that
 * they do not have: at most it adds the upper half of theirs to the lower one. */
bool own_keys_meet(const struct layout_view *view, const struct hash_relation *relation,
                   uint64_t capacity, const struct sampled_entry *entries, uint32_t count)
{
    struct meeting meeting = {.view = view, .relation = relation, .capacity = capacity};
    struct own_hashes *own = view->own_hashes;
    if (!own || count < 2 || capacity < 2 || capacity >= UINT32_MAX ||
        !take_key(&meeting, &entries[0]))
        return false;
    meeting.largest = (1ull << (63u - (unsigned)__builtin_clzll(capacity))) - 1;
    for (uint32_t i = 0; relation->key == RELATION_NUMBER && i < count; i++) {
        uint64_t number = hash_relation_field(relation, entries[i].bytes);
        meeting.largest = number > meeting.largest ? number : meeting.largest;
    }
    meeting.is_wide = relation->key == RELATION_NUMBER && relation->width == 8;
    if (meeting.is_wide && try_bits(&meeting, entries, count, &own->met))
        return true;
    meeting.is_wide = false;
    return try_bits(&meeting, entries, count, &own->met);
}

/* --- texts of the same letters --- */

#define MOST_LETTERS  8u /* that are told apart at one place of the text */
#define TEXTS_TO_MEET 8u /* of so many that a hash would let meet TO_MEET do in 98 of 100 cases */

/* The texts that have, at each place, a letter that some entry has there. */
struct alphabet {
    uint32_t length;
    uint32_t count[KEYED_TEXT_BYTES]; /* of letters */
    unsigned char letters[KEYED_TEXT_BYTES][MOST_LETTERS];
    uint64_t texts; /* but no more than UINT32_MAX */
};

static void add_text(struct alphabet *alphabet, const unsigned char *text)
{
    for (uint32_t at = 0; at < alphabet->length; at++) {
        uint32_t *count = &alphabet->count[at], i = 0;
        while (i < *count && alphabet->letters[at][i] != text[at])
            i++;
        if (i == *count && i < MOST_LETTERS)
            alphabet->letters[at][(*count)++] = text[at];
    }
}

/* Of entries whose keys are as long as that one's. */
static bool learn_alphabet(struct meeting *meeting, const struct sampled_entry *entries,
                           uint32_t count, uint32_t nth, struct alphabet *alphabet)
{
    memset(alphabet, 0, sizeof(*alphabet));
    if (!take_key(meeting, &entries[nth]) || meeting->length > KEYED_TEXT_BYTES)
        return false;
    alphabet->length = meeting->length;
    for (uint32_t i = 0; i < count; i++)
        if (take_key(meeting, &entries[i]) && meeting->length == alphabet->length)
            add_text(alphabet, meeting->bytes);
    alphabet->texts = 1;
    for (uint32_t at = 0; at < alphabet->length && alphabet->texts < UINT32_MAX; at++)
        alphabet->texts *= alphabet->count[at];
    alphabet->texts = alphabet->texts < UINT32_MAX ? alphabet->texts : UINT32_MAX;
    return true;
}

/* No two numbers below that of the texts give the same one. */
static void write_text(struct meeting *meeting, const struct alphabet *alphabet, uint64_t number)
{
    meeting->length = alphabet->length;
    for (uint32_t at = alphabet->length; at-- > 0; number /= alphabet->count[at])
        meeting->bytes[at] = alphabet->letters[at][number % alphabet->count[at]];
    meeting->bytes[alphabet->length] = 0;
}

static bool texts_meet(struct meeting *meeting, const struct alphabet *alphabet,
                       struct own_met *met)
{
    uint64_t needed = 1, slot;
    while (needed * needed < 2ull * TEXTS_TO_MEET * meeting->capacity)
        needed++;
    if (needed > OWN_MET / 2 || alphabet->texts < needed)
        return false;
    const uint64_t apart = alphabet->texts / needed;
    uint32_t meetings = 0;
    memset(met->slots, 0, sizeof(met->slots));
    meeting->are_numbered = true;
    meeting->bits = 32; /* of a text's number as a part of all that there are */
    for (uint64_t i = 0; i < needed && meetings < TO_MEET; i++) {
        write_text(meeting, alphabet, i * apart);
        if (!slot_of(meeting, &slot))
            return false;
        uint32_t key = (uint32_t)(i * (UINT32_MAX / needed));
        meetings += note_key(meeting, met, (uint32_t)slot, key);
    }
    return meetings >= TO_MEET;
}

bool own_texts_meet(const struct layout_view *view, const struct hash_relation *relation,
                    uint64_t capacity, const struct sampled_entry *entries, uint32_t count)
{
    struct meeting meeting = {.view = view, .relation = relation, .capacity = capacity};
    struct alphabet alphabet;
    if (!view->own_hashes || count == 0 || capacity < 2 || capacity >= UINT32_MAX ||
        !is_text(relation))
        return false;
    for (uint32_t nth = 0; nth < count && nth < FLIPPED; nth++)
        if (learn_alphabet(&meeting, entries, count, nth, &alphabet) &&
            texts_meet(&meeting, &alphabet, &view->own_hashes->met))
            return true;
    return false;
}
