/*
 * Slots behind a header and a bitmap in a mapping, as in a file that is mapped, with a heap of
 * records behind them.
 */
#include <string.h>
#include <sys/mman.h>

#include "scenario.h"

#define SLOTS (1u << 17)

typedef struct {
    uint64_t key;
    uint32_t hash, uses; /* hash 0: empty */
    uint64_t value;
} slot_t;

#define HEADER_BYTES 12288u
#define HEAP_BYTES   (8u << 20)
#define REGION_BYTES (HEADER_BYTES + SLOTS * sizeof(slot_t) + HEAP_BYTES)

static unsigned char *region;
static slot_t *slots;
static size_t used;

static uint32_t hash_of(uint64_t key)
{
    key *= 0x9ddfea08eb382d69u;
    return (uint32_t)(key >> 32 ^ key >> 17) | 1u << 31;
}

static void *create(void)
{
    region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED)
        abort();
    for (uint32_t i = 0; i < HEADER_BYTES; i++)
        region[i] = (unsigned char)(i * 2654435761u >> 13);
    for (uint32_t i = 0; i < HEAP_BYTES; i++)
        region[REGION_BYTES - HEAP_BYTES + i] = (unsigned char)('a' + i * 2654435761u % 26);
    slots = (slot_t *)(void *)(region + HEADER_BYTES);
    return region;
}

static slot_t *look_up(uint64_t key)
{
    uint32_t hash = hash_of(key);
    size_t i = hash % SLOTS;
    while (slots[i].hash != 0 && (slots[i].hash != hash || slots[i].key != key))
        i = (i + 1) % SLOTS;
    return &slots[i];
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    slot_t *slot = look_up(key);
    (void)table;
    used += slot->hash == 0;
    *slot = (slot_t){key, hash_of(key), 1, value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    slot_t *slot = look_up(key);
    (void)table;
    *value = slot->value;
    return slot->hash != 0;
}

static bool erase(void *table, uint64_t key)
{
    slot_t *slot = look_up(key);
    (void)table;
    if (slot->hash == 0)
        return false;
    size_t hole = (size_t)(slot - slots);
    for (size_t i = (hole + 1) % SLOTS; slots[i].hash != 0; i = (i + 1) % SLOTS) {
        size_t home = slots[i].hash % SLOTS;
        if ((i - home) % SLOTS >= (i - hole) % SLOTS) {
            slots[hole] = slots[i];
            hole = i;
        }
    }
    memset(&slots[hole], 0, sizeof slots[hole]);
    used--;
    return true;
}

static void destroy(void *table)
{
    (void)table;
    munmap(region, REGION_BYTES);
}

static struct shape shape(const void *table)
{
    (void)table;
    return (struct shape){.address = slots, .capacity = SLOTS, .live = used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 80000,
                                              .never_grows = true,
                                              .is_within = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
