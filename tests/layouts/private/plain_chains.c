/*
 * The table of a textbook: heads of chains, a number that is its own hash, and one more bucket for
 * each two entries. What is pushed in front of a chain is the last of it after the next growth, so
 * that no head is one any more.
 */
#include "scenario.h"

struct link {
    uint64_t number, value;
    struct link *next;
};

struct chains {
    struct link **heads;
    size_t buckets, count;
};

static void *create(void)
{
    struct chains *chains = must(malloc(sizeof *chains));
    *chains = (struct chains){.heads = must(calloc(16, sizeof(struct link *))), .buckets = 16};
    return chains;
}

static void push(struct link **head, struct link *link)
{
    link->next = *head;
    *head = link;
}

static void grow(struct chains *chains)
{
    size_t buckets = chains->buckets * 2;
    struct link **heads = must(calloc(buckets, sizeof *heads)), *next;
    for (size_t i = 0; i < chains->buckets; i++) {
        for (struct link *link = chains->heads[i]; link != NULL; link = next) {
            next = link->next;
            push(&heads[link->number % buckets], link);
        }
    }
    free(chains->heads);
    chains->heads = heads;
    chains->buckets = buckets;
}

static struct link **place_of(const struct chains *chains, uint64_t key)
{
    struct link **place = &chains->heads[key % chains->buckets];
    while (*place != NULL && (*place)->number != key)
        place = &(*place)->next;
    return place;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct chains *chains = table;
    struct link *link = *place_of(chains, key);
    if (link != NULL) {
        link->value = value;
        return;
    }
    if (chains->count == 2 * chains->buckets)
        grow(chains);
    link = must(malloc(sizeof *link));
    link->number = key;
    link->value = value;
    push(&chains->heads[link->number % chains->buckets], link);
    chains->count++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct link *link = *place_of(table, key);
    *value = link != NULL ? link->value : 0;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct chains *chains = table;
    struct link **place = place_of(chains, key), *link = *place;
    if (link == NULL)
        return false;
    *place = link->next;
    free(link);
    chains->count--;
    return true;
}

static void destroy(void *table)
{
    struct chains *chains = table;
    for (size_t i = 0; i < chains->buckets; i++) {
        while (chains->heads[i] != NULL) {
            struct link *link = chains->heads[i];
            chains->heads[i] = link->next;
            free(link);
        }
    }
    free(chains->heads);
    free(chains);
}

static struct shape shape(const void *table)
{
    const struct chains *chains = table;
    return (struct shape){
        .address = chains->heads, .capacity = chains->buckets, .live = chains->count};
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
