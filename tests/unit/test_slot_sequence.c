/* Whether entries are numbered by their slots: slot_sequence.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "slot_sequence.h"

#define SLOTS 8192u
#define USED  6000u /* in one run: the keys are in sequence, or the array is a list */

struct slot {
    uint64_t value;
    uint32_t key, more;
};

struct node {
    uint64_t key;
    struct node *next;
    uint64_t value, place;
};

static bool is_there(const void *memory, size_t bytes, const void *nodes, size_t node_bytes)
{
    static struct readable readable;
    unsigned char window[SEQUENCE_WINDOW_BYTES];
    struct block array = {(uint64_t)(uintptr_t)memory, bytes};
    readable_begin(&readable);
    readable_add(&readable, memory, bytes);
    if (nodes)
        readable_add(&readable, nodes, node_bytes);
    return slot_sequence_is_there(&readable.reader, &array, window);
}

static void finds_keys_in_sequence(void **state)
{
    (void)state;
    struct slot *slots = calloc(SLOTS, sizeof(*slots));
    uint64_t seed = 1;
    for (uint32_t i = 0; i < USED; i++)
        slots[(i + 5000) % SLOTS] = (struct slot){random_word(&seed), 700000 + i, 0};
    assert_true(is_there(slots, SLOTS * sizeof(*slots), NULL, 0));
    for (uint32_t i = 0; i < SLOTS; i++)
        slots[i].key = slots[i].key != 0 ? (uint32_t)random_word(&seed) : 0;
    assert_false(is_there(slots, SLOTS * sizeof(*slots), NULL, 0));
    free(slots);
}

static void finds_nothing_in_a_heap(void **state)
{
    (void)state;
    uint32_t *heap = calloc(SLOTS, sizeof(*heap));
    uint64_t seed = 2;
    for (uint32_t i = 0; i < USED; i++) {
        uint32_t at = i;
        heap[at] = (uint32_t)random_word(&seed);
        for (; at > 0 && heap[at] < heap[(at - 1) / 2]; at = (at - 1) / 2) {
            uint32_t above = heap[(at - 1) / 2];
            heap[(at - 1) / 2] = heap[at];
            heap[at] = above;
        }
    }
    assert_false(is_there(heap, SLOTS * sizeof(*heap), NULL, 0));
    memset(heap, 0, SLOTS * sizeof(*heap));
    assert_false(is_there(heap, SLOTS * sizeof(*heap), NULL, 0));
    free(heap);
}

/* Entries of chains have a link, which is zero where no two share a slot. */
static void tells_chains_from_what_knows_its_place(void **state)
{
    (void)state;
    struct node **slots = calloc(SLOTS, sizeof(*slots));
    struct node *nodes = calloc(USED, sizeof(*nodes));
    uint64_t seed = 3;
    for (uint32_t i = 0; i < USED; i++) {
        nodes[i] = (struct node){.key = 1 + i, .value = random_word(&seed), .place = 1};
        slots[i] = &nodes[i];
    }
    assert_true(is_there(slots, SLOTS * sizeof(*slots), nodes, USED * sizeof(*nodes)));
    for (uint32_t i = 0; i < USED; i++)
        nodes[i].next = &nodes[i]; /* its owner, say */
    assert_false(is_there(slots, SLOTS * sizeof(*slots), nodes, USED * sizeof(*nodes)));
    free(nodes);
    free(slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_in_sequence),
        cmocka_unit_test(finds_nothing_in_a_heap),
        cmocka_unit_test(tells_chains_from_what_knows_its_place),
    };
    return RUN(tests);
}
