/* The registry under many threads; compiled with ThreadSanitizer, too. registry.h, tables.h. */
#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "live_arrays.h"
#include "readable.h"
#include "tables.h"

#define THREADS      6
#define STEPS        20000
#define SHARED_COUNT 64
#define LOOK_EVERY   1024

static struct registry *registry;
static _Atomic uint32_t shared_index[SHARED_COUNT]; /* what any thread inserted there last */
static _Atomic uint32_t shared_sequence[SHARED_COUNT];

/* cmocka's assertions are for the main thread: a worker counts what is wrong. */
struct worker {
    pthread_t thread;
    uint64_t seed;
    unsigned wrong;
    unsigned linked;
    /* Unmapped in the end: ThreadSanitizer does not see our mmap and munmap, and would take the
     * same address in two threads for the same memory. */
    struct live_arrays looks[STEPS / LOOK_EVERY + 1];
    unsigned look_count;
};

static uint64_t next_sequence(void)
{
    return 1 + atomic_fetch_add_explicit(&registry->next_sequence, 1, memory_order_relaxed);
}

static void count_visit(struct array_record *array, void *context)
{
    array->flags++;
    *(uint64_t *)context = array->address;
}

/* Blocks of this thread alone: nobody else may lose or change them. */
static void use_own_block(struct worker *worker, uint64_t address)
{
    struct array_record array = {
        .address = address, .bytes = 1024, .sequence = next_sequence(), .thread = 1};
    struct array_record found = {0};
    uint64_t visited = 0;
    uint32_t index = registry_insert(registry, &array);
    worker->wrong += index == 0;
    worker->wrong += registry_find(registry, address, &found) != index;
    worker->wrong += found.sequence != array.sequence;
    worker->wrong +=
        !registry_update(registry, index, (uint32_t)array.sequence, count_visit, &visited);
    worker->wrong += visited != address;
    worker->wrong += !registry_remove(registry, address, &found);
    worker->wrong += found.flags != 1 || found.sequence != array.sequence;
    worker->wrong += registry_get(registry, index, (uint32_t)array.sequence, &found);
}

/* Addresses that all threads insert and remove: the allocator would not do that, but frees can be
 * missed, and references are held to arrays that others free. */
static void use_shared_block(struct worker *worker, unsigned number)
{
    struct array_record array = {
        .address = 0x1000 + number * 16, .bytes = 2048, .sequence = next_sequence()};
    struct array_record found;
    uint32_t index = atomic_load(&shared_index[number]);
    uint32_t sequence = atomic_load(&shared_sequence[number]);
    if (registry_get(registry, index, sequence, &found))
        worker->wrong += (uint32_t)found.sequence != sequence;
    if (random_word(&worker->seed) % 2 == 0) {
        registry_remove(registry, array.address, &found);
        return;
    }
    index = registry_insert(registry, &array);
    worker->wrong += index == 0;
    atomic_store(&shared_index[number], index);
    atomic_store(&shared_sequence[number], (uint32_t)array.sequence);
}

#define MANY 2000u

/* More than a shard keeps unused records of, each time in another place of the address space: they
 * go from shard to shard. */
static void use_many_blocks(struct worker *worker, uint64_t address)
{
    struct array_record array = {.bytes = 1024}, found;
    for (unsigned i = 0; i < MANY; i++) {
        array.address = address + i * 1040;
        array.sequence = next_sequence();
        worker->wrong += registry_insert(registry, &array) == 0;
    }
    for (unsigned i = 0; i < MANY; i++)
        worker->wrong += !registry_remove(registry, address + i * 1040, &found) ||
                         found.address != address + i * 1040;
}

static void use_table(struct worker *worker, uint64_t address)
{
    struct array_record old = {.address = address, .bytes = 1024, .sequence = next_sequence()};
    struct array_record new_array = {
        .address = address + 0x100000, .bytes = 2048, .sequence = next_sequence()};
    struct growth_evidence evidence = {.live = 10};
    struct table_record record;
    struct array_record gone;
    registry_insert(registry, &old);
    uint32_t index = registry_insert(registry, &new_array);
    registry_remove(registry, old.address, &gone);
    uint32_t table = tables_link(registry, &gone, index, &new_array, &evidence);
    worker->linked += table != 0;
    worker->wrong += !tables_get(registry, table, &record) || record.peak_live != 10;
    tables_add_reading(registry, table, 128, 11);
    worker->wrong += !tables_get(registry, table, &record) || record.peak_live != 11;
    registry_remove(registry, new_array.address, &gone);
    worker->wrong += gone.table != table;
    worker->wrong += tables_drop_array(registry, table, (uint32_t)new_array.sequence) != 0;
    tables_forget(registry, table);
}

