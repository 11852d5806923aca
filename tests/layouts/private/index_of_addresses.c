/*
 * An index beside a list of objects' addresses: heads and links are numbers of places in the list,
 * the keys are names that the objects point at. What is erased leaves a null address and its place,
 * which is used again. The heads are rebuilt twice as large, and freed first.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define NOBODY     (-1)
#define FIRST_SIZE 1024u

struct object {
    char *name;
    uint32_t kind, line;
    uint64_t key, value;
};

struct name_index {
    int32_t size, *heads;
    int32_t room, *links;
    int32_t mask;
};

struct registrar {
    struct name_index index;
    struct object **objects;
    uint64_t places, room;
    int32_t *vacant;
    uint64_t vacant_count, vacant_room;
    uint64_t number;
};

static const char *name_of(uint64_t key)
{
    static char name[48];
    snprintf(name, sizeof name, "materials/set_%02u/tile%llx", (unsigned)(key % 37),
             (unsigned long long)key);
    return name;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash ^ hash >> 16;
}

static int32_t *minus_ones(int32_t *numbers, int32_t from, int32_t to)
{
    numbers = must(realloc(numbers, (size_t)to * sizeof(*numbers)));
    memset(numbers + from, 0xff, (size_t)(to - from) * sizeof(*numbers));
    return numbers;
}

static void index_add(struct name_index *index, uint32_t hash, int32_t place)
{
    if (place >= index->room) {
        index->links = minus_ones(index->links, index->room, place + 4096);
        index->room = place + 4096;
    }
    int32_t *head = &index->heads[hash & (uint32_t)index->mask];
    index->links[place] = *head;
    *head = place;
}

static void index_size(struct registrar *registrar, int32_t size)
{
    struct name_index *index = &registrar->index;
    int32_t room = index->room;
    free(index->heads);
    free(index->links);
    index->links = minus_ones(NULL, 0, room);
    index->heads = minus_ones(NULL, 0, size);
    index->size = size;
    index->mask = size - 1;
    for (uint64_t i = 0; i < registrar->places; i++)
        if (registrar->objects[i] != NULL)
            index_add(index, hash_of(registrar->objects[i]->name), (int32_t)i);
}

static void *create(void)
{
    struct registrar *registrar = must(calloc(1, sizeof(*registrar)));
    registrar->index.room = FIRST_SIZE;
    index_size(registrar, FIRST_SIZE);
    return registrar;
}

static int32_t seek(const struct registrar *registrar, uint64_t key)
{
    const char *name = name_of(key);
    const struct name_index *index = &registrar->index;
    int32_t place = index->heads[hash_of(name) & (uint32_t)index->mask];
    while (place != NOBODY && strcmp(registrar->objects[place]->name, name) != 0)
        place = index->links[place];
    return place;
}

static int32_t take_place(struct registrar *registrar)
{
    if (registrar->vacant_count > 0)
        return registrar->vacant[--registrar->vacant_count];
    if (registrar->places == registrar->room) {
        registrar->room = registrar->room ? registrar->room * 2 : 1024;
        registrar->objects =
            must(realloc(registrar->objects, registrar->room * sizeof(*registrar->objects)));
    }
    return (int32_t)registrar->places++;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct registrar *registrar = table;
    int32_t place = seek(registrar, key);
    if (place != NOBODY) {
        registrar->objects[place]->value = value;
        return;
    }
    if (registrar->number >= (uint64_t)registrar->index.size * 3 / 2)
        index_size(registrar, registrar->index.size * 2);
    struct object *object = must(malloc(sizeof(*object)));
    *object = (struct object){.name = must(strdup(name_of(key))),
                              .kind = (uint32_t)(key % 7),
                              .line = (uint32_t)(value % 911),
                              .key = key,
                              .value = value};
    place = take_place(registrar);
    registrar->objects[place] = object;
    index_add(&registrar->index, hash_of(object->name), place);
    registrar->number++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct registrar *registrar = table;
    int32_t place = seek(registrar, key);
    if (place == NOBODY)
        return false;
    *value = registrar->objects[place]->value;
    return true;
}

static bool erase(void *table, uint64_t key)
{
    struct registrar *registrar = table;
    struct name_index *index = &registrar->index;
    int32_t place = seek(registrar, key);
    if (place == NOBODY)
        return false;
    struct object *object = registrar->objects[place];
    int32_t *link = &index->heads[hash_of(object->name) & (uint32_t)index->mask];
    while (*link != place)
        link = &index->links[*link];
    *link = index->links[place];
    index->links[place] = NOBODY;
    registrar->objects[place] = NULL;
    free(object->name);
    free(object);
    if (registrar->vacant_count == registrar->vacant_room) {
        registrar->vacant_room = registrar->vacant_room ? registrar->vacant_room * 2 : 64;
        registrar->vacant =
            must(realloc(registrar->vacant, registrar->vacant_room * sizeof(*registrar->vacant)));
    }
    registrar->vacant[registrar->vacant_count++] = place;
    registrar->number--;
    return true;
}

static void destroy(void *table)
{
    struct registrar *registrar = table;
    for (uint64_t i = 0; i < registrar->places; i++) {
        if (registrar->objects[i] != NULL)
            free(registrar->objects[i]->name);
        free(registrar->objects[i]);
    }
    free(registrar->objects);
    free(registrar->vacant);
    free(registrar->index.heads);
    free(registrar->index.links);
    free(registrar);
}

static struct shape shape(const void *table)
{
    const struct registrar *registrar = table;
    return (struct shape){.address = registrar->index.heads,
                          .others = {registrar->index.links, registrar->objects},
                          .capacity = (uint64_t)registrar->index.size,
                          .live = registrar->number};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 170000,
                                              .never_grows = true, /* in any way to be seen */
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
