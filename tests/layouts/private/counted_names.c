/*
 * Chains of topics whose names have their length beside the pointer and no zero behind them, as the
 * strings of Rust, D and Go: what follows in memory is more text. One size from the beginning; the
 * hash is the program's own and kept nowhere.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { BUCKETS = 262147 }; /* a prime */

struct name {
    size_t room;
    char *text;
    size_t length;
};

struct topic {
    struct topic *next;
    struct name name;
    uint64_t value;
};

struct broker {
    struct topic **buckets;
    uint64_t count, topics;
};

static APART uint64_t hash_of(const char *text, size_t length)
{
    uint64_t a = 1, b = 7;
    for (size_t i = 0; i < length; i++) {
        a = a * 33 + (unsigned char)text[i];
        b = ((b ^ a) << 9 | (b ^ a) >> 55) * 0x27d4eb2f165667c5u;
    }
    return b ^ b >> 29;
}

static size_t spell(char text[64], uint64_t key)
{
    return (size_t)snprintf(text, 64, "line/%llx/temp", (unsigned long long)key);
}

static void *create(void)
{
    struct broker *broker = must(calloc(1, sizeof *broker));
    broker->count = BUCKETS;
    broker->buckets = must(calloc(broker->count, sizeof(struct topic *)));
    return broker;
}

static struct topic **place_of(const struct broker *broker, const char *text, size_t length)
{
    struct topic **place = &broker->buckets[hash_of(text, length) % broker->count];
    while (*place != NULL &&
           ((*place)->name.length != length || memcmp((*place)->name.text, text, length) != 0))
        place = &(*place)->next;
    return place;
}

static void insert(void *opaque, uint64_t key, uint64_t value)
{
    struct broker *broker = opaque;
    char text[64];
    size_t length = spell(text, key);
    struct topic **place = place_of(broker, text, length);
    if (*place == NULL) {
        struct topic *topic = must(calloc(1, sizeof *topic));
        topic->name = (struct name){length + 8, must(malloc(length + 8)), length};
        memcpy(topic->name.text, text, length);
        memset(topic->name.text + length, 'x', 8);
        *place = topic;
        broker->topics++;
    }
    (*place)->value = value;
}

static bool find(void *broker, uint64_t key, uint64_t *value)
{
    char text[64];
    size_t length = spell(text, key);
    const struct topic *topic = *place_of(broker, text, length);
    if (topic != NULL)
        *value = topic->value;
    return topic != NULL;
}

static bool erase(void *opaque, uint64_t key)
{
    struct broker *broker = opaque;
    char text[64];
    size_t length = spell(text, key);
    struct topic **place = place_of(broker, text, length), *topic = *place;
    if (topic == NULL)
        return false;
    *place = topic->next;
    free(topic->name.text);
    free(topic);
    broker->topics--;
    return true;
}

static void destroy(void *opaque)
{
    struct broker *broker = opaque;
    for (uint64_t i = 0; i < broker->count; i++)
        for (struct topic *topic = broker->buckets[i], *next; topic != NULL; topic = next) {
            next = topic->next;
            free(topic->name.text);
            free(topic);
        }
    free(broker->buckets);
    free(broker);
}

static struct shape shape(const void *opaque)
{
    const struct broker *broker = opaque;
    return (struct shape){
        .address = broker->buckets, .capacity = broker->count, .live = broker->topics};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 230000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
