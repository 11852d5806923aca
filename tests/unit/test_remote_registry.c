/* What a copy of a process's registry says once the process has gone on. remote_registry.h. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "remote_records.h"
#include "remote_registry.h"

static struct registry *registry; /* of the process, which is this one */
static struct remote_registry *remote;

static void *copy_of(const void *memory, size_t bytes)
{
    void *copy = system_map(bytes);
    assert_non_null(copy);
    return memcpy(copy, memory, bytes);
}

/* As remote_registry_copy() leaves it: of the registry and of what leads to the arrays. */
static void copy_registry(void)
{
    remote->registry = *registry;
    struct pool *arrays = &remote->registry.arrays;
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++) {
        remote->array_chunks[i] = (uint64_t)(uintptr_t)registry->arrays.chunks[i];
        if (arrays->chunks[i])
            arrays->chunks[i] = copy_of(arrays->chunks[i], pool_chunk_bytes(arrays));
    }
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++) {
        struct slots *slots = &remote->registry.shards[i].slots;
        if (slots->table)
            slots->table = copy_of(slots->table, slots->capacity * sizeof(struct slot));
    }
}

static int begin(void **state)
{
    (void)state;
    registry = system_map(sizeof(*registry));
    remote = system_map(sizeof(*remote));
    if (!registry || !remote)
        return -1;
    registry_start(registry);
    return 0;
}

static void free_registry(struct registry *one)
{
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++)
        system_unmap(one->arrays.chunks[i], pool_chunk_bytes(&one->arrays));
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        system_unmap(one->shards[i].slots.table,
                     one->shards[i].slots.capacity * sizeof(struct slot));
}

static int end(void **state)
{
    (void)state;
    free_registry(&remote->registry);
    free_registry(registry);
    system_unmap(remote, sizeof(*remote));
    system_unmap(registry, sizeof(*registry));
    return 0;
}

static void add_array(uint64_t address, uint64_t sequence)
{
    struct array_record array = {.address = address, .bytes = 4096, .sequence = sequence};
    assert_int_not_equal(registry_insert(registry, &array), 0);
}

static void remove_array(uint64_t address)
{
    struct array_record removed;
    assert_true(registry_remove(registry, address, &removed));
}

#define STAYS    0x10000u
#define GOES     0x20000u
#define IS_ANEW  0x30000u
#define IS_LATER 0x40000u

static void test_only_what_stayed_is_there(void **state)
{
    (void)state;
    add_array(STAYS, 1);
    add_array(GOES, 2);
    add_array(IS_ANEW, 3);
    copy_registry();
    assert_true(remote_registry_has_array(getpid(), remote, STAYS));
    assert_true(remote_registry_has_array(getpid(), remote, GOES));
    assert_true(remote_registry_has_array(getpid(), remote, IS_ANEW));

    remove_array(GOES);
    remove_array(IS_ANEW);
    add_array(IS_ANEW, 4); /* another one, at the same address and of the same size */
    add_array(IS_LATER, 5);
    assert_true(remote_registry_has_array(getpid(), remote, STAYS));
    assert_false(remote_registry_has_array(getpid(), remote, GOES));
    assert_false(remote_registry_has_array(getpid(), remote, IS_ANEW));
    assert_false(remote_registry_has_array(getpid(), remote, IS_LATER)); /* not in the copy */
}

/* Enough for several chunks of records. */
#define MANY 70000u

static void test_the_right_chunk_is_asked(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= MANY; i++)
        add_array(0x1000000 + i * 4096, i);
    copy_registry();
    assert_true(remote->array_chunks[1] != 0);
    for (uint64_t i = 1; i <= MANY; i += 2)
        remove_array(0x1000000 + i * 4096);
    for (uint64_t i = 1; i <= MANY; i += 501) {
        assert_true(remote_registry_has_array(getpid(), remote, 0x1000000 + i * 4096) ==
                    (i % 2 == 0));
    }
}

static void test_what_cannot_be_read_is_gone(void **state)
{
    (void)state;
    add_array(STAYS, 1);
    copy_registry();
    remote->array_chunks[0] = 0; /* as if the process had ended */
    assert_false(remote_registry_has_array(getpid(), remote, STAYS));
}

/* A process may have written anything over its registry: lengths and choices are bounded, what is
 * sound stays. */
static void test_no_record_points_out_of_it(void **state)
{
    (void)state;
    uint32_t number = pool_take(&registry->tables), sound = pool_take(&registry->tables);
    uint32_t grown = pool_take(&registry->growths), site = pool_take(&registry->sites);
    assert_true(number && sound && grown && site);
    struct table_record *table = pool_at(&registry->tables, number);
    table->layout = table->vouched = 100000;
    table->header.count_number = HEADER_MOST_COUNTS + 1;
    table->scale.count_number = SCALE_MOST_COUNTS + 1;
    table->regions = (struct flag_regions){.way_number = 1, .ways = {{.form = SCALE_FORMS}}};
    struct table_record *other = pool_at(&registry->tables, sound);
    other->layout = 1;
    other->scale = (struct scale_profile){.growths = 2, .count_number = SCALE_MOST_COUNTS};
    struct growth_record *growth = pool_at(&registry->growths, grown);
    memset(growth, 0xff, sizeof(*growth));
    struct site_record *stack = pool_at(&registry->sites, site);
    *stack = (struct site_record){.first_frame = 1u << 30, .frame_count = 3};

    remote_records_check(registry);
    assert_true(table->layout == 0 && table->vouched == 0);
    assert_true(table->header.count_number == 0 && table->scale.count_number == 0);
    assert_int_equal(table->regions.way_number, 0);
    assert_int_equal(other->layout, 1);
    assert_int_equal(other->scale.count_number, SCALE_MOST_COUNTS);
    assert_true(growth->is_estimate && growth->from_bytes == 0 && growth->live == 0);
    assert_int_equal(stack->frame_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_what_stayed_is_there, begin, end),
        cmocka_unit_test_setup_teardown(test_the_right_chunk_is_asked, begin, end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(test_no_record_points_out_of_it, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
