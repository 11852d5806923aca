/*
 * Comparing two arrays slot by slot: see slot_twins.h.
 */
#include "slot_twins.h"

#include "forget.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define PIECE_BYTES 1024u
#define MOST_PIECES 48u  /* of either array, all over it */
#define LEAST_SLOTS 256u /* that are compared */
#define LEAST_TWICE 24u  /* slots in use in both arrays, where their keys are compared */
#define MOST_POINTS 32u  /* entries that are looked at behind pointers */
#define ENTRY_WORDS 8u   /* of 4 bytes */
/* Pointers to the first and to the last entry of each list are the same where a list has one entry:
 * right after a growth nine of ten, where it was one by four. */
#define ENDS_OF_ONE 32u

/* Two tables that fill together are about as full as each other, and in use at once as often as
 * chance has it, within a quarter. Where one is in use wherever the other is, they are columns. */
#define MOST_TIMES_FULLER 2u
#define LEAST_EXPECTED    32.0
#define MOST_OFF          0.25
#define COLUMNS_PART      0.8

/* The same slots of two arrays. */
struct pieces {
    unsigned char first[PIECE_BYTES], second[PIECE_BYTES];
};

static void pieces_forget(struct pieces *pieces)
{
    forget(pieces, sizeof(*pieces));
}

struct tally {
    const struct memory_reader *reader;
    const struct slot_profile *profile;
    uint32_t slots, first, second, both;
    uint32_t same, same_pointers; /* of those in use in both, which hold the same word */
    uint32_t apart, points, alike[ENTRY_WORDS]; /* of those, pointers to two entries */
    uint32_t last[ENTRY_WORDS];
};

/* Whether the entries at both addresses have a key in common: the same word, which is another one
 * in each entry. */
static void compare_entries(struct tally *tally, uint64_t first, uint64_t second)
{
    FORGOTTEN(pieces) struct pieces entries;
    tally->apart++;
    if (tally->points == MOST_POINTS ||
        !tally->reader->read(tally->reader, first, entries.first, 4 * ENTRY_WORDS) ||
        !tally->reader->read(tally->reader, second, entries.second, 4 * ENTRY_WORDS))
        return;
    tally->points++;
    for (unsigned i = 0; i < ENTRY_WORDS; i++) {
        uint32_t word = word_u32(entries.first, 4 * i);
        tally->alike[i] += word == word_u32(entries.second, 4 * i) && word != tally->last[i] &&
                           !slot_profile_is_mark(word, 4);
        tally->last[i] = word;
    }
}

static void count_slot(struct tally *tally, uint64_t first, uint64_t second)
{
    const struct slot_profile *profile = tally->profile;
    bool is_first = !slot_profile_is_empty(profile, first);
    bool is_second = !slot_profile_is_empty(profile, second);
    tally->slots++;
    tally->first += is_first;
    tally->second += is_second;
    if (!is_first || !is_second)
        return;
    tally->both++;
    bool are_pointers = profile->column_bytes == 8 && slot_profile_is_pointer(first) &&
                        slot_profile_is_pointer(second);
    if (are_pointers && first != second)
        compare_entries(tally, first, second);
    else if (first == second && !slot_profile_is_mark(first, profile->column_bytes))
        are_pointers ? tally->same_pointers++ : tally->same++;
}

/* Goes through pieces of both arrays. False where they cannot be read, or hold too few slots. */
static bool count_slots(struct tally *tally, const struct block *array, uint64_t other)
{
    const struct slot_profile *profile = tally->profile;
    uint64_t capacity = slot_profile_capacity(profile, array->bytes);
    uint64_t a_piece = profile->slot_bytes ? PIECE_BYTES / profile->slot_bytes : 0;
    if (a_piece == 0 || capacity < LEAST_SLOTS)
        return false;
    uint64_t pieces = capacity / a_piece;
    uint64_t step = pieces > MOST_PIECES ? pieces / MOST_PIECES : 1;
    for (uint64_t piece = 0; piece < pieces; piece += step) {
        FORGOTTEN(pieces) struct pieces read;
        uint64_t offset = profile->header_bytes + piece * a_piece * profile->slot_bytes;
        size_t bytes = (size_t)(a_piece * profile->slot_bytes);
        if (!tally->reader->read(tally->reader, array->address + offset, read.first, bytes) ||
            !tally->reader->read(tally->reader, other + offset, read.second, bytes))
            return false;
        for (size_t at = profile->column; at + profile->column_bytes <= bytes;
             at += profile->slot_bytes)
            count_slot(tally, word_sized(read.first, at, profile->column_bytes),
                       word_sized(read.second, at, profile->column_bytes));
    }
    return tally->slots >= LEAST_SLOTS;
}

