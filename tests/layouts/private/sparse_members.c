/*
 * Fixed arrays of heads that are nearly empty in the end, so that hardly two entries meet: of one
 * the entries know which pointer leads to them, of another the names are hashed by FNV-1a, and of
 * the third nothing is known but that the hash is divided by a prime. Each entry keeps its hash.
 * Called as PROGRAM emptied|never-full.
 */
#include <hashtrack.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define BITS  18
#define HEADS (UINT64_C(1) << BITS)
#define PRIME UINT64_C(200003)
#define LEFT  450u

struct linked {
    uint64_t user;
    struct linked *next, **from;
    uint32_t flags, hash;
    char payload[40];
};

struct named {
    char *name;
    struct named *next;
    uint64_t size;
    uint32_t hash, kind;
};

struct digest {
    struct digest *next;
    uint64_t first_seen;
    uint64_t hash;
};

static struct linked **linked_heads;
static struct named **named_heads;
static struct digest **digest_heads;
static uint64_t linked_count, named_count, digest_count;

static uint32_t private_hash(uint64_t user)
{
    user = user * UINT64_C(0x9fb21c651e98df25) + UINT64_C(0x5851f42d4c957f2d);
    user ^= user >> 35;
    user *= UINT64_C(0xd1342543de82ef95);
    return (uint32_t)(user >> 29);
}

static struct linked *link_up(uint64_t user)
{
    struct linked *new = must(calloc(1, sizeof *new));
    new->user = user;
    new->hash = private_hash(user);
    struct linked **head = &linked_heads[new->hash % HEADS];
    new->next = *head;
    if (*head)
        (*head)->from = &new->next;
    new->from = head;
    *head = new;
    linked_count++;
    return new;
}

static void unlink_it(struct linked *gone)
{
    *gone->from = gone->next;
    if (gone->next)
        gone->next->from = gone->from;
    free(gone);
    linked_count--;
}

static uint32_t fnv_1a(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static struct named *name_it(uint64_t number)
{
    char name[48];
    struct named *new = must(calloc(1, sizeof *new));
    snprintf(name, sizeof name, "unit-%" PRIx64 ".service", number * 2654435761u);
    new->name = must(strdup(name));
    new->hash = fnv_1a(name);
    new->size = number;
    new->next = named_heads[new->hash % HEADS];
    named_heads[new->hash % HEADS] = new;
    named_count++;
    return new;
}

static void forget(struct named *gone)
{
    struct named **at = &named_heads[gone->hash % HEADS];
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    free(gone->name);
    free(gone);
    named_count--;
}

/* Of what is not kept itself; which ones would meet another is known here. */
static void note_digest(uint64_t number)
{
    uint64_t hash = number * UINT64_C(0x9fb21c651e98df25) ^ UINT64_C(0x5bd1e9955bd1e995);
    hash = (hash ^ hash >> 31) * UINT64_C(0xd1342543de82ef95);
    struct digest **head = &digest_heads[hash % PRIME];
    if (*head != NULL)
        return;
    *head = must(calloc(1, sizeof **head));
    **head = (struct digest){.first_seen = 1700000000 + number % 1000, .hash = hash};
    digest_count++;
}

static void forget_digests(void)
{
    for (uint64_t i = 0; i < PRIME; i++)
        if (digest_heads[i] != NULL && digest_heads[i]->hash % 151 != 0) {
            free(digest_heads[i]);
            digest_heads[i] = NULL;
            digest_count--;
        }
}

static void truth(const void *heads, uint64_t capacity, uint64_t live)
{
    printf("TRUTH {\"implementation\": \"unknown\", \"capacity\": %" PRIu64 ", \"live\": %" PRIu64
           ", \"verdict\": \"over-reserved\", \"snapshot\": \"end\", \"address\": \"%p\"}\n",
           capacity, live, heads);
}

int main(int argc, char **argv)
{
    bool is_emptied = argc > 1 && strcmp(argv[1], "emptied") == 0;
    uint64_t entries = is_emptied ? 90000 : LEFT, keep_one_in = entries / LEFT;
    linked_heads = must(calloc(HEADS, sizeof *linked_heads));
    named_heads = must(calloc(HEADS, sizeof *named_heads));
    digest_heads = must(calloc(PRIME, sizeof *digest_heads));
    struct linked **linked = must(malloc(entries * sizeof *linked));
    struct named **named = must(malloc(entries * sizeof *named));
    for (uint64_t i = 0; i < entries; i++) {
        linked[i] = link_up(i * 4096 + 17);
        named[i] = name_it(i);
        note_digest(i);
    }
    for (uint64_t i = 0; i < entries; i++) {
        if (i % keep_one_in == 0)
            continue;
        unlink_it(linked[i]);
        forget(named[i]);
    }
    if (is_emptied)
        forget_digests();
    free(linked);
    free(named);
    HASHTRACK_SNAPSHOT("end");
    truth(linked_heads, HEADS, linked_count);
    truth(named_heads, HEADS, named_count);
    truth(digest_heads, PRIME, digest_count);
    return 0;
}
