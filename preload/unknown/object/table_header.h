/*
 * The object behind an unknown table: a pointer to its array, and near it the capacity and the
 * count that the table keeps for itself.
 *
 * Which of an object's words these are is learnt when the number of entries is known, right after a
 * growth: a word that equals it then, and again at the next growth, is the count. Later that word
 * is read, and no guess about stale slots is needed. Works through a memory reader; no state, no
 * lock.
 */
#ifndef HASHTRACK_TABLE_HEADER_H
#define HASHTRACK_TABLE_HEADER_H

#include "layouts/layout.h"
#include "learnt.h"

/* What is known of the table while its header is looked for. */
struct header_facts {
    struct block array;
    uint32_t array_sequence; /* low half */
    uint64_t capacity;       /* slots, as the slots show themselves */
    uint64_t live;           /* occupied slots, or an estimate */
    uint64_t slack;          /* how far off `live` may be */
    uint64_t numbers;        /* of entries that slots hold: the highest, and one; or 0 */
    uint64_t outgrown;       /* address of the array before, still to be read; or 0 */
    uint64_t outgrown_slots; /* how many it had, of which not all were in use; or 0 */
};

/* A word that may be the header's pointer. */
struct header_place {
    uint64_t address;
    uint64_t word;   /* what it holds: an address in the array */
    uint64_t object; /* where the object begins at the latest, 0 unknown */
    enum header_kind kind;
};

/* Whether the memory around the place has words that are the table's capacity and count. `before`,
 * where not NULL, is what an earlier growth taught: what it knew and is found again is confirmed.
 */
bool header_match(const struct memory_reader *reader, const struct header_place *place,
                  const struct header_facts *facts, const struct header_profile *before,
                  struct header_profile *out);

/* The same for a header at the beginning of the array's own block, before the slots. */
bool header_match_array(const struct memory_reader *reader, const struct header_facts *facts,
                        const struct header_profile *before, struct header_profile *out);

/* Keeps what the words that may be the count are as the next array is born. The room that is left
 * until the next growth is about nothing then; once the entries have moved, a table that doubles
 * has as much room as entries. Those that may be of a table beside this one (foreign_words.h) prove
 * nothing by that; `is_anothers` says whether an address is that of another table's array. False
 * when there is nothing to keep. */
bool header_note_birth(const struct memory_reader *reader, uint32_t array_sequence,
                       bool (*is_anothers)(uint64_t address, void *context), void *context,
                       struct header_profile *profile);

/* Of a header in the array's own block, which of the counts the array that was left has as well:
 * its room is used up. */
void header_prove_in_array(const struct memory_reader *reader, uint64_t old,
                           struct header_profile *profile);

/* What the facts would be if each occupied slot were the head of a chain. False where they cannot
 * be. */
bool header_facts_of_chains(const struct header_facts *facts, const struct slot_profile *profile,
                            struct header_facts *out);

/* The same right after a growth, when entries are numbered without a gap. False where the slots
 * hold no numbers, or not more than there are slots in use. */
bool header_facts_of_numbers(const struct header_facts *facts, struct header_facts *out);

/* Whether so many entries as there are numbers may hang in so many heads as are in use. An uneven
 * hash, and what was erased, leave fewer than by chance, but not half of them: the cells of a
 * matrix that have their own numbers would be sixteen to a head, with a quarter of these in use. */
bool header_facts_may_hang(const struct header_facts *facts);

/* Whether the first of two headers is rather to be believed: found at more growths, naming the
 * capacity, pointing at the array's beginning, not on a stack. */
bool header_is_better(const struct header_profile *a, const struct header_profile *b);

/* Looks for the header among the places that the pointer scan found, of a table whose header was
 * not met when it grew. Where the number of entries is only known roughly, `is_object` must say
 * that the place is in an object and not on a stack, where any number is found. */
bool header_find(const struct layout_view *view, const struct header_facts *facts,
                 bool (*is_object)(uint64_t place, void *context), void *context,
                 struct header_profile *out);

/* Corrects what the slots showed (`reading`, of `array`) by what the table counts itself, and sets
 * the header's address. False, and nothing changed, when the header is not there any more or says
 * what cannot be. */
bool header_read(const struct layout_view *view, const struct block *array,
                 const struct header_profile *profile, struct table_reading *reading);

/* Whose header is looked for: header_find(), but for the words of a table beside that one, which
 * may well say what slots that were not cleared say. */
struct twin_view;
struct header_wanted {
    bool (*is_object)(uint64_t place, void *context);
    void *context;
    const struct twin_view *twins;
    uint32_t table;
};

/* header_read() of a header that is looked for now, by what the slots show: where marks in them may
 * be of deleted entries, as fewer entries first; then as they show themselves; last as heads of
 * chains. `array_sequence` is the low half. */
bool header_read_found(const struct layout_view *view, const struct block *array,
                       uint32_t array_sequence, const struct slot_profile *profile,
                       const struct header_wanted *wanted, struct table_reading *reading);

#endif
