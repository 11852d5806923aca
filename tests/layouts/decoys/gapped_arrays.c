/*
 * Arrays in which everything has the place that its order or a search gives it, with gaps between:
 * what came in any order is laid out sorted, and a trie whose nodes are moved until they fit.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "decoy.h"

/* --- collected as it comes, then laid out in the order of its keys with room for more --- */

struct event {
    uint64_t key, what;
};

/* In place: qsort may allocate, and what it frees would come between the two arrays. */
static void sort_events(struct event *events, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap = gap * 5 / 11)
        for (size_t i = gap; i < count; i++) {
            struct event event = events[i];
            size_t at = i;
            for (; at >= gap && events[at - gap].key > event.key; at -= gap)
                events[at] = events[at - gap];
            events[at] = event;
        }
}

static void lay_out(const char *full, const char *thinned, size_t count, unsigned key_bits)
{
    size_t capacity = 64, room = count * 42 / 25;
    struct event *events = must(malloc(capacity * sizeof(*events)));
    for (size_t i = 0; i < count; i++) {
        if (i == capacity) {
            struct event *more = must(malloc(capacity * 2 * sizeof(*events)));
            memcpy(more, events, capacity * sizeof(*events));
            free(events);
            events = more;
            capacity *= 2;
        }
        events[i] = (struct event){decoy_random() >> (64 - key_bits) | 1, i + 1};
    }
    sort_events(events, count);
    struct event *gapped = must(malloc(room * sizeof(*gapped)));
    memset(gapped, 0, room * sizeof(*gapped));
    for (size_t i = 0; i < count; i++)
        gapped[i * room / count] = events[i];
    free(events);
    decoy_look(full, gapped);
    for (size_t i = 0; i < room; i++)
        if (gapped[i].what % 40 != 1)
            gapped[i] = (struct event){0, 0};
    decoy_look(thinned, gapped);
    free(gapped);
}

static void sorted_into_gaps(void)
{
    lay_out("sorted into gaps", "sorted into gaps, thinned", 78000, 64);
    lay_out("sorted into gaps, keys of 40 bits", "sorted into gaps, keys of 40 bits, thinned",
            78000, 40);
    lay_out("few sorted into gaps", "few sorted into gaps, thinned", 9000, 63);
}

/* --- a double-array trie: a cell's number is its parent's base and the letter --- */

#define LETTERS 9

struct trie {
    uint32_t *base; /* of each cell: base, parent, and what else there is */
    size_t stride, cells, first_free;
};

static uint32_t *base_of(struct trie *trie, size_t cell)
{
    return trie->base + cell * trie->stride;
}

static uint32_t *parent_of(struct trie *trie, size_t cell)
{
    return trie->base + cell * trie->stride + 1;
}

static void make_room(struct trie *trie, size_t cells)
{
    size_t more = trie->cells;
    while (more < cells)
        more += more / 2;
    if (more == trie->cells)
        return;
    trie->base = must(realloc(trie->base, more * trie->stride * sizeof(uint32_t)));
    memset(base_of(trie, trie->cells), 0, (more - trie->cells) * trie->stride * sizeof(uint32_t));
    trie->cells = more;
}

/* Where the letters of the set find free cells. */
static uint32_t find_base(struct trie *trie, unsigned letters)
{
    for (size_t base = trie->first_free;; base++) {
        make_room(trie, base + 2 * LETTERS);
        bool fits = true;
        for (unsigned letter = 1; letter <= LETTERS && fits; letter++)
            fits = !(letters >> letter & 1) || *parent_of(trie, base + letter) == 0;
        if (!fits)
            continue;
        if (base > trie->first_free + 100)
            trie->first_free = base - 100;
        return (uint32_t)base;
    }
}

static unsigned letters_of(struct trie *trie, uint32_t node)
{
    unsigned letters = 0;
    for (unsigned letter = 1; *base_of(trie, node) && letter <= LETTERS; letter++)
        letters |= (unsigned)(*parent_of(trie, *base_of(trie, node) + letter) == node) << letter;
    return letters;
}

static void move_children(struct trie *trie, uint32_t node, unsigned letters, uint32_t to)
{
    uint32_t from = *base_of(trie, node);
    for (unsigned letter = 1; letter <= LETTERS; letter++) {
        if (!(letters >> letter & 1))
            continue;
        uint32_t child = from + letter, moved = to + letter;
        unsigned grandchildren = letters_of(trie, child);
        *base_of(trie, moved) = *base_of(trie, child);
        *parent_of(trie, moved) = node;
        for (unsigned next = 1; next <= LETTERS; next++)
            if (grandchildren >> next & 1)
                *parent_of(trie, *base_of(trie, child) + next) = moved;
        *base_of(trie, child) = *parent_of(trie, child) = 0;
    }
    *base_of(trie, node) = to;
}

static uint32_t add_child(struct trie *trie, uint32_t node, unsigned letter)
{
    unsigned letters = letters_of(trie, node);
    if (!(letters >> letter & 1)) {
        uint32_t base = *base_of(trie, node);
        if (base == 0 || *parent_of(trie, base + letter) != 0) {
            uint32_t to = find_base(trie, letters | 1u << letter);
            move_children(trie, node, letters, to);
        }
        *parent_of(trie, *base_of(trie, node) + letter) = node;
    }
    return *base_of(trie, node) + letter;
}

static void grow_trie(const char *full, const char *thinned, size_t words, size_t stride)
{
    struct trie trie = {.stride = stride, .cells = 512, .first_free = 2};
    trie.base = must(calloc(trie.cells * stride, sizeof(uint32_t)));
    *parent_of(&trie, 1) = 1;
    for (size_t i = 0; i < words; i++) {
        uint64_t word = decoy_random();
        uint32_t node = 1;
        for (unsigned length = 5 + word % 3; length > 0; length--, word /= LETTERS)
            node = add_child(&trie, node, 1 + (unsigned)(word >> 7) % LETTERS);
        if (stride > 2)
            *(base_of(&trie, node) + 2) = (uint32_t)i + 1;
    }
    decoy_look(full, trie.base);
    for (size_t cell = 2; cell < trie.cells; cell++)
        if (decoy_random() % 30 != 0)
            memset(base_of(&trie, cell), 0, stride * sizeof(uint32_t));
    decoy_look(thinned, trie.base);
    free(trie.base);
}

static void relocating_trie(void)
{
    grow_trie("double-array trie", "double-array trie, words withdrawn", 40000, 2);
    grow_trie("double-array trie with values", "double-array trie with values, words withdrawn",
              30000, 3);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"sorted-into-gaps", sorted_into_gaps}, {"relocating-trie", relocating_trie}, {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
