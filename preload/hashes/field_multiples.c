/*
 * Fields that rise with the slots: see field_multiples.h. No state, no allocation.
 */
#include "field_multiples.h"

#define MULTIPLE_PAIRS 4u

/* How many entries have the field that this one and the next make expect, if it rises by as much
 * with each slot, and by more than one. */
static uint32_t count_multiples(const struct relation_question *question,
                                const struct hash_relation *relation, uint32_t first)
{
    const struct sampled_entry *one = &question->entries[first], *other = one + 1;
    __int128 field = hash_relation_field(relation, one->bytes);
    __int128 rise = (__int128)hash_relation_field(relation, other->bytes) - field;
    __int128 slots = (__int128)other->slot - (__int128)one->slot;
    uint32_t count = 0;
    if (slots == 0 || rise == 0 || rise == slots || rise % slots != 0)
        return 0;
    for (uint32_t i = 0; i < question->count; i++) {
        const struct sampled_entry *entry = &question->entries[i];
        __int128 behind = (__int128)entry->slot - (__int128)one->slot;
        count +=
            (__int128)hash_relation_field(relation, entry->bytes) - field == rise / slots * behind;
    }
    return count;
}

bool field_is_multiple(const struct relation_question *question,
                       const struct hash_relation *relation)
{
    for (uint32_t pair = 0; pair < MULTIPLE_PAIRS && 2 * pair + 1 < question->count; pair++)
        if (count_multiples(question, relation, 2 * pair) * 2 > question->count)
            return true;
    return false;
}
