/*
 * Allocations before the tracker's constructor: in IFUNC resolvers (of the program and of a library
 * that is relocated before any preloaded one), in .preinit_array, in constructors of every
 * priority. Blocks from there are freed and grown later, when the tracker is awake.
 */
#include "host.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define EARLY_BLOCKS 64

static unsigned char *from_resolver, *from_preinit, *from_constructor[2];
static unsigned char *many[EARLY_BLOCKS];
static struct host_table early_table;

static int forty_two(void)
{
    return 42;
}

/* A resolver runs while the program is being relocated; calls out of it are undefined in theory and
 * common in practice. */
__attribute__((used)) static int (*resolve_answer(void))(void)
{
    from_resolver = malloc(3000);
    if (from_resolver != NULL)
        from_resolver[2999] = 7;
    free(malloc(2048));
    return forty_two;
}

static int answer(void) __attribute__((ifunc("resolve_answer")));

static void before_constructors(int argc, char **argv, char **environment)
{
    (void)argc, (void)argv, (void)environment;
    from_preinit = malloc(5000);
    memset(from_preinit, 5, 5000);
    from_preinit = realloc(from_preinit, 50000);
    for (int i = 0; i < EARLY_BLOCKS; i++)
        many[i] = calloc(1, 1024 + 100 * (size_t)i);
    void *aligned = NULL;
    HOST_CHECK(posix_memalign(&aligned, 4096, 8192) == 0);
    free(aligned);
    host_table_fill(&early_table, 5000);
}

__attribute__((section(".preinit_array"),
               used)) static void (*preinit)(int, char **, char **) = before_constructors;

__attribute__((constructor(101))) static void first_constructor(void)
{
    from_constructor[0] = malloc(2000);
    from_preinit = realloc(from_preinit, 100000);
}

__attribute__((constructor)) static void last_constructor(void)
{
    from_constructor[1] = calloc(2, 3000);
    host_table_fill(&early_table, 20000);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        HOST_CHECK(strcmp(argv[1], "freed-late") == 0);
    HOST_CHECK(answer() == 42);
    HOST_CHECK(from_resolver != NULL && from_resolver[2999] == 7);
    HOST_CHECK(from_preinit[0] == 5 && from_preinit[4999] == 5);
    HOST_CHECK(malloc_usable_size(from_resolver) >= 3000);
    host_table_fill(&early_table, 50000);
    if (argc == 1) {
        errno = 77;
        free(from_resolver);
        free(from_preinit);
        free(from_constructor[0]);
        free(from_constructor[1]);
        for (int i = 0; i < EARLY_BLOCKS; i++) {
            many[i] = realloc(many[i], 10000);
            HOST_CHECK(many[i][0] == 0 && many[i][1023] == 0);
            free(many[i]);
        }
        HOST_CHECK(errno == 77);
        host_table_free(&early_table);
    }
    host_work(30000);
    host_describe();
    return 0;
}
