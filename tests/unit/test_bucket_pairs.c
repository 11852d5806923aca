/* Buckets that name the first and the last entry of their list: bucket_pairs.h and chains.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "occupancy.h"
#include "readable.h"
#include "slot_profile.h"

#define BUCKETS 16384u

struct entry {
    struct entry *previous, *next;
    uint64_t key;
};

struct bucket {
    struct entry *first, *last;
};

/* One list of all entries, those of a bucket next to each other; an empty bucket leads to its head.
 */
struct table {
    struct bucket *buckets;
    struct entry *entries, *empty, head;
    uint32_t live;
};

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned char window[PROFILE_WINDOW_BYTES];

static void insert_before(struct entry *next, struct entry *entry)
{
    entry->next = next;
    entry->previous = next->previous;
    entry->previous->next = next->previous = entry;
}

/* Behind the bucket's others, or before them. */
static void insert(struct table *table, struct entry *entry)
{
    struct bucket *bucket = &table->buckets[entry->key % BUCKETS];
    if (bucket->first == table->empty) {
        insert_before(&table->head, entry);
        bucket->first = bucket->last = entry;
    } else if (entry->key >> 60 & 1) {
        insert_before(bucket->first, entry);
        bucket->first = entry;
    } else {
        insert_before(bucket->last->next, entry);
        bucket->last = entry;
    }
}

static void make(struct table *table, uint32_t live, bool is_null)
{
    uint64_t random = live;
    *table = (struct table){.buckets = malloc(BUCKETS * sizeof(struct bucket)),
                            .entries = malloc(live * sizeof(struct entry)),
                            .live = live};
    assert_true(table->buckets && table->entries);
    table->head.next = table->head.previous = &table->head;
    table->empty = is_null ? NULL : &table->head;
    for (uint32_t i = 0; i < BUCKETS; i++)
        table->buckets[i] = (struct bucket){table->empty, table->empty};
    for (uint32_t i = 0; i < live; i++) {
        table->entries[i].key = random_word(&random);
        insert(table, &table->entries[i]);
    }
}

static void erase(struct table *table, struct entry *entry)
{
    struct bucket *bucket = &table->buckets[entry->key % BUCKETS];
    if (bucket->first == entry && bucket->last == entry)
        bucket->first = bucket->last = table->empty;
    else if (bucket->first == entry)
        bucket->first = entry->next;
    else if (bucket->last == entry)
        bucket->last = entry->previous;
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    table->live--;
}

static void release(struct table *table)
{
    free(table->buckets);
    free(table->entries);
}

/* As after a growth that showed words of so many bytes, or multiples. */
static bool learn(struct readable *readable, const struct block *block, unsigned least_bytes,
                  struct slot_profile *profile)
{
    struct layout_view view = {.reader = &readable->reader, .scratch = scratch};
    const struct comparison comparison = {.slot_units = {least_bytes == 8 ? 1 : 3}};
    if (!slot_profile_learn(&readable->reader, block->address, block->bytes, 8, &comparison, window,
                            profile))
        return false;
    chains_learn(&view, block, profile);
    return true;
}

static struct table_reading count(struct readable *readable, const struct block *block,
                                  const struct slot_profile *profile)
{
    struct layout_view view = {.reader = &readable->reader, .scratch = scratch};
    struct table_reading reading = {0};
    assert_true(occupancy_read(&view, block, profile, 0, &reading));
    return reading;
}

static struct block begin(struct readable *readable, const struct table *table)
{
    struct block block = {.address = (uint64_t)(uintptr_t)table->buckets,
                          .bytes = BUCKETS * sizeof(struct bucket)};
    readable_begin(readable);
    readable_add(readable, table->buckets, block.bytes);
    readable_add(readable, table->entries, table->live * sizeof(struct entry));
    readable_add(readable, &table->head, sizeof(table->head));
    return block;
}

static void test_buckets_are_counted_once(void **state)
{
    (void)state;
    static const uint32_t lives[] = {BUCKETS / 4, BUCKETS / 2, BUCKETS, BUCKETS * 2};
    for (unsigned nth = 0; nth < 4 * sizeof(lives) / sizeof(lives[0]); nth++) {
        struct table table;
        struct readable readable;
        struct slot_profile profile;
        make(&table, lives[nth / 4], nth & 1);
        struct block block = begin(&readable, &table);
        assert_true(learn(&readable, &block, nth & 2 ? 16 : 8, &profile));
        struct table_reading reading = count(&readable, &block, &profile);
        assert_true(profile.is_chained);
        assert_int_equal(profile.chain_offset, offsetof(struct entry, next));
        assert_int_equal(reading.capacity, BUCKETS);
        assert_in_range(reading.live, table.live - table.live / 20, table.live + table.live / 20);
        for (uint32_t i = 0; table.live > 200; i++)
            erase(&table, &table.entries[i]);
        reading = count(&readable, &block, &profile);
        assert_in_range(reading.live, 196, 204);
        release(&table);
    }
}

