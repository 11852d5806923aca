/*
 * Two tables in one object that are filled together: entries by id, which counts them, and ids by
 * name, which counts nothing and doubles when an entry would lie too far from its home. Then
 * entries go from the first alone. Its slots keep their bytes, and it is hollow; the other one is
 * full, though a count beside it has said at each growth how many entries it had, too.
 */
#include <stdio.h>
#include <string.h>

#include "hashtrack.h"
#include "scenario.h"

enum { ENTRIES = 60000, KEPT_OF = 50, FARTHEST = 64 };

struct entry {
    uint64_t id, value;
    uint32_t state; /* 0: free; else what kind of entry it is */
};

struct name {
    uint64_t hash;
    uint32_t id;
    uint32_t state;
};

struct directory {
    struct name *names;
    uint64_t name_mask;
    struct entry *entries;
    uint64_t entry_mask, count;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
    return x ^ x >> 33;
}

static bool put_name(struct name *names, uint64_t mask, const struct name *name)
{
    uint64_t at = name->hash & mask;
    for (unsigned far = 0; names[at].state; at = (at + 1) & mask)
        if (++far == FARTHEST)
            return false;
    names[at] = *name;
    return true;
}

static void put_entry(struct entry *entries, uint64_t mask, const struct entry *entry)
{
    uint64_t at = mix(entry->id) & mask;
    while (entries[at].state)
        at = (at + 1) & mask;
    entries[at] = *entry;
}

static void grow_names(struct directory *directory)
{
    uint64_t mask = directory->name_mask * 2 + 1;
    struct name *bigger = must(calloc(mask + 1, sizeof *bigger));
    for (uint64_t i = 0; i <= directory->name_mask; i++)
        if (directory->names[i].state && !put_name(bigger, mask, &directory->names[i]))
            abort(); /* twice as far apart as they were */
    free(directory->names);
    directory->names = bigger;
    directory->name_mask = mask;
}

static void grow_entries(struct directory *directory)
{
    uint64_t mask = directory->entry_mask * 2 + 1;
    struct entry *bigger = must(calloc(mask + 1, sizeof *bigger));
    for (uint64_t i = 0; i <= directory->entry_mask; i++)
        if (directory->entries[i].state)
            put_entry(bigger, mask, &directory->entries[i]);
    free(directory->entries);
    directory->entries = bigger;
    directory->entry_mask = mask;
}

static void add(struct directory *directory, uint32_t id)
{
    struct name name = {.hash = mix(id * 3u + 1), .id = id, .state = 1};
    while (!put_name(directory->names, directory->name_mask, &name))
        grow_names(directory);
    if (directory->count > directory->entry_mask / 8 * 5)
        grow_entries(directory);
    put_entry(directory->entries, directory->entry_mask,
              &(struct entry){.id = id, .value = id * 7u, .state = 1 + id % 9});
    directory->count++;
}

/* What stood behind it moves up, and leaves its bytes where it was. */
static void drop(struct directory *directory, uint64_t id)
{
    struct entry *entries = directory->entries;
    uint64_t mask = directory->entry_mask, hole = mix(id) & mask;
    while (entries[hole].id != id)
        hole = (hole + 1) & mask;
    for (uint64_t at = hole; at = (at + 1) & mask, entries[at].state;)
        if (((at - mix(entries[at].id)) & mask) >= ((at - hole) & mask)) {
            entries[hole] = entries[at];
            hole = at;
        }
    entries[hole].state = 0;
    directory->count--;
}

int main(void)
{
    static const struct private_table kind = {0};
    const struct keys keys = {.count = ENTRIES};
    struct directory *directory = must(calloc(1, sizeof *directory));
    directory->name_mask = directory->entry_mask = 63;
    directory->names = must(calloc(64, sizeof *directory->names));
    directory->entries = must(calloc(64, sizeof *directory->entries));
    for (uint32_t id = 1; id <= ENTRIES; id++)
        add(directory, id);
    for (uint32_t id = 1; id <= ENTRIES; id++)
        if (id % KEPT_OF != 0)
            drop(directory, id);
    HASHTRACK_SNAPSHOT("end");
    struct shape names = {
        .address = directory->names, .capacity = directory->name_mask + 1, .live = ENTRIES};
    struct shape entries = {.address = directory->entries,
                            .capacity = directory->entry_mask + 1,
                            .live = directory->count};
    table_truth(&kind, &names, "ok", "end", &keys, false);
    table_truth(&kind, &entries, "hollow", "end", &keys, false);
    return 0;
}
