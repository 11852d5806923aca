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

#define RELATION_WINDOW  192 /* bytes of an entry that are looked at */
#define RELATION_SAMPLES 64u
#define RELATION_LEAST   8u /* entries: fewer prove nothing */

/* An entry, and the slot that it was found in. */
struct sampled_entry {
    uint64_t slot;
    uint64_t address;
    unsigned char bytes[RELATION_WINDOW];
};

enum hash_reduction { REDUCE_MASK, REDUCE_MODULO, REDUCE_TOP_BITS };

struct hash_relation {
    uint16_t offset; /* of the field in the window */
    uint8_t width;   /* 4 or 8 bytes */
    uint8_t mix;     /* what is done to the field first; 0: nothing, it is the hash */
    uint8_t reduction;
    uint8_t spare_bits; /* random ones of the field, beside those that name the slot */
    bool is_exact;      /* every entry is in its own slot: a chain, or nothing ever collided */
    bool is_mixed_key;  /* the key is known, and how it is mixed */
    uint16_t displaced; /* of the entries asked about, those in another slot than their own */
};

/* How entries are taken to be placed. */
struct relation_question {
    const struct sampled_entry *entries;
    uint32_t count;
    uint32_t first, end; /* of the window: what was read of all entries */
    uint64_t capacity;
    bool is_guess; /* more entries will be asked about: rather find too much */
};

/* The field with which the most entries agree. */
bool hash_relation_find(const struct relation_question *question, struct hash_relation *out);

/* Whether the field that is the whole window may be one with which the entries agree, by a few of
 * them. Cheap, for the many fields that are not. */
bool hash_relation_may_be(const struct relation_question *question);

/* The slot that an entry belongs into; `window` as sampled_entry.bytes. */
uint64_t hash_relation_home(const struct hash_relation *relation, uint64_t capacity,
                            const unsigned char *window);

#endif
