/*
 * xmlHashTable of libxml2 as a program uses it; see scenarios.h. By itself it grows to 16,384 slots
 * at most, too few to be a finding: more must be asked for, and kind `big` does. Kind `dict`: the
 * names are kept in an xmlDict.
 */
#include "scenarios.h"

#include <libxml/xmlstring.h>

#include <libxml/dict.h>
#include <libxml/hash.h>

#define SLOTS_BY_DEFAULT 16384u
#define SLOTS_ASKED_FOR  60000u

static bool big;
static xmlDict *dict;
static xmlHashTable *table;

/* The start of struct _xmlHashTable, hash.c of libxml2 2.9; live() checks it. */
struct private_table {
    const void *slots;
    int size, elements;
};

static const struct private_table *inside(void)
{
    return (const void *)table;
}

static void create(uint64_t expected)
{
    int slots = expected ? (int)expected * 2 : big ? (int)SLOTS_ASKED_FOR : 0;
    table = dict ? xmlHashCreateDict(slots, dict) : xmlHashCreate(slots);
}

static const xmlChar *name_of(uint64_t key, char name[24])
{
    snprintf(name, 24, "entity%" PRIu64, key);
    return (const xmlChar *)name;
}

static void insert(uint64_t key)
{
    char name[24];
    if (xmlHashAddEntry(table, name_of(key, name), &table) != 0)
        abort();
}

static void erase(uint64_t key)
{
    char name[24];
    if (xmlHashRemoveEntry(table, name_of(key, name), NULL) != 0)
        abort();
}

static void destroy(void)
{
    xmlHashFree(table, NULL);
}

static const void *address(void)
{
    return inside()->slots;
}

static uint64_t capacity(void)
{
    return (uint64_t)inside()->size;
}

static uint64_t live(void)
{
    if (xmlHashSize(table) != inside()->elements)
        abort();
    return (uint64_t)xmlHashSize(table);
}

static uint64_t bytes(void)
{
    return capacity() * 48; /* sizeof(xmlHashEntry) */
}

static void copy_entry(void *payload, void *fresh, const xmlChar *name)
{
    if (xmlHashAddEntry(fresh, name, payload) != 0)
        abort();
}

static void fix(uint64_t live)
{
    (void)live;
    xmlHashTable *fresh = xmlHashCreate(xmlHashSize(table));
    xmlHashScan(table, copy_entry, fresh);
    xmlHashFree(table, NULL);
    table = fresh;
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 1, 100, 1000, 6001, UINT64_MAX};
    const char *kind = argc > 2 ? argv[2] : "";
    big = strcmp(kind, "big") == 0;
    if (strcmp(kind, "dict") == 0)
        dict = xmlDictCreate();
    const struct subject subject = {
        .implementation = "xmlHashTable",
        .entries = big ? SLOTS_ASKED_FOR : SLOTS_BY_DEFAULT * 2,
        .shrinks = !big,
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
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
