/*
 * A search for hashed entries in one array: what static_rules.c tries, static_sample.c takes and
 * static_count.c counts. Private to these files. The memory is the view's scratch, so that nothing
 * large is on a stack.
 */
#ifndef HASHTRACK_STATIC_SEARCH_H
#define HASHTRACK_STATIC_SEARCH_H

#include "hash_relation.h"
#include "hashed_chains.h"
#include "keyed_relation.h"
#include "layouts/words.h"
#include "slot_shapes.h"
#include "static_rules.h"

struct static_work {
    unsigned char counted[GLIMPSE_BYTES];
    union {
        struct sampled_entry entries[RELATION_SAMPLES];
        struct {
            struct chain_head heads[CHAIN_HEADS];
            struct chain_link links[CHAIN_LINKS];
        };
    };
};
_Static_assert(sizeof(struct static_work) <= LAYOUT_SCRATCH_BYTES, "the view's scratch holds it");

struct static_search {
    struct layout_view *view;
    const struct block *block;
    struct static_work *work;
    struct static_pieces *pieces;
    struct slot_shape shape;
    struct hash_relation relation;
    uint32_t count;       /* of work->entries */
    uint32_t picked;      /* of them, words of the column that was tried last */
    uint32_t unreadable;  /* words that led nowhere */
    uint32_t first, end;  /* of the window: what was read of all of them */
    bool exact_only;      /* no entry may be in another slot than its own */
    bool is_sampled;      /* the column that was tried last may lead to entries, */
    bool is_pointing;     /* and its words lead to memory */
    bool is_full;         /* the column that was tried last leads to memory in every slot */
    bool may_be_open;     /* with entries elsewhere some shape would have been found */
    bool is_keyed;        /* the column that was tried last may hold keys that name their slots, */
    bool is_text;         /* and they are text, */
    bool is_number;       /* or may be numbers, too */
    bool is_record;       /* or whole slots that are keys of several fields, */
    bool is_string;       /* or have strings as keys: addresses and lengths */
    bool is_strided;      /* of which the column is the length: static_strided.c */
    bool is_loose;        /* where it is empty, other words of its slots are not */
    bool no_keys, no_own; /* keys are not hashed for the fit that is tried, or not by the code */
    uint32_t keyed_left;  /* columns that may yet be asked for keys, */
    uint32_t loose_left;  /* and such that are loose */
    bool is_split;        /* the slots are heads in front of links, and fill the array with them */
    bool is_unproven;     /* the count says that no entry ever met another */
    bool is_proven;       /* static_proof.c has found that they are a table's, even so, */
    bool is_by_code;      /* by what the program makes of keys */
    bool is_by_prime;     /* or by a prime, of which a hash is the remainder */
    uint32_t sparse_bytes, sparse_columns; /* static_note_size(): a bit for each four of them */
    bool may_be_buckets;                   /* slots of that size may be for several entries each */
    uint32_t scans_left;                   /* of all of the array, for entries that are few */
    bool is_chained, is_named_read;
    struct static_named named;
    struct hashed_chain chain;
    struct block around; /* the array begins and ends anywhere in it; no bytes: with the block */
    struct block rows;   /* with the keys of slots that hold numbers and hashes; 0: none */
    const struct static_design *alike; /* of a table that is proven; or NULL */
};

static inline struct static_design static_design_of(const struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    const struct hash_relation *relation = &search->relation;
    return (struct static_design){.same = {.leads = shape->leads,
                                           .slot_bytes = shape->slot_bytes,
                                           .column = shape->column,
                                           .entry_bytes = shape->entry_bytes,
                                           .offset = relation->offset,
                                           .width = relation->width,
                                           .key = relation->key,
                                           .mix = relation->mix,
                                           .reduction = relation->reduction,
                                           .ahead = relation->ahead},
                                  .is_chained =
                                      search->is_chained && search->chain.links.bytes == 0,
                                  .next_offset = search->chain.next_offset,
                                  .first_link = search->chain.first_link};
}

static inline bool static_is_alike(const struct static_search *search,
                                   const struct static_design *design)
{
    const struct static_design own = static_design_of(search);
    return memcmp(&own.same, &design->same, sizeof(own.same)) == 0;
}

/* Before an entry's address, where that is of a link inside it. */
#define WINDOW_BEFORE 64u

static inline uint32_t window_before(const struct slot_shape *shape)
{
    return shape->leads == LEADS_BY_POINTER ? WINDOW_BEFORE : 0;
}

static inline uint32_t entry_bytes(const struct slot_shape *shape)
{
    uint32_t bytes = shape->leads == LEADS_BY_POINTER || shape->is_indirect ? RELATION_WINDOW
                     : shape->leads == LEADS_BY_INDEX                       ? shape->entry_bytes
                                                                            : shape->slot_bytes;
    return bytes < RELATION_WINDOW ? bytes : RELATION_WINDOW;
}

static inline uint64_t column_word(const struct slot_shape *shape, const unsigned char *slot)
{
    return slot_shape_word(shape, shape->column_bytes == 8 ? word_u64(slot, shape->column)
                                                           : word_u32(slot, shape->column));
}

/* Whether other things stand in front of a power of two of slots; and the number of the words that
 * were picked without those that may be such. */
bool static_has_front(const struct static_search *search);
uint32_t static_drop_front(const struct static_search *search, uint32_t count);

/* As slot_shape_fit(), but for arrays that begin and end anywhere. */
bool static_fit(const struct static_search *search, unsigned nth, struct slot_shape *shape);

/* Where such an array may begin: sets before and slack. */
void static_set_slack(const struct static_search *search, struct relation_question *question);

