/* Lists, a prime number of them, of which each link says in its lowest bit whether its entry was
 * looked up, as a clock that evicts wants to know; behind a lock in each bucket. */
#include "scenario.h"

static const uint32_t primes[] = {307,   617,   1237,  2477,   4957,  9923,
                                  19853, 39709, 79423, 158849, 317701};

struct link {
    uint64_t id, value;
    uintptr_t after; /* and 1 where it was looked up */
};

struct head {
    int lock;
    struct link *first;
};

struct lists {
    struct head *heads;
    size_t links;
    uint8_t nth;
};

static struct link *after_of(const struct link *link)
{
    return (struct link *)(link->after & ~(uintptr_t)1);
}

static size_t list_of(uint64_t id, size_t number)
{
    return id * 11400714819323198485u % number;
}

static void push(struct head *head, struct link *link)
{
    link->after = (uintptr_t)head->first | (link->after & 1);
    head->first = link;
}

static void enlarge(struct lists *lists)
{
    size_t number = primes[lists->nth + 1];
    struct head *heads = must(calloc(number, sizeof *heads));
    for (size_t i = 0; i < primes[lists->nth]; i++)
        for (struct link *link = lists->heads[i].first, *after; link; link = after) {
            after = after_of(link);
            push(&heads[list_of(link->id, number)], link);
        }
    free(lists->heads);
    lists->heads = heads;
    lists->nth++;
}

static void *create(void)
{
    struct lists *lists = must(calloc(1, sizeof *lists));
    lists->heads = must(calloc(primes[0], sizeof *lists->heads));
    return lists;
}

static struct link *locate(const struct lists *lists, uint64_t id)
{
    struct link *link = lists->heads[list_of(id, primes[lists->nth])].first;
    while (link && link->id != id)
        link = after_of(link);
    return link;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct lists *lists = table;
    struct link *link = locate(lists, key);
    if (link) {
        link->value = value;
        return;
    }
    if (lists->links >= primes[lists->nth] + primes[lists->nth] / 2)
        enlarge(lists);
    link = must(malloc(sizeof *link));
    *link = (struct link){key, value, key % 3 == 0};
    push(&lists->heads[list_of(key, primes[lists->nth])], link);
    lists->links++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct link *link = locate(table, key);
    if (!link)
        return false;
    *value = link->value;
    link->after |= 1;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct lists *lists = table;
    struct head *head = &lists->heads[list_of(key, primes[lists->nth])];
    struct link *before = NULL, *link = head->first;
    while (link && link->id != key) {
        before = link;
        link = after_of(link);
    }
    if (!link)
        return false;
    if (before)
        before->after = (uintptr_t)after_of(link) | (before->after & 1);
    else
        head->first = after_of(link);
    free(link);
    lists->links--;
    return true;
}

static void destroy(void *table)
{
    struct lists *lists = table;
    for (size_t i = 0; i < primes[lists->nth]; i++)
        for (struct link *link = lists->heads[i].first, *after; link; link = after) {
            after = after_of(link);
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
