/*
 * Trying the functions of known_hashes.h on one field of some entries: what keyed_relation.c asks
 * for each. Private to these files.
 */
#ifndef HASHTRACK_KEYED_TRIAL_H
#define HASHTRACK_KEYED_TRIAL_H

#include "keyed_relation.h"

/* Of so many entries two must be in their own slots, else a function is not asked about the others.
 */
#define FIRST_ENTRIES 8u
#define FIRST_AGREE   2u

struct key_text {
    uint64_t length;
    unsigned char bytes[KEYED_TEXT_BYTES];
};
_Static_assert(sizeof(struct key_text) * RELATION_SAMPLES == KEYED_ROOM, "the room is for texts");

struct trial {
    const struct relation_question *question;
    struct hash_relation relation;
    uint8_t finishes;
    uint32_t witnesses;
    bool few_shifts; /* the lowest bits and the topmost ones name slots, none between */
    const struct key_text *texts; /* the keys of the first entries where they are texts */
    /* Hashes of the first entries, before they are folded: of nearly all functions only those of
     * the witnesses are asked for. */
    uint64_t raw[FIRST_ENTRIES];
    uint32_t hashed; /* so many of them are known */
};

/* Whether the entries lie where the relation's function leads, in some of the ways in which a slot
 * is made of a hash. Where every entry is in its own slot the first one tells which can be meant at
 * all; else one of a few does. */
bool keyed_trial_agrees(struct trial *trial);

#endif
