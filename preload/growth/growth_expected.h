/*
 * Growths whose old and new array never stand side by side, each full: what the old one held is
 * remembered, and looked for in the array that is expected to replace it.
 *
 * - step by step: the old array is emptied while the new one fills, and looks like nothing when it
 *   is freed. It is fingerprinted when the bigger one is allocated.
 * - freed first: the old array goes before the new one is allocated, and that is filled from
 * entries kept elsewhere. It is fingerprinted when it is freed.
 */
#ifndef HASHTRACK_GROWTH_EXPECTED_H
#define HASHTRACK_GROWTH_EXPECTED_H

#include "registry.h"
#include "scratch.h"
#include "thread.h"

/* A new array: whether it continues one that went just before, and which one it may be going to
 * replace. */
void growth_expected_born(struct registry *registry, uint32_t index,
                          const struct array_record *array);

/* Whether one of the last arrays of all is by the function that had allocated the old one, as large
 * or larger, and no other table's: the old array goes because that one has come, though nothing
 * shows that its entries moved there. */
bool growth_is_replaced(struct registry *registry, const struct array_record *old);
bool growth_replacement(struct registry *registry, const struct array_record *old,
                        struct array_record *out);

/* Whether a larger array from the same place begins with a copy of this one: a vector has grown,
 * and goes on in no other array. */
bool growth_is_copied(struct registry *registry, const struct memory_reader *reader,
                      const struct array_record *old);

/* Whether one word stands everywhere in the array, as far as it is looked at. */
bool growth_is_blank(const struct memory_reader *reader, const struct array_record *array);

/* What replaces the old array and will be filled from the entries, as the heads in a std::vector
 * are: ARRAY_WAS_BLANK where nothing was put in it yet, ARRAY_WAS_COPY where the old one is an
 * index and was copied into it, 0 where there is none. */
uint32_t growth_unfilled_replacement(struct registry *registry, const struct memory_reader *reader,
                                     const struct array_record *old, uint32_t *index,
                                     struct array_record *out);

/* Lets that one, in that state, take the place of the table's array, which is about to be freed, to
 * be looked at when it is filled. False: the old one says too little. */
bool growth_expect_filled(struct registry *registry, struct scratch *scratch,
                          const struct array_record *array, uint32_t table, uint32_t index,
                          const struct array_record *replacement, uint32_t state);

/* The table's array that this new one is most likely to replace; asked before
 * growth_expected_born. */
bool growth_expected_predecessor(struct registry *registry, const struct array_record *array,
                                 struct array_record *out);

/* The array that was allocated while `old` was fingerprinted, when it has the words of then in it
 * now: sets *index, *out and *comparison. */
bool growth_expected_successor(struct registry *registry, struct scratch *scratch,
                               const struct array_record *old, uint32_t *index,
                               struct array_record *out, struct comparison *comparison);

/* The last array of twice the size that the same function allocated after `old`; new[] may have
 * written the number of elements, 8 bytes, in front of both. */
bool growth_last_double(struct registry *registry, const struct array_record *old, uint32_t *index,
                        struct array_record *out);

/* The array, of that table (0: none), goes without a successor: keeps what it holds for the next
 * array of the same function, and the table alive for it. False when there is nothing to keep. */
bool growth_expect_next(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, uint32_t table, uint32_t state);

/* Whether there may be one: mostly not. */
static inline bool growth_expected_may_be_filled(const struct registry *registry)
{
    const struct expectation *mine =
        &registry->expectations[thread_state.number % REGISTRY_EXPECTATIONS];
    return atomic_load_explicit(&mine->filling, memory_order_relaxed) != 0;
}

/* The array of this thread that took the place of one freed before and may be filled by now: once
 * more, a few times in all. */
bool growth_expected_filled(struct registry *registry, uint32_t *index, struct array_record *out);

#endif
