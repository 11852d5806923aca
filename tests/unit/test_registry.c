/* The records of live arrays and call stacks, in one thread: pool.h, registry.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "registry.h"
#include "registry_memory.h"

/* --- pools --- */

struct record {
    uint64_t words[3];
};

static struct pool make_pool(uint32_t most)
{
    return (struct pool){
        .record_bytes = sizeof(struct record), .chunk_shift = 4, .max_records = most};
}

static void free_pool(struct pool *pool)
{
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++)
        system_unmap(pool->chunks[i], pool_chunk_bytes(pool));
}

static void test_a_pool_hands_out_every_record_once(void **state)
{
    (void)state;
    struct pool pool = make_pool(100);
    assert_false(pool_has(&pool, 0));
    assert_false(pool_has(&pool, 1));
    for (uint32_t i = 1; i < 100; i++) {
        assert_int_equal(pool_take(&pool), i);
        struct record *record = pool_at(&pool, i);
        assert_int_equal(record->words[0] | record->words[1] | record->words[2], 0);
        memset(record, 0xff, sizeof(*record));
        assert_true(pool_has(&pool, i));
        assert_false(pool_has(&pool, i + 1));
    }
    assert_int_equal(pool_take(&pool), 0);
    assert_int_equal(pool_take_run(&pool, 2), 0);
    for (uint32_t i = 1; i < 100; i++)
        assert_int_equal(((struct record *)pool_at(&pool, i))->words[2], UINT64_MAX);
    free_pool(&pool);
}

static void test_a_run_lies_side_by_side(void **state)
{
    (void)state;
    struct pool pool = make_pool(1000);
    uint32_t next = 1;
    for (uint32_t count = 1; next + 2 * count < 1000; count = count % 16 + 1) {
        uint32_t first = pool_take_run(&pool, count);
        assert_true(first >= next);
        assert_ptr_equal(pool_at(&pool, first + count - 1),
                         (struct record *)pool_at(&pool, first) + count - 1);
        assert_true(pool_has(&pool, first + count - 1));
        next = first + count;
    }
    free_pool(&pool);
}

/* What came from another process may be any number. */
static void test_an_index_nobody_handed_out(void **state)
{
    (void)state;
    struct pool pool = make_pool(1000);
    pool_take(&pool);
    for (uint64_t index = 2; index <= UINT32_MAX; index += index / 2)
        assert_false(pool_has(&pool, (uint32_t)index));
    assert_false(pool_has(&pool, UINT32_MAX));
    pool.count = UINT32_MAX; /* a spoilt copy */
    assert_false(pool_has(&pool, 16 * POOL_MAX_CHUNKS));
    assert_false(pool_has(&pool, UINT32_MAX - 1));
    assert_false(pool_has(&pool, 100)); /* a chunk that was not copied */
    pool.count = 2;
    free_pool(&pool);
}

/* --- live arrays --- */

static struct registry *registry;

static int begin(void **state)
{
    (void)state;
    registry = system_map(sizeof(*registry));
    if (!registry)
        return -1;
    registry_start(registry);
    return 0;
}

static int end(void **state)
{
    (void)state;
    registry_unmap(registry);
    return 0;
}

static struct array_record array_of(uint64_t address, uint64_t bytes, uint64_t sequence)
{
    return (struct array_record){.address = address, .bytes = bytes, .sequence = sequence};
}

static void test_insert_find_remove(void **state)
{
    (void)state;
    struct array_record array = array_of(0x7f0000001000, 4096, 1), found = {0};
    assert_int_equal(registry_find(registry, array.address, &found), 0);
    assert_false(registry_remove(registry, array.address, &found));
    array.site = 7;
    uint32_t index = registry_insert(registry, &array);
    assert_int_not_equal(index, 0);
    assert_int_equal(registry->tracked_bytes, 4096);
    assert_int_equal(registry_blocks(registry), 1);
    assert_int_equal(registry_find(registry, array.address, &found), index);
    assert_memory_equal(&found, &array, sizeof(found));
    /* Only the start of a block is its address. */
    assert_int_equal(registry_find(registry, array.address + 16, &found), 0);
    assert_false(registry_remove(registry, array.address - 16, &found));
    assert_true(registry_remove(registry, array.address, &found));
    assert_int_equal(found.site, 7);
    assert_int_equal(registry->tracked_bytes, 0);
    assert_int_equal(registry_blocks(registry), 0);
    assert_int_equal(registry->peak_tracked_bytes, 4096);
    assert_false(registry_remove(registry, array.address, &found));
}

