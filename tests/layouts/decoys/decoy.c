/* The driver of the decoys: see decoy.h. */
#include "decoy.h"

#include <stdio.h>
#include <string.h>

#include "hashtrack.h"

struct object {
    struct object *before;
    uint64_t payload[3];
};

static unsigned looks;
static uint64_t random_state = 88172645463325252u;
static struct object *objects;

void decoy_look(const char *what, const void *address)
{
    char label[64];
    snprintf(label, sizeof label, "%u %s", ++looks, what);
    HASHTRACK_SNAPSHOT(label);
    printf("DECOY {\"what\": \"%s\", \"address\": \"%p\", \"snapshot\": \"%s\"}\n", what, address,
           label);
}

/* xorshift64 (Marsaglia 2003). */
uint64_t decoy_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

void *decoy_object(void)
{
    struct object *object = must(malloc(sizeof *object));
    object->before = objects;
    objects = object;
    return object;
}

static void run_case(const struct decoy_case *decoy)
{
    decoy->run();
    while (objects != NULL) {
        struct object *object = objects;
        objects = object->before;
        free(object);
    }
}

int decoy_main(int argc, char **argv, const struct decoy_case *cases)
{
    unsigned ran = 0;
    for (const struct decoy_case *decoy = cases; decoy->name != NULL; decoy++) {
        if (argc < 2 || strcmp(argv[1], decoy->name) == 0) {
            run_case(decoy);
            ran++;
        }
    }
    if (ran == 0) {
        fprintf(stderr, "no such case: %s\n", argv[1]);
        return 2;
    }
    return 0;
}
