/* Trees whose nodes and pages are large blocks, and directories that point at them. */
#include <stdbool.h>
#include <string.h>

#include "decoy.h"

#define FANOUT     512
#define PAGE_WORDS 512

/* Three levels of 512 pointers, sparse as page tables are. */
static void page_table(void)
{
    void **top = must(calloc(FANOUT, sizeof *top));
    for (size_t i = 0; i < 300000; i++) {
        size_t page = decoy_random() % (size_t)(FANOUT * 64);
        void **middle = top[page % 8], **leaf;
        if (middle == NULL)
            middle = top[page % 8] = must(calloc(FANOUT, sizeof *middle));
        leaf = middle[page / 8 % FANOUT];
        if (leaf == NULL)
            leaf = middle[page / 8 % FANOUT] = must(calloc(FANOUT, sizeof *leaf));
        leaf[decoy_random() % FANOUT] = decoy_object();
    }
    decoy_look("page table", top);
    for (size_t i = 0; i < FANOUT; i++) {
        void **middle = top[i];
        for (size_t j = 0; middle != NULL && j < FANOUT; j++) {
            for (size_t k = 0; middle[j] != NULL && k < FANOUT; k++)
                ((void **)middle[j])[k] = k % 50 == 0 ? ((void **)middle[j])[k] : NULL;
        }
    }
    decoy_look("page table, unmapped", top);
    for (size_t i = 0; i < FANOUT; i++) {
        void **middle = top[i];
        for (size_t j = 0; middle != NULL && j < FANOUT; j++)
            free(middle[j]);
        free(middle);
    }
    free(top);
}

/* A node that is full is replaced by a wider one, indexed by the next byte: 4, 16, 48, 256
 * children. */
static void adaptive_radix_nodes(void)
{
    void ***nodes = must(calloc(2048, sizeof *nodes));
    for (size_t n = 0; n < 2048; n++) {
        size_t width = 32;
        nodes[n] = must(calloc(width, sizeof **nodes));
        for (size_t i = 0; i < 180; i++) {
            size_t byte = decoy_random() % 256;
            while (byte >= width) {
                void **wider = must(calloc(width * 2, sizeof *wider));
                memcpy(wider, nodes[n], width * sizeof *wider);
                free(nodes[n]);
                nodes[n] = wider;
                width *= 2;
            }
            nodes[n][byte] = decoy_object();
        }
        memset(nodes[n] + 5, 0, (width - 5) * sizeof **nodes);
    }
    decoy_look("radix nodes", nodes);
    decoy_look("a radix node", nodes[77]);
    for (size_t n = 0; n < 2048; n++)
        free(nodes[n]);
    free(nodes);
}

/* A page that is full is split: half of its keys go to the front of a fresh one. */
static void splitting_pages(void)
{
    size_t pages = 1, room = 64;
    uint64_t **directory = must(calloc(room, sizeof *directory));
    size_t *used = must(calloc(1 << 16, sizeof *used));
    directory[0] = must(calloc(PAGE_WORDS, sizeof **directory));
    for (size_t i = 0; i < 400000; i++) {
        size_t page = decoy_random() % pages;
        if (used[page] == PAGE_WORDS) {
            if (pages == room) {
                uint64_t **larger = must(calloc(room * 2, sizeof *larger));
                memcpy(larger, directory, room * sizeof *larger);
                free(directory);
                directory = larger;
                room *= 2;
            }
            uint64_t *right = must(calloc(PAGE_WORDS, sizeof *right));
            memcpy(right, directory[page] + PAGE_WORDS / 2, PAGE_WORDS / 2 * sizeof *right);
            memset(directory[page] + PAGE_WORDS / 2, 0, PAGE_WORDS / 2 * sizeof *right);
            used[page] = used[pages] = PAGE_WORDS / 2;
            directory[pages++] = right;
        }
        uint64_t key = decoy_random();
        size_t at = used[page]++;
        for (; at > 0 && directory[page][at - 1] > key; at--)
            directory[page][at] = directory[page][at - 1];
        directory[page][at] = key;
    }
    decoy_look("page directory", directory);
    decoy_look("a page", directory[pages / 2]);
    for (size_t i = 0; i < pages; i++)
        free(directory[i]);
    free(directory);
    free(used);
}

/*
 * Extendible hashing (Fagin et al. 1979): a hash table, but its array is a directory which is full
 * at every moment, and doubles by writing each entry twice.
 */
static void extendible_directory(void)
{
    size_t size = 128;
    void **directory = must(calloc(size, sizeof *directory));
    for (size_t i = 0; i < size; i++)
        directory[i] = decoy_object();
    while (size < (size_t)1 << 18) {
        void **doubled = must(calloc(size * 2, sizeof *doubled));
        for (size_t i = 0; i < size; i++)
            doubled[i] = doubled[i + size] = directory[i];
        free(directory);
        directory = doubled;
        size *= 2;
        for (size_t i = 0; i < size; i += 3)
            directory[i] = decoy_object();
    }
    decoy_look("directory of extendible hashing", directory);
    free(directory);
}

/* Priority queue in the layout of Eytzinger, rebuilt from a sorted array at each size: words move.
 */
static size_t eytzinger(uint64_t *out, const uint64_t *sorted, size_t next, size_t node,
                        size_t count)
{
    if (node <= count) {
        next = eytzinger(out, sorted, next, 2 * node, count);
        out[node] = sorted[next++];
        next = eytzinger(out, sorted, next, 2 * node + 1, count);
    }
    return next;
}

