/*
 * An object of some hundred bytes that ends in its heads: a name, settings, statistics, then as
 * many pointers as one of the fields says, which is no power of two.
 */
#include <string.h>

#include "scenario.h"

struct peer {
    struct peer *next;
    uint64_t key, value;
};

struct hub {
    char name[24];
    uint64_t limits[40];
    uint32_t by_class[90];
    uint32_t peers;
    uint32_t width;
    struct peer *heads[];
};

struct service {
    struct hub *hub;
};

static uint32_t place_of(const struct hub *hub, uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)((key ^ (key >> 27)) % hub->width);
}

static struct hub *new_hub(uint32_t width)
{
    struct hub *hub = must(calloc(1, sizeof *hub + width * sizeof hub->heads[0]));
    strcpy(hub->name, "hub of the peers");
    hub->limits[3] = 4096;
    hub->width = width;
    return hub;
}

static void widen(struct service *service)
{
    struct hub *old = service->hub, *hub = new_hub(old->width * 2 + 35);
    memcpy(hub->limits, old->limits, sizeof hub->limits);
    memcpy(hub->by_class, old->by_class, sizeof hub->by_class);
    hub->peers = old->peers;
    for (uint32_t i = 0; i < old->width; i++) {
        while (old->heads[i] != NULL) {
            struct peer *peer = old->heads[i];
            uint32_t place = place_of(hub, peer->key);
            old->heads[i] = peer->next;
            peer->next = hub->heads[place];
            hub->heads[place] = peer;
        }
    }
    free(old);
    service->hub = hub;
}

static struct peer **search(struct hub *hub, uint64_t key)
{
    struct peer **link = &hub->heads[place_of(hub, key)];
    while (*link != NULL && (*link)->key != key)
        link = &(*link)->next;
    return link;
}

static void *create(void)
{
    struct service *service = must(malloc(sizeof *service));
    service->hub = new_hub(100);
    return service;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct service *service = table;
    struct peer **link = search(service->hub, key);
    if (*link == NULL) {
        struct peer *peer = must(malloc(sizeof *peer));
        *peer = (struct peer){NULL, key, value};
        *link = peer;
        service->hub->by_class[value % 90]++;
        if (++service->hub->peers > service->hub->width)
            widen(service);
    } else {
        (*link)->value = value;
    }
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct peer *peer = *search(((struct service *)table)->hub, key);
    if (peer != NULL)
        *value = peer->value;
    return peer != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct hub *hub = ((struct service *)table)->hub;
    struct peer **link = search(hub, key), *peer = *link;
    if (peer == NULL)
        return false;
    *link = peer->next;
    hub->by_class[peer->value % 90]--;
    hub->peers--;
    free(peer);
    return true;
}

static void destroy(void *table)
{
    struct service *service = table;
    for (uint32_t i = 0; i < service->hub->width; i++) {
        while (service->hub->heads[i] != NULL) {
            struct peer *peer = service->hub->heads[i];
            service->hub->heads[i] = peer->next;
            free(peer);
        }
    }
    free(service->hub);
    free(service);
}

static struct shape shape(const void *table)
{
    const struct hub *hub = ((const struct service *)table)->hub;
    return (struct shape){.address = hub, .capacity = hub->width, .live = hub->peers};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .destroy_empties = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
