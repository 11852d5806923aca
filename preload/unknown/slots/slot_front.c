/*
 * Finding what lies in front of the slots: see slot_front.h.
 */
#include "slot_front.h"

#include <string.h>

#include "layouts/layout.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define RUNS            16u /* of neighbours, all over the array, that are compared */
#define NEIGHBOURS      8u
#define MOST_SLOT_BYTES 128u
/* So many of each kind must be met. */
#define LEAST_SEEN 16u

struct front {
    uint32_t word_bytes; /* for each slot */
    uint64_t slots;
    unsigned occupied, empty;
    uint64_t empty_word, occupied_word; /* before the first of each kind */
};

/* Whether the words of these neighbours tell what their slots do: one word stands before all empty
 * slots and before no other. */
static bool agree(struct front *front, const unsigned char *words, const unsigned char *slots,
                  const struct slot_profile *profile)
{
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        uint64_t word = word_sized(words, (size_t)i * front->word_bytes, front->word_bytes);
        uint64_t column = word_sized(slots, (size_t)i * profile->slot_bytes + profile->column,
                                     profile->column_bytes);
        if (slot_profile_is_empty(profile, column)) {
            if (front->empty++ == 0)
                front->empty_word = word;
            if (word != front->empty_word || (front->occupied > 0 && word == front->occupied_word))
                return false;
        } else {
            if (front->occupied++ == 0)
                front->occupied_word = word;
            if (front->empty > 0 && word == front->empty_word)
                return false;
        }
    }
    return true;
}

static bool is_front(const struct memory_reader *reader, uint64_t address, struct front *front,
                     const struct slot_profile *profile)
{
    unsigned char words[NEIGHBOURS * 8], slots[NEIGHBOURS * MOST_SLOT_BYTES];
    uint64_t first_slot = address + front->slots * front->word_bytes;
    for (unsigned run = 0; run < RUNS; run++) {
        uint64_t nth = (front->slots - NEIGHBOURS) / RUNS * run;
        if (!reader->read(reader, address + nth * front->word_bytes, words,
                          (size_t)NEIGHBOURS * front->word_bytes) ||
            !reader->read(reader, first_slot + nth * profile->slot_bytes, slots,
                          (size_t)NEIGHBOURS * profile->slot_bytes) ||
            !agree(front, words, slots, profile))
            return false;
    }
    return front->occupied >= LEAST_SEEN && front->empty >= LEAST_SEEN;
}

void slot_front_learn(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                      struct slot_profile *profile)
{
    static const uint32_t sizes[] = {4, 1, 8, 2};
    if (!slot_profile_is_sound(profile) || profile->slot_bytes > MOST_SLOT_BYTES ||
        profile->is_chained)
        return;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct front front = {.word_bytes = sizes[i],
                              .slots = bytes / (profile->slot_bytes + sizes[i])};
        uint64_t in_front = front.slots * sizes[i];
        /* Slots alone hardly ever fill a block with as many bytes: to look would cost each of them
         * some system calls. */
        bool is_filled = bytes % (profile->slot_bytes + sizes[i]) == 0 &&
                         sizes[i] != profile->slot_bytes &&
                         ((front.slots & (front.slots - 1)) == 0 || front.slots % 2 == 1);
        if (!is_filled || front.slots < RUNS * NEIGHBOURS || in_front > UINT32_MAX ||
            in_front % profile->slot_bytes != profile->header_bytes % profile->slot_bytes ||
            !is_front(reader, address, &front, profile))
            continue;
        profile->header_bytes = (uint32_t)in_front;
        return;
    }
}

void slot_front_of_allocator(const struct memory_reader *reader, uint64_t address,
                             struct slot_profile *profile)
{
    uint64_t words[SLOT_FRONT_MOST / sizeof(uint64_t)];
    if (profile->slot_bytes != 4 || profile->header_bytes != 0 ||
        !reader->read(reader, address, words, sizeof(words)))
        return;
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i] == address)
            profile->header_bytes = (i + 1) * (uint32_t)sizeof(words[0]);
}

/* An object in front of heads of chains. */
#define MOST_OBJECT_BYTES 4096u

/* Whether the words from `memory` on are those that compilers put in front of an array, the last
 * index at the offset and the first slot behind it: the two bounds of Ada, the first of which is
 * zero then, or a number of references to it and the upper one, as of Pascal. */
static bool are_bounds(const unsigned char *memory, uint32_t offset, uint64_t start)
{
    if (offset == 4 && start == 8)
        return word_u32(memory, 0) == 0;
    return offset == 8 && start == 16 && word_u64(memory, 0) <= 1 && word_u32(memory, 12) == 0;
}

/* Where the slots begin if the word at the offset counts them, or is one less than a power of two
 * of them, or the last index. 0: it does not. */
static uint32_t start_of_counted(const struct slot_profile *profile, uint64_t bytes,
                                 const unsigned char *memory, uint32_t offset, uint32_t most)
{
    uint32_t word = word_u32(memory, offset);
    for (uint32_t more = 2; more-- > 0;) {
        uint64_t slots = (uint64_t)word + more, filled = slots * profile->slot_bytes;
        uint64_t start = bytes - filled;
        if (slots < RUNS * NEIGHBOURS || filled > bytes || start > most ||
            start < offset + sizeof(word) ||
            start % profile->slot_bytes != profile->header_bytes % profile->slot_bytes ||
            (more == 1 && !is_power_of_two(slots) && !are_bounds(memory, offset, start)))
            continue;
        return (uint32_t)start;
    }
    return 0;
}

/* Whether a slot's word may stand there: where slots hold addresses, nothing else is one. */
static bool is_slot(const struct slot_profile *profile, uint64_t word)
{
    return slot_profile_is_empty(profile, word) || slot_profile_is_pointer(word);
}

void slot_front_of_count(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                         unsigned char *memory, struct slot_profile *profile)
{
    bool are_addresses = profile->slot_bytes == sizeof(uint64_t) && profile->column_bytes == 8;
    uint32_t most = are_addresses ? MOST_OBJECT_BYTES : SLOT_FRONT_MOST;
    uint32_t start = 0, behind = 0;
    if (!slot_profile_is_sound(profile) || profile->header_bytes >= profile->slot_bytes ||
        bytes < MOST_OBJECT_BYTES || !reader->read(reader, address, memory, MOST_OBJECT_BYTES))
        return;
    for (uint32_t at = 0; at + sizeof(uint32_t) <= most && start == 0; at += sizeof(uint32_t)) {
        if (!are_addresses || !is_slot(profile, word_u64(memory, at & ~7u)))
            start = start_of_counted(profile, bytes, memory, at, most);
    }
    if (start == 0)
        return;
    /* Slots of numbers, as collectors tag them: the block's first word is how many follow, and is
     * none of these. */
    if (are_addresses && start == sizeof(uint64_t) &&
        word_u64(memory, 0) * profile->slot_bytes + start == bytes &&
        !slot_profile_is_empty(profile, word_u64(memory, 0))) {
        profile->header_bytes = start;
        return;
    }
    for (uint32_t at = start; at < most && are_addresses; at += sizeof(uint64_t))
        behind += !is_slot(profile, word_u64(memory, at));
    if (behind == 0)
        profile->header_bytes = start;
}
