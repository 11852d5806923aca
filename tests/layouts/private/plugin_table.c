/* A table that lives in a dlopened library: its growth sites are in a module that comes late. */
#include "plugin_table.h"

plugin_table_function plugin_table;

struct route {
    uint64_t address; /* 0: no route */
    uint64_t hop;
};

static struct plugin_state {
    struct route *routes;
    size_t size;
    size_t known;
} state; /* one a process: the plugin's own static */

static struct route *route_to(const struct plugin_state *s, uint64_t address)
{
    uint64_t hash = address;
    hash = (hash ^ (hash >> 25)) * 0x63660277528772bbu;
    size_t i = (hash >> 17) & (s->size - 1);
    while (s->routes[i].address != 0 && s->routes[i].address != address)
        i = (i + 1) & (s->size - 1);
    return &s->routes[i];
}

static void *create(void)
{
    state.size = 1024;
    state.routes = must(calloc(state.size, sizeof(struct route)));
    return &state;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct plugin_state *s = table;
    if (s->known * 10 >= s->size * 6) {
        struct plugin_state next = {.size = s->size * 2, .known = s->known};
        next.routes = must(calloc(next.size, sizeof(struct route)));
        for (size_t i = 0; i < s->size; i++) {
            if (s->routes[i].address != 0)
                *route_to(&next, s->routes[i].address) = s->routes[i];
        }
        free(s->routes);
        *s = next;
    }
    struct route *route = route_to(s, key);
    s->known += route->address == 0;
    *route = (struct route){key, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct route *route = route_to(table, key);
    *value = route->hop;
    return route->address != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct plugin_state *s = table;
    struct route *route = route_to(s, key);
    if (route->address == 0)
        return false;
    *route = (struct route){0, 0};
    s->known--;
    size_t i = (size_t)(route - s->routes);
    while (s->routes[i = (i + 1) & (s->size - 1)].address != 0) {
        struct route again = s->routes[i];
        s->routes[i] = (struct route){0, 0};
        *route_to(s, again.address) = again;
    }
    return true;
}

static void destroy(void *table)
{
    free(((struct plugin_state *)table)->routes);
}

static struct shape shape(const void *table)
{
    const struct plugin_state *s = table;
    return (struct shape){.address = s->routes, .capacity = s->size, .live = s->known};
}

const struct private_table *plugin_table(void)
{
    static const struct private_table kind = {.entries = 200000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return &kind;
}
