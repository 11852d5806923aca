/*
 * Answers by name in slots of 72 bytes, which hold the hash of a name beside the name itself, whose
 * length stands apart. Linear probing; erasing moves what stands behind it up. Room is made at the
 * beginning, and hardly any of it is used.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SLOTS ((uint32_t)1 << 17)

struct answer {
    uint32_t hash; /* 0: free */
    uint16_t kind;
    unsigned char length, code;
    char name[40]; /* not ended */
    uint64_t number, value;
    uint32_t until, hits;
};
_Static_assert(sizeof(struct answer) == 72, "no size that is a power of two, or its half more");

struct answers {
    struct answer *slots;
    uint32_t live;
};

static unsigned char spell(uint64_t number, char *name)
{
    return (unsigned char)snprintf(name, 40, "%u.host%llx", (unsigned)(number % 13),
                                   (unsigned long long)number);
}

APART static uint32_t hash_of(const char *name, unsigned char length, uint32_t hash)
{
    for (unsigned char i = 0; i < length; i++) {
        hash += (unsigned char)name[i];
        hash = (hash << 11 | hash >> 21) * 0x9f4f2727u;
    }
    hash ^= hash >> 15;
    return hash ? hash : 1;
}

static struct answer *place_of(const struct answers *answers, uint64_t number)
{
    char name[40];
    unsigned char length = spell(number, name);
    uint32_t hash = hash_of(name, length, (uint32_t)number & 1);
    uint32_t at = hash & (SLOTS - 1);
    for (; answers->slots[at].hash; at = (at + 1) & (SLOTS - 1)) {
        struct answer *answer = &answers->slots[at];
        if (answer->hash == hash && answer->length == length &&
            memcmp(answer->name, name, length) == 0)
            break;
    }
    return &answers->slots[at];
}

static void *create(void)
{
    struct answers *answers = must(calloc(1, sizeof *answers));
    answers->slots = must(calloc(SLOTS, sizeof *answers->slots));
    return answers;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct answers *answers = table;
    struct answer *answer = place_of(answers, key);
    if (answer->hash == 0) {
        char name[40];
        answer->length = spell(key, name);
        memcpy(answer->name, name, answer->length);
        answer->hash = hash_of(name, answer->length, (uint32_t)key & 1);
        answer->kind = (uint16_t)(key & 1 ? 1 : 28);
        answer->number = key;
        answers->live++;
    }
    answer->value = value;
    answer->hits++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct answer *answer = place_of(table, key);
    if (answer->hash)
        *value = answer->value;
    return answer->hash != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct answers *answers = table;
    struct answer *slots = answers->slots;
    struct answer *gone = place_of(answers, key);
    if (gone->hash == 0)
        return false;
    uint32_t hole = (uint32_t)(gone - slots), mask = SLOTS - 1;
    for (uint32_t at = hole; at = (at + 1) & mask, slots[at].hash;)
        if (((at - slots[at].hash) & mask) >= ((at - hole) & mask)) {
            slots[hole] = slots[at];
            hole = at;
        }
    memset(&slots[hole], 0, sizeof slots[hole]);
    answers->live--;
    return true;
}

static void destroy(void *table)
{
    struct answers *answers = table;
    free(answers->slots);
    free(answers);
}

static struct shape shape(const void *table)
{
    const struct answers *answers = table;
    return (struct shape){.address = answers->slots, .capacity = SLOTS, .live = answers->live};
}

int main(int argc, char **argv)
{
    /* A 250th of these, of which some meet. */
    static const struct private_table kind = {.entries = 500000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
