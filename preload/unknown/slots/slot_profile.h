/*
 * Learning how the slots of an unknown table look.
 *
 * The best moment is right after its growth: every entry has just been put in its place, there are
 * no tombstones, and the rest of the array is as the implementation leaves an empty slot.
 */
#ifndef HASHTRACK_SLOT_PROFILE_H
#define HASHTRACK_SLOT_PROFILE_H

#include <string.h>

#include "learnt.h"
#include "reader.h"
#include "signature.h"

#define PROFILE_WINDOW_BYTES 32768u

/* Learns from the array: words of `unit` bytes (4 or 8), slot sizes that the comparison with its
 * predecessor allows. `window` has room for PROFILE_WINDOW_BYTES. False when empty slots cannot be
 * told from occupied ones. */
bool slot_profile_learn(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                        uint32_t unit, const struct comparison *comparison, unsigned char *window,
                        struct slot_profile *out);

/* A larger block whose allocator rounded its size up is a multiple of this. */
#define BLOCK_ROUND_BYTES 256u

/* Slots of an array of that many bytes. */
uint64_t slot_profile_capacity(const struct slot_profile *profile, uint64_t bytes);

/* Whether what is more than a power of two of slots is in use as the others are, and so no tail of
 * entries that were pushed over the end: a prime a little above the power. `window` has room for
 * LAYOUT_SCRATCH_BYTES. */
bool slot_profile_is_in_use_to_its_end(const struct memory_reader *reader, uint64_t address,
                                       uint64_t bytes, const struct slot_profile *profile,
                                       unsigned char *window);

/* Whether the profile's fields keep within a slot. Always so for what was learnt; a copy that
 * another process was just writing may hold anything. */
bool slot_profile_is_sound(const struct slot_profile *profile);

/* Whether the word is what an empty slot may hold in the place of zero: a pointer to the slot
 * itself. libstdc++'s std::string points at its own buffer, 16 bytes on; the head of an empty list
 * at itself, in its first and in its second word. */
static inline bool slot_profile_is_own_address(uint64_t word, uint64_t address)
{
    return word == address || word == address + 16 || word == address - 8;
}

/* The bits of the column's word that tell an empty slot, and what they are then. */
struct slot_empty_bits {
    uint64_t telling, empty;
};
static inline struct slot_empty_bits slot_profile_empty_bits(const struct slot_profile *profile)
{
    const uint64_t low = UINT32_MAX, high = low << 32, top = 1ull << 63;
    switch (profile->mark) {
    case SLOT_MARK_LOW:
        return (struct slot_empty_bits){low, low};
    case SLOT_MARK_HIGH:
        return (struct slot_empty_bits){high, high};
    case SLOT_MARK_ODD:
        return (struct slot_empty_bits){1, 1};
    case SLOT_MARK_SMALL:
        return (struct slot_empty_bits){high, 0};
    case SLOT_MARK_NEGATIVE:
        return (struct slot_empty_bits){top, top};
    default:
        return (struct slot_empty_bits){UINT64_MAX, profile->empty_value};
    }
}

/* Whether the word of the profile's column is an empty slot's. */
static inline bool slot_profile_is_empty(const struct slot_profile *profile, uint64_t word)
{
    const struct slot_empty_bits bits = slot_profile_empty_bits(profile);
    return (word & bits.telling) == bits.empty;
}

/* Whether the slot, a copy of what is at `address`, is in use. */
static inline bool slot_profile_is_used(const struct slot_profile *profile,
                                        const unsigned char *slot, uint64_t address)
{
    uint64_t word = 0;
    memcpy(&word, slot + profile->column, profile->column_bytes);
    return !slot_profile_is_empty(profile, word) &&
           !slot_profile_is_own_address(word, address + profile->column);
}

/* Whether nothing is there: the slot is empty, or none, in which whatever marks the empty ones was
 * never put. */
static inline bool slot_profile_is_idle(const struct slot_profile *profile,
                                        const unsigned char *slot, uint64_t address)
{
    uint64_t word = 0;
    memcpy(&word, slot + profile->column, profile->column_bytes);
    return word == 0 || !slot_profile_is_used(profile, slot, address);
}

/* Whether empty slots hold numbers of their own; a chain ends with such a number, too. */
static inline bool slot_profile_is_numbered(const struct slot_profile *profile)
{
    return profile->mark >= SLOT_MARK_ODD;
}

/* Whether the occupied slots of the array lie in one or two pieces, as the elements of a sorted
 * vector or a heap do behind each other, and no hash scatters them. `window` as above. */
bool slot_profile_is_packed(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                            const struct slot_profile *profile, unsigned char *window);

/* The same without knowing the slots: pieces of a kilobyte that are all zero lie together at one
 * end. Where a hash scatters, such pieces are hardly found, or lie anywhere. */
bool slot_profile_has_empty_end(const struct memory_reader *reader, uint64_t address,
                                uint64_t bytes, unsigned char *window);

/* Whether more than half of an array of 8 KiB or more is zero, and what it holds lies in one piece
 * beside that: a block that was rounded up to a power of two has less room behind its slots. */
bool slot_profile_is_at_one_end(const struct memory_reader *reader, uint64_t address,
                                uint64_t bytes, unsigned char *window);

/* A heap address as a bucket may hold it. */
static inline bool slot_profile_is_pointer(uint64_t word)
{
    return word >= 0x10000 && word < 0x800000000000ull && (word & 7) == 0;
}

/* Marks of deleted slots are 0 to 16, or -1 to -17: no key that is an address. */
#define SLOT_MOST_MARK 16u
static inline bool slot_profile_is_mark(uint64_t word, uint32_t column_bytes)
{
    uint64_t last = column_bytes == 8 ? UINT64_MAX : UINT32_MAX;
    return word <= SLOT_MOST_MARK || word >= last - SLOT_MOST_MARK;
}

/* Entries of a chained table of `capacity` buckets, `occupied` of which are not empty, and the
 * standard error: n = -N ln(1 - f), sqrt(N (e^l - 1 - l)) with l = n/N (tables.md's statistics; any
 * text on balls and bins). `occupied` is below `capacity`. */
void slot_profile_chained_live(uint64_t occupied, uint64_t capacity, uint64_t *live,
                               uint64_t *error);

/* Square root, for the same reason: no libm in the host. */
double slot_profile_square_root(double x);

/* Natural logarithm of x > 0, for the occupancy formula of chained tables; no libm in the host. */
double slot_profile_log(double x);

#endif
