/* Heads of chains by how many slots are in use before and after a growth: growth_heads.h. */
#include "unit.h"

#include <string.h>

#include "growth_heads.h"
#include "readable.h"
#include "system.h"

#define OLD_SLOTS 8192u
#define NEW_SLOTS (2 * OLD_SLOTS)

static uint64_t old_slots[OLD_SLOTS], new_slots[NEW_SLOTS];
static struct registry *registry;
static struct scratch *scratch;
static struct readable readable;

static int begin(void **state)
{
    (void)state;
    registry = system_map(sizeof(*registry));
    scratch = system_map(sizeof(*scratch));
    if (!registry || !scratch)
        return -1;
    registry_start(registry);
    readable_begin(&readable);
    readable_add(&readable, old_slots, sizeof(old_slots));
    readable_add(&readable, new_slots, sizeof(new_slots));
    scratch->view =
        (struct layout_view){.reader = &readable.reader, .scratch = scratch->layout_scratch};
    memset(old_slots, 0, sizeof(old_slots));
    memset(new_slots, 0, sizeof(new_slots));
    return 0;
}

static int end(void **state)
{
    (void)state;
    system_unmap(registry, sizeof(*registry));
    system_unmap(scratch, sizeof(*scratch));
    return 0;
}

static uint64_t address_of(uint64_t nth)
{
    return 0x55550000000 + nth * 48;
}

/* Puts something into each `step`th slot. */
static void fill(uint64_t *slots, uint64_t count, uint64_t step)
{
    for (uint64_t i = 0; i < count; i += step)
        slots[i] = address_of(i);
}

static bool were_parted(void)
{
    const struct array_record old = {.address = (uint64_t)(uintptr_t)old_slots,
                                     .bytes = sizeof(old_slots)};
    const struct array_record array = {.address = (uint64_t)(uintptr_t)new_slots,
                                       .bytes = sizeof(new_slots)};
    const struct growth_link link = {.old = &old, .array = &array};
    const struct slot_profile profile = {.slot_bytes = 8, .column_bytes = 8, .is_distinct = 1};
    struct table_reading reading = {.capacity = NEW_SLOTS};
    for (uint64_t i = 0; i < NEW_SLOTS; i++)
        reading.live += new_slots[i] != 0;
    return growth_heads_were_parted(registry, scratch, &link, &profile, &reading);
}

/* Of keys in sequence by an even step: half of the buckets are in use, before and after. */
static void parted_chains_are_seen(void **state)
{
    (void)state;
    fill(old_slots, OLD_SLOTS, 2);
    fill(new_slots, NEW_SLOTS, 2);
    assert_true(were_parted());
}

static void single_entries_stay_as_many(void **state)
{
    (void)state;
    fill(old_slots, OLD_SLOTS, 2);
    fill(new_slots, NEW_SLOTS, 4);
    assert_false(were_parted());
    new_slots[1] = address_of(1); /* and the one that made it grow */
    assert_false(were_parted());
}

/* Entries that were moved one by one leave nothing to compare with. */
static void an_emptied_array_tells_nothing(void **state)
{
    (void)state;
    fill(new_slots, NEW_SLOTS, 4);
    assert_false(were_parted());
    fill(old_slots, OLD_SLOTS, 16);
    assert_false(were_parted());
}

/* Twice the array has at most twice the chains: what else fills it came from elsewhere. */
static void more_than_parted_is_something_else(void **state)
{
    (void)state;
    fill(old_slots, OLD_SLOTS, 4);
    fill(new_slots, NEW_SLOTS, 1);
    assert_false(were_parted());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parted_chains_are_seen, begin, end),
        cmocka_unit_test_setup_teardown(single_entries_stay_as_many, begin, end),
        cmocka_unit_test_setup_teardown(an_emptied_array_tells_nothing, begin, end),
        cmocka_unit_test_setup_teardown(more_than_parted_is_something_else, begin, end),
    };
    return RUN(tests);
}