static void test_a_stale_reference_is_refused(void **state)
{
    (void)state;
    struct array_record first = array_of(0x20000, 1024, 11), found;
    uint32_t index = registry_insert(registry, &first);
    assert_true(registry_get(registry, index, 11, &found));
    assert_false(registry_get(registry, index, 12, &found));
    assert_true(registry_remove(registry, first.address, &found));
    assert_false(registry_get(registry, index, 11, &found));
    /* The record is used again by the next array of that shard. */
    struct array_record second = array_of(0x20000, 2048, 13);
    assert_int_equal(registry_insert(registry, &second), index);
    assert_false(registry_get(registry, index, 11, &found));
    assert_true(registry_get(registry, index, 13, &found));
    assert_int_equal(found.bytes, 2048);
    assert_false(registry_get(registry, 0, 0, &found));
    assert_false(registry_get(registry, UINT32_MAX, 13, &found));
    registry_remove(registry, 0x20000, &found);
}

static void test_a_missed_free(void **state)
{
    (void)state;
    struct array_record first = array_of(0x30000, 1024, 21), second = array_of(0x30000, 4096, 22);
    struct array_record found;
    uint64_t missed = registry->counters.values[COUNTER_FREES_MISSED];
    uint32_t index = registry_insert(registry, &first);
    assert_int_equal(registry_insert(registry, &second), index);
    assert_int_equal(registry->counters.values[COUNTER_FREES_MISSED], missed + 1);
    assert_int_equal(registry->tracked_bytes, 4096);
    assert_int_equal(registry_blocks(registry), 1);
    assert_false(registry_get(registry, index, 21, &found));
    assert_true(registry_remove(registry, 0x30000, &found));
    assert_int_equal(found.sequence, 22);
    assert_false(registry_remove(registry, 0x30000, &found));
    assert_int_equal(registry->tracked_bytes, 0);
}

static void raise_bytes(struct array_record *array, void *context)
{
    array->bytes += *(uint64_t *)context;
}

static void test_only_the_array_that_is_meant_is_changed(void **state)
{
    (void)state;
    struct array_record array = array_of(0x40000, 1024, 31), found;
    uint64_t more = 8;
    uint32_t index = registry_insert(registry, &array);
    assert_false(registry_update(registry, index, 30, raise_bytes, &more));
    assert_true(registry_update(registry, index, 31, raise_bytes, &more));
    assert_int_equal(registry_find(registry, 0x40000, &found), index);
    assert_int_equal(found.bytes, 1032);
    found.bytes = 1024; /* as it was counted */
    registry_update(registry, index, 31, raise_bytes, &(uint64_t){(uint64_t)-8});
    registry_remove(registry, 0x40000, &found);
}

/* More arrays than a shard begins with, in the addresses that allocators give out. */
static void test_a_hundred_thousand_arrays(void **state)
{
    (void)state;
    static const uint64_t steps[] = {16, 1040, 4096, 1 << 20};
    for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
        struct array_record found;
        for (uint64_t i = 0; i < 100000; i++) {
            struct array_record array = array_of(0x10000 + i * steps[s], 1024 + i, i + 1);
            assert_int_not_equal(registry_insert(registry, &array), 0);
        }
        assert_int_equal(registry_blocks(registry), 100000);
        for (uint64_t i = 0; i < 100000; i += 2)
            assert_true(registry_remove(registry, 0x10000 + i * steps[s], &found));
        for (uint64_t i = 0; i < 100000; i++) {
            bool is_there = registry_find(registry, 0x10000 + i * steps[s], &found) != 0;
            assert_int_equal(is_there, i % 2);
            assert_true(!is_there || found.sequence == i + 1);
        }
        for (uint64_t i = 1; i < 100000; i += 2)
            assert_true(registry_remove(registry, 0x10000 + i * steps[s], &found));
        assert_int_equal(registry->tracked_bytes, 0);
    }
    /* Records were used again, four times over. */
    assert_true(registry->arrays.count < 110000);
}

/* --- call stacks --- */

static void test_equal_stacks_share_a_site(void **state)
{
    (void)state;
    void *frames[3] = {(void *)0x1000, (void *)0x2000, (void *)0x3000};
    uint32_t site = registry_site(registry, frames, 3);
    assert_int_not_equal(site, 0);
    assert_int_equal(registry_site(registry, frames, 3), site);
    assert_int_not_equal(registry_site(registry, frames, 2), site);
    frames[2] = (void *)0x3001;
    assert_int_not_equal(registry_site(registry, frames, 3), site);
    assert_int_equal(registry_site(registry, frames, 0), 0);
    const struct site_record *record = pool_at(&registry->sites, site);
    assert_int_equal(record->frame_count, 3);
    const uint64_t *first = pool_at(&registry->frames, record->first_frame);
    assert_int_equal(first[2], 0x3000);
}