/* Nine of ten. */
static bool are_most(uint32_t part, uint32_t all)
{
    return (uint64_t)part * 10 >= (uint64_t)all * 9;
}

static bool have_same_keys(const struct tally *tally)
{
    if (tally->both < LEAST_TWICE)
        return false;
    if (are_most(tally->same, tally->both) ||
        tally->same_pointers >= tally->both - tally->both / ENDS_OF_ONE)
        return true;
    for (unsigned i = 0; i < ENTRY_WORDS && are_most(tally->apart, tally->both); i++)
        if (tally->points >= LEAST_TWICE && are_most(tally->alike[i], tally->points))
            return true;
    return false;
}

static bool are_used_by_chance(const struct tally *tally)
{
    uint32_t less = tally->first < tally->second ? tally->first : tally->second;
    uint32_t more = tally->first < tally->second ? tally->second : tally->first;
    double expected = (double)less * (double)more / (double)tally->slots;
    double off = (double)tally->both / expected - 1;
    return less > 0 && more / MOST_TIMES_FULLER <= less && expected >= LEAST_EXPECTED &&
           off < MOST_OFF && off > -MOST_OFF && (double)tally->both < COLUMNS_PART * (double)less;
}

bool slot_twins_are(const struct memory_reader *reader, const struct slot_profile *profile,
                    const struct block *array, uint64_t other)
{
    struct tally tally = {.reader = reader, .profile = profile};
    bool is_whole = profile->is_whole || profile->is_chained;
    return count_slots(&tally, array, other) &&
           (have_same_keys(&tally) || (is_whole && are_used_by_chance(&tally)));
}

/* Slots that are looked at, and how many of them are of either kind. */
#define STRANGERS_LOOKS 512u
#define LEAST_OF_KIND   96u
/* Shares of those that are blank in the other array, which is in use by parts. */
#define LEAST_BLANK 0.1
#define MOST_BLANK  0.9
#define MOST_APART  0.12

bool slot_twins_are_strangers(const struct memory_reader *reader,
                              const struct slot_profile *profile, const struct block *array,
                              const struct block *other)
{
    uint64_t capacity = slot_profile_capacity(profile, array->bytes);
    uint64_t width = capacity > 0 ? other->bytes / capacity : 0;
    uint32_t slots[2] = {0}, blank[2] = {0};
    uint32_t bytes = width < 8 ? (uint32_t)width : 8;
    if (width == 0 || other->bytes == array->bytes || capacity < STRANGERS_LOOKS)
        return false;
    for (uint32_t i = 0; i < STRANGERS_LOOKS; i++) {
        uint64_t slot = capacity * i / STRANGERS_LOOKS;
        uint64_t at = profile->header_bytes + slot * profile->slot_bytes + profile->column;
        uint64_t word = 0, beside = 0;
        if (!reader->read(reader, array->address + at, &word, profile->column_bytes) ||
            !reader->read(reader, other->address + slot * width, &beside, bytes))
            return false;
        bool is_used = !slot_profile_is_empty(profile, word);
        slots[is_used]++;
        blank[is_used] += beside == 0 || beside == UINT64_MAX >> (64 - 8 * bytes);
    }
    if (slots[0] < LEAST_OF_KIND || slots[1] < LEAST_OF_KIND)
        return false;
    double unused = (double)blank[0] / (double)slots[0];
    double used = (double)blank[1] / (double)slots[1];
    return used > LEAST_BLANK && used < MOST_BLANK && unused > LEAST_BLANK && unused < MOST_BLANK &&
           used - unused < MOST_APART && unused - used < MOST_APART;
}

bool slot_twins_go_along(const struct memory_reader *reader, const struct slot_profile *profile,
                         const struct block *array, const struct block *other)
{
    uint64_t capacity = slot_profile_capacity(profile, array->bytes);
    uint64_t width = capacity > 0 ? other->bytes / capacity : 0;
    uint64_t step = capacity / (MOST_PIECES * MOST_POINTS) + 1;
    uint32_t used = 0, along = 0, unused = 0, astray = 0;
    for (uint64_t slot = 0; width > 0 && slot < capacity; slot += step) {
        uint64_t at = profile->header_bytes + slot * profile->slot_bytes + profile->column;
        uint64_t word = 0, beside = 0;
        if (!reader->read(reader, array->address + at, &word, profile->column_bytes) ||
            !reader->read(reader, other->address + slot * width, &beside, width < 8 ? width : 8))
            return false;
        bool is_used = !slot_profile_is_empty(profile, word);
        used += is_used;
        along += is_used && beside != 0;
        unused += !is_used;
        astray += !is_used && beside != 0;
    }
    return used >= LEAST_TWICE && unused >= LEAST_TWICE && are_most(along, used) &&
           are_most(unused - astray, unused);
}