/* The pieces of a round, read when they are first asked for; NULL when they cannot be, or there are
 * none. */
const struct glimpse *static_glimpse(const struct static_search *search, unsigned round);

#define STATIC_FIRST_SAMPLE 24u
/* By so many entries a shape is refused, or kept, where they have to be read. */
#define STATIC_FIRST_READ 12u

/* Takes up to `wanted` entries, of each piece about as many; for STATIC_FIRST_SAMPLE or fewer no
 * more pieces are read than must be. False where there are too few, or they do not look hashed. */
bool static_sample(struct static_search *search, uint32_t wanted);

/* Notes how large the slots are of an array that is nearly empty, and the columns that tell which
 * are in use; 0: that cannot be told. */
void static_note_size(struct static_search *search);

/* Whether they have another size: to ask of what keys it would be takes the time that the real ones
 * need. */
static inline bool static_is_stray(const struct static_search *search)
{
    const uint32_t size = search->sparse_bytes ? search->sparse_bytes : search->pieces->stride;
    return size != 0 && search->shape.slot_bytes != size;
}

/* Whether the program's own code may be asked about keys of slots of that shape. */
bool static_may_ask_own(const struct static_search *search);

/* A cheap look at a column of slots, for nearly all that could be hashes are none. */
bool static_may_be_hashed(struct static_search *search, const struct glimpse *glimpse);

/* Whether the column may hold keys, hashed by a function that is known, by the words that
 * static_may_be_hashed() has picked. Most columns are of arrays that are full, or that hold no
 * keys; of the others each costs a tenth of a millisecond. */
bool static_may_be_keyed(struct static_search *search, const struct glimpse *glimpse);

/* Whether slots whose column is empty hold nothing but states: else the slots have another size, or
 * the column is not what tells that they are empty. One of `most` may be otherwise. */
bool static_implies_slot(const struct static_search *search, const struct glimpse *glimpse,
                         uint32_t most);

/* Whether search->shape's column leads to entries that a hash put there. */
bool static_try_column(struct static_search *search);

/* The same for the ways in which slots of the shape fit into the array; its entries are sampled. */
bool static_try_fits(struct static_search *search);

/* The same where the array begins anywhere. */
bool static_try_windows(struct static_search *search);

/* Goes through all shapes. */
bool static_try_all(struct static_search *search, unsigned effort);
struct static_search static_search_in(struct layout_view *view, struct static_pieces *pieces,
                                      const struct block *block);

/* Whether a field of the entries that are sampled names their slots. */
bool static_find_relation(struct static_search *search, bool is_guess);

/* Whether the slots hold numbers of entries that a hash put there. */
bool static_try_indices(struct static_search *search);

/* Whether they do where the chains' links follow upon them. */
bool static_try_split(struct static_search *search);

/* Whether whole slots are keys by which the program's own code put them there. */
bool static_try_records(struct static_search *search);

/* Whether slots have strings by which the program put them there. */
bool static_try_strings(struct static_search *search);

/* Notes how large the slots are of which each has addresses of its own place, as an empty string
 * does; 0: there are none. */
void static_learn_stride(const struct block *block, const struct glimpse *glimpse,
                         struct static_pieces *pieces);

/* Whether what lies there in slots of that size belongs to such a string. Its pointer leads to long
 * texts alone, and in it are short ones: a column of either shows some of the entries. */
bool static_is_in_string(const struct static_search *search, uint32_t at);

/* Whether such strings are keys by which the program put them there. */
bool static_try_strided_strings(struct static_search *search);

/* The same for all columns that may hold addresses. */
bool static_try_pointers(struct static_search *search);

/* Calls visit for the tracked blocks that the objects point at which point at `address`, until it
 * returns false. */
void static_siblings(const struct layout_view *view, uint64_t address,
                     bool (*visit)(const struct block *sibling, void *context), void *context);

/* Whether the entries' links are in a vector of their own, which becomes the chain's. */
bool static_links(const struct static_search *search, const struct chain_head *heads,
                  uint32_t count, struct hashed_chain *chain);

/* Adds the arrays that the slots' numbers are about. */
void static_add_parts(const struct static_search *search, struct table_reading *table);

/* How many of the entries that the slots' numbers are about hold one, or did: what is taken out of
 * lists stays where it was. 0: that cannot be told. */
uint64_t static_used_once(const struct static_search *search);

/* Whether the entries that are sampled are those of one segment of a larger table, which has the
 * others elsewhere. */
bool static_is_part(const struct static_search *search);

/* Whether the slots are themselves the first entries of their chains, and what was found is the
 * link to the others: slots without such are in use as well. */
bool static_is_link_of_slots(const struct static_search *search);

/* Makes the array one slot shorter where its entries lie as well in a prime number of slots: nobody
 * chose the other one. The slot is the first of a table that numbers them from one (hcreate's), or
 * an end. */
void static_end_at_prime(struct static_search *search);

/* Counts the slots in use, and the entries behind them, of the table that was found: fills in
 * `out`. False when the count says that it is none, or memory could not be read. */
bool static_count(struct static_search *search, struct static_reading *out);

/* Whether the entries that are sampled are a table's beyond doubt, though none met another. */
bool static_proof(struct static_search *search);

/* Whether the field by which the slots were found is the whole hash of the entries' keys, and more
 * than the slot. */
bool static_keep_whole_hash(const struct static_search *search, const struct hash_relation *keyed);

/* Whether the slots hold numbers of rows, in an array elsewhere, whose keys have the hashes that
 * the slots keep: notes that array. */
bool static_rows_have_keys(struct static_search *search, const struct relation_question *question);

#endif
