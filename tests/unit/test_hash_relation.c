/* Which field of entries names their slots, and what only seems to: hash_relation.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "hash_relation.h"

#define CAPACITY 4096u
#define FIELD    24u

static struct sampled_entry entries[RELATION_SAMPLES];
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Entries of noise, but for one field, from which the slot follows. */
static void make_entries(uint64_t (*field)(uint64_t random, unsigned i),
                         uint64_t (*slot)(uint64_t field))
{
    random_state = 88172645463325252u;
    for (unsigned i = 0; i < RELATION_SAMPLES; i++) {
        for (unsigned at = 0; at < RELATION_WINDOW; at += 8) {
            uint64_t noise = next_random();
            memcpy(entries[i].bytes + at, &noise, 8);
        }
        uint64_t word = field(next_random(), i);
        memcpy(entries[i].bytes + FIELD, &word, 8);
        entries[i].slot = slot(word);
    }
}

static bool find(uint64_t capacity, struct hash_relation *relation)
{
    struct relation_question question = {.entries = entries,
                                         .count = RELATION_SAMPLES,
                                         .end = RELATION_WINDOW,
                                         .capacity = capacity};
    *relation = (struct hash_relation){0};
    return hash_relation_find(&question, relation);
}

static uint64_t hash_itself(uint64_t random, unsigned i)
{
    (void)i;
    return random;
}

static uint64_t by_mask(uint64_t hash)
{
    return hash % CAPACITY;
}

static uint64_t by_prime(uint64_t hash)
{
    return hash % 4093;
}

static uint64_t by_top_bits(uint64_t hash)
{
    return hash >> 52;
}

#define FRACTIONS 4100u /* no power of two: by such a part of all hashes */

static uint64_t by_range(uint64_t hash)
{
    return (uint64_t)((unsigned __int128)hash * FRACTIONS >> 64);
}

/* Slots of twice the length, which are named by one bit less; seen as of half of it, the hash lies
 * in the second half of each. */
static uint64_t by_half_of_a_slot(uint64_t hash)
{
    return (hash >> 53) * 2 + 1;
}

static uint64_t by_golden_key(uint64_t key)
{
    return key * 0x9e3779b97f4a7c15u >> 52;
}

static void test_each_reduction_is_found(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_mask);
    assert_true(find(CAPACITY, &relation));
    assert_int_equal(relation.offset, FIELD);
    assert_int_equal(relation.reduction, REDUCE_MASK);
    assert_true(relation.is_exact);
    make_entries(hash_itself, by_prime);
    assert_true(find(4093, &relation));
    assert_int_equal(relation.reduction, REDUCE_MODULO);
    assert_int_equal(relation.width, 8);
    make_entries(hash_itself, by_top_bits);
    assert_true(find(CAPACITY, &relation));
    assert_int_equal(relation.reduction, REDUCE_TOP_BITS);
    assert_int_equal(hash_relation_home(NULL, &relation, CAPACITY, entries[7].bytes),
                     entries[7].slot);
}

static uint64_t key_in_sequence(uint64_t random, unsigned i)
{
    (void)random;
    return 1000 + i;
}

static void test_a_part_of_all_hashes_is_found(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_range);
    assert_true(find(FRACTIONS, &relation));
    assert_int_equal(relation.reduction, REDUCE_RANGE);
    assert_int_equal(relation.width, 8);
    assert_true(relation.is_exact);
    assert_false(find(FRACTIONS + 100, &relation));
}

static void test_every_second_slot_is_half_of_one(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_half_of_a_slot);
    assert_false(find(CAPACITY, &relation));
}

static void test_a_mixed_key_needs_nothing_random(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(key_in_sequence, by_golden_key);
    assert_true(find(CAPACITY, &relation));
    assert_int_equal(relation.offset, FIELD);
    assert_true(relation.is_mixed_key);
}

static void test_another_capacity_is_none(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_mask);
    assert_false(find(CAPACITY / 2, &relation));
    assert_false(find(CAPACITY * 2, &relation));
    assert_false(find(4093, &relation));
}

/* Of 4,096 buckets the first 1,500 have been split into 1,500 more. */
static uint64_t by_linear_hashing(uint64_t hash)
{
    uint64_t slot = hash % CAPACITY;
    return slot < 1500 ? hash % (2 * CAPACITY) : slot;
}

