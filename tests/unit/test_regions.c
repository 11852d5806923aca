/* What each place of our own process is: regions.h. */
#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "maps.h"
#include "modules.h"
#include "regions.h"
#include "snapshot.h"

static uint64_t initialised = 7;
static uint64_t zeroed[100];
static __thread uint64_t thread_local_word = 5;

struct collected {
    struct buffer modules, strings;
    struct regions regions;
};

static uint64_t address_of(const void *place)
{
    return (uint64_t)(uintptr_t)place;
}

static uint64_t thread_pointer(void)
{
    uint64_t pointer;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

static struct collected collect(uint64_t thread)
{
    struct collected collected = {0};
    struct memory_reader reader = process_reader(0);
    char program[SNAPSHOT_PROGRAM_BYTES];
    snapshot_program(0, program, sizeof(program));
    struct buffer maps = {0};
    buffer_append(&collected.strings, "", 1);
    assert_true(maps_read(0, &maps));
    assert_true(modules_collect(&reader, &maps, &collected.modules, &collected.strings));
    assert_true(regions_collect(&collected.regions, &reader, &maps, &collected.modules,
                                &collected.strings, program, thread, false));
    buffer_free(&maps);
    return collected;
}

static void collected_free(struct collected *collected)
{
    regions_free(&collected->regions);
    buffer_free(&collected->modules);
    buffer_free(&collected->strings);
}

static enum region_kind kind_of(const struct collected *collected, const void *place)
{
    const struct region *region = regions_find(&collected->regions, address_of(place));
    assert_non_null(region);
    return region->kind;
}

static void test_static_data(void **state)
{
    (void)state;
    struct collected collected = collect(0);
    const struct dump_module *modules =
        (const struct dump_module *)(const void *)collected.modules.memory;
    const void *const places[] = {&initialised, &zeroed[99]};
    for (size_t i = 0; i < 2; i++) {
        const struct region *region = regions_find(&collected.regions, address_of(places[i]));
        assert_non_null(region);
        assert_int_equal(region->kind, REGION_STATIC);
        assert_int_equal(region->base, modules[region->module].bias);
        assert_int_equal(region->module,
                         modules_find(&collected.modules, address_of((void *)test_static_data)));
    }
    const struct region *libc = regions_find(&collected.regions, address_of(stderr));
    assert_true(libc && libc->kind == REGION_STATIC);
    assert_null(regions_find(&collected.regions, address_of((void *)test_static_data)));
    assert_null(regions_find(&collected.regions, 0));
    assert_null(regions_find(&collected.regions, UINT64_MAX));
    collected_free(&collected);
}

static void test_thread_local_data(void **state)
{
    (void)state;
    struct collected collected = collect(thread_pointer());
    const struct region *region = regions_find(&collected.regions, address_of(&thread_local_word));
    assert_non_null(region);
    assert_int_equal(region->kind, REGION_THREAD_LOCAL);
    assert_true(address_of(&thread_local_word) - region->base < 65536);
    collected_free(&collected);
}

static void test_heap_and_stack(void **state)
{
    (void)state;
    uint64_t local = 1;
    void *large = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(large != MAP_FAILED);
    struct collected collected = collect(0);
    assert_int_equal(kind_of(&collected, &local), REGION_STACK);
    assert_int_equal(kind_of(&collected, large), REGION_ANONYMOUS);
    collected_free(&collected);
    munmap(large, 1 << 20);
}

static void *look_from_thread(void *unused)
{
    (void)unused;
    uint64_t local = 1;
    struct collected collected = collect(0);
    assert_int_equal(kind_of(&collected, &local), REGION_STACK);
    const struct region *region = regions_find(&collected.regions, address_of(&thread_local_word));
    assert_non_null(region);
    assert_int_equal(region->kind, REGION_THREAD_LOCAL);
    collected_free(&collected);
    return NULL;
}

/* Found by the control block at its end, whichever thread looks. */
static void test_another_threads_stack(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_from_thread, NULL), 0);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_static_data),
        cmocka_unit_test(test_thread_local_data),
        cmocka_unit_test(test_heap_and_stack),
        cmocka_unit_test(test_another_threads_stack),
    };
    return RUN(tests);
}
