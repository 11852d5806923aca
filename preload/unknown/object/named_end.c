/* What an object says of a block's end: see named_end.h. */
#include "named_end.h"

#include "object_window.h"
#include "primes.h"
#include "slot_profile.h"
#include "table_header_words.h"

#define LAST_ONES 32u /* occupied slots at the end tell how far apart they lie */
/* In so many times that distance a slot is occupied but in one case in e^24, or e^8. */
#define MANY_APART 24u
#define FEW_APART  8u

/* The last occupied slots of the block. */
struct last_slots {
    uint64_t last;  /* number */
    uint64_t apart; /* slots from one to the next */
};

/* Reads back from the end. False where less than LAST_ONES lie in the last half. */
static bool find_last(const struct layout_view *view, const struct block *block,
                      const struct slot_profile *profile, uint64_t slots, struct last_slots *out)
{
    uint64_t a_piece = LAYOUT_SCRATCH_BYTES / profile->slot_bytes, found = 0;
    for (uint64_t end = slots; a_piece > 0 && end > slots / 2;) {
        uint64_t many = end < a_piece ? end : a_piece, first = end - many;
        uint64_t address = block->address + profile->header_bytes + first * profile->slot_bytes;
        if (!layout_read(view, address, view->scratch, (size_t)(many * profile->slot_bytes)))
            return false;
        for (uint64_t i = many; i-- > 0;) {
            uint64_t offset = i * profile->slot_bytes;
            if (!slot_profile_is_used(profile, view->scratch + offset, address + offset))
                continue;
            if (found++ == 0)
                out->last = first + i;
            out->apart = (out->last - (first + i)) / (found > 1 ? found - 1 : 1) + 1;
            if (found == LAST_ONES)
                return true;
        }
        end = first;
    }
    return false;
}

static uint64_t find_word(const struct layout_view *view, uint64_t place, uint64_t least,
                          uint64_t most)
{
    FORGOTTEN(object_window) struct object_window object;
    if (!object_window_read_around(view->reader, place, &object))
        return 0;
    for (uint64_t at = object.start; object_window_has(&object, at); at += 4) {
        uint64_t word = object_word_at(&object, at);
        if (word >= least && word <= most)
            return word;
    }
    return 0;
}

/* Whether all slots from the first on, less than a cache line of them, are empty. */
static bool are_empty(const struct layout_view *view, const struct block *block,
                      const struct slot_profile *profile, uint64_t first, uint64_t slots)
{
    for (uint64_t slot = first; slot < slots; slot++) {
        uint64_t address = block->address + profile->header_bytes + slot * profile->slot_bytes;
        unsigned char bytes[HEADER_LINE_BYTES];
        if (!layout_read(view, address, bytes, profile->slot_bytes) ||
            !slot_profile_is_idle(profile, bytes, address))
            return false;
    }
    return true;
}

/* How many slots the object names of those whose size its program rounded up to a cache line, by a
 * number or by where they end. 0: it names all of the block, or none of these. */
static uint64_t named_in_line(const struct layout_view *view, const struct block *block,
                              const struct slot_profile *profile, uint64_t slots)
{
    const uint64_t first = block->address + profile->header_bytes;
    const uint64_t bytes = block->bytes - profile->header_bytes;
    if (profile->slot_bytes >= HEADER_LINE_BYTES || !header_may_fill_lines(block) ||
        bytes < HEADER_LINE_BYTES)
        return 0;
    const uint64_t least = header_least_in_lines(bytes, profile->slot_bytes);
    for (unsigned nth = 0; nth < OBJECT_HOLDERS; nth++) {
        FORGOTTEN(object_window) struct object_window object;
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth), named = 0;
        if (place == 0)
            break;
        if (!object_window_read_around(view->reader, place, &object))
            continue;
        for (uint64_t at = object.start; object_window_has(&object, at); at += 4) {
            uint64_t word = object_word_at(&object, at);
            uint64_t end = at % 8 == 0 && object_window_has(&object, at + 4)
                               ? word_u64(object.bytes, at - object.start)
                               : 0;
            if (word == slots || end == block->address + block->bytes)
                return 0;
            if (end > first && end < first + bytes && (end - first) % profile->slot_bytes == 0)
                word = (end - first) / profile->slot_bytes;
            if (word >= least && word < slots)
                named = word;
        }
        if (named != 0)
            return are_empty(view, block, profile, named, slots) ? named : 0;
    }
    return 0;
}

