/*
 * Kinds of words by their place in a bucket: see slot_kinds.h. No state, no lock, no allocation.
 */
#include "slot_kinds.h"

#include "layouts/words.h"
#include "slot_profile.h"

#define WORD_BYTES  8u
#define MOST_PLACES 32u  /* of a bucket of 256 bytes, in words */
#define LEAST_WORDS 16u  /* at a place, to tell their kind */
#define LEAST_LOOKS 128u /* at a place, to tell how often it is used */
#define PART_ALIKE  16u  /* but for one in so many of them */

/* Of 130 looks at each of 31 places, where 87 % of the slots are in use, both are met by chance in
 * one of 80,000 cases. */
#define FULL_PART 128u
#define ROOM_PART 4u

struct place {
    uint32_t looks, used, addresses;
};

/* Whether some of the places have addresses alone and some have none. */
static bool are_of_kinds(const struct place *places, uint32_t number)
{
    bool has_addresses = false, has_others = false;
    for (uint32_t i = 0; i < number; i++) {
        uint32_t others = places[i].used - places[i].addresses;
        if (places[i].used < LEAST_WORDS)
            continue;
        has_addresses |= others * PART_ALIKE < places[i].used;
        has_others |= places[i].addresses * PART_ALIKE < places[i].used;
    }
    return has_addresses && has_others;
}

/* Whether at some of the places something stands always, as a lock or the flags of a bucket do in
 * memory that nobody cleared, and not at the others. Only of an odd number of places: keys with
 * steps of some power of two between them use single slots so, too. */
static bool are_always_used(const struct place *places, uint32_t number)
{
    bool has_full = false, has_room = false;
    for (uint32_t i = 0; i < number; i++) {
        uint32_t unused = places[i].looks - places[i].used;
        if (places[i].looks < LEAST_LOOKS || number % 2 == 0)
            return false;
        has_full |= unused * FULL_PART < places[i].looks;
        has_room |= unused * ROOM_PART > places[i].looks;
    }
    return has_full && has_room;
}

bool slot_kinds_differ(const unsigned char *words, size_t bytes, const struct slot_profile *profile)
{
    const bool is_whole = profile->slot_bytes == WORD_BYTES;
    if (profile->slot_bytes != profile->column_bytes || profile->slot_bytes > WORD_BYTES ||
        slot_profile_is_numbered(profile))
        return false;
    for (uint32_t number = 2; number <= MOST_PLACES; number++) {
        struct place places[MOST_PLACES] = {{0}};
        uint32_t next = 0;
        for (size_t at = 0; at + WORD_BYTES <= bytes; at += WORD_BYTES) {
            struct place *place = &places[next];
            uint64_t word = word_u64(words, at);
            next = next + 1 < number ? next + 1 : 0;
            place->looks++;
            if (word == 0 || (is_whole && slot_profile_is_empty(profile, word)))
                continue;
            place->used++;
            place->addresses += slot_profile_is_pointer(word);
        }
        if (are_of_kinds(places, number) || (is_whole && are_always_used(places, number)))
            return true;
    }
    return false;
}
