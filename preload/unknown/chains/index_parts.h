/*
 * What index_region.c and index_fields.c share: an index behind its entries, as far as it is known.
 */
#ifndef HASHTRACK_INDEX_PARTS_H
#define HASHTRACK_INDEX_PARTS_H

#include "hash_relation.h"
#include "layouts/layout.h"

#define INDEX_REACH         64u /* of the object, around its pointer to the block */
#define INDEX_LEAST_NUMBERS 16u
#define INDEX_DELETED       (UINT32_MAX - 1)

/* Where a field of entry 0 is, and how far on that of the next. */
struct index_column {
    uint64_t offset;
    uint32_t stride, bytes;
};

struct index_region {
    const struct layout_view *view;
    const struct block *block;
    unsigned char words[2 * INDEX_REACH + 8]; /* around the pointer to the block */
    uint64_t slots, entries, start;           /* of the index, in the block */
    uint32_t header;                          /* before the first entry */
    uint32_t per;                             /* bytes of an entry */
    const uint32_t *index;                    /* a copy */
    uint64_t *seen;                           /* a bit for each entry */
    uint64_t numbers, empty, deleted;
    struct hash_relation relation;
    struct index_column keys;
    bool is_followed; /* the fields of the relation are in what the keys point at */
    bool is_unnamed;  /* no object says how many slots and entries there are */
    uint64_t live;
    bool is_chained;
};

/* Whether a word of the index is no number. */
static inline bool index_is_mark(uint32_t word)
{
    return word >= INDEX_DELETED;
}

/* Notes the entry. False where it was noted before. */
static inline bool index_note_once(struct index_region *region, uint32_t number)
{
    uint64_t *word = &region->seen[number / 64], bit = 1ull << number % 64;
    if (*word & bit)
        return false;
    *word |= bit;
    return true;
}

/* Whether all words of the index are marks, or numbers of entries, each of which is there once:
 * counts them, and notes the entries. */
bool index_has_numbers(struct index_region *region);

/* Finds the field that names the slots. */
bool index_find_key(struct index_region *region);

/* Finds links from the entries in the slots to others, and adds these to the live ones. */
void index_find_links(struct index_region *region);

#endif