static void search_tree_in_an_array(void)
{
    uint64_t *tree = NULL, *sorted = NULL, key = 0;
    size_t count = 255;
    while (count < (size_t)1 << 18) {
        count = count * 2 + 1;
        uint64_t *larger = must(malloc(count * sizeof *larger));
        uint64_t *relaid = must(calloc(count + 1, sizeof *relaid));
        if (sorted != NULL)
            memcpy(larger, sorted, count / 2 * sizeof *larger);
        for (size_t i = sorted == NULL ? 0 : count / 2; i < count; i++)
            larger[i] = key += 1 + decoy_random() % 1000;
        eytzinger(relaid, larger, 0, 1, count);
        free(sorted);
        free(tree);
        sorted = larger;
        tree = relaid;
    }
    decoy_look("search tree in an array", tree);
    memset(tree, 0, count * sizeof *tree);
    decoy_look("search tree in an array, emptied", tree);
    free(tree);
    free(sorted);
}

/* --- an ordered set in one array with room between its entries --- */

#define SEGMENT 16

struct ordered {
    uint64_t key; /* 0: room */
    uint64_t value;
};

/* The owner counts, as a table's does. */
struct gapped {
    struct ordered *entries;
    size_t capacity, count;
    bool is_packed; /* to the left of each segment, else spread over all of it */
};

static void lay(const struct gapped *set, struct ordered *to, const struct ordered *from,
                size_t count, size_t room)
{
    for (size_t i = 0; i < count; i++)
        to[set->is_packed ? i : i * room / count] = from[i];
}

/* Gives each segment as many entries as the others. */
static void spread(struct gapped *set)
{
    struct ordered *larger = must(calloc(set->capacity * 2, sizeof *larger));
    struct ordered *sorted = must(malloc(set->count * sizeof *sorted));
    size_t segments = set->capacity * 2 / SEGMENT, count = 0, done = 0;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->entries[i].key != 0)
            sorted[count++] = set->entries[i];
    for (size_t segment = 0; segment < segments; segment++) {
        size_t end = (segment + 1) * count / segments;
        lay(set, larger + segment * SEGMENT, sorted + done, end - done, SEGMENT);
        done = end;
    }
    free(sorted);
    free(set->entries);
    set->entries = larger;
    set->capacity *= 2;
}

/* The segment that the key belongs into: the last one that begins with a smaller key. */
static struct ordered *segment_of(const struct gapped *set, uint64_t key)
{
    size_t low = 0, high = set->capacity / SEGMENT;
    while (high - low > 1) {
        size_t middle = (low + high) / 2, first = middle * SEGMENT;
        while (first < (middle + 1) * SEGMENT && set->entries[first].key == 0)
            first++;
        if (first < (middle + 1) * SEGMENT && set->entries[first].key < key)
            low = middle;
        else
            high = middle;
    }
    return set->entries + low * SEGMENT;
}

static void insert_in_order(struct gapped *set, uint64_t key)
{
    struct ordered *segment = segment_of(set, key), sorted[SEGMENT + 1];
    size_t count = 0;
    bool is_in = false;
    for (size_t i = 0; i < SEGMENT; i++) {
        if (segment[i].key == 0)
            continue;
        if (!is_in && segment[i].key > key) {
            sorted[count++] = (struct ordered){key, ~key};
            is_in = true;
        }
        sorted[count++] = segment[i];
    }
    if (!is_in)
        sorted[count++] = (struct ordered){key, ~key};
    if (count > SEGMENT || set->count * 4 > set->capacity * 3) {
        spread(set);
        insert_in_order(set, key);
        return;
    }
    memset(segment, 0, SEGMENT * sizeof *segment);
    lay(set, segment, sorted, count, SEGMENT);
    set->count++;
}

/* `bits` of the keys are random: of all 64 they might be hashes that are kept in order. */
static void gapped_set(const char *what, const char *thinned, bool is_packed, unsigned bits)
{
    struct gapped *set = must(malloc(sizeof *set));
    *set = (struct gapped){.capacity = 8 * SEGMENT, .is_packed = is_packed};
    set->entries = must(calloc(set->capacity, sizeof *set->entries));
    for (size_t i = 0; i < 40000; i++)
        insert_in_order(set, decoy_random() >> (64 - bits) | 1);
    decoy_look(what, set->entries);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->entries[i].key != 0 && decoy_random() % 100 != 0) {
            set->entries[i] = (struct ordered){0, 0};
            set->count--;
        }
    decoy_look(thinned, set->entries);
    free(set->entries);
    free(set);
}

static void packed_memory(void)
{
    gapped_set("packed memory array", "packed memory array, thinned", false, 40);
    gapped_set("packed memory array of random keys", "packed memory array of random keys, thinned",
               false, 64);
    gapped_set("packed memory array, segments filled from the left",
               "packed memory array, segments filled from the left, thinned", true, 40);
    gapped_set("packed memory array of random keys, filled from the left",
               "packed memory array of random keys, filled from the left, thinned", true, 64);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"page-table", page_table},
                                              {"radix-nodes", adaptive_radix_nodes},
                                              {"splitting-pages", splitting_pages},
                                              {"extendible-directory", extendible_directory},
                                              {"array-tree", search_tree_in_an_array},
                                              {"packed-memory", packed_memory},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
