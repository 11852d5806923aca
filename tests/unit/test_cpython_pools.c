/* Arenas of CPython's allocator: cpython_pools.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "layouts/cpython_pools.h"
#include "readable.h"

#define ARENA    1048576u
#define POOL     16384u
#define OLD_POOL 4096u
#define HEADER   48u

struct pool_header {
    uint64_t used;
    uint64_t free, next, previous;
    uint32_t arena, size_class, next_offset, most_offset;
};

static unsigned char *arena;

static bool is_arena(size_t bytes)
{
    struct block block = {.address = (uint64_t)(uintptr_t)arena, .bytes = bytes};
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, arena, bytes);
    struct layout_view view = {.reader = &readable.reader};
    bool is_one = cpython_pools_fill(&view, &block);
    assert_int_equal(readable.refused, 0);
    return is_one;
}

static struct pool_header *pool_at(uint32_t pool_bytes, uint32_t nth)
{
    uintptr_t first = ((uintptr_t)arena + pool_bytes - 1) & ~(uintptr_t)(pool_bytes - 1);
    return (struct pool_header *)(first + (uintptr_t)nth * pool_bytes);
}

/* A pool of each size in turn, full of objects. */
static void fill_pools(uint32_t pool_bytes, uint32_t pools)
{
    for (uint32_t i = 0; i < pools; i++) {
        struct pool_header *pool = pool_at(pool_bytes, i);
        uint32_t class = i % 32, bytes = (class + 1) * 16;
        memset(pool, 0xA7, pool_bytes);
        *pool = (struct pool_header){.used = 3,
                                     .free = (uintptr_t)pool + HEADER,
                                     .next = (uintptr_t)pool,
                                     .previous = (uintptr_t)pool,
                                     .arena = 5,
                                     .size_class = class,
                                     .next_offset = HEADER + 3 * bytes,
                                     .most_offset = pool_bytes - bytes};
    }
}

static void knows_arenas(void **state)
{
    (void)state;
    for (uint32_t pools = 2; pools < 32; pools++) {
        memset(arena, 0, ARENA);
        fill_pools(POOL, pools);
        assert_true(is_arena(ARENA));
        memset(arena, 0, ARENA);
        fill_pools(OLD_POOL, pools);
        assert_true(is_arena(ARENA / 4));
    }
}

static void asks_for_more_than_one(void **state)
{
    (void)state;
    memset(arena, 0, ARENA);
    assert_false(is_arena(ARENA));
    fill_pools(POOL, 1);
    assert_false(is_arena(ARENA));
    fill_pools(POOL, 3);
    assert_false(is_arena(ARENA - 4096));
    assert_false(is_arena(2 * ARENA / 4));
}

/* A table's slots, or numbers, that differ from a header in one of its fields. */
static void takes_nothing_else(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        for (unsigned field = 0; field < 6; field++) {
            memset(arena, 0, ARENA);
            fill_pools(POOL, 8);
            struct pool_header *pool = pool_at(POOL, i);
            pool->arena += field == 0 ? 1 : 0;
            pool->size_class += field == 1 ? 1 : 0;
            pool->size_class += field == 2 ? 32 : 0;
            pool->next_offset += field == 3 ? 8 : 0;
            pool->most_offset -= field == 4 ? 16 : 0;
            pool->previous = field == 5 ? 0 : pool->previous;
            assert_false(is_arena(ARENA));
        }
    memset(arena, 0, ARENA);
    for (uint32_t i = 0; i < ARENA / 4; i++)
        ((uint32_t *)(void *)arena)[i] = i % 4 == 0 ? i * 2654435761u : 0;
    assert_false(is_arena(ARENA));
}

static int make_arena(void **state)
{
    (void)state;
    unsigned char *memory = aligned_alloc(POOL, ARENA + 2 * POOL);
    arena = memory ? memory + 4096 : NULL; /* the kernel knows of pages alone */
    return memory ? 0 : 1;
}

static int free_arena(void **state)
{
    (void)state;
    free(arena - 4096);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_arenas),
        cmocka_unit_test(asks_for_more_than_one),
        cmocka_unit_test(takes_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
