/*
 * The search for owners in our own process: which places lead to a table, and which copies of an
 * address do not count. Only where malloc is glibc's: the sanitizers bring their own.
 */
#include "unit.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "heap_blocks.h"
#include "maps.h"
#include "snapshot.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHER_MALLOC 1
#else
#define OTHER_MALLOC 0
#endif

/* The table's object somewhere in a block. */
struct cache {
    uint64_t hits;
    void *buckets;
    uint64_t count;
};

struct server {
    uint64_t port;
    struct cache *cache;
};

static struct cache own_cache;
static struct cache *volatile only_pointer;
static struct server *volatile server;
static void *volatile array_pointer;

struct test {
    struct snapshot *snapshot;
    struct registry *registry;
    unsigned char *scratch;
};

static uint64_t address_of(const volatile void *place)
{
    return (uint64_t)(uintptr_t)place;
}

static void test_begin(struct test *test)
{
    test->snapshot = calloc(1, sizeof(*test->snapshot));
    test->registry = calloc(1, sizeof(*test->registry));
    test->scratch = system_map((size_t)2 * LAYOUT_SCRATCH_BYTES);
    assert_true(test->snapshot && test->registry && test->scratch);
    struct snapshot *snapshot = test->snapshot;
    test->registry->is_glibc_heap = 1;
    snapshot->registry = test->registry;
    snapshot->reader = process_reader(0);
    snapshot->view.scratch = test->scratch;
    snapshot->arrays.pointers = &snapshot->pointers;
    snapshot->pointers.reader = &snapshot->reader;
    snapshot->pointers.scratch = test->scratch + LAYOUT_SCRATCH_BYTES;
    snapshot_program(0, snapshot->program, sizeof(snapshot->program));
    dump_add_string(&snapshot->contents, "");
    snapshot_modules(snapshot);
}

static void test_end(struct test *test)
{
    snapshot_free(test->snapshot);
    system_unmap(test->scratch, (size_t)2 * LAYOUT_SCRATCH_BYTES);
    free(test->snapshot);
    free(test->registry);
}

static void add_table(struct test *test, const volatile void *header, uint64_t bytes)
{
    struct dump_table table = {
        .header = address_of(header), .bytes = bytes, .known = DUMP_KNOWN_HEADER};
    dump_add(&test->snapshot->contents, DUMP_SECTION_TABLES, &table);
}

static uint32_t owner_count(const struct test *test)
{
    return dump_count(&test->snapshot->contents, DUMP_SECTION_OWNERS);
}

static const struct dump_owner *owner_at(const struct test *test, uint32_t index)
{
    assert_true(index < owner_count(test));
    return (const struct dump_owner *)(const void *)test->snapshot->contents
               .sections[DUMP_SECTION_OWNERS]
               .memory +
           index;
}

/* Whether the link names this variable of ours. */
static bool is_variable(const struct test *test, const struct dump_owner *owner,
                        const volatile void *variable)
{
    const struct dump_module *modules =
        (const struct dump_module *)(const void *)test->snapshot->contents
            .sections[DUMP_SECTION_MODULES]
            .memory;
    return owner->kind == DUMP_OWNER_STATIC &&
           owner->offset + modules[owner->module].bias == address_of(variable);
}

static void test_object_in_static_data(void **state)
{
    (void)state;
    struct test test;
    test_begin(&test);
    add_table(&test, &own_cache, 100);
    snapshot_owners(test.snapshot);
    assert_int_equal(owner_count(&test), 1);
    const struct dump_owner *owner = owner_at(&test, 0);
    assert_true(is_variable(&test, owner, &own_cache));
    assert_int_equal(owner->flags, DUMP_OWNER_IS_OBJECT);
    assert_int_equal(owner->holds, DUMP_NONE);
    test_end(&test);
}

static void test_chain_of_blocks(void **state)
{
    (void)state;
    struct test test;
    server = calloc(1, sizeof(*server));
    assert_non_null(server);
    server->cache = calloc(1, sizeof(*server->cache));
    assert_non_null(server->cache);
    test_begin(&test);
    add_table(&test, &server->cache->buckets, 1 << 20);
    snapshot_owners(test.snapshot);
    assert_true(owner_count(&test) >= 3);
    const struct dump_owner *object = owner_at(&test, 0);
    assert_int_equal(object->kind, DUMP_OWNER_HEAP);
    assert_int_equal(object->offset, offsetof(struct cache, buckets));
    assert_int_equal(object->block_bytes, malloc_usable_size(server->cache));
    bool is_found = false;
    for (uint32_t i = 0; i < owner_count(&test); i++) {
        const struct dump_owner *owner = owner_at(&test, i);
        if (!is_variable(&test, owner, &server))
            continue;
        const struct dump_owner *block = owner_at(&test, owner->holds);
        assert_int_equal(block->kind, DUMP_OWNER_HEAP);
        assert_int_equal(block->offset, offsetof(struct server, cache));
        assert_int_equal(block->block_bytes, malloc_usable_size(server));
        assert_int_equal(block->holds, 0);
        is_found = true;
    }
    assert_true(is_found);
    test_end(&test);
    free(server->cache);
    free(server);
    server = NULL;
}

/* Neither the heap nor the memory is gone through for what would be no finding. */
static void test_small_table(void **state)
{
    (void)state;
    struct test test;
    only_pointer = calloc(1, sizeof(*only_pointer));
    test_begin(&test);
    add_table(&test, only_pointer, 4096);
    snapshot_owners(test.snapshot);
    assert_int_equal(owner_count(&test), 0);
    assert_int_equal(test.snapshot->pointers.done, false);
    test_end(&test);
    free(only_pointer);
    only_pointer = NULL;
}

