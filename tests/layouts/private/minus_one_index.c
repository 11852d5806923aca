/* An index of numbers, -1 where there is none, that grows by four when half of it is used; entries
 * lie in order elsewhere. Its object begins like llvm::DenseMap: the index, as many entries as were
 * ever put there, none, and the slots; it grows earlier than that, and holds less right after. */
#include <string.h>

#include "scenario.h"

struct entry {
    uint64_t key, value; /* key 0: erased */
};

struct indexed {
    int32_t *slots;
    uint32_t used, unused;
    uint64_t capacity;
    struct entry *entries;
    uint64_t live;
};

static uint64_t mixed(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

static uint64_t slot_of(const struct indexed *table, uint64_t key)
{
    uint64_t slot = mixed(key) & (table->capacity - 1);
    while (table->slots[slot] != -1 && table->entries[table->slots[slot]].key != key)
        slot = (slot + 1) & (table->capacity - 1);
    return slot;
}

static void resize(struct indexed *table, uint64_t capacity)
{
    uint32_t kept = 0;
    int32_t *old = table->slots;
    table->slots = must(malloc(capacity * sizeof *table->slots));
    memset(table->slots, 255, capacity * sizeof *table->slots);
    table->capacity = capacity;
    for (uint32_t i = 0; i < table->used; i++) {
        if (table->entries[i].key == 0)
            continue;
        table->entries[kept] = table->entries[i];
        table->slots[slot_of(table, table->entries[kept].key)] = (int32_t)kept;
        kept++;
    }
    table->used = kept;
    table->entries = must(realloc(table->entries, capacity / 2 * sizeof *table->entries));
    free(old);
}

static void *create(void)
{
    struct indexed *table = must(calloc(1, sizeof *table));
    resize(table, 64);
    return table;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct indexed *table = opaque;
    uint64_t slot = slot_of(table, key);
    if (table->slots[slot] != -1) {
        table->entries[table->slots[slot]].value = value;
        return;
    }
    if (table->used == table->capacity / 2) {
        resize(table, table->live * 4 > table->capacity ? table->capacity * 4 : table->capacity);
        slot = slot_of(table, key);
    }
    table->slots[slot] = (int32_t)table->used;
    table->entries[table->used++] = (struct entry){.key = key, .value = value};
    table->live++;
}

static bool find(void *opaque, uint64_t key, uint64_t *value)
{
    struct indexed *table = opaque;
    int32_t number = table->slots[slot_of(table, key)];
    if (number != -1)
        *value = table->entries[number].value;
    return number != -1;
}

static bool erase(void *opaque, uint64_t key)
{
    struct indexed *table = opaque;
    int32_t number = table->slots[slot_of(table, key)];
    if (number == -1)
        return false;
    table->entries[number] = (struct entry){0, 0};
    table->live--;
    return true;
}

static void destroy(void *opaque)
{
    struct indexed *table = opaque;
    free(table->slots);
    free(table->entries);
    free(table);
}

static struct shape shape(const void *opaque)
{
    const struct indexed *table = opaque;
    return (struct shape){.address = table->slots,
                          .others = {table->entries},
                          .capacity = table->capacity,
                          .live = table->live};
}

int main(int argc, char **argv)
{
    /* Just grown: an eighth of the slots is in use. Erased entries stay in the index. */
    static const struct private_table kind = {.entries = 33000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
