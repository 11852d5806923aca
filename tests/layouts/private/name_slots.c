/* Host names in the slots themselves, by FNV-1a; a slot that was given back is marked. */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SLOTS 131072u

enum { FREE, TAKEN, GIVEN_BACK };

struct host {
    char name[40];
    uint64_t address;
    uint8_t state;
};

struct hosts {
    struct host *slots;
    size_t taken, given_back;
};

static uint64_t fnv_1a(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

static void write_name(char name[40], uint64_t key)
{
    snprintf(name, 40, "node-%llu.rack%u", (unsigned long long)key, (unsigned)(key % 40));
}

static struct host *lookup(const struct hosts *t, const char *name)
{
    for (uint64_t i = fnv_1a(name);; i++) {
        struct host *host = &t->slots[i & (SLOTS - 1)];
        if (host->state == FREE)
            return NULL;
        if (host->state == TAKEN && strcmp(host->name, name) == 0)
            return host;
    }
}

static void *create(void)
{
    struct hosts *t = must(malloc(sizeof *t));
    *t = (struct hosts){.slots = must(calloc(SLOTS, sizeof *t->slots))};
    return t;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct hosts *t = table;
    char name[40];
    write_name(name, key);
    struct host *host = lookup(t, name);
    if (host == NULL) {
        uint64_t i = fnv_1a(name);
        while (t->slots[i & (SLOTS - 1)].state == TAKEN)
            i++;
        host = &t->slots[i & (SLOTS - 1)];
        t->given_back -= host->state == GIVEN_BACK;
        t->taken++;
        host->state = TAKEN;
        memcpy(host->name, name, sizeof name);
    }
    host->address = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char name[40];
    write_name(name, key);
    const struct host *host = lookup(table, name);
    if (host == NULL)
        return false;
    *value = host->address;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct hosts *t = table;
    char name[40];
    write_name(name, key);
    struct host *host = lookup(t, name);
    if (host == NULL)
        return false;
    memset(host, 0, sizeof *host);
    host->state = GIVEN_BACK;
    t->taken--;
    t->given_back++;
    return true;
}

static void destroy(void *table)
{
    struct hosts *t = table;
    free(t->slots);
    free(t);
}

static struct shape shape(const void *table)
{
    const struct hosts *t = table;
    return (struct shape){.address = t->slots, .capacity = SLOTS, .live = t->taken};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