/* Blocks that were freed, whether they look so (a large one) or not (in the thread's cache), and
 * blocks that nobody points at are not on the way from any variable. */
static void test_copies_that_do_not_count(void **state)
{
    (void)state;
    struct test test;
    struct cache *cache = calloc(1, sizeof(*cache));
    void **cached = calloc(4, sizeof(*cached)), **freed = calloc(500, sizeof(*freed));
    void **between = calloc(500, sizeof(*between)); /* so that freed stays a chunk of its own */
    assert_true(cache && cached && freed && between);
    cached[3] = cache;
    freed[400] = cache;
    only_pointer = cache;
    server = (struct server *)cached;
    array_pointer = freed;
    free(cached);
    free(freed);
    test_begin(&test);
    add_table(&test, cache, 1 << 20);
    snapshot_owners(test.snapshot);
    for (uint32_t i = 0; i < owner_count(&test); i++) {
        assert_false(is_variable(&test, owner_at(&test, i), &server));
        assert_false(is_variable(&test, owner_at(&test, i), &array_pointer));
        if (owner_at(&test, i)->kind == DUMP_OWNER_HEAP)
            assert_int_equal(owner_at(&test, i)->holds, DUMP_NONE);
    }
    test_end(&test);
    only_pointer = NULL;
    server = NULL;
    array_pointer = NULL;
    free(between);
    free(cache);
}

/* All of several variables are named: which to believe is the analyzer's question. */
static void test_two_variables(void **state)
{
    (void)state;
    struct test test;
    struct cache *cache = calloc(1, sizeof(*cache));
    only_pointer = cache;
    array_pointer = cache;
    test_begin(&test);
    add_table(&test, cache, 1 << 20);
    snapshot_owners(test.snapshot);
    unsigned variables = 0;
    for (uint32_t i = 0; i < owner_count(&test); i++)
        variables += is_variable(&test, owner_at(&test, i), &only_pointer) ||
                     is_variable(&test, owner_at(&test, i), &array_pointer);
    assert_int_equal(variables, 2);
    test_end(&test);
    only_pointer = NULL;
    array_pointer = NULL;
    free(cache);
}

static void test_frames(void **state)
{
    (void)state;
    struct test test;
    char stack[512] = "";
    test_begin(&test);
    /* As if there were a frame of the tracker's and one of the program's, of 128 bytes each. */
    struct stack_frame *frames = test.snapshot->frames;
    frames[0] = (struct stack_frame){.stack_pointer = address_of(stack + 128), .is_ours = true};
    frames[1] = (struct stack_frame){.address = address_of((void *)test_two_variables) + 5,
                                     .stack_pointer = address_of(stack + 256)};
    frames[2] = (struct stack_frame){.stack_pointer = address_of(stack + 384)};
    test.snapshot->frame_count = 3;
    add_table(&test, stack + 64, 100); /* below the end of the stack */
    add_table(&test, stack + 192, 100);
    add_table(&test, stack + 320, 100);
    snapshot_owners(test.snapshot);
    assert_int_equal(owner_count(&test), 1);
    const struct dump_owner *owner = owner_at(&test, 0);
    assert_int_equal(owner->table, 2);
    assert_int_equal(owner->kind, DUMP_OWNER_FRAME);
    assert_int_equal(owner->frame_offset, -64);
    const struct dump_module *modules =
        (const struct dump_module *)(const void *)test.snapshot->contents
            .sections[DUMP_SECTION_MODULES]
            .memory;
    assert_int_equal(owner->offset + modules[owner->module].bias, frames[1].address);
    test_end(&test);
}

static void test_blocks_of_malloc(void **state)
{
    (void)state;
    struct test test;
    test_begin(&test);
    struct regions regions = {0};
    struct snapshot *snapshot = test.snapshot;
    char *blocks[200];
    for (size_t i = 0; i < 200; i++)
        assert_non_null(blocks[i] = malloc(1 + i * 37));
    snapshot->maps.used = 0;
    assert_true(maps_read(0, &snapshot->maps)); /* with these blocks */
    assert_true(regions_collect(&regions, &snapshot->reader, &snapshot->maps,
                                &snapshot->contents.sections[DUMP_SECTION_MODULES],
                                &snapshot->contents.sections[DUMP_SECTION_STRINGS], "", 0, false));
    struct heap_blocks walk = {
        .reader = &snapshot->reader,
        .arrays = &snapshot->arrays,
        .regions = &regions,
        .is_glibc = true,
        .scratch = test.scratch,
    };
    struct heap_block found;
    for (size_t i = 0; i < 200; i++) {
        size_t usable = malloc_usable_size(blocks[i]);
        assert_true(heap_block_around(&walk, address_of(blocks[i]), &found));
        assert_int_equal(found.address, address_of(blocks[i]));
        assert_int_equal(found.bytes, usable);
        assert_true(heap_block_around(&walk, address_of(blocks[i]) + usable - 1, &found));
        assert_int_equal(found.address, address_of(blocks[i]));
        assert_false(heap_block_around(&walk, address_of(blocks[i]) - 8, &found));
    }
    for (size_t i = 0; i < 200; i++)
        free(blocks[i]);
    assert_false(heap_block_around(&walk, address_of(&own_cache), &found));
    walk.is_glibc = false;
    assert_false(heap_block_around(&walk, address_of(test.snapshot), &found));
    regions_free(&regions);
    test_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object_in_static_data),
        cmocka_unit_test(test_chain_of_blocks),
        cmocka_unit_test(test_small_table),
        cmocka_unit_test(test_copies_that_do_not_count),
        cmocka_unit_test(test_two_variables),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_blocks_of_malloc),
    };
    return OTHER_MALLOC ? 77 : RUN(tests);
}