uint64_t named_end(const struct layout_view *view, const struct block *block,
                   const struct slot_profile *profile)
{
    struct last_slots used = {0};
    uint64_t word = 0;
    if (!view->blocks || profile->slot_bytes == 0 || profile->tail_bytes > 0 ||
        block->bytes < profile->header_bytes)
        return 0;
    uint64_t slots = (block->bytes - profile->header_bytes) / profile->slot_bytes;
    if (slot_profile_capacity(profile, block->bytes) != slots || is_power_of_two(slots))
        return 0;
    uint64_t in_line = named_in_line(view, block, profile, slots);
    if (in_line != 0 || block->bytes % BLOCK_ROUND_BYTES != 0 ||
        !find_last(view, block, profile, slots, &used) ||
        slots - used.last - 1 < MANY_APART * used.apart)
        return in_line;
    for (unsigned nth = 0; nth < OBJECT_HOLDERS; nth++) {
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (place == 0)
            break;
        /* An object that names all of the block has slots that are not in use yet. */
        if (find_word(view, place, slots, slots) != 0)
            return 0;
        if (word == 0)
            word = find_word(view, place, used.last + 1, used.last + 1 + FEW_APART * used.apart);
    }
    return word;
}

uint64_t prime_in_line(const struct slot_profile *profile, uint64_t bytes)
{
    const uint64_t slot_bytes = profile->slot_bytes;
    uint64_t prime = 0;
    if (slot_bytes == 0 || slot_bytes >= HEADER_LINE_BYTES || profile->header_bytes != 0 ||
        bytes % HEADER_LINE_BYTES != 0 || bytes == 0 || is_power_of_two(bytes / slot_bytes))
        return 0;
    for (uint64_t number = header_least_in_lines(bytes, slot_bytes); number <= bytes / slot_bytes;
         number++) {
        if (!is_prime(number))
            continue;
        if (prime != 0)
            return 0;
        prime = number;
    }
    return prime;
}

bool named_end_may_be(const struct layout_view *view, const struct block *block,
                      const struct slot_profile *profile, uint64_t capacity)
{
    if (!view->blocks || profile->slot_bytes == 0 || profile->slot_bytes >= HEADER_LINE_BYTES ||
        !header_may_fill_lines(block))
        return false;
    uint64_t slots = (block->bytes - profile->header_bytes) / profile->slot_bytes;
    for (unsigned nth = 0; nth < OBJECT_HOLDERS; nth++) {
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (place == 0)
            break;
        if (find_word(view, place, slots, slots) != 0)
            return false;
    }
    return slot_profile_capacity(profile, block->bytes) == slots && capacity < slots &&
           are_empty(view, block, profile, capacity, slots);
}

/* glibc keeps the size of a chunk, its own words included, in front of what it hands out. The word
 * behind is the next chunk's, and lent to this one, unless that is a mapping of its own. */
#define CHUNK_FLAGS  7u
#define CHUNK_MAPPED 2u
#define CHUNK_SPARE  32u /* most of a chunk that is not asked for */

static uint64_t usable_bytes(const struct layout_view *view, const struct block *block)
{
    uint64_t size;
    if (!view->glibc_heap || !layout_read_u64(view, block->address - sizeof(size), &size))
        return block->bytes;
    const bool is_mapped = size & CHUNK_MAPPED;
    const uint64_t bytes = size & ~(uint64_t)CHUNK_FLAGS, words = is_mapped ? 2 : 1;
    const uint64_t usable = bytes - words * sizeof(size);
    if (bytes % (is_mapped ? PAGE_BYTES : 16) != 0 || bytes < words * sizeof(size) ||
        usable < block->bytes || usable - block->bytes > (is_mapped ? PAGE_BYTES : CHUNK_SPARE))
        return block->bytes;
    return usable;
}

uint64_t named_end_usable(const struct layout_view *view, const struct block *block,
                          const struct slot_profile *profile)
{
    bool is_named = false;
    if (!view->blocks || profile->slot_bytes == 0 || block->bytes < profile->header_bytes)
        return block->bytes;
    uint64_t slots = (block->bytes - profile->header_bytes) / profile->slot_bytes;
    uint64_t more = (usable_bytes(view, block) - profile->header_bytes) / profile->slot_bytes;
    for (unsigned nth = 0; nth < OBJECT_HOLDERS && more > slots; nth++) {
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (place == 0)
            break;
        if (find_word(view, place, slots, slots) != 0)
            return block->bytes;
        is_named = is_named || find_word(view, place, more, more) != 0;
    }
    return is_named ? profile->header_bytes + more * profile->slot_bytes : block->bytes;
}
