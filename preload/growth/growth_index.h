/*
 * Growth of a table whose index lies in one block with its entries. The entries are copied as they
 * are, in order of insertion, and hide that the numbers in front of them are scattered anew (the
 * property tables of JavaScriptCore, the dictionaries of several interpreters).
 */
#ifndef HASHTRACK_GROWTH_INDEX_H
#define HASHTRACK_GROWTH_INDEX_H

#include "registry.h"
#include "scratch.h"

/* Links `old` to `array`, into which its words were moved in long pieces, if they are such a
 * table's. */
bool growth_index_link(struct registry *registry, struct scratch *scratch,
                       const struct array_record *old, uint32_t index,
                       const struct array_record *array);

/* The same for an array of a table that has grown so before; `array` is NULL where no words were
 * found again. It may have been replaced by one of its own size, too. */
bool growth_index_goes_on(struct registry *registry, struct scratch *scratch,
                          const struct array_record *old, uint32_t index,
                          const struct array_record *array);

/* Whether the array may be the larger one of such a table, by size and call: worth a look even
 * where no words were found again, for keys and numbers may be so small that each is found
 * anywhere. */
bool growth_index_may_be(const struct array_record *old, const struct array_record *array);

/* Whether all of the array is such numbers, some bytes at its ends aside. */
bool growth_index_is_array(const struct memory_reader *reader, const struct array_record *array);

/* Whether the old array is an index whose successor, by the same call, is blank yet, or a copy that
 * will be cleared: it will be filled from the entries. The numbers were found, but they are in any
 * array of numbers: in the entries, which link to one another, and in another table's index. */
bool growth_index_is_refilled(struct registry *registry, const struct scratch *scratch,
                              const struct array_record *old, const struct array_record *found,
                              enum signature signature);

#endif
