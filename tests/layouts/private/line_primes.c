/* Lists, a prime number of them, whose heads begin at a cache line: no word says how many there
 * are, but which of the primes it is, and the array is up to seven heads longer than that. */
#include "scenario.h"

#include <string.h>

static const uint32_t primes[] = {307,   617,   1237,  2477,   4957,  9923,
                                  19853, 39709, 79423, 158849, 317701};

struct link {
    struct link *after;
    uint64_t id, value;
};

struct lists {
    struct link **heads;
    size_t links;
    uint8_t nth;
};

static size_t list_of(uint64_t id, size_t number)
{
    id = (id ^ id >> 32) * 0xd6e8feb86659fd93u;
    id = (id ^ id >> 32) * 0xd6e8feb86659fd93u;
    return (id ^ id >> 32) % number;
}

static struct link **new_heads(size_t number)
{
    size_t bytes = (number * sizeof(struct link *) + 63) & ~(size_t)63;
    struct link **heads = must(aligned_alloc(64, bytes));
    memset(heads, 0, bytes);
    return heads;
}

static void enlarge(struct lists *lists)
{
    size_t number = primes[lists->nth + 1];
    struct link **heads = new_heads(number);
    for (size_t i = 0; i < primes[lists->nth]; i++)
        for (struct link *link = lists->heads[i], *after; link; link = after) {
            struct link **head = &heads[list_of(link->id, number)];
            after = link->after;
            link->after = *head;
            *head = link;
        }
    free(lists->heads);
    lists->heads = heads;
    lists->nth++;
}

static void *create(void)
{
    struct lists *lists = must(calloc(1, sizeof *lists));
    lists->heads = new_heads(primes[0]);
    return lists;
}

static struct link **locate(const struct lists *lists, uint64_t id)
{
    struct link **at = &lists->heads[list_of(id, primes[lists->nth])];
    while (*at && (*at)->id != id)
        at = &(*at)->after;
    return at;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct lists *lists = table;
    struct link *link = *locate(lists, key), **head;
    if (link) {
        link->value = value;
        return;
    }
    if (lists->links >= primes[lists->nth])
        enlarge(lists);
    head = &lists->heads[list_of(key, primes[lists->nth])];
    link = must(malloc(sizeof *link));
    *link = (struct link){*head, key, value};
    *head = link;
    lists->links++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct link *link = *locate(table, key);
    if (link)
        *value = link->value;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct lists *lists = table;
    struct link **at = locate(lists, key), *link = *at;
    if (!link)
        return false;
    *at = link->after;
    free(link);
    lists->links--;
    return true;
}

static void destroy(void *table)
{
    struct lists *lists = table;
    for (size_t i = 0; i < primes[lists->nth]; i++)
        for (struct link *link = lists->heads[i], *after; link; link = after) {
            after = link->after;
            free(link);
        }
    free(lists->heads);
    free(lists);
}

static struct shape shape(const void *table)
{
    const struct lists *lists = table;
    return (struct shape){
        .address = lists->heads, .capacity = primes[lists->nth], .live = lists->links};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