static void test_full_pools_are_counted(void **state)
{
    (void)state;
    uint64_t dropped = registry->counters.values[COUNTER_SITES_DROPPED], address = 0x100000;
    for (int i = 0; i < 70000; i++, address += 16)
        registry_site(registry, (void *[]){(void *)(uintptr_t)address}, 1);
    assert_true(registry->counters.values[COUNTER_SITES_DROPPED] > dropped);
    /* Those that were known before are still known. */
    assert_int_not_equal(registry_site(registry, (void *[]){(void *)(uintptr_t)0x100000}, 1), 0);
}

/* --- locks --- */

static void test_a_lock_that_stays_taken(void **state)
{
    (void)state;
    struct array_record array = array_of(0x50000, 1024, 41), found;
    uint64_t timed_out = registry->counters.values[COUNTER_LOCKS_TIMED_OUT];
    uint32_t failures = registry->lock_failures;
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        assert_true(lock_take(&registry->shards[i].lock));
    assert_int_equal(registry_insert(registry, &array), 0);
    assert_false(registry_remove(registry, 0x50000, &found));
    assert_int_equal(registry->counters.values[COUNTER_LOCKS_TIMED_OUT], timed_out + 2);
    assert_int_equal(registry->lock_failures, failures + 2);
    registry_reset_locks(registry);
    assert_int_not_equal(registry_insert(registry, &array), 0);
    assert_true(registry_remove(registry, 0x50000, &found));
}

/* A machine that stands still for a moment, now and then, loses no lock. */
static void test_lost_locks_of_long_ago_are_forgotten(void **state)
{
    (void)state;
    registry->lock_failures = 0;
    for (unsigned i = 1; i <= 3; i++) {
        registry_lock_failed(registry);
        assert_int_equal(registry->lock_failures, i);
    }
    registry->last_lock_failure_ms -= 9000;
    registry_lock_failed(registry);
    assert_int_equal(registry->lock_failures, 4);
    registry->last_lock_failure_ms -= 11000;
    registry_lock_failed(registry);
    assert_int_equal(registry->lock_failures, 1);
    registry->lock_failures = 0;
}

/* Forking takes all locks or none, and what another thread cannot do meanwhile is no lost lock. */
static void test_locks_around_a_fork(void **state)
{
    (void)state;
    struct array_record array = array_of(0x60000, 1024, 51), found;
    uint32_t failures = registry->lock_failures;
    assert_true(registry_lock_all(registry));
    assert_int_equal(registry_insert(registry, &array), 0);
    assert_int_equal(registry->lock_failures, failures);
    assert_false(registry_lock_all(registry)); /* a second fork at the same time */
    registry_unlock_all(registry);
    assert_int_not_equal(registry_insert(registry, &array), 0);
    assert_true(registry_remove(registry, 0x60000, &found));

    struct lock *const locks[] = {&registry->snapshot_lock, &registry->shards[5].lock,
                                  &registry->tables_lock, &registry->sites_lock,
                                  &registry->pool_lock};
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        assert_true(lock_take(locks[i]));
        assert_false(registry_lock_all(registry));
        lock_release(locks[i]);
        for (size_t j = 0; j < sizeof(locks) / sizeof(locks[0]); j++) {
            assert_true(lock_try(locks[j]));
            lock_release(locks[j]);
        }
    }
    assert_true(registry_lock_all(registry));
    registry_reset_locks(registry); /* the child's way out */
    assert_true(registry_lock_all(registry));
    registry_unlock_all(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pool_hands_out_every_record_once),
        cmocka_unit_test(test_a_run_lies_side_by_side),
        cmocka_unit_test(test_an_index_nobody_handed_out),
        cmocka_unit_test(test_insert_find_remove),
        cmocka_unit_test(test_a_stale_reference_is_refused),
        cmocka_unit_test(test_a_missed_free),
        cmocka_unit_test(test_only_the_array_that_is_meant_is_changed),
        cmocka_unit_test(test_a_hundred_thousand_arrays),
        cmocka_unit_test(test_equal_stacks_share_a_site),
        cmocka_unit_test(test_full_pools_are_counted),
        cmocka_unit_test(test_a_lock_that_stays_taken),
        cmocka_unit_test(test_lost_locks_of_long_ago_are_forgotten),
        cmocka_unit_test(test_locks_around_a_fork),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
