/*
 * Hosts by their names, of which a hash of the program's own names a bucket. Room for a quarter of
 * a million is made at the beginning; so few came that no two of them share a bucket.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define BITS    20u
#define BUCKETS ((size_t)1 << BITS)

struct host {
    struct host *next;
    uint64_t number, seen;
    uint32_t asked, refused;
    char name[24];
};

struct hosts {
    struct host **buckets;
    uint64_t live;
};

static void spell(uint64_t number, char *name)
{
    snprintf(name, 24, "h%llx.example", (unsigned long long)number);
}

APART static uint32_t bucket_of(const char *name)
{
    uint32_t hash = 0x3c6ef372;
    for (; *name != 0; name++) {
        hash ^= (unsigned char)*name;
        hash = (hash << 9 | hash >> 23) * 0x2c9277b5u;
    }
    hash ^= hash >> 14;
    return hash & (BUCKETS - 1);
}

static struct host **place_of(const struct hosts *hosts, uint64_t number)
{
    char name[24];
    spell(number, name);
    struct host **at = &hosts->buckets[bucket_of(name)];
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static void *create(void)
{
    struct hosts *hosts = must(calloc(1, sizeof(*hosts)));
    hosts->buckets = must(calloc(BUCKETS, sizeof(*hosts->buckets)));
    return hosts;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct hosts *hosts = table;
    struct host **at = place_of(hosts, key);
    if (!*at) {
        *at = must(calloc(1, sizeof(**at)));
        (*at)->number = key;
        spell(key, (*at)->name);
        hosts->live++;
    }
    (*at)->seen = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct host *host = *place_of(table, key);
    if (host)
        *value = host->seen;
    return host != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct hosts *hosts = table;
    struct host **at = place_of(hosts, key), *gone = *at;
    if (!gone)
        return false;
    *at = gone->next;
    free(gone);
    hosts->live--;
    return true;
}

static void destroy(void *table)
{
    struct hosts *hosts = table;
    for (size_t i = 0; i < BUCKETS; i++)
        while (hosts->buckets[i]) {
            struct host *gone = hosts->buckets[i];
            hosts->buckets[i] = gone->next;
            free(gone);
        }
    free(hosts->buckets);
    free(hosts);
}

static struct shape shape(const void *table)
{
    const struct hosts *hosts = table;
    return (struct shape){.address = hosts->buckets, .capacity = BUCKETS, .live = hosts->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 100000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
