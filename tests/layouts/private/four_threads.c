/*
 * Four threads, a table each, at the same time: two end hollow, two stay full. What one thread
 * frees and another allocates must not be taken for a growth.
 */
#include <pthread.h>
#include <stdio.h>

#include "hashtrack.h"
#include "scenario.h"

#define THREADS 4

struct pair {
    uint64_t key;
    uint64_t value;
};

struct shard {
    struct pair *pairs;
    size_t mask;
    size_t count;
};

struct worker {
    pthread_t thread;
    bool sweep;
    struct keys keys;
    void *table;
};

static size_t slot_of(const struct shard *s, uint64_t key)
{
    uint64_t hash = (key ^ (key >> 33)) * 0x62a9d9ed799705f5u;
    size_t i = (hash ^ (hash >> 28)) & s->mask;
    while (s->pairs[i].key != 0 && s->pairs[i].key != key)
        i = (i + 1) & s->mask;
    return i;
}

static void *create(void)
{
    struct shard *s = must(malloc(sizeof *s));
    *s = (struct shard){.pairs = must(calloc(64, sizeof(struct pair))), .mask = 63};
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct shard *s = table;
    if ((s->count + 1) * 5 > (s->mask + 1) * 4) {
        struct shard next = {.mask = s->mask * 2 + 1, .count = s->count};
        next.pairs = must(calloc(next.mask + 1, sizeof(struct pair)));
        for (size_t i = 0; i <= s->mask; i++) {
            if (s->pairs[i].key != 0)
                next.pairs[slot_of(&next, s->pairs[i].key)] = s->pairs[i];
        }
        free(s->pairs);
        *s = next;
    }
    size_t i = slot_of(s, key);
    s->count += s->pairs[i].key == 0;
    s->pairs[i] = (struct pair){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct shard *s = table;
    size_t i = slot_of(s, key);
    *value = s->pairs[i].value;
    return s->pairs[i].key != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct shard *s = table;
    size_t i = slot_of(s, key);
    if (s->pairs[i].key == 0)
        return false;
    s->pairs[i] = (struct pair){0, 0};
    s->count--;
    while (s->pairs[i = (i + 1) & s->mask].key != 0) {
        struct pair again = s->pairs[i];
        s->pairs[i] = (struct pair){0, 0};
        s->pairs[slot_of(s, again.key)] = again;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct shard *)table)->pairs);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct shard *s = table;
    return (struct shape){.address = s->pairs, .capacity = s->mask + 1, .live = s->count};
}

static const struct private_table kind = {.entries = 200000,
                                          .create = create,
                                          .insert = insert,
                                          .find = find,
                                          .erase = erase,
                                          .destroy = destroy,
                                          .shape = shape};

static void *work(void *argument)
{
    struct worker *worker = argument;
    table_fill(&kind, worker->table, &worker->keys);
    if (worker->sweep)
        table_hollow(&kind, worker->table, &worker->keys);
    return NULL;
}

int main(int argc, char **argv)
{
    struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i].keys = keys_new(argc > 1 ? argv[1] : "random", kind.entries);
        workers[i].keys.first = (uint64_t)i * kind.entries;
        workers[i].sweep = i % 2 == 0;
        workers[i].table = kind.create();
    }
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "cannot start a thread\n");
            return 1;
        }
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    HASHTRACK_SNAPSHOT("end");
    for (int i = 0; i < THREADS; i++) {
        struct shape now = shape(workers[i].table);
        table_truth(&kind, &now, workers[i].sweep ? "hollow" : "ok", "end", &workers[i].keys,
                    false);
        kind.destroy(workers[i].table);
        keys_free(&workers[i].keys);
    }
    return 0;
}
