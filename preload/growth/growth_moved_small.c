/*
 * Where the entries of a hollow table went: see growth_moved_small.h.
 *
 * Rebuilding comes before the old array goes, whatever the implementation: the new array is filled
 * by then, and the function that frees the old one has the object that points at the new one in a
 * register, on its stack or in static data, or has changed it already. A destructor has nothing of
 * the kind. Runs inside the tracker, reads everything through the scratch's reader, takes no lock.
 */
#include "growth_moved_small.h"

#include <dlfcn.h>
#include <string.h>

#include "header_search.h"
#include "thread.h"

#define OBJECT_REACH    64u            /* the count stands at most so far from the pointer */
#define MOST_CANDIDATES SCRATCH_COUNTS /* blocks that objects with such a count point at */
#define WINDOW_BYTES    512u           /* of each is compared */
#define WINDOW_WORDS    (WINDOW_BYTES / 8)
/* What is larger is in the dump, and tells by itself (freed_at_end.c). */
#define MOST_BYTES 2048u
/* A smaller number is met beside any pointer. */
#define LEAST_LIVE  2u
#define MOST_WANTED 64u /* entries that are found again are enough */
#define PIECE_BYTES (LAYOUT_SCRATCH_BYTES / 2)

/* The words of the candidates, in a hash table of at most half of its places. */
#define WORD_PLACES (PIECE_BYTES / 8)
_Static_assert((WORD_PLACES & (WORD_PLACES - 1)) == 0, "a place is some bits of a hash");

struct words {
    uint64_t *values; /* 0: unused */
    size_t count;
    uint64_t found[WORD_PLACES / 64]; /* bits: it stands in the array, too */
};

struct moved {
    const struct registry *registry;
    const struct block *array;
    const struct table_reading *reading;
    uint64_t slots_bytes; /* of as many slots */
    uint64_t least, most; /* entries that the object may count */
    bool is_of_script;    /* in an interpreter's heap, in which nothing tells blocks apart */
    uint64_t *blocks;
    unsigned count;
};

static bool counts_as_many(const struct moved *moved, const unsigned char *bytes, size_t size,
                           size_t at)
{
    size_t from = at > OBJECT_REACH ? at - OBJECT_REACH : 0;
    size_t to = size - at > OBJECT_REACH + 8 ? at + OBJECT_REACH + 8 : size;
    for (size_t i = from; i + 4 <= to; i += 4) {
        uint32_t number;
        memcpy(&number, bytes + i, sizeof(number));
        if (number >= moved->least && number <= moved->most)
            return true;
    }
    return false;
}

/* Not an address of the stack, and none in a module, whose tables of small numbers hold what erased
 * slots hold, too: no program moves its table there. _dl_find_object takes no lock (trap 29). */
static bool may_be_array(const struct moved *moved, uint64_t word)
{
    struct dl_find_object module;
    return layout_is_pointer(word, 8) && !block_has(moved->array, word) &&
           distance_between(word, thread_state.entered_at) > LAYOUT_SCRATCH_BYTES &&
           !header_search_is_own(moved->registry, word) &&
           _dl_find_object((void *)(uintptr_t)word, &module) != 0;
}

static bool collect(uint64_t address, const unsigned char *bytes, size_t size, void *context)
{
    struct moved *moved = context;
    (void)address;
    for (size_t at = 0; at + 8 <= size && moved->count < MOST_CANDIDATES; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof(word));
        if (!layout_is_pointer(word, 8) || !counts_as_many(moved, bytes, size, at) ||
            !may_be_array(moved, word))
            continue;
        unsigned i = 0;
        while (i < moved->count && moved->blocks[i] != word)
            i++;
        if (i == moved->count)
            moved->blocks[moved->count++] = word;
    }
    return moved->count == MOST_CANDIDATES;
}

/* The place of the word, or the empty one where it belongs. */
static size_t place_of(const struct words *words, uint64_t value)
{
    size_t place = (size_t)(value * 0x9e3779b97f4a7c15ULL >> 32) & (WORD_PLACES - 1);
    while (words->values[place] != 0 && words->values[place] != value)
        place = (place + 1) & (WORD_PLACES - 1);
    return place;
}

static bool is_content(uint64_t word)
{
    return word != 0 && word != UINT64_MAX;
}

/* What stands in a candidate's block. */
struct window {
    uint64_t words[WINDOW_WORDS];
    size_t count;
    bool is_whole; /* all of the block */
};

/* The small heap block that begins at the address or a little before it: until `end`. False: none
 * does. */
static bool block_around(const struct layout_view *view, uint64_t address, uint64_t *start,
                         uint64_t *end)
{
    uint64_t bytes = 0;
    *start = (address & ~(uint64_t)15) + 16;
    for (uint64_t back = 0; bytes == 0 && back < MOST_BYTES; back += 16)
        bytes = layout_chunk_bytes(view, *start -= 16);
    *end = *start + bytes - 8;
    return bytes != 0;
}

/* Slots lie from the address on, or before it, as where a table points at its control bytes. Of a
 * block from another allocator, an interpreter's own for one, only the beginning is known. */
enum side { SIDE_FROM, SIDE_BEFORE, SIDES };

