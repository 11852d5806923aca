/*
 * Looking for numbers in sequence: see slot_sequence.h.
 */
#include "slot_sequence.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define PARTS           8u /* of the array: there is a window at the beginning of each */
#define MOST_SLOT_BYTES 256u
#define LEAST_PAIRS     6u  /* neighbours that are both in use */
#define MOST_POINTERS   24u /* of a window, behind which entries are read */
#define ENTRY_BYTES     32u /* of what a slot points at: the smallest blocks of the heap */

struct pairs {
    unsigned looked, in_sequence;
};

static void note_pair(struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (first == 0 && second == 0)
        return;
    pairs->looked++;
    pairs->in_sequence += second == first + 1;
}

/* All but a few, for a run has ends, and an entry may be put off its place. */
static bool is_sequence(const struct pairs *pairs)
{
    return pairs->looked >= LEAST_PAIRS && pairs->in_sequence * 20 >= pairs->looked * 19 - 20;
}

static bool has_column(const unsigned char *window, size_t slot)
{
    for (size_t column = 0; column < slot; column += 4) {
        struct pairs pairs = {0};
        for (size_t at = column; at + slot + 4 <= SEQUENCE_WINDOW_BYTES; at += slot)
            note_pair(&pairs, word_u32(window, at), word_u32(window, at + slot));
        if (is_sequence(&pairs))
            return true;
    }
    return false;
}

/* Of entries that no two slots share, a link to the next one is zero in each. */
static void note_links(bool zero[ENTRY_BYTES / 8], const unsigned char *entry)
{
    for (size_t i = 0; i < ENTRY_BYTES / 8; i++)
        zero[i] = zero[i] && word_u64(entry, 8 * i) == 0;
}

static bool has_link(const bool zero[ENTRY_BYTES / 8])
{
    for (size_t i = 0; i < ENTRY_BYTES / 8; i++)
        if (zero[i])
            return true;
    return false;
}

/* Whether what the pointers in every slot of that size lead to are the single entries of chains, in
 * sequence. What a heap points at may know its place in it as well, but is in no chain. */
static bool has_chains(const struct memory_reader *reader, const unsigned char *window, size_t slot)
{
    struct pairs pairs[ENTRY_BYTES / 4] = {{0}};
    unsigned char entries[2][ENTRY_BYTES];
    bool zero[ENTRY_BYTES / 8];
    unsigned count = 0;
    memset(zero, true, sizeof(zero));
    for (size_t at = 0; at + 8 <= SEQUENCE_WINDOW_BYTES && count < MOST_POINTERS; at += slot) {
        uint64_t word = word_u64(window, at);
        if (!slot_profile_is_pointer(word) ||
            !reader->read(reader, word, entries[count % 2], ENTRY_BYTES)) {
            count = 0;
            continue;
        }
        note_links(zero, entries[count % 2]);
        for (size_t i = 0; i < ENTRY_BYTES / 4 && count > 0; i++)
            note_pair(&pairs[i], word_u32(entries[(count - 1) % 2], 4 * i),
                      word_u32(entries[count % 2], 4 * i));
        count++;
    }
    for (size_t i = 0; i < ENTRY_BYTES / 4; i++)
        if (is_sequence(&pairs[i]))
            return has_link(zero);
    return false;
}

static bool is_empty(const unsigned char *window)
{
    for (size_t at = 0; at + 8 <= SEQUENCE_WINDOW_BYTES; at += 8)
        if (word_u64(window, at) != 0 && word_u64(window, at) != UINT64_MAX)
            return false;
    return true;
}

static bool is_in_window(const struct memory_reader *reader, const unsigned char *window)
{
    for (size_t slot = 4; slot <= MOST_SLOT_BYTES; slot += 4)
        if (has_column(window, slot))
            return true;
    for (size_t slot = 8; slot <= 32; slot += 8)
        if (has_chains(reader, window, slot))
            return true;
    return false;
}

bool slot_sequence_is_there(const struct memory_reader *reader, const struct block *array,
                            unsigned char *window)
{
    unsigned used = 0, in_sequence = 0;
    if (array->bytes < SEQUENCE_WINDOW_BYTES)
        return false;
    for (uint64_t part = 0; part < PARTS; part++) {
        uint64_t offset = (array->bytes - SEQUENCE_WINDOW_BYTES) / PARTS * part & ~(uint64_t)7;
        if (!reader->read(reader, array->address + offset, window, SEQUENCE_WINDOW_BYTES))
            return false;
        if (is_empty(window))
            continue;
        used++;
        in_sequence += is_in_window(reader, window);
    }
    /* At the ends of a run a window is half empty. */
    return used > 0 && in_sequence + 2 >= used && in_sequence * 2 >= used;
}

/* Records that are looked at: a table that keeps its hashes' order, nine of ten of its slots in
 * use, begins with so many in use once in 30 times, but not where it has room to grow into. */
#define SORTED_RECORDS 32u
#define MOST_RECORD    128u
_Static_assert(SORTED_RECORDS *MOST_RECORD + 8 <= SORTED_WINDOW_BYTES, "the window holds them");

/* How a number is written: keys that are compared by their bytes have the first one highest. */
enum number { NUMBER_U32, NUMBER_U64, NUMBER_BYTES, NUMBERS };

static uint64_t number_at(const unsigned char *record, enum number number)
{
    return number == NUMBER_U32   ? word_u32(record, 0)
           : number == NUMBER_U64 ? word_u64(record, 0)
                                  : __builtin_bswap64(word_u64(record, 0));
}

static bool ascends(const unsigned char *first, size_t record_bytes, enum number number)
{
    uint64_t last = number_at(first, number), step = 0;
    unsigned pointers = slot_profile_is_pointer(last), same = 0;
    if (last == 0)
        return false;
    for (unsigned i = 1; i < SORTED_RECORDS; i++) {
        uint64_t value = number_at(first + i * record_bytes, number);
        if (value <= last)
            return false;
        pointers += slot_profile_is_pointer(value);
        same += value - last == step;
        step = value - last;
        last = value;
    }
    return pointers < SORTED_RECORDS && same * 2 < SORTED_RECORDS;
}

bool slot_sequence_is_sorted(const struct memory_reader *reader, const struct block *array,
                             unsigned char *window)
{
    if (array->bytes < SORTED_WINDOW_BYTES ||
        !reader->read(reader, array->address, window, SORTED_WINDOW_BYTES))
        return false;
    for (size_t record = 4; record <= MOST_RECORD; record += 4)
        for (size_t column = 0; column < record; column += 4)
            for (enum number number = NUMBER_U32; number < NUMBERS; number++)
                if (ascends(window + column, record, number))
                    return true;
    return false;
}