/* The links may be anywhere; as many lists of one entry as there are tell of the others. */
static void test_links_that_are_not_found(void **state)
{
    (void)state;
    struct table table;
    struct readable readable;
    struct slot_profile profile;
    make(&table, BUCKETS, false);
    for (uint32_t i = 0; i < table.live; i++)
        table.entries[i].next = table.entries[i].previous = NULL;
    struct block block = begin(&readable, &table);
    assert_true(learn(&readable, &block, 8, &profile));
    assert_false(profile.is_chained);
    struct table_reading reading = count(&readable, &block, &profile);
    assert_int_equal(reading.capacity, BUCKETS);
    assert_in_range(reading.live, BUCKETS - BUCKETS / 20, BUCKETS + BUCKETS / 20);
    release(&table);
}

/* Lists that end with NULL, beside the first entry of each the one that was found last. */
static void test_a_cursor_is_not_the_last(void **state)
{
    (void)state;
    struct table table;
    struct readable readable;
    struct slot_profile profile;
    make(&table, BUCKETS, true);
    for (uint32_t i = 0; i < BUCKETS; i++) {
        if (table.buckets[i].last)
            table.buckets[i].last->next = NULL;
        table.buckets[i].last = table.buckets[i].first;
        if (table.buckets[i].first && table.buckets[i].first->next)
            table.buckets[i].last = table.buckets[i].first->next;
    }
    struct block block = begin(&readable, &table);
    assert_true(learn(&readable, &block, 8, &profile));
    struct table_reading reading = count(&readable, &block, &profile);
    assert_int_equal(reading.capacity, BUCKETS);
    assert_in_range(reading.live, BUCKETS - BUCKETS / 20, BUCKETS + BUCKETS / 20);
    release(&table);
}

/* Slots of one pointer, which stand beside each other by chance; and heads of chains. */
static void test_single_pointers_stay_single(void **state)
{
    (void)state;
    struct table table;
    struct readable readable;
    struct slot_profile profile;
    uint64_t random = 7;
    make(&table, BUCKETS, true);
    for (uint32_t i = 0; i < BUCKETS; i++) {
        struct entry *entry = &table.entries[i];
        table.buckets[i] = (struct bucket){random_word(&random) & 1 ? entry : NULL,
                                           random_word(&random) & 1 ? entry : NULL};
    }
    struct block block = begin(&readable, &table);
    assert_true(learn(&readable, &block, 8, &profile));
    assert_int_equal(profile.slot_bytes, 8);
    assert_int_equal(profile.last_offset, 0);
    release(&table);
}

/* Entries that lead to others, or to themselves as a key that is its own value, each once in a
 * slot. */
static void test_a_map_of_pointers_has_single_entries(void **state)
{
    (void)state;
    struct table table;
    struct readable readable;
    struct slot_profile profile;
    uint64_t random = 9;
    uint32_t live = 0;
    make(&table, BUCKETS, true);
    for (uint32_t i = 0; i < BUCKETS; i++) {
        struct entry *key = &table.entries[i];
        key->next = key->previous = NULL;
        if (random_word(&random) % 10 < 4) {
            table.buckets[i] = (struct bucket){NULL, NULL};
            continue;
        }
        live++;
        table.buckets[i] =
            (struct bucket){key, i % 8 == 0 ? key : &table.entries[random_word(&random) % BUCKETS]};
    }
    struct block block = begin(&readable, &table);
    assert_true(learn(&readable, &block, 8, &profile));
    assert_false(profile.is_chained);
    struct table_reading reading = count(&readable, &block, &profile);
    assert_int_equal(reading.capacity, BUCKETS);
    assert_int_equal(reading.live, live);
    release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_are_counted_once),
        cmocka_unit_test(test_links_that_are_not_found),
        cmocka_unit_test(test_a_cursor_is_not_the_last),
        cmocka_unit_test(test_single_pointers_stay_single),
        cmocka_unit_test(test_a_map_of_pointers_has_single_entries),
    };
    return RUN(tests);
}
