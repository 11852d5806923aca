/* Trees whose nodes are arrays: page tables, radix and Judy nodes, B-tree pages, tries, segments.
 */
#include <string.h>

#include "decoy.h"
#include "sizes.h"

/* --- page tables: a directory of directories of pages, by the bits of an address --- */

static void page_tables(void)
{
    for (unsigned bits = 9; bits <= 17; bits += 4) { /* entries of a directory */
        size_t entries = (size_t)1 << bits;
        void ***root = must(calloc(entries, sizeof *root));
        for (unsigned mapped = 0; mapped < 600; mapped++) {
            size_t top = decoy_random() % 20 * (entries / 32) % entries;
            if (root[top] == NULL)
                root[top] = must(calloc(entries, sizeof **root));
            size_t start = decoy_random() % entries;
            for (size_t i = start; i < entries && i < start + decoy_random() % 40; i++)
                root[top][i] = decoy_object();
        }
        size_t fullest = 0;
        for (size_t top = 0; top < entries; top++)
            fullest = root[top] != NULL ? top : fullest;
        decoy_look("page directory", root);
        decoy_look("page table", root[fullest]);
        for (size_t i = 0; i < entries; i++)
            root[fullest][i] = i % 97 == 0 ? root[fullest][i] : NULL;
        decoy_look("page table, unmapped", root[fullest]);
        for (size_t top = 0; top < entries; top++)
            free(root[top]);
        free(root);
    }
}

/* --- radix nodes that grow from 4 over 16 and 48 to 256 children --- */

static void adaptive_nodes(void)
{
    enum { NODES = 600 };
    static void **nodes[NODES];
    for (unsigned n = 0; n < NODES; n++) {
        unsigned children = 0;
        size_t size = 4;
        nodes[n] = must(calloc(size, sizeof *nodes[n]));
        for (unsigned want = 10 + decoy_random() % 246; children < want; children++) {
            if (size == 256) {
                nodes[n][decoy_random() % 256] = decoy_object();
                continue;
            }
            if (children == size) {
                size_t larger = size == 4 ? 16 : size == 16 ? 48 : 256;
                void **next = must(calloc(larger, sizeof *next));
                if (larger < 256)
                    memcpy(next, nodes[n], size * sizeof *next);
                else /* from now on by the byte itself */
                    for (size_t i = 0; i < size; i++)
                        next[(i * 151 + n) % 256] = nodes[n][i];
                free(nodes[n]);
                nodes[n] = next;
                size = larger;
            }
            if (size < 256)
                nodes[n][children] = decoy_object();
        }
    }
    decoy_look("radix node", nodes[NODES - 1]);
    decoy_look("radix node, another", nodes[NODES / 2]);
    for (unsigned n = 0; n < NODES; n++)
        free(nodes[n]);
}

/* --- Judy-like leaves: a bitmap and as many words as it has bits, in the order of the bits --- */

static void bitmap_leaves(void)
{
    for (size_t wide = 1 << 13; wide <= (size_t)1 << 19; wide *= 8) { /* bits */
        size_t words = wide / 64, count = 0, capacity = 64;
        uint64_t *bits = must(calloc(words, sizeof *bits));
        uint64_t *values = must(malloc(capacity * sizeof *values));
        size_t step = wide / 4096;
        for (size_t i = 0; i < 4096; i++) {
            size_t bit = (i * 2654435761u) % 4096 * step;
            if (bits[bit / 64] >> bit % 64 & 1)
                continue;
            size_t rank = 0;
            for (size_t word = 0; word < bit / 64; word++)
                rank += (size_t)__builtin_popcountll(bits[word]);
            rank += (size_t)__builtin_popcountll(bits[bit / 64] & ((1ull << bit % 64) - 1));
            if (count == capacity) {
                capacity *= 2;
                values = must(realloc(values, capacity * sizeof *values));
            }
            memmove(values + rank + 1, values + rank, (count - rank) * sizeof *values);
            values[rank] = decoy_random() % 3 == 0 ? 0 : (uintptr_t)decoy_object();
            bits[bit / 64] |= 1ull << bit % 64;
            count++;
        }
        decoy_look("values of a bitmap leaf", values);
        decoy_look("bitmap of a leaf", bits);
        memset(values + count / 40, 0, (count - count / 40) * sizeof *values);
        decoy_look("values of a bitmap leaf, emptied", values);
        free(values);
        free(bits);
    }
}

/* --- pages of a B-tree: records from the end, their offsets from the front; split in halves --- */

struct page {
    uint16_t count, free_end;
    uint16_t offsets[];
};

