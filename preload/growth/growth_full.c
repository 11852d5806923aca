/*
 * Whether an array that grows is full: see growth_full.h. Runs inside the tracker.
 */
#include "growth_full.h"

#include "layouts/layout.h"
#include "tables.h"

/* What words here and there say. */
enum fullness {
    FULLNESS_HAS_ROOM,  /* some are zero, or two the same: so is what marks an empty slot */
    FULLNESS_ADDRESSES, /* all are addresses: the heads of long chains are, too */
    FULLNESS_FULL,
};

#define PLACES      32u
#define WORDS       8u /* at each of them */
#define PLACE_BYTES ((size_t)WORDS * sizeof(uint64_t))
#define SEEN        1024u /* places for the words by their hash */

/* The words that were seen, and whether one was seen twice. */
struct seen {
    uint64_t word[SEEN];
    bool has_twice;
};

static void note(struct seen *seen, uint64_t word)
{
    uint32_t at = (uint32_t)(word * 0x9E3779B97F4A7C15u >> 54);
    while (seen->word[at] != 0 && seen->word[at] != word)
        at = (at + 1) % SEEN;
    seen->has_twice |= seen->word[at] == word;
    seen->word[at] = word;
}

static enum fullness fullness_of(const struct memory_reader *reader,
                                 const struct array_record *array)
{
    uint64_t at[PLACES], words[PLACES * WORDS];
    struct seen seen = {.has_twice = false};
    uint32_t addresses = 0;
    if (array->bytes < PLACES * PLACE_BYTES)
        return FULLNESS_HAS_ROOM;
    for (uint32_t i = 0; i < PLACES; i++)
        at[i] = array->address + ((array->bytes - PLACE_BYTES) / (PLACES - 1) * i & ~(uint64_t)7);
    if (!read_pieces(reader, at, PLACES, words, PLACE_BYTES))
        return FULLNESS_HAS_ROOM;
    for (uint32_t i = 0; i < PLACES * WORDS && !seen.has_twice; i++) {
        /* Of two numbers either may be missing; an empty list leads to itself. */
        if ((uint32_t)words[i] == 0 || words[i] - array->address < array->bytes)
            return FULLNESS_HAS_ROOM;
        addresses += layout_is_pointer(words[i], 8);
        note(&seen, words[i]);
    }
    if (seen.has_twice)
        return FULLNESS_HAS_ROOM;
    return addresses == PLACES * WORDS ? FULLNESS_ADDRESSES : FULLNESS_FULL;
}

bool growth_is_full(const struct array_record *array)
{
    struct scratch *scratch = scratch_take();
    if (!scratch)
        return false;
    bool is_full = fullness_of(scratch->view.reader, array) == FULLNESS_FULL;
    scratch_return(scratch);
    return is_full;
}

bool growth_is_vector(struct registry *registry, struct scratch *scratch,
                      const struct array_record *old)
{
    struct table_record record;
    if (!tables_get(registry, tables_resolve(registry, old->table), &record) || record.vouched != 0)
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record.arrays[i].index != 0 && record.arrays[i].sequence != (uint32_t)old->sequence &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array))
            return false;
    }
    return fullness_of(scratch->view.reader, old) >= FULLNESS_ADDRESSES;
}