/* Two arrays that turn out to be one table; it is freed, and listed as such for a while. */
static void use_merged_tables(struct worker *worker, uint64_t address)
{
    struct array_record arrays[4], gone;
    uint32_t index[4], table[2];
    struct table_reading reading = {.capacity = 64, .live = 9};
    struct growth_evidence evidence = {.live = 9};
    for (unsigned i = 0; i < 4; i++) {
        arrays[i] = (struct array_record){
            .address = address + i * 0x1000, .bytes = 1024 + i, .sequence = next_sequence()};
        index[i] = registry_insert(registry, &arrays[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        registry_remove(registry, arrays[i].address, &gone);
        table[i] = tables_link(registry, &gone, index[2 + i], &arrays[2 + i], &evidence);
    }
    uint32_t merged = tables_merge(registry, table[0], table[1]);
    worker->wrong += merged == 0 || tables_resolve(registry, table[0]) != merged ||
                     tables_resolve(registry, table[1]) != merged;
    for (unsigned i = 2; i < 4; i++) {
        registry_remove(registry, arrays[i].address, &gone);
        tables_drop_array(registry, merged, (uint32_t)gone.sequence);
    }
    tables_set_freed(registry, merged, &gone, &reading, 0, DUMP_READ_ESTIMATED, 0);
    tables_forget(registry, merged);
}

/* As a snapshot does while the others go on. */
static void look_at_all(struct worker *worker)
{
    struct live_arrays *arrays = &worker->looks[worker->look_count++];
    struct table_record record;
    worker->wrong += !live_arrays_collect(arrays, registry);
    for (uint32_t i = 1; i < arrays->count; i++)
        worker->wrong += arrays->arrays[i - 1].record.address >= arrays->arrays[i].record.address;
    uint32_t count = atomic_load(&registry->tables.count);
    for (uint32_t table = 1; table < count; table++)
        tables_get(registry, table, &record);
}

static void use_site(struct worker *worker, unsigned number)
{
    void *frames[3] = {(void *)(uintptr_t)(0x1000 + number), (void *)0x2000, (void *)0x3000};
    uint32_t site = registry_site(registry, frames, 3);
    worker->wrong += site == 0 || registry_site(registry, frames, 3) != site;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint64_t own = 0x100000000 * (worker->seed + 1);
    for (int step = 0; step < STEPS; step++) {
        use_own_block(worker, own + (random_word(&worker->seed) % 4096) * 1040);
        use_shared_block(worker, (unsigned)(random_word(&worker->seed) % SHARED_COUNT));
        if (step % 1024 == 0)
            use_many_blocks(worker, own + 0x30000000 + (uint64_t)step * 0x20000);
        if (step % 8 == 0)
            use_table(worker, own + 0x10000000);
        if (step % 16 == 0)
            use_merged_tables(worker, own + 0x20000000);
        if (step % LOOK_EVERY == 0)
            look_at_all(worker);
        use_site(worker, (unsigned)step / 16 % 128);
        if (step % 512 == 0 && registry_lock_all(registry))
            registry_unlock_all(registry); /* as fork does */
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    struct worker workers[THREADS] = {0};
    registry = system_map(sizeof(*registry));
    assert_non_null(registry);
    registry_start(registry);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].seed = i + 1;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned look = 0; look < workers[i].look_count; look++)
            live_arrays_free(&workers[i].looks[look]);
    /* A lock that was not to be had for a tenth of a second excuses the thread. */
    for (unsigned i = 0; i < THREADS; i++)
        if (registry->counters.values[COUNTER_LOCKS_TIMED_OUT] == 0) {
            assert_int_equal(workers[i].wrong, 0);
            assert_int_equal(workers[i].linked, STEPS / 8);
        }
    assert_int_equal(registry->counters.values[COUNTER_TABLES_DROPPED], 0);
    assert_true(registry->sites.count <= 129);

    struct array_record gone;
    for (unsigned i = 0; i < SHARED_COUNT; i++)
        registry_remove(registry, 0x1000 + i * 16, &gone);
    if (registry->counters.values[COUNTER_LOCKS_TIMED_OUT] == 0) {
        assert_int_equal(registry_blocks(registry), 0);
        assert_int_equal(registry->tracked_bytes, 0);
        /* Records were used again, wherever the next arrays were. */
        assert_true(registry->arrays.count <
                    THREADS * (MANY + 16) + SHARED_COUNT + 2 * REGISTRY_SHARDS * REGISTRY_BATCH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_threads)};
    return RUN(tests);
}
