/*
 * Tables that nobody saw growing: reserved once, of a fixed size, filled before the library was
 * loaded, restored from somewhere.
 *
 * What proves one is that its entries are where their hashes lead (hash_relation.h). That entries
 * lie scattered proves nothing: of 2,505 real blocks with zeros here and there 1,106 do. Nor do
 * entries that are all in "their" slot of which no two ever met: so are objects that bear the
 * number of their slot, and something random before it.
 */
#ifndef HASHTRACK_STATIC_RULES_H
#define HASHTRACK_STATIC_RULES_H

#include "layouts/layout.h"
#include "slot_shapes.h"

/* Smaller arrays are not looked at: a look costs 100 us, a table found 500, and what is reported
 * saves a mebibyte. */
#define STATIC_LEAST_BYTES 65536u

/* How the slots lead to entries, and what of these names the slots: the same in all tables of one
 * implementation. All of four bytes, to be compared as memory. */
struct static_design {
    struct {
        uint32_t leads, slot_bytes, column, entry_bytes;
        uint32_t offset, width, key, mix, reduction, ahead;
    } same;
    /* Where entries link to others, which in a table that is nearly empty none may do. */
    uint32_t is_chained, next_offset, first_link;
};

struct static_reading {
    struct table_reading table;
    enum dump_table_kind kind;
    struct static_design design;
    struct slot_shape shape;
    bool is_unproven; /* no table was found, but for a proof that it is one */
};

/* The pieces of an array that were read: for each of a hundred shapes they are looked at again. */
#define STATIC_ROUNDS 8u
enum static_round { STATIC_UNREAD, STATIC_READ, STATIC_UNREADABLE };
struct static_pieces {
    enum static_round state[STATIC_ROUNDS];
    bool is_sparse;           /* the first glimpse is of pieces that are not blank */
    uint32_t stride, strings; /* static_learn_stride(): 0, or the slots' size; and a bit for each
                                 eight bytes of them that hold an address of their own */
    struct glimpse glimpses[STATIC_ROUNDS];
    unsigned char memory[STATIC_ROUNDS][GLIMPSE_BYTES];
};

/* What lies around the pointers to an array of whole pages. */
#define NAMED_HOLDERS 4u
#define NAMED_REACH   64u
struct static_named {
    uint32_t count;
    unsigned char words[NAMED_HOLDERS][2 * NAMED_REACH + 8];
};
void static_named_read(const struct layout_view *view, const struct block *block,
                       struct static_named *out);

/* How many slots of that size it says there are, where they leave some of the last page; 0: it says
 * nothing. */
uint64_t static_named_capacity(const struct static_named *named, const struct block *block,
                               uint32_t slot_bytes);

/* To ask for keys that have to be hashed takes the longest of all. An array that can save but a
 * small part of what a report names is asked in fewer of its columns. */
#define STATIC_ALL_EFFORT   100u /* per cent */
#define STATIC_LEAST_EFFORT 20u

/* Whether the array is that of a table; fills *out. Uses the view's scratch, and `pieces`, of which
 * nothing need be set. `proven`: the design of a table from the same call, or NULL; of one that is
 * the same, it is a table without a proof of its own. */
bool static_rules_read(struct layout_view *view, struct static_pieces *pieces,
                       const struct block *block, unsigned effort,
                       const struct static_design *proven, struct static_reading *out);

/* Whether the array is that of heads in front of links. Nothing else is tried. */
bool static_rules_read_split(struct layout_view *view, struct static_pieces *pieces,
                             const struct block *block, struct static_reading *out);

#endif
