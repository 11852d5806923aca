/*
 * Whether an array that grows is full: see growth_full.h. Runs inside the tracker.
 */
#include "growth_full.h"

#include <string.h>

#include "growth_expected.h"
#include "layouts/layout.h"
#include "tables.h"

/* What words here and there say. */
enum fullness {
    FULLNESS_HAS_ROOM,  /* some are zero or all ones, or the same: so is what marks an empty slot */
    FULLNESS_ADDRESSES, /* all are addresses: the heads of long chains are, too */
    FULLNESS_FULL,
};

#define PLACES      32u
#define WORDS       8u /* at each of them */
#define PLACE_BYTES ((size_t)WORDS * sizeof(uint64_t))
#define SEEN        1024u /* places for the words by their hash */

/* Of 512 half words so many may be plain by chance, as one of the numbers that are counted from
 * zero is. Of a table that is 98 % full three are or fewer in one case of a hundred. */
#define MOST_PLAIN 3u

/* Bytes of one value, in each eighth of the words, that are no chance: of a byte for each slot so
 * many say that theirs is empty. In whole words few are, and no two words are the same. */
#define LEAST_MARKS (PLACES * WORDS / 32)

struct seen {
    uint64_t words[PLACES * WORDS]; /* as they were read */
    uint64_t word[SEEN];
    uint32_t twice, plain, addresses;
    uint16_t bytes[256][8];
};

static bool is_plain_half(uint32_t half)
{
    return half == 0 || half == UINT32_MAX;
}

static void note(struct seen *seen, uint64_t word)
{
    uint32_t at = (uint32_t)(word * 0x9E3779B97F4A7C15u >> 54);
    while (seen->word[at] != 0 && seen->word[at] != word)
        at = (at + 1) % SEEN;
    seen->twice += seen->word[at] == word;
    seen->word[at] = word;
    /* Of a number below 2^32 the upper half is plain, and says nothing. */
    seen->plain += is_plain_half((uint32_t)word);
    seen->addresses += layout_is_pointer(word, 8);
    for (unsigned i = 0; i < 8; i++)
        seen->bytes[word >> 8 * i & 0xFF][i]++;
}

static bool has_marks(const struct seen *seen)
{
    for (unsigned value = 0; value < 256; value++) {
        unsigned places = 0;
        while (places < 8 && seen->bytes[value][places] >= LEAST_MARKS)
            places++;
        if (places == 8)
            return true;
    }
    return false;
}

static enum fullness fullness_of(struct scratch *scratch, const struct array_record *array)
{
    /* More than a signal handler's stack has. */
    struct seen *seen = (struct seen *)(void *)scratch->signature.piece;
    _Static_assert(sizeof(scratch->signature.piece) >= sizeof(*seen), "there is room");
    uint64_t *words = seen->words;
    if (array->bytes < PLACES * PLACE_BYTES)
        return FULLNESS_HAS_ROOM;
    memset(seen, 0, sizeof(*seen));
    if (!read_spread(scratch->view.reader, array->address, array->bytes, PLACES, words,
                     PLACE_BYTES))
        return FULLNESS_HAS_ROOM;
    for (uint32_t i = 0; i < PLACES * WORDS; i++) {
        /* An empty list leads to itself. */
        if (words[i] == 0 || words[i] - array->address < array->bytes)
            seen->plain++;
        else
            note(seen, words[i]);
        if (seen->plain > MOST_PLAIN || seen->twice > MOST_PLAIN)
            return FULLNESS_HAS_ROOM;
    }
    if (has_marks(seen))
        return FULLNESS_HAS_ROOM;
    return seen->addresses >= PLACES * WORDS - MOST_PLAIN ? FULLNESS_ADDRESSES : FULLNESS_FULL;
}

bool growth_is_full(struct scratch *scratch, const struct array_record *array)
{
    return fullness_of(scratch, array) == FULLNESS_FULL;
}

bool growth_is_full_of_any(struct scratch *scratch, const struct array_record *array)
{
    return fullness_of(scratch, array) >= FULLNESS_ADDRESSES;
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
    return growth_is_full_of_any(scratch, old);
}

bool growth_is_of_one_word(struct scratch *scratch, const struct array_record *array)
{
    const struct memory_reader *reader = scratch->view.reader;
    uint64_t first;
    if (array->bytes < sizeof(first) || !growth_is_blank(reader, array) ||
        !reader->read(reader, array->address, &first, sizeof(first)))
        return false;
    for (uint64_t offset = 0; offset < array->bytes; offset += LAYOUT_SCRATCH_BYTES) {
        uint64_t left = array->bytes - offset;
        size_t piece = left < LAYOUT_SCRATCH_BYTES ? (size_t)left : LAYOUT_SCRATCH_BYTES;
        const unsigned char *seen =
            see_bytes(reader, array->address + offset, scratch->layout_scratch, piece);
        size_t begin = piece < sizeof(first) ? piece : sizeof(first);
        if (!seen || memcmp(seen, &first, begin) != 0 ||
            memcmp(seen, seen + begin, piece - begin) != 0)
            return false;
    }
    return true;
}
