/*
 * Chains whose first entry lies in the bucket; further ones are in blocks of their own. A bucket is
 * empty when its entry has no owner.
 */
#include "scenario.h"

struct seat {
    struct seat *behind;
    uint64_t key;
    const void *owner;
    uint64_t value;
    uint64_t since;
};

struct hall {
    struct seat *seats;
    uint64_t mask;
};

static uint64_t taken; /* far from the object, where nothing tells whose they are */

static const char owners[8];

static struct seat *seat_of(const struct hall *hall, uint64_t key)
{
    key = (key ^ (key >> 32)) * 0x9ddfea08eb382d69u;
    key = (key ^ (key >> 29)) * 0xd6e8feb86659fd93u;
    return &hall->seats[(key >> 31 ^ key >> 47) & hall->mask];
}

static void place(struct hall *hall, struct seat entry)
{
    struct seat *seat = seat_of(hall, entry.key);
    entry.behind = seat->behind;
    if (seat->owner == NULL) {
        *seat = entry;
    } else {
        struct seat *further = must(malloc(sizeof *further));
        *further = entry;
        seat->behind = further;
    }
}

static void enlarge(struct hall *hall)
{
    struct seat *old = hall->seats;
    uint64_t seats = hall->mask + 1;
    hall->seats = must(calloc(2 * seats, sizeof *hall->seats));
    hall->mask = 2 * seats - 1;
    for (uint64_t i = 0; i < seats; i++) {
        struct seat *further = old[i].behind;
        if (old[i].owner != NULL)
            place(hall, old[i]);
        while (further != NULL) {
            struct seat *next = further->behind;
            place(hall, *further);
            free(further);
            further = next;
        }
    }
    free(old);
}

static struct seat *search(const struct hall *hall, uint64_t key)
{
    struct seat *seat = seat_of(hall, key);
    while (seat != NULL && (seat->owner == NULL || seat->key != key))
        seat = seat->behind;
    return seat;
}

static void *create(void)
{
    struct hall *hall = must(malloc(sizeof *hall));
    *hall = (struct hall){.seats = must(calloc(64, sizeof *hall->seats)), .mask = 63};
    return hall;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct hall *hall = table;
    struct seat *seat = search(hall, key);
    if (seat != NULL) {
        seat->value = value;
        return;
    }
    if (taken > hall->mask / 8 * 7)
        enlarge(hall);
    place(hall, (struct seat){NULL, key, &owners[value % 8], value, key ^ value});
    taken++;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct seat *seat = search(table, key);
    if (seat != NULL)
        *value = seat->value;
    return seat != NULL;
}

static bool erase(void *table, uint64_t key)
{
    struct hall *hall = table;
    struct seat *seat = seat_of(hall, key), *before = NULL;
    while (seat != NULL && (seat->owner == NULL || seat->key != key)) {
        before = seat;
        seat = seat->behind;
    }
    if (seat == NULL)
        return false;
    struct seat *further = seat->behind;
    if (before != NULL) {
        before->behind = further;
        free(seat);
    } else if (further != NULL) {
        *seat = *further;
        free(further);
    } else {
        *seat = (struct seat){0};
    }
    taken--;
    return true;
}

static void destroy(void *table)
{
    struct hall *hall = table;
    for (uint64_t i = 0; i <= hall->mask; i++) {
        while (hall->seats[i].behind != NULL) {
            struct seat *further = hall->seats[i].behind;
            hall->seats[i].behind = further->behind;
            free(further);
        }
    }
    free(hall->seats);
    free(hall);
}

static struct shape shape(const void *table)
{
    const struct hall *hall = table;
    return (struct shape){.address = hall->seats, .capacity = hall->mask + 1, .live = taken};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 110000,
                                              .destroy_empties = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
