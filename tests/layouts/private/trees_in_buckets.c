/*
 * Each bucket is the root of a search tree: an entry has two further ones.
 */
#include "scenario.h"

struct leaf {
    uint64_t key;
    uint64_t value;
    struct leaf *before, *after;
};

struct forest {
    uint64_t roots;
    struct leaf **root;
};

static uint64_t leaves; /* far from the object, where nothing tells whose they are */

static uint64_t root_of(const struct forest *forest, uint64_t key)
{
    key = (key ^ (key >> 31)) * 0x7fb5d329728ea185u;
    key = (key ^ (key >> 27)) * 0x81dadef4bc2dd44du;
    return (key ^ (key >> 33)) % forest->roots;
}

static struct leaf **search(struct forest *forest, uint64_t key)
{
    struct leaf **link = &forest->root[root_of(forest, key)];
    while (*link != NULL && (*link)->key != key)
        link = key < (*link)->key ? &(*link)->before : &(*link)->after;
    return link;
}

static void pour(struct forest *forest, struct leaf *leaf)
{
    if (leaf == NULL)
        return;
    struct leaf *before = leaf->before, *after = leaf->after;
    leaf->before = leaf->after = NULL;
    *search(forest, leaf->key) = leaf;
    pour(forest, before);
    pour(forest, after);
}

static void *create(void)
{
    struct forest *forest = must(malloc(sizeof *forest));
    *forest = (struct forest){.roots = 53, .root = must(calloc(53, sizeof(struct leaf *)))};
    return forest;
}

static void enlarge(struct forest *forest)
{
    struct leaf **old = forest->root;
    uint64_t roots = forest->roots;
    forest->roots = roots * 2 + 1;
    forest->root = must(calloc(forest->roots, sizeof(struct leaf *)));
    for (uint64_t i = 0; i < roots; i++)
        pour(forest, old[i]);
    free(old);
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct forest *forest = table;
    struct leaf **link = search(forest, key);
    if (*link != NULL) {
        (*link)->value = value;
        return;
    }
    struct leaf *leaf = must(malloc(sizeof *leaf));
    *leaf = (struct leaf){.key = key, .value = value};
    *link = leaf;
    if (++leaves > forest->roots * 2)
        enlarge(forest);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct leaf *leaf = *search(table, key);
    if (leaf != NULL)
        *value = leaf->value;
    return leaf != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct forest *forest = table;
    struct leaf **link = search(forest, key), *leaf = *link;
    if (leaf == NULL)
        return false;
    if (leaf->before == NULL || leaf->after == NULL) {
        *link = leaf->before != NULL ? leaf->before : leaf->after;
    } else {
        struct leaf **least = &leaf->after;
        while ((*least)->before != NULL)
            least = &(*least)->before;
        struct leaf *heir = *least;
        *least = heir->after;
        heir->before = leaf->before;
        heir->after = leaf->after;
        *link = heir;
    }
    free(leaf);
    leaves--;
    return true;
}

static void fell(struct leaf *leaf)
{
    if (leaf == NULL)
        return;
    fell(leaf->before);
    fell(leaf->after);
    free(leaf);
}

static void destroy(void *table)
{
    struct forest *forest = table;
    for (uint64_t i = 0; i < forest->roots; i++)
        fell(forest->root[i]);
    free(forest->root);
    free(forest);
}

static struct shape shape(const void *table)
{
    const struct forest *forest = table;
    return (struct shape){.address = forest->root, .capacity = forest->roots, .live = leaves};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
