/*
 * Empty slots with numbers of their own: see slot_numbers.h. No state, no lock, no allocation.
 */
#include "slot_numbers.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define MOST_SLOT_BYTES 32u
#define LEAST_NUMBERS   16u  /* on one line: no accident */
#define LEAST_POINTERS  2u   /* so that there are entries, and not the numbers alone */
#define STRANGERS_OF    50u  /* a word that is neither; the program may be writing */
#define START_BYTES     256u /* in which a header ends that an allocator of the program's keeps */
#define MOST_HEADER     128u

/* Words of a column from `at` on. */
struct column {
    const unsigned char *memory;
    size_t at, bytes, slot;
};

static bool is_number(const struct slot_profile *profile, uint64_t word)
{
    return word != 0 && slot_profile_is_empty(profile, word);
}

/* Whether the numbers rise, or fall, by the same amount from slot to slot, and all other words are
 * pointers. */
static bool is_numbered(const struct column *column, const struct slot_profile *profile)
{
    uint64_t last_word = 0, step = 0;
    size_t last = 0;
    uint32_t numbers = 0, pointers = 0, strangers = 0, slots = 0, off = 0;
    for (size_t at = column->at, nth = 0; at + 8 <= column->bytes; at += column->slot, nth++) {
        uint64_t word = word_u64(column->memory, at);
        slots++;
        if (!is_number(profile, word)) {
            bool is_pointer = slot_profile_is_pointer(word);
            pointers += is_pointer;
            strangers += !is_pointer;
            if (strangers > 2 && strangers * STRANGERS_OF > slots)
                return false;
            continue;
        }
        if (numbers++ > 0) {
            uint64_t apart = nth - last, rise = word - last_word;
            if (step == 0 && (int64_t)rise % (int64_t)apart == 0)
                step = (uint64_t)((int64_t)rise / (int64_t)apart);
            off += step == 0 || rise != step * apart;
            if (off > 2 && off * STRANGERS_OF > numbers)
                return false;
        }
        last = nth;
        last_word = word;
    }
    return numbers >= LEAST_NUMBERS && pointers >= LEAST_POINTERS &&
           strangers * STRANGERS_OF <= slots;
}

/* Where the first slot is: behind the last word of the array's beginning that no slot holds. */
static uint32_t header_of(const struct memory_reader *reader, uint64_t address,
                          const struct slot_profile *profile)
{
    unsigned char memory[START_BYTES];
    uint32_t header = 0;
    if (!reader->read(reader, address, memory, sizeof(memory)))
        return 0;
    for (uint32_t at = profile->column; at < sizeof(memory); at += profile->slot_bytes) {
        uint64_t word = word_u64(memory, at);
        if (!is_number(profile, word) && !slot_profile_is_pointer(word))
            header = at - profile->column + profile->slot_bytes;
    }
    return header <= MOST_HEADER ? header : 0;
}

bool slot_numbers_learn(const struct memory_reader *reader, uint64_t address, uint64_t size,
                        const unsigned char *memory, size_t bytes, uint64_t start,
                        const struct comparison *comparison, struct slot_profile *out)
{
    for (uint32_t slot = 8; slot <= MOST_SLOT_BYTES && size >= START_BYTES; slot += 8) {
        if (!signature_allows_slot(comparison, slot / 8))
            continue;
        for (uint32_t column = 0; column < slot; column += 8)
            for (uint32_t mark = SLOT_MARK_ODD; mark < SLOT_MARKS; mark++) {
                struct column words = {memory, (column + slot - start % slot) % slot, bytes, slot};
                *out = (struct slot_profile){.slot_bytes = slot,
                                             .column = column,
                                             .column_bytes = 8,
                                             .empty_value = 1,
                                             .mark = mark,
                                             .is_distinct = 1};
                if (!is_numbered(&words, out))
                    continue;
                out->header_bytes = header_of(reader, address, out);
                return true;
            }
    }
    *out = (struct slot_profile){0};
    return false;
}
