/* Two arrays of chains while it grows: each operation moves a few buckets over, so nothing ever
 * stalls. */
#include "scenario.h"

#define BUCKETS_A_STEP 4

struct link {
    uint64_t key;
    uint64_t value;
    struct link *next;
};

struct half {
    struct link **buckets;
    size_t size;
    size_t used;
};

struct latency_table {
    struct half now;
    struct half next; /* size 0: not growing */
    size_t moved;     /* buckets of `now` below this are empty */
};

static size_t bucket_of(const struct half *half, uint64_t key)
{
    key = (key ^ (key >> 32)) * 0x94d049bb133111ebu;
    return (key ^ (key >> 29)) & (half->size - 1);
}

static struct half half_of(size_t size)
{
    return (struct half){.buckets = must(calloc(size, sizeof(struct link *))), .size = size};
}

static void step(struct latency_table *t)
{
    for (int i = 0; i < BUCKETS_A_STEP && t->next.size != 0; i++) {
        for (struct link *link = t->now.buckets[t->moved], *rest; link != NULL; link = rest) {
            struct link **head = &t->next.buckets[bucket_of(&t->next, link->key)];
            rest = link->next;
            link->next = *head;
            *head = link;
            t->now.used--;
            t->next.used++;
        }
        t->now.buckets[t->moved] = NULL;
        if (++t->moved == t->now.size) {
            free(t->now.buckets);
            t->now = t->next;
            t->next = (struct half){0};
            t->moved = 0;
        }
    }
}

static struct link **find_link(struct half *half, uint64_t key)
{
    if (half->size == 0)
        return NULL;
    for (struct link **link = &half->buckets[bucket_of(half, key)]; *link != NULL;
         link = &(*link)->next) {
        if ((*link)->key == key)
            return link;
    }
    return NULL;
}

static void *create(void)
{
    struct latency_table *t = must(calloc(1, sizeof *t));
    t->now = half_of(4);
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct latency_table *t = table;
    step(t);
    struct link **known = find_link(&t->now, key);
    if (known == NULL)
        known = find_link(&t->next, key);
    if (known != NULL) {
        (*known)->value = value;
        return;
    }
    if (t->next.size == 0 && t->now.used >= t->now.size)
        t->next = half_of(t->now.size * 2);
    struct half *half = t->next.size != 0 ? &t->next : &t->now;
    struct link **head = &half->buckets[bucket_of(half, key)];
    struct link *link = must(malloc(sizeof *link));
    *link = (struct link){key, value, *head};
    *head = link;
    half->used++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct latency_table *t = table;
    struct link **link = find_link(&t->now, key);
    if (link == NULL)
        link = find_link(&t->next, key);
    if (link != NULL)
        *value = (*link)->value;
    return link != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct latency_table *t = table;
    step(t);
    for (int i = 0; i < 2; i++) {
        struct half *half = i == 0 ? &t->now : &t->next;
        struct link **link = find_link(half, key);
        if (link != NULL) {
            struct link *gone = *link;
            *link = gone->next;
            free(gone);
            half->used--;
            return true;
        }
    }
    return false;
}

static void destroy(void *table)
{
    struct latency_table *t = table;
    for (int i = 0; i < 2; i++) {
        struct half *half = i == 0 ? &t->now : &t->next;
        for (size_t bucket = 0; bucket < half->size; bucket++) {
            for (struct link *link = half->buckets[bucket], *rest; link != NULL; link = rest) {
                rest = link->next;
                free(link);
            }
        }
        free(half->buckets);
    }
    free(t);
}

static struct shape shape(const void *table)
{
    const struct latency_table *t = table;
    const struct half *main = t->next.size != 0 ? &t->next : &t->now;
    return (struct shape){.address = main->buckets,
                          .others = {main == &t->next ? t->now.buckets : NULL, NULL},
                          .capacity = main->size,
                          .live = t->now.used + t->next.used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 400000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
