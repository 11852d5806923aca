/*
 * A program full of secrets: in the keys and values of its tables, in blocks it freed, in argv and
 * in the environment (both planted by the test). None may be found in a dump. The texts in memory
 * are made at run time from the pieces below, so that the whole secret stands nowhere else.
 */
#include "host.h"

#include "hashtrack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 32768

struct slot {
    char key[24];
    char value[40];
};

static void set(struct slot *slots, int number)
{
    struct slot *slot = &slots[number * 7919 % SLOTS];
    snprintf(slot->key, sizeof slot->key, "%s-%s-%05d", "hushkey", "in-a-slot", number);
    snprintf(slot->value, sizeof slot->value, "%s-%s-%05d", "hushvalue", "in-a-slot", number);
}

int main(int argc, char **argv)
{
    HOST_CHECK(argc == 2 && strncmp(argv[1], "hush", 4) == 0 && getenv("HUSH") != NULL);
    struct slot *small = calloc(SLOTS / 2, sizeof *small);
    struct slot *large = calloc(SLOTS, sizeof *large);
    HOST_CHECK(small != NULL && large != NULL);
    for (int number = 0; number < SLOTS / 2; number++)
        set(large, number);
    memcpy(small, large, SLOTS / 2 * sizeof *small);
    free(small);
    char *freed = malloc(100000);
    for (int i = 0; i < 100000; i++)
        freed[i] = "hushfreed"[i % 9];
    free(freed);
    host_work(100000);
    HASHTRACK_SNAPSHOT("while it holds secrets");
    host_describe();
    return 0;
}
