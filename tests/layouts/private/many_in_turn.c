/* The attributes of many objects, each with a table of its own: open addressing in one block with
 * its header. Every object gets its first attribute, then every object its second, so that the
 * tables grow one right after the other, by the same call and to the same size.
 *
 * many_in_turn SCENARIO OBJECTS ATTRIBUTES: full, or hollow, which leaves one of 32. */
#include "scenario.h"

#include <string.h>

#include "truth.h"

struct attribute {
    uint32_t name; /* 0: none */
    uint32_t flags;
    uint64_t value;
};

struct attributes {
    uint32_t mask;
    uint32_t count;
    struct attribute slots[];
};

struct object {
    uint64_t id;
    struct attributes *attributes;
};

static struct attributes *with_slots(uint32_t slots)
{
    struct attributes *made = must(calloc(1, sizeof *made + slots * sizeof(struct attribute)));
    made->mask = slots - 1;
    return made;
}

static uint32_t home_of(uint32_t name)
{
    name = (name ^ name >> 15) * 0x2c1b3c6du;
    return (name ^ name >> 12) * 0x297a2d39u >> 7;
}

static struct attribute *look_up(struct attributes *in, uint32_t name)
{
    uint32_t at = home_of(name) & in->mask;
    while (in->slots[at].name != 0 && in->slots[at].name != name)
        at = (at + 1) & in->mask;
    return &in->slots[at];
}

static void set(struct object *object, uint32_t name, uint64_t value)
{
    struct attributes *old = object->attributes;
    if ((old->count + 1) * 4 > (old->mask + 1) * 3) {
        struct attributes *grown = with_slots((old->mask + 1) * 2);
        for (uint32_t i = 0; i <= old->mask; i++) {
            if (old->slots[i].name != 0)
                *look_up(grown, old->slots[i].name) = old->slots[i];
        }
        grown->count = old->count;
        object->attributes = grown;
        free(old);
    }
    struct attribute *attribute = look_up(object->attributes, name);
    object->attributes->count += attribute->name == 0;
    *attribute = (struct attribute){.name = name, .flags = 1, .value = value};
}

static void unset(struct object *object, uint32_t name)
{
    struct attributes *in = object->attributes;
    struct attribute *gone = look_up(in, name);
    if (gone->name == 0)
        abort();
    memset(gone, 0, sizeof *gone);
    in->count--;
    for (uint32_t at = ((uint32_t)(gone - in->slots) + 1) & in->mask; in->slots[at].name != 0;
         at = (at + 1) & in->mask) {
        struct attribute moved = in->slots[at];
        memset(&in->slots[at], 0, sizeof moved);
        *look_up(in, moved.name) = moved;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    bool is_hollow = strcmp(argv[1], "hollow") == 0;
    uint32_t count = (uint32_t)atoi(argv[2]), attributes = (uint32_t)atoi(argv[3]);
    struct object **objects = must(malloc(count * sizeof(struct object *)));
    for (uint32_t i = 0; i < count; i++) {
        objects[i] = must(malloc(sizeof *objects[i]));
        *objects[i] = (struct object){.id = i, .attributes = with_slots(16)};
    }
    for (uint32_t name = 1; name <= attributes; name++)
        for (uint32_t i = 0; i < count; i++)
            set(objects[i], name * 37 + i % 700, (uint64_t)name << 20 | i);
    for (uint32_t name = 1; is_hollow && name <= attributes; name++)
        for (uint32_t i = 0; name % 32 != 0 && i < count; i++)
            unset(objects[i], name * 37 + i % 700);

    const struct attributes *first = objects[0]->attributes;
    HASHTRACK_SNAPSHOT("end");
    if (is_hollow)
        print_many("unknown", count, first->mask + 1, first->count,
                   sizeof *first + (first->mask + 1) * sizeof(struct attribute));
    else
        printf("MANY {\"implementation\": \"unknown\", \"tables\": %u, \"capacity\": %u, "
               "\"live\": %u, \"verdicts\": [\"ok\", \"growing\"], \"snapshot\": \"end\"}\n",
               count, first->mask + 1, first->count);
    for (uint32_t i = 0; i < count; i++) {
        free(objects[i]->attributes);
        free(objects[i]);
    }
    free(objects);
    return 0;
}
