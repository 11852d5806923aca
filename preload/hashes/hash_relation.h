/*
 * Which field of an entry names the slot that it was found in.
 *
 * Most hash tables keep the hash of each entry, and the slot follows from it: hash & (m - 1),
 * hash % m, or the topmost bits. Others hash an integer key by one of a few well-known mixes.
 * Entries of which one field does this, over and over, with more in it than the number of the slot,
 * were put there by their hash; no other structure does so. Pure functions of copied memory.
 */
#ifndef HASHTRACK_HASH_RELATION_H
#define HASHTRACK_HASH_RELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "arithmetic.h"
#include "layouts/words.h"

struct layout_view;

#define RELATION_WINDOW  192 /* bytes of an entry that are looked at */
#define RELATION_SAMPLES 64u
#define RELATION_LEAST   8u /* entries: fewer prove nothing */

/* An entry, and the slot that it was found in. */
struct sampled_entry {
    uint64_t slot;
    uint64_t address;
    unsigned char bytes[RELATION_WINDOW];
};

enum hash_reduction { REDUCE_MASK, REDUCE_MODULO, REDUCE_TOP_BITS, REDUCE_RANGE };

enum relation_key {
    RELATION_FIELD,   /* a hash, or a number through one of the mixes of hash_relation.c */
    RELATION_NUMBER,  /* the others are keys that keyed_relation.c hashes: a number, */
    RELATION_TEXT,    /* text in the entry, */
    RELATION_TEXT_AT, /* text that the entry points at, */
    RELATION_BYTES,   /* fields that are hashed as the bytes that they lie in, */
    RELATION_RECORD,  /* or one by one, by the program's own code */
};

struct hash_relation {
    uint16_t offset;  /* of the field in the window */
    uint8_t width;    /* 4 or 8 bytes; of bytes how many; of text in the entry, or of a record, the
                         most that is read */
    uint8_t key;      /* enum relation_key */
    int8_t length_at; /* of text that the entry points at: where its length is, from the pointer on;
                         0: it ends with a zero */
    uint8_t mix;      /* what is done to the field first; 0: nothing, it is the hash */
    uint8_t reduction;
    uint16_t known; /* of a key: the function, and what its hash goes through */
    uint8_t finish, hash_bits;
    bool is_cut;    /* of a key: of what comes out the lower 32 bits alone are a hash */
    bool is_turned; /* of a number of 8 bytes: the code has its halves the other way round */
    uint8_t ahead;  /* of a hash: the first slot that is tried is so many behind the one it names */
    uint8_t shift;  /* of a key: REDUCE_MASK takes the bits from this one on */
    uint8_t spare_bits; /* random ones of the field, beside those that name the slot */
    bool is_exact;      /* every entry is in its own slot: a chain, or nothing ever collided */
    bool is_linear;     /* or half an array before it: linear hashing in the middle of a round */
    bool is_mixed_key;  /* the key is known, and how it is mixed */
    bool is_own;        /* of a key: `known` numbers a beginning of own_hashes.h, */
    uint32_t hits;      /* the last of so many that are made of each key; 0: that differs */
    uint64_t where;     /* and its hash is what this instruction makes */
    uint64_t object;    /* of a record: the table's object as the code has it, or 0; */
    int16_t base;       /* and where in the window the code's register leads */
    uint16_t displaced; /* of the entries asked about, those in another slot than their own */
    uint64_t origin;    /* the slot at which the array begins; 0 but for relation_question.slack */
};

/* The number in the field. */
static inline uint64_t hash_relation_field(const struct hash_relation *relation,
                                           const unsigned char *window)
{
    if (relation->width != 8)
        return word_u32(window, relation->offset);
    uint64_t word = word_u64(window, relation->offset);
    return relation->is_turned ? word << 32 | word >> 32 : word;
}

/* Where in the window what has to be read of an entry begins, and where it ends. */
static inline uint32_t hash_relation_first(const struct hash_relation *relation)
{
    return relation->offset - (relation->length_at < 0 ? (uint32_t)-relation->length_at : 0);
}

static inline uint32_t hash_relation_end(const struct hash_relation *relation)
{
    return relation->offset + (uint32_t)relation->width +
           (relation->length_at > 0 ? (uint32_t)relation->length_at : 0);
}

/* How entries are taken to be placed. */
struct relation_question {
    const struct sampled_entry *entries;
    uint32_t count;
    uint32_t first, end; /* of the window: what was read of all entries */
    uint64_t capacity;
    /* Where the array begins within what was looked at is not known: `before` slots before the one
     * that is numbered 0, or up to `slack` behind that. Both 0: with that slot. */
    uint64_t before, slack;
    bool is_guess;   /* more entries will be asked about: rather find too much */
    bool is_exact;   /* only a relation is of interest by which nearly all are in their own slots */
    bool is_sparse;  /* the array is nearly empty, and no mark says that it was fuller */
    bool is_counted; /* no entry that was asked about is gone: so many their object counts */
    bool any_rest;   /* the entries are known to be lists': numbers that go round will do */

    /* For keys that have to be hashed: how to read what an entry points at, where in the window
     * it begins, and where text in it ends at the latest. NULL: there is no need to look for such.
     */
    const struct layout_view *view;
    unsigned char *room; /* KEYED_ROOM, 8-aligned */
    uint32_t entry, text_end;
    bool no_text, no_numbers, no_records;
    bool no_own;      /* nor by the program's own code: each question to it takes long */
    bool no_operands; /* nor numbers by code that mixes them as it takes them from memory */
};

/* The slot as the array counts its own: beyond its capacity where the entry is none of the array.
 */
static inline uint64_t hash_relation_slot(const struct hash_relation *relation,
                                          const struct sampled_entry *entry)
{
    return entry->slot - relation->origin;
}

/* Whether the array may begin where the entry is in its own slot: sets where that is. */
static inline bool hash_relation_begin(const struct relation_question *question,
                                       struct hash_relation *relation, uint64_t slot, uint64_t home)
{
    relation->origin = slot - home;
    return relation->origin + question->before <= question->slack;
}

/* The field with which the most entries agree. */
bool hash_relation_find(const struct relation_question *question, struct hash_relation *out);

/* Whether the field that is the whole window may be one with which the entries agree, by a few of
 * them. Cheap, for the many fields that are not. */
bool hash_relation_may_be(const struct relation_question *question);

/* Whether entries lie where the relation leads, by so many of them that it can be no accident. */
bool hash_relation_is_agreed(const struct relation_question *question,
                             struct hash_relation *relation);

/* The slot that an entry belongs into; `window` as sampled_entry.bytes. `capacity` where its key
 * cannot be read. */
uint64_t hash_relation_home(const struct layout_view *view, const struct hash_relation *relation,
                            uint64_t capacity, const unsigned char *window);

/* Whether the entry may be in that slot yet because its own was not split off since: half an array
 * before it, or as far as an earlier size of the array has it, where buckets are split when they
 * are next asked for. */
static inline bool hash_relation_is_before(uint64_t capacity, uint64_t home, uint64_t slot)
{
    return home == slot + capacity / 2 ||
           (is_power_of_two(capacity) && home > slot &&
            ((home ^ slot) & (next_power_of_two(slot + 1) - 1)) == 0);
}

/* Whether the entry, which was found there, is in its own slot. */
static inline bool hash_relation_is_home(const struct hash_relation *relation, uint64_t capacity,
                                         uint64_t home, uint64_t slot)
{
    return home == slot || (relation->is_linear && hash_relation_is_before(capacity, home, slot));
}

#endif
