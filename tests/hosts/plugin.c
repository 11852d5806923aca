/*
 * A plugin for plugins.c: allocates in its constructor and destructor, gives blocks away and takes
 * foreign ones, which with RTLD_DEEPBIND or in a namespace of its own reach another malloc than the
 * program's.
 */
#include <stdlib.h>
#include <string.h>

void *plugin_give(size_t bytes);
void plugin_take(void *block);
void *plugin_grow(void *block, size_t bytes);
void plugin_call(void (*function)(void));
void *plugin_table(size_t entries);

static void *kept;
static __thread char of_thread[50000]; /* the loader allocates it when a thread first uses it */

__attribute__((constructor)) static void arrive(void)
{
    kept = calloc(3, 2000);
    kept = realloc(kept, 20000);
    free(malloc(5000));
}

__attribute__((destructor)) static void leave(void)
{
    free(malloc(5000));
    free(kept);
}

void *plugin_give(size_t bytes)
{
    char *block = malloc(bytes);
    if (block != NULL)
        memset(block, 0x33, bytes);
    of_thread[0]++;
    return block;
}

void plugin_take(void *block)
{
    free(block);
}

void *plugin_grow(void *block, size_t bytes)
{
    return realloc(block, bytes);
}

void plugin_call(void (*function)(void))
{
    function();
    of_thread[1]++; /* the call above is not the last thing that is done */
}

/* A table of the plugin's own, by its own malloc: linear probing, doubled at three quarters. */
void *plugin_table(size_t entries)
{
    size_t capacity = 256;
    unsigned long *slots = calloc(capacity, sizeof *slots);
    for (size_t live = 0; slots != NULL && live < entries; live++) {
        if (4 * (live + 1) > 3 * capacity) {
            unsigned long *bigger = calloc(capacity * 2, sizeof *slots);
            for (size_t i = 0; bigger != NULL && i < capacity; i++) {
                size_t at = slots[i] * 0x9e3779b97f4a7c15 >> 20 & (2 * capacity - 1);
                while (slots[i] != 0 && bigger[at] != 0)
                    at = (at + 1) & (2 * capacity - 1);
                if (slots[i] != 0)
                    bigger[at] = slots[i];
            }
            free(slots);
            slots = bigger;
            capacity *= 2;
        }
        size_t at = (live + 1) * 0x9e3779b97f4a7c15 >> 20 & (capacity - 1);
        while (slots != NULL && slots[at] != 0)
            at = (at + 1) & (capacity - 1);
        if (slots != NULL)
            slots[at] = live + 1;
    }
    return slots;
}
