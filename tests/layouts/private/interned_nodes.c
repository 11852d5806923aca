/*
 * Tables of generic nodes, reserved for many and given few, of which no two meet: each node keeps a
 * hash and leads to an object elsewhere, whose fields are the key. Heads by mask, heads by a prime,
 * slots that hold hash and object in line, and such of names. Called as PROGRAM emptied|never-full.
 */
#include <hashtrack.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define LEFT     500u
#define MASKED   (UINT64_C(1) << 18)
#define PRIME    UINT64_C(262147)
#define IN_LINE  (UINT64_C(1) << 17)
#define KEY_STEP 7u

struct route {
    void *owner;
    uint32_t metric, next_hop, origin, weight;
    uint64_t uses;
};

struct session {
    uint64_t started;
    uint32_t local, remote;
    uint16_t local_port, remote_port;
    uint32_t state;
};

struct shape_of_text {
    uint32_t size, style;
    uint64_t face;
    char description[24];
};

struct masked_node {
    struct masked_node *next;
    int length;
    uint32_t hash;
    struct route *route;
};

struct prime_node {
    struct session *session;
    uint64_t hash;
    struct prime_node *next;
};

struct line_slot {
    uint32_t hash, is_used;
    struct shape_of_text *shape;
};

struct name_slot {
    uint32_t hash; /* FNV-1a */
    char name[28];
};

static struct name_slot *names;
static uint64_t name_count;
static struct masked_node **masked;
static struct prime_node **primes;
static struct line_slot *lines;
static uint64_t masked_count, prime_count, line_count;

static APART uint32_t route_hash(const struct route *route)
{
    uint32_t hash = 0x3cdf7d41u;
    hash = (hash ^ route->metric) * 0x2c1b3c6du;
    hash = (hash ^ hash >> 12 ^ route->next_hop) * 0x297a2d39u;
    hash = (hash ^ hash >> 15 ^ route->origin) * 0x6d25357bu;
    return hash ^ hash >> 13;
}

static APART uint64_t session_hash(const struct session *session)
{
    uint64_t hash = (uint64_t)session->local << 32 | session->remote;
    hash ^= (uint64_t)session->local_port << 16 | session->remote_port;
    hash *= UINT64_C(0xc6bc279692b5c323);
    hash ^= hash >> 29;
    hash *= UINT64_C(0xa0c5d8e9b46a3f17);
    return hash >> 11;
}

static APART uint32_t shape_hash(const struct shape_of_text *shape)
{
    uint64_t hash = shape->face * UINT64_C(0xe95e1dd17d35800d) + shape->size;
    hash = (hash ^ hash >> 31) * UINT64_C(0x8cb92ba72f3d8dd7) + shape->style;
    hash = (hash ^ hash >> 27) * UINT64_C(0xaf251af3b0f025b5);
    return (uint32_t)(hash ^ hash >> 32);
}

/* Keys that would meet another are left out: only those prove nothing by it. */
static __attribute__((noinline)) bool add_route(struct route *route, bool alone)
{
    struct masked_node *node = must(calloc(1, sizeof *node));
    node->route = route;
    node->hash = route_hash(route);
    struct masked_node **head = &masked[node->hash & (MASKED - 1)];
    if (alone && *head != NULL) {
        free(node);
        return false;
    }
    node->next = *head;
    node->length = *head ? (*head)->length + 1 : 1;
    *head = node;
    masked_count++;
    return true;
}

static __attribute__((noinline)) bool add_session(struct session *session, bool alone)
{
    struct prime_node *node = must(calloc(1, sizeof *node));
    node->session = session;
    node->hash = session_hash(session);
    struct prime_node **head = &primes[node->hash % PRIME];
    if (alone && *head != NULL) {
        free(node);
        return false;
    }
    node->next = *head;
    *head = node;
    prime_count++;
    return true;
}

static __attribute__((noinline)) bool add_shape(struct shape_of_text *shape, bool alone)
{
    uint32_t hash = shape_hash(shape);
    uint64_t at = hash & (IN_LINE - 1);
    if (alone && lines[at].is_used)
        return false;
    while (lines[at].is_used)
        at = (at + 1) & (IN_LINE - 1);
    lines[at] = (struct line_slot){hash, 1, shape};
    line_count++;
    return true;
}

static void add_name(uint32_t number)
{
    struct name_slot slot = {.hash = 2166136261u};
    snprintf(slot.name, sizeof slot.name, "doc/%08x.gz", number * 2654435761u);
    for (const char *at = slot.name; *at != '\0'; at++)
        slot.hash = (slot.hash ^ (unsigned char)*at) * 16777619u;
    if (names[slot.hash % IN_LINE].name[0] != '\0')
        return;
    names[slot.hash % IN_LINE] = slot;
    name_count++;
}

static void sweep(void)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < MASKED; i++) {
        struct masked_node *node = masked[i], *next;
        bool keep = node != NULL && node->next == NULL && node->hash % 151 == 0;
        for (; node != NULL && !keep; node = next) {
            next = node->next;
            free(node);
            masked_count--;
        }
        masked[i] = node;
        kept += keep;
    }
    for (uint64_t i = 0; i < PRIME; i++) {
        struct prime_node *node = primes[i], *next;
        bool keep = node != NULL && node->next == NULL && node->hash % 149 == 0;
        for (; node != NULL && !keep; node = next) {
            next = node->next;
            free(node);
            prime_count--;
        }
        primes[i] = node;
    }
    if (kept != masked_count)
        abort();
}

static void truth(const void *array, uint64_t capacity, uint64_t live)
{
    printf("TRUTH {\"implementation\": \"unknown\", \"capacity\": %" PRIu64 ", \"live\": %" PRIu64
           ", \"verdict\": \"over-reserved\", \"snapshot\": \"end\", \"address\": \"%p\"}\n",
           capacity, live, array);
}

int main(int argc, char **argv)
{
    bool is_emptied = argc > 1 && strcmp(argv[1], "emptied") == 0;
    uint64_t entries = is_emptied ? 90000 : LEFT;
    masked = must(calloc(MASKED, sizeof *masked));
    primes = must(calloc(PRIME, sizeof *primes));
    lines = must(calloc(IN_LINE, sizeof *lines));
    names = must(calloc(IN_LINE, sizeof *names));
    struct route *routes = must(calloc(entries, sizeof *routes));
    struct session *sessions = must(calloc(entries, sizeof *sessions));
    struct shape_of_text *shapes = must(calloc(LEFT, sizeof *shapes));
    for (uint64_t i = 0; i < entries; i++) {
        uint32_t n = (uint32_t)i * KEY_STEP;
        routes[i] = (struct route){.metric = n, .next_hop = 0x0a000000u + n % 601, .origin = n % 3};
        sessions[i] = (struct session){.local = 0xc0a80101u,
                                       .remote = 0x0a000000u + n,
                                       .local_port = 443,
                                       .remote_port = (uint16_t)(1024 + n / 31 % 60000),
                                       .state = 2};
        add_route(&routes[i], !is_emptied);
        add_session(&sessions[i], !is_emptied);
        if (i < LEFT) {
            shapes[i] = (struct shape_of_text){.size = 8 + n % 97, .style = n / 97, .face = n / 5};
            add_shape(&shapes[i], true);
            add_name(n);
        }
    }
    if (is_emptied)
        sweep();
    HASHTRACK_SNAPSHOT("end");
    truth(masked, MASKED, masked_count);
    truth(primes, PRIME, prime_count);
    truth(lines, IN_LINE, line_count);
    truth(names, IN_LINE, name_count);
    return 0;
}
