/*
 * Telling numbers of entries from other words: see index_look.h. No state, no lock, no allocation.
 */
#include "index_look.h"

#include "layouts/words.h"

#define LOOKS      64u /* places of an index that are looked at, some words at each */
#define LOOK_WORDS 4u
/* More would be any number of 2 bytes. */
#define MOST_SHORT 49152u

static uint64_t most_of_width(uint64_t most, uint32_t width)
{
    return width == 2 && most > MOST_SHORT ? MOST_SHORT : most;
}

/* What words of that width may be. */
struct index_words {
    uint64_t most;  /* the highest number of an entry */
    uint64_t marks; /* the lowest of the last numbers, which are no entry's */
};

static struct index_words words_of(uint32_t width, uint64_t most)
{
    return (struct index_words){.most = most_of_width(most, width),
                                .marks = index_all_ones(width) - INDEX_MOST_MARKS};
}

/* False for a word that is neither. */
static inline bool note_word(struct index_look *look, uint64_t word, struct index_words words,
                             bool is_uneven)
{
    bool is_one = word >= words.marks;
    bool is_number = word - 1 < words.most && !is_one;
    look->zeros += word == 0;
    look->ones += is_one;
    look->numbers += is_number;
    look->uneven += is_number && is_uneven;
    return word == 0 || is_one || is_number;
}

bool index_note_words(struct index_look *look, const unsigned char *memory, size_t count,
                      uint32_t width, uint64_t most)
{
    const struct index_words words = words_of(width, most);
    struct index_look seen = *look;
    size_t i = 0;
    while (i < count && note_word(&seen, word_sized(memory, i * width, width), words, i % 2 == 1))
        i++;
    *look = seen;
    return i == count;
}

bool index_look_at(const struct memory_reader *reader, uint64_t address, uint64_t slots,
                   uint32_t width, uint64_t most, struct index_look halves[2])
{
    unsigned char memory[LOOKS * LOOK_WORDS * INDEX_MOST_WIDTH];
    uint64_t at[LOOKS];
    size_t piece = (size_t)LOOK_WORDS * width;
    for (unsigned i = 0; i < LOOKS; i++)
        at[i] = address + slots * i / LOOKS / LOOK_WORDS * piece;
    if (!read_pieces(reader, at, LOOKS, memory, piece))
        return false;
    const size_t half = (size_t)LOOKS * LOOK_WORDS / 2;
    halves[0] = halves[1] = (struct index_look){0};
    return index_note_words(&halves[0], memory, half, width, most) &&
           index_note_words(&halves[1], memory + half * width, half, width, most);
}

bool index_is_one(const struct index_look halves[2], bool may_be_full, struct index_look *look)
{
    const struct index_look *a = &halves[0], *b = &halves[1];
    *look = (struct index_look){a->zeros + b->zeros, a->ones + b->ones, a->numbers + b->numbers,
                                a->uneven + b->uneven};
    const uint64_t quarter = LOOKS * LOOK_WORDS / 8;
    uint64_t empty = look->zeros + look->ones;
    return look->uneven * 8 >= look->numbers && look->numbers * 16 >= empty &&
           (may_be_full || empty * 16 >= look->numbers) &&
           distance_between(a->numbers, b->numbers) <= quarter &&
           distance_between(a->uneven, b->uneven) <= quarter &&
           distance_between(a->zeros, b->zeros) <= quarter;
}

bool index_are_numbers(const struct memory_reader *reader, const struct block *slots,
                       uint32_t width, bool may_be_full)
{
    struct index_look halves[2], look;
    uint64_t count = slots->bytes / width;
    return count >= INDEX_LEAST_SLOTS &&
           index_look_at(reader, slots->address, count, width, count * INDEX_MOST_ENTRIES_A_SLOT,
                         halves) &&
           index_is_one(halves, may_be_full, &look);
}
