/*
 * What the words that scaled said at the growths: see table_scale.h. Of what was learnt alone;
 * reads nothing of the program.
 */
#include "table_scale_words.h"

/* Thousandths of the slots: as many entries are in an array that is full. */
#define FULL_FROM 966u
#define FULL_TO   1034u

bool table_scale_is_early(const struct scale_profile *profile, uint64_t old_bytes)
{
    bool is_early = false;
    const struct scale_capacity *whole = NULL;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *capacity = &profile->capacities[i];
        uint64_t slots = old_bytes * SCALE_EIGHTHS / capacity->slot;
        if (capacity->form == SCALE_WHOLE) {
            /* The length of a vector is its capacity when it grows. */
            if (whole && whole->offset != capacity->offset)
                return false;
            whole = capacity;
        }
        for (unsigned j = 0; j < profile->count_number; j++) {
            uint64_t word = profile->counts[j].word;
            if (profile->counts[j].offset == capacity->offset &&
                profile->counts[j].in_array == capacity->in_array)
                continue;
            if (word * 1000 > slots * FULL_FROM && word * 1000 < slots * FULL_TO)
                return false;
            is_early |= word * 5 >= slots && word < slots;
        }
    }
    return is_early;
}

bool table_scale_is_capacity(const struct scale_profile *profile, const struct scale_count *count)
{
    for (unsigned i = 0; i < profile->capacity_number; i++)
        if (profile->capacities[i].offset == count->offset &&
            profile->capacities[i].in_array == count->in_array)
            return true;
    return false;
}

bool table_scale_counted(const struct scale_profile *profile, uint64_t old_bytes, uint32_t a_bucket,
                         uint64_t *live)
{
    uint64_t slots = 0;
    bool is_found = false, is_proven = false;
    if (profile->growths < SCALE_GROWTHS_PROVE)
        return false;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        uint64_t named = old_bytes * SCALE_EIGHTHS / profile->capacities[i].slot;
        slots = named > slots ? named : slots;
    }
    for (unsigned i = 0; i < profile->count_number; i++)
        is_proven |=
            profile->counts[i].is_proven && !table_scale_is_capacity(profile, &profile->counts[i]);
    for (unsigned i = 0; i < profile->count_number; i++) {
        const struct scale_count *count = &profile->counts[i];
        if (table_scale_is_capacity(profile, count) || (is_proven && !count->is_proven))
            continue;
        uint64_t said = count->word >> (count->are_flags ? table_scale_flag_bits(count) : 0);
        if (said > slots * a_bucket || (is_found && distance_between(*live, said) > 2))
            return false;
        *live = said;
        is_found = true;
    }
    return is_found;
}

bool table_scale_was_at_birth(const struct scale_profile *profile)
{
    for (unsigned i = 0; i < profile->count_number; i++)
        if (profile->counts[i].was_at_birth && !profile->counts[i].in_array)
            return true;
    return false;
}

bool table_scale_rose(const struct scale_profile *profile, const struct scale_profile *before,
                      uint32_t array_sequence)
{
    for (unsigned i = 0; i < profile->count_number && before->born_sequence == array_sequence; i++)
        for (unsigned j = 0; j < before->count_number; j++) {
            uint64_t word = profile->counts[i].word, at_birth = before->counts[j].at_birth;
            if (profile->counts[i].offset == before->counts[j].offset &&
                !profile->counts[i].in_array && !before->counts[j].in_array &&
                at_birth + at_birth / 32 + 2 < word && 2 * at_birth + 2 >= word)
                return true;
        }
    return false;
}
