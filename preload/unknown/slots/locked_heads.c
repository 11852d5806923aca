/*
 * Telling heads with a lock from slots of one word: see locked_heads.h.
 */
#include "locked_heads.h"

#include <string.h>

#include "layouts/words.h"
#include "slot_profile.h"

#define WORD_BYTES  8u
#define MOST_WORDS  8u
#define LEAST_LOOKS 128u
#define LEAST_USED  16u
#define PROBES      64u /* all over the array: a poor hash leaves whole parts of it empty, or full */
#define LEAST_ENDS  4u  /* of them lead to the node that ends all lists */

/* The word that the most of some heads all over the array hold. False where these are few: keys
 * with steps of some power of two between them use single slots so. */
static bool find_end(const struct memory_reader *reader, const struct block *array,
                     const struct slot_profile *heads, uint64_t *end)
{
    const uint64_t slots = array->bytes / heads->slot_bytes;
    uint64_t words[PROBES];
    uint32_t most = 0;
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        uint64_t slot = slots / PROBES * probe + (probe * 0x9E3779B1u >> 7) % (slots / PROBES);
        uint32_t count = 1;
        if (!reader->read(reader, array->address + slot * heads->slot_bytes + heads->column,
                          &words[probe], WORD_BYTES))
            return false;
        for (uint32_t before = 0; before < probe; before++)
            count += words[before] == words[probe];
        if (count > most) {
            most = count;
            *end = words[probe];
        }
    }
    return most >= LEAST_ENDS;
}

/* Which words of each of so many are in use, which are all addresses. */
static bool tally(const unsigned char *words, size_t bytes, uint32_t number,
                  uint32_t used[MOST_WORDS])
{
    memset(used, 0, MOST_WORDS * sizeof(used[0]));
    for (size_t at = 0, place = 0; at + WORD_BYTES <= bytes; at += WORD_BYTES) {
        uint64_t word = word_u64(words, at);
        if (word != 0 && !slot_profile_is_pointer(word))
            return false;
        used[place] += word != 0;
        place = place + 1 < number ? place + 1 : 0;
    }
    return true;
}

void locked_heads_learn(const struct memory_reader *reader, const struct block *array,
                        uint64_t start, const unsigned char *words, struct slot_profile *out,
                        size_t *phase)
{
    const size_t window = array->bytes < PROFILE_WINDOW_BYTES ? array->bytes : PROFILE_WINDOW_BYTES;
    uint32_t used[MOST_WORDS];
    for (uint32_t number = MOST_WORDS; number > 1 && out->slot_bytes == WORD_BYTES; number--) {
        const uint32_t slot_bytes = number * WORD_BYTES, slots = (uint32_t)(window / slot_bytes);
        uint32_t never = 0, head = 0;
        struct slot_profile heads = {.slot_bytes = slot_bytes, .column_bytes = WORD_BYTES};
        if (slots < LEAST_LOOKS || array->bytes % slot_bytes != 0)
            continue;
        if (!tally(words, (size_t)slots * slot_bytes, number, used))
            return;
        for (uint32_t place = 0; place < number; place++) {
            never += used[place] == 0;
            head = used[place] != 0 ? place : head;
        }
        if (never + 1 != number || used[head] < LEAST_USED)
            continue;
        heads.column = (uint32_t)((start + head * WORD_BYTES) % slot_bytes);
        if (used[head] == slots ? !find_end(reader, array, &heads, &heads.empty_value)
                                : is_power_of_two(number))
            continue;
        *out = heads;
        *phase = (slot_bytes - start % slot_bytes) % slot_bytes;
    }
}