static bool read_window(const struct moved *moved, const struct layout_view *view, uint64_t address,
                        enum side side, struct window *window)
{
    uint64_t start, end;
    bool is_known = !moved->is_of_script && block_around(view, address, &start, &end);
    if (is_known && (end <= address || (side == SIDE_BEFORE && start == address)))
        return false; /* it is behind a block, or nothing is before it */
    if (!is_known && (side == SIDE_BEFORE || (view->glibc_heap && !moved->is_of_script)))
        return false;
    if (!is_known || side == SIDE_FROM)
        start = address;
    if (is_known && side == SIDE_BEFORE && end - start > WINDOW_BYTES) {
        end = address;
        start = end - start > WINDOW_BYTES ? end - WINDOW_BYTES : start;
    }
    if (!is_known)
        end = start + moved->slots_bytes;
    window->is_whole = is_known && end - start < WINDOW_BYTES;
    window->count = (size_t)((end - start < WINDOW_BYTES ? end - start : WINDOW_BYTES) / 8);
    return window->count > 0 && layout_read(view, start, window->words, window->count * 8);
}

/* How many of the window's words must stand in the array. A slot has more than one word, or the
 * list of keys that a program keeps beside its table would do. */
static uint64_t wanted_of(const struct table_reading *reading, const struct window *window)
{
    uint64_t live = reading->live < MOST_WANTED ? reading->live : MOST_WANTED;
    uint64_t wanted = reading->slot_bytes >= 16 ? live * 3 / 2 : (live * 5 + 7) / 8;
    /* As many are in a part of it. */
    return window->is_whole || wanted < window->count / 4 ? wanted : window->count / 4;
}

/* Takes the words of a candidate, if there are enough. False when there is no room for them. */
static bool take_window(const struct moved *moved, const struct window *window, struct words *words)
{
    size_t filled = 0;
    for (size_t i = 0; i < window->count; i++)
        filled += is_content(window->words[i]);
    if (filled < wanted_of(moved->reading, window))
        return true;
    if (words->count + window->count > WORD_PLACES / 2)
        return false;
    for (size_t i = 0; i < window->count; i++)
        if (is_content(window->words[i]))
            words->values[place_of(words, window->words[i])] = window->words[i];
    words->count += window->count;
    return true;
}

/* Takes the words of the candidates from `first` on, of as many as there is room for. Returns the
 * first that is left. */
static unsigned take_words(const struct moved *moved, const struct layout_view *view,
                           unsigned first, struct words *words)
{
    struct window window;
    words->count = 0;
    memset(words->values, 0, PIECE_BYTES);
    memset(words->found, 0, sizeof(words->found));
    for (unsigned i = first; i < moved->count; i++)
        for (enum side side = SIDE_FROM; side < SIDES; side++)
            if (read_window(moved, view, moved->blocks[i], side, &window) &&
                !take_window(moved, &window, words))
                return i;
    return moved->count;
}

/* Looks for them in the array. */
static bool find_words(const struct layout_view *view, const struct block *array,
                       struct words *words)
{
    for (uint64_t offset = 0; offset < array->bytes; offset += PIECE_BYTES) {
        uint64_t left = array->bytes - offset;
        size_t piece = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        const unsigned char *seen =
            see_bytes(view->reader, array->address + offset, view->scratch, piece);
        if (!seen)
            return false;
        for (size_t at = 0; at + 8 <= piece; at += 8) {
            uint64_t value;
            memcpy(&value, seen + at, sizeof(value));
            if (!is_content(value))
                continue;
            size_t place = place_of(words, value);
            if (words->values[place] == value)
                words->found[place / 64] |= 1ULL << place % 64;
        }
    }
    return true;
}

/* Whether enough of what stands there stands in the array. */
static bool is_enough(const struct moved *moved, const struct window *window,
                      const struct words *words)
{
    uint64_t found = 0, filled = 0;
    for (size_t i = 0; i < window->count; i++) {
        if (!is_content(window->words[i]))
            continue;
        size_t place = place_of(words, window->words[i]);
        filled++;
        found += words->found[place / 64] >> place % 64 & 1;
    }
    return found >= wanted_of(moved->reading, window) && found * 3 >= filled * 2;
}

bool growth_moved_small(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, const struct layout *layout,
                        const struct table_reading *reading)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    const struct layout_view *view = &scratch->view;
    uint64_t slack = reading->live_error * 2;
    struct moved moved = {.registry = registry,
                          .array = &block,
                          .reading = reading,
                          .is_of_script = layout && layout->is_script_object,
                          .blocks = scratch->counts,
                          .slots_bytes =
                              reading->live * (reading->slot_bytes ? reading->slot_bytes : 8),
                          .least = reading->live > slack ? reading->live - slack : 1,
                          .most = reading->live + slack};
    if (reading->live < LEAST_LIVE || moved.most > UINT32_MAX || array->address % 8 != 0)
        return false;
    header_search_memory(registry, scratch, &block, array->site, collect, &moved);
    struct words words = {.values = (uint64_t *)(void *)(scratch->layout_scratch + PIECE_BYTES)};
    struct window window;
    for (unsigned next, i = 0; i < moved.count; i = next) {
        next = take_words(&moved, view, i, &words);
        if (words.count == 0 || !find_words(view, &block, &words))
            return false;
        for (; i < next; i++)
            for (enum side side = SIDE_FROM; side < SIDES; side++)
                if (read_window(&moved, view, moved.blocks[i], side, &window) &&
                    is_enough(&moved, &window, &words))
                    return true;
    }
    return false;
}
