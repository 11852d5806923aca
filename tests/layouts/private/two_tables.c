/* One object, two tables over the same records: by id, chained; by name, open. The second is told
 * of by a line of its own. */
#include "hashtrack.h"
#include "scenario.h"

#define BY_ID   (1u << 18)
#define BY_NAME (1u << 18)

struct record {
    uint64_t id;
    uint32_t id_hash, name_hash;
    struct record *same_id;
    uint64_t value;
};

struct registry {
    struct record **by_id;
    uint32_t id_mask;
    struct record **by_name;
    uint32_t name_mask;
    uint32_t records;
};

static uint32_t hash(uint64_t x, uint32_t seed)
{
    uint32_t h = seed;
    for (int i = 0; i < 64; i += 8)
        h = (h << 5 | h >> 27) ^ ((uint32_t)(x >> i & 0xff) * 0x9e37u + h * 0x1000193u);
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    return h ^ h >> 12;
}

static struct record **link_by_id(struct registry *r, uint64_t id)
{
    struct record **link = &r->by_id[hash(id, 7) & r->id_mask];
    while (*link && (*link)->id != id)
        link = &(*link)->same_id;
    return link;
}

static uint32_t slot_by_name(const struct registry *r, uint64_t id)
{
    uint32_t slot = hash(id, 99) & r->name_mask;
    while (r->by_name[slot] && r->by_name[slot]->id != id)
        slot = (slot + 1) & r->name_mask;
    return slot;
}

static void *create(void)
{
    struct registry *r = must(calloc(1, sizeof *r));
    r->by_id = must(calloc(BY_ID, sizeof *r->by_id));
    r->by_name = must(calloc(BY_NAME, sizeof *r->by_name));
    r->id_mask = BY_ID - 1;
    r->name_mask = BY_NAME - 1;
    return r;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct registry *r = table;
    struct record **link = link_by_id(r, key);
    if (!*link) {
        struct record *record = must(malloc(sizeof *record));
        *record = (struct record){.id = key, .id_hash = hash(key, 7), .name_hash = hash(key, 99)};
        *link = record;
        r->by_name[slot_by_name(r, key)] = record;
        r->records++;
    }
    (*link)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct registry *r = table;
    struct record *record = *link_by_id(r, key);
    if (r->by_name[slot_by_name(r, key)] != record)
        return false;
    if (record)
        *value = record->value;
    return record;
}

static bool erase(void *table, uint64_t key)
{
    struct registry *r = table;
    struct record **link = link_by_id(r, key), *record = *link;
    if (!record)
        return false;
    uint32_t hole = slot_by_name(r, key), at = hole;
    r->by_name[hole] = NULL;
    while (r->by_name[at = (at + 1) & r->name_mask]) {
        struct record *moved = r->by_name[at];
        if (((at - moved->name_hash) & r->name_mask) >= ((at - hole) & r->name_mask)) {
            r->by_name[hole] = moved;
            r->by_name[at] = NULL;
            hole = at;
        }
    }
    *link = record->same_id;
    free(record);
    r->records--;
    return true;
}

static void destroy(void *table)
{
    struct registry *r = table;
    for (uint32_t i = 0; i < BY_NAME; i++)
        free(r->by_name[i]);
    free(r->by_name);
    free(r->by_id);
    free(r);
}

static struct shape shape(const void *table)
{
    const struct registry *r = table;
    return (struct shape){.address = r->by_id, .capacity = BY_ID, .live = r->records};
}

static struct shape second_shape(const void *table)
{
    const struct registry *r = table;
    return (struct shape){.address = r->by_name, .capacity = BY_NAME, .live = r->records};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape,
                                              .second_shape = second_shape};
    return run_scenario(argc, argv, &kind);
}