static void test_linear_hashing_is_found_by_what_was_split(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_linear_hashing);
    assert_true(find(2 * CAPACITY, &relation));
    assert_true(relation.is_exact);
    assert_true(relation.is_linear);
    assert_true(hash_relation_is_home(&relation, 2 * CAPACITY, CAPACITY + 7, 7));
    assert_false(hash_relation_is_home(&relation, 2 * CAPACITY, 7, CAPACITY + 7));
    /* Where an earlier size of the array had it, if that was never split since. */
    assert_true(hash_relation_is_home(&relation, 2 * CAPACITY, CAPACITY / 2 + 7, 7));
    assert_false(hash_relation_is_home(&relation, 2 * CAPACITY, CAPACITY / 2 + 8, 7));
    /* Buckets may be split in any order. */
    entries[0].slot = 2 * CAPACITY - 1;
    uint64_t hash = entries[0].slot;
    memcpy(entries[0].bytes + FIELD, &hash, 8);
    assert_true(find(2 * CAPACITY, &relation) && relation.is_linear);
    /* But the array may have half as many where none was. */
    make_entries(hash_itself, by_mask);
    assert_false(find(2 * CAPACITY, &relation));
}

static uint64_t number(uint64_t random, unsigned i)
{
    (void)random;
    return (uint64_t)i * 61;
}

static uint64_t generation_and_number(uint64_t random, unsigned i)
{
    return random % 8 << 12 | i * 61;
}

/* Two fields of four bytes that are read as one of eight. */
static uint64_t number_beside_noise(uint64_t random, unsigned i)
{
    return random << 32 | i * 61;
}

/* Twice, one beside the other; scattered, as the slots of few that are left are. */
static uint64_t number_twice(uint64_t random, unsigned i)
{
    (void)random;
    return (uint64_t)(i * 2897 % CAPACITY) * (CAPACITY + 1);
}

static uint64_t page_number(uint64_t random, unsigned i)
{
    (void)random;
    return 0x7f3a5c000 + i * 61;
}

static void test_numbers_of_slots_are_no_hashes(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(number, by_mask);
    assert_false(find(CAPACITY, &relation));
    make_entries(generation_and_number, by_mask);
    assert_false(find(CAPACITY, &relation));
    make_entries(number_beside_noise, by_mask);
    assert_false(find(CAPACITY, &relation));
    make_entries(number_twice, by_mask);
    assert_false(find(CAPACITY, &relation));
    make_entries(page_number, by_mask);
    assert_false(find(CAPACITY, &relation));
}

static void test_probing_is_found_and_order_is_not(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_top_bits);
    for (unsigned i = 0; i < RELATION_SAMPLES; i += 3)
        entries[i].slot = (entries[i].slot + 1 + i % 5) % CAPACITY;
    assert_true(find(CAPACITY, &relation));
    assert_false(relation.is_exact);
    assert_int_equal(relation.displaced, (RELATION_SAMPLES + 2) / 3);
    make_entries(hash_itself, by_top_bits);
    for (unsigned i = 0; i < RELATION_SAMPLES; i++) /* sorted: as often before as behind */
        entries[i].slot = (entries[i].slot + CAPACITY + i % 5 - 2) % CAPACITY;
    assert_false(find(CAPACITY, &relation));
}

static uint64_t place_in_upper_half(uint64_t random, unsigned i)
{
    (void)i;
    return random % 60000 << 32 | 7;
}

static uint64_t by_ones(uint64_t field)
{
    return field % 65535;
}

/* 2^32 leaves 1 when it is divided by 65,535. */
static void test_a_place_in_the_upper_half_is_no_hash(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(place_in_upper_half, by_ones);
    assert_false(find(65535, &relation));
    make_entries(hash_itself, by_ones);
    assert_true(find(65535, &relation));
}

static void test_a_few_entries_prove_nothing(void **state)
{
    struct hash_relation relation;
    (void)state;
    make_entries(hash_itself, by_mask);
    struct relation_question question = {.entries = entries,
                                         .count = RELATION_LEAST - 1,
                                         .end = RELATION_WINDOW,
                                         .capacity = CAPACITY};
    assert_false(hash_relation_find(&question, &relation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reduction_is_found),
        cmocka_unit_test(test_a_part_of_all_hashes_is_found),
        cmocka_unit_test(test_every_second_slot_is_half_of_one),
        cmocka_unit_test(test_a_mixed_key_needs_nothing_random),
        cmocka_unit_test(test_another_capacity_is_none),
        cmocka_unit_test(test_numbers_of_slots_are_no_hashes),
        cmocka_unit_test(test_linear_hashing_is_found_by_what_was_split),
        cmocka_unit_test(test_probing_is_found_and_order_is_not),
        cmocka_unit_test(test_a_place_in_the_upper_half_is_no_hash),
        cmocka_unit_test(test_a_few_entries_prove_nothing),
    };
    return RUN(tests);
}
