/*
 * Recognising an array by the object of its table, which the thread has at hand: it clears, frees
 * or destroys the table by it.
 *
 * Runs inside the tracker, under no lock, while the array is still there.
 */
#ifndef HASHTRACK_GROWTH_HOLDERS_H
#define HASHTRACK_GROWTH_HOLDERS_H

#include "header_search.h"
#include "layouts/object.h"
#include "registry.h"
#include "scratch.h"
#include "slot_profile.h"
#include "twins.h"

/* Places that hold an array's address, of what the thread has at hand. */
struct holders_at_hand {
    struct block_index index;
    uint64_t handles[1 + LAYOUT_MAX_HANDLES]; /* where in the array its object may point */
    unsigned handle_count;
    struct {
        uint64_t word, address;
        enum header_kind kind;
    } places[OBJECT_HOLDERS_MAX];
    unsigned count;
};

/* Those of the array's beginning; as an index of the view, with the thread's arrays. Takes 0.1 ms.
 */
void growth_find_holders(const struct registry *registry, struct scratch *scratch,
                         const struct array_record *array, struct holders_at_hand *out);

/* As growth_recognise(), for what that one does not know without the object: a destructor has freed
 * the entries that the slots point at, or so few are left that the array begins with more zeros
 * than are read in search of one. Takes 0.1 ms. */
const struct layout *growth_recognise_held(const struct registry *registry, struct scratch *scratch,
                                           const struct array_record *array,
                                           struct table_reading *out);

/* For twins_settle(), by the arrays that are alive now. */
struct twin_view growth_twin_view(struct registry *registry, const struct memory_reader *reader);

/* What the object of an unknown table counts, whose slots were read: where its growths did not show
 * which of the words that is, or have met it in a frame that is left. False, and nothing changed,
 * where no object at hand says what the slots bear out. Takes 0.1 ms. */
bool growth_count_held(struct registry *registry, struct scratch *scratch,
                       const struct array_record *array, const struct slot_profile *profile,
                       struct table_reading *reading);

#endif