static void split_page(struct page *page, struct page *right, size_t page_bytes, size_t record)
{
    memset(right, 0, page_bytes);
    unsigned half = page->count / 2;
    right->free_end = (uint16_t)(page_bytes - 8);
    for (unsigned i = half; i < page->count; i++) {
        right->free_end = (uint16_t)(right->free_end - record);
        memcpy((char *)right + right->free_end, (char *)page + page->offsets[i], record);
        right->offsets[right->count++] = right->free_end;
    }
    page->count = (uint16_t)half;
}

static void build_pages(struct sizes sizes)
{
    size_t page_bytes = 16384, record = sizes.element < 8 ? 8 : sizes.element;
    size_t pages = 1, capacity = 4;
    char *tree = must(calloc(capacity, page_bytes));
    ((struct page *)(void *)tree)->free_end = (uint16_t)(page_bytes - 8);
    while (pages * page_bytes < sizes.total) {
        struct page *page = (struct page *)(void *)(tree + decoy_random() % pages * page_bytes);
        if (page->free_end < sizeof *page + (page->count + 1u) * 2 + record) {
            if (pages == capacity) {
                size_t which = (size_t)((char *)page - tree);
                tree = must(realloc(tree, capacity * 2 * page_bytes));
                capacity *= 2;
                page = (struct page *)(void *)(tree + which);
            }
            split_page(page, (struct page *)(void *)(tree + pages++ * page_bytes), page_bytes,
                       record);
            page->free_end = (uint16_t)(page_bytes - 8 - page->count * record);
            continue;
        }
        page->free_end = (uint16_t)(page->free_end - record);
        write_element((char *)page + page->free_end, record, pages);
        unsigned at = page->count ? (unsigned)(decoy_random() % page->count) : 0;
        memmove(page->offsets + at + 1, page->offsets + at, (page->count - at) * 2u);
        page->offsets[at] = page->free_end;
        page->count++;
    }
    look_at_size("B-tree pages", sizes, tree);
    for (size_t i = 0; i < pages; i++) {
        if (i % 30 != 0)
            memset(tree + i * page_bytes, 0, page_bytes);
    }
    look_at_size("B-tree pages, most given back", sizes, tree);
    free(tree);
}

static void tree_pages(void)
{
    for_sizes(build_pages);
}

/* --- a double-array trie: children stand at base + letter, moved when they collide --- */

static void double_array_trie(void)
{
    size_t cells = 1024;
    struct cell {
        int32_t base, check;
    } *trie = must(calloc(cells, sizeof *trie));
    size_t used = 1;
    trie[0].base = 1;
    while (cells < (size_t)1 << 19) {
        size_t parent = used > 1 ? decoy_random() % used : 0;
        size_t base = decoy_random() % cells;
        if (base + 26 >= cells || used > cells * 2 / 3) {
            trie = must(realloc(trie, cells * 2 * sizeof *trie));
            memset(trie + cells, 0, cells * sizeof *trie);
            cells *= 2;
            continue;
        }
        for (unsigned letter = 0; letter < 26; letter += 1 + decoy_random() % 9) {
            if (trie[base + letter].check == 0) {
                trie[base + letter].check = (int32_t)parent + 1;
                trie[base + letter].base = (int32_t)base;
                used++;
            }
        }
    }
    decoy_look("double-array trie", trie);
    for (size_t i = 0; i < cells; i++) {
        if (i % 55 != 1)
            trie[i].base = trie[i].check = 0;
    }
    decoy_look("double-array trie, pruned", trie);
    free(trie);
}

/* --- a segment tree, built anew at twice the width: leaves move from the middle to the end --- */

static void segment_tree(void)
{
    size_t leaves = 512;
    int64_t *tree = must(calloc(leaves * 2, sizeof *tree));
    for (size_t i = 0; i < leaves; i += 3)
        tree[leaves + i] = (int64_t)(decoy_random() % 100000);
    while (leaves < (size_t)1 << 18) {
        int64_t *next = must(calloc(leaves * 4, sizeof *next));
        memcpy(next + leaves * 2, tree + leaves, leaves * sizeof *next);
        for (size_t i = leaves * 3; i < leaves * 4; i += 1 + decoy_random() % 5)
            next[i] = (int64_t)(decoy_random() % 100000);
        leaves *= 2;
        for (size_t i = leaves - 1; i > 0; i--)
            next[i] = next[2 * i] + next[2 * i + 1];
        free(tree);
        tree = next;
    }
    decoy_look("segment tree", tree);
    memset(tree, 0, leaves * 2 * sizeof *tree);
    for (size_t i = leaves + 7; i > 0; i /= 2)
        tree[i] = 5;
    decoy_look("segment tree, one leaf", tree);
    free(tree);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"page-tables", page_tables},
        {"adaptive-nodes", adaptive_nodes},
        {"bitmap-leaves", bitmap_leaves},
        {"sized-tree-pages", tree_pages},
        {"double-array-trie", double_array_trie},
        {"segment-tree", segment_tree},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
