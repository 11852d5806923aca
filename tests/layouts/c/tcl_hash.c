/*
 * Tcl_HashTable of Tcl's C library as a program uses it; see scenarios.h. Debian's Tcl is built
 * with threads: its allocator takes only the larger arrays from malloc, each behind 16 bytes of its
 * own. Kinds: string, word, array (keys of several ints), custom (a key type of the program's own).
 */
#include "scenarios.h"

#include <tcl.h>

#define INTS_A_KEY 3

static const char *kind = "string";

/* The object lies inside another one, as in nearly every program. */
static struct {
    uint64_t requests;
    Tcl_HashTable table;
} cache;

static Tcl_HashKeyType custom_type;

static void use_kind(const char *name)
{
    kind = name;
    if (strcmp(kind, "string") != 0 && strcmp(kind, "word") != 0 && strcmp(kind, "array") != 0 &&
        strcmp(kind, "custom") != 0)
        unknown_scenario(kind);
}

static unsigned hash_number(Tcl_HashTable *table, void *key)
{
    (void)table;
    return (unsigned)((uintptr_t)key * 2654435761u);
}

static int equal_numbers(void *key, Tcl_HashEntry *entry)
{
    return key == entry->key.oneWordValue;
}

static void create(uint64_t expected)
{
    (void)expected;
    if (strcmp(kind, "custom") == 0) {
        custom_type = (Tcl_HashKeyType){.version = TCL_HASH_KEY_TYPE_VERSION,
                                        .hashKeyProc = hash_number,
                                        .compareKeysProc = equal_numbers};
        Tcl_InitCustomHashTable(&cache.table, TCL_CUSTOM_PTR_KEYS, &custom_type);
    } else {
        Tcl_InitHashTable(&cache.table, strcmp(kind, "string") == 0 ? TCL_STRING_KEYS
                                        : strcmp(kind, "word") == 0 ? TCL_ONE_WORD_KEYS
                                                                    : INTS_A_KEY);
    }
}

/* The key as this kind of table wants it; `buffer` holds it where it is not the word itself. */
static const char *key_of(uint64_t key, char *buffer, size_t bytes)
{
    if (strcmp(kind, "string") == 0) {
        snprintf(buffer, bytes, "session-%" PRIu64, key);
        return buffer;
    }
    if (strcmp(kind, "array") == 0) {
        const int ints[INTS_A_KEY] = {(int)key, 7, (int)(key / 3)};
        memcpy(buffer, ints, sizeof(ints));
        return buffer;
    }
    return (const char *)(uintptr_t)(key * 8 + 4096);
}

static void insert(uint64_t key)
{
    char buffer[32];
    int is_new;
    Tcl_HashEntry *entry = Tcl_CreateHashEntry(&cache.table, key_of(key, buffer, 32), &is_new);
    if (!is_new)
        abort();
    Tcl_SetHashValue(entry, (ClientData)(uintptr_t)key);
}

static void erase(uint64_t key)
{
    char buffer[32];
    Tcl_HashEntry *entry = Tcl_FindHashEntry(&cache.table, key_of(key, buffer, 32));
    if (entry == NULL)
        abort();
    Tcl_DeleteHashEntry(entry);
}

static void destroy(void)
{
    Tcl_DeleteHashTable(&cache.table);
    memset(&cache, 0, sizeof(cache));
}

/* The block that malloc gave begins with Tcl's own 16 bytes (union Block, tclThreadAlloc.c). */
static const void *address(void)
{
    return (const char *)cache.table.buckets - 16;
}

/* Tcl_HashStats() begins with "N entries in table, M buckets". */
static uint64_t statistic(bool buckets)
{
    uint64_t entries = 0, all = 0;
    char *text = Tcl_HashStats(&cache.table);
    if (sscanf(text, "%" SCNu64 " entries in table, %" SCNu64 " buckets", &entries, &all) != 2)
        abort();
    ckfree(text);
    return buckets ? all : entries;
}

static uint64_t capacity(void)
{
    return statistic(true);
}

static uint64_t live(void)
{
    return statistic(false);
}

static uint64_t bytes(void)
{
    return cache.table.buckets == cache.table.staticBuckets ? 0 : capacity() * 8;
}

static void fix(uint64_t live)
{
    destroy();
    create(0);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 11, 12, 700, 768, 6000, UINT64_MAX};
    const struct subject subject = {
        .implementation = "Tcl_HashTable",
        .entries = 250000,
        .create = create,
        .insert = insert,
        .erase = erase,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    use_kind(argc > 2 ? argv[2] : "string");
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
