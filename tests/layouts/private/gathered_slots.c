/*
 * Slots of twenty bytes in a prime number of them, which are made larger in their own block: their
 * entries are gathered in a list meanwhile, with room for the one that is to be added. What was
 * erased stays where it was, with all bits of its number turned.
 */
#include <string.h>

#include "scenario.h"

typedef struct {
    uint64_t number;
    uint64_t amount;
    uint32_t weight;
} __attribute__((packed, aligned(4))) ticket_t;

typedef struct {
    ticket_t *tickets;
    size_t size, used, live;
} tickets_t;

static bool is_erased(const ticket_t *ticket)
{
    return ticket->number != 0 && ticket->weight == UINT32_MAX;
}

static size_t prime_from(size_t n)
{
    for (n |= 1;; n += 2) {
        size_t divisor = 3;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor += 2;
        if (divisor * divisor > n)
            return n;
    }
}

/* The ticket, or the free slot in which it would be. */
static ticket_t *look_up(const tickets_t *t, uint64_t number)
{
    size_t at = number % t->size, step = 1 + number % (t->size - 2);
    while (t->tickets[at].number != 0 && t->tickets[at].number != number)
        at = (at + step) % t->size;
    return &t->tickets[at];
}

static void put(tickets_t *t, const ticket_t *ticket)
{
    *look_up(t, ticket->number) = *ticket;
    t->used++;
    t->live++;
}

APART static void make_anew(tickets_t *t, size_t size)
{
    ticket_t *list = must(malloc((t->live + 1) * sizeof *list));
    size_t count = 0;
    for (size_t i = 0; i < t->size; i++) {
        if (t->tickets[i].number != 0 && !is_erased(&t->tickets[i]))
            list[count++] = t->tickets[i];
    }
    t->tickets = must(realloc(t->tickets, size * sizeof *t->tickets));
    memset(t->tickets, 0, size * sizeof *t->tickets);
    t->size = size;
    t->used = t->live = 0;
    for (size_t i = 0; i < count; i++)
        put(t, &list[i]);
    free(list);
}

static void *create(void)
{
    tickets_t *t = must(calloc(1, sizeof *t));
    make_anew(t, prime_from(500));
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    tickets_t *t = table;
    ticket_t *there = look_up(t, key);
    if (there->number == key) {
        there->amount = value;
        return;
    }
    if (t->used * 10 >= t->size * 6)
        make_anew(t, prime_from(t->live * 10 >= t->size * 3 ? t->size * 2 : t->size));
    put(t, &(ticket_t){.number = key, .amount = value, .weight = (uint32_t)(key % 50)});
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    ticket_t *there = look_up(table, key);
    *value = there->amount;
    return there->number == key;
}

static bool erase(void *table, uint64_t key)
{
    tickets_t *t = table;
    ticket_t *there = look_up(t, key);
    if (there->number != key)
        return false;
    there->number = ~there->number;
    there->weight = UINT32_MAX;
    t->live--;
    return true;
}

static void destroy(void *table)
{
    tickets_t *t = table;
    free(t->tickets);
    free(t);
}

static struct shape shape(const void *table)
{
    const tickets_t *t = table;
    return (struct shape){.address = t->tickets,
                          .capacity = t->size,
                          .live = t->live,
                          .tombstones = t->used - t->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 70000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
