/* Keys that name their slots by a hash function everybody knows: known_hashes.h by the values that
 * are published for them, keyed_relation.h on entries that lie so, and on ones that do not. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "keyed_relation.h"
#include "known_hashes.h"
#include "readable.h"

#define CAPACITY 65536u
#define NAME     8u /* of an entry: where its name is, or the pointer to it */

static struct sampled_entry entries[RELATION_SAMPLES];
static char names[RELATION_SAMPLES][KEYED_TEXT_BYTES];
static unsigned char room[KEYED_ROOM] __attribute__((aligned(8)));
static struct readable readable;

static bool is_known_for(const char *text, uint64_t hash, uint8_t bits)
{
    for (uint16_t i = 0; i < known_text_hashes; i++)
        if (known_finish(0, known_text_hash(i, (const unsigned char *)text, strlen(text)), bits) ==
            hash)
            return true;
    return false;
}

static void text_functions_give_the_published_values(void **state)
{
    (void)state;
    assert_true(is_known_for("foobar", 0xbf9cf968u, 32));         /* FNV-1a */
    assert_true(is_known_for("foobar", 0x85944171f73967e8u, 64)); /* FNV-1a */
    assert_true(is_known_for("foobar", 0x31f0b262u, 32));         /* FNV-1 */
    assert_true(is_known_for("a", 177670u, 32));                  /* djb2 */
    assert_true(is_known_for("hello", 99162322u, 32));            /* Java */
    assert_true(is_known_for("a", 0xca2e9442u, 32));              /* one-at-a-time */
    assert_true(is_known_for("123456789", 0xcbf43926u, 32));      /* CRC-32 */
    assert_true(is_known_for("hello", 0x248bfa47u, 32));          /* MurmurHash3_x86_32 */
    assert_true(is_known_for("jdfgsdhfsdfsd 6445dsfsd7fg/*/+bfjsdgf%$^", 248446350u, 32)); /* ELF */
    assert_false(is_known_for("foobar", 12345u, 32));
}

static uint64_t djb2(const char *text)
{
    uint32_t hash = 5381;
    for (; *text; text++)
        hash = hash * 33 + (unsigned char)*text;
    return hash;
}

/* As a program would that hashes by something that nobody else has. */
static uint64_t unheard_of(const char *text)
{
    uint64_t hash = 0x1f3a97;
    for (; *text; text++)
        hash = (hash << 7 ^ hash >> 3) + (unsigned char)*text * 0x5851u;
    return hash;
}

static void place_names(uint64_t (*hash)(const char *text), bool is_pointed_at)
{
    readable_begin(&readable);
    readable_add(&readable, names, sizeof(names));
    memset(entries, 0, sizeof(entries));
    for (unsigned i = 0; i < RELATION_SAMPLES; i++) {
        uint64_t address = (uint64_t)(uintptr_t)names[i];
        memset(names[i], 0, sizeof(names[i]));
        snprintf(names[i], sizeof(names[i]), "user-%u/inbox", i * 37 + 5);
        entries[i].slot = hash(names[i]) % CAPACITY;
        if (is_pointed_at)
            memcpy(entries[i].bytes + NAME, &address, sizeof(address));
        else
            memcpy(entries[i].bytes + NAME, names[i], strlen(names[i]));
    }
}

static struct relation_question question_about(const struct layout_view *view)
{
    return (struct relation_question){.entries = entries,
                                      .count = RELATION_SAMPLES,
                                      .end = RELATION_WINDOW,
                                      .capacity = CAPACITY,
                                      .view = view,
                                      .room = room,
                                      .text_end = RELATION_WINDOW};
}

static void names_in_the_entries_and_elsewhere_are_found(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    for (unsigned is_pointed_at = 0; is_pointed_at <= 1; is_pointed_at++) {
        struct hash_relation relation = {0};
        place_names(djb2, is_pointed_at);
        struct relation_question question = question_about(&view);
        assert_true(hash_relation_find(&question, &relation));
        assert_int_equal(relation.offset, NAME);
        assert_int_equal(relation.key, is_pointed_at ? RELATION_TEXT_AT : RELATION_TEXT);
        assert_true(relation.is_mixed_key);
        assert_int_equal(hash_relation_home(&view, &relation, CAPACITY, entries[9].bytes),
                         entries[9].slot);
    }
}

static void names_by_another_function_are_not(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    for (unsigned is_pointed_at = 0; is_pointed_at <= 1; is_pointed_at++) {
        struct hash_relation relation;
        place_names(unheard_of, is_pointed_at);
        struct relation_question question = question_about(&view);
        assert_false(hash_relation_find(&question, &relation));
    }
}

static void a_name_that_is_gone_belongs_nowhere(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    struct hash_relation relation = {0};
    place_names(djb2, true);
    struct relation_question question = question_about(&view);
    assert_true(hash_relation_find(&question, &relation));
    readable_begin(&readable);
    assert_int_equal(hash_relation_home(&view, &relation, CAPACITY, entries[9].bytes), CAPACITY);
}

static uint64_t half_murmur(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    return key ^ key >> 33;
}

static uint64_t of_nobody_else(uint64_t key)
{
    key = (key ^ key >> 21) * 0xda942042e4dd58b5u;
    return key ^ key >> 19;
}

static void place_numbers(uint64_t (*hash)(uint64_t key))
{
    readable_begin(&readable);
    memset(entries, 0, sizeof(entries));
    for (uint64_t i = 0; i < RELATION_SAMPLES; i++) {
        uint64_t key = 1000 + 3 * ((i * 37) % RELATION_SAMPLES);
        entries[i].slot = hash(key) % CAPACITY;
        memcpy(entries[i].bytes + NAME, &key, sizeof(key));
    }
}

static void numbers_are_found_by_known_functions_only(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    struct hash_relation relation = {0};
    struct relation_question question = question_about(&view);
    place_numbers(half_murmur);
    question.is_exact = true;
    assert_true(hash_relation_find(&question, &relation));
    assert_int_equal(relation.key, RELATION_NUMBER);
    assert_int_equal(hash_relation_home(&view, &relation, CAPACITY, entries[9].bytes),
                     entries[9].slot);
    place_numbers(of_nobody_else);
    assert_false(hash_relation_find(&question, &relation));
}

static uint64_t any_number(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#define PAIRS      38u
#define PAIR_SLOTS 2048u
#define PAIR_WORDS 5u /* of a slot */

/* An element of a vector that names its place, and its neighbour: a fifth is what some function
 * makes of the first; of either most were erased. */
static void two_elements_of_a_vector_are_not(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    uint64_t random = 88172645463325252u;
    for (unsigned trial = 0; trial < 60; trial++) {
        struct hash_relation relation = {0};
        struct relation_question question = question_about(&view);
        uint32_t slot = 0;
        question.count = PAIRS;
        question.capacity = PAIR_SLOTS;
        question.end = question.text_end = 8;
        readable_begin(&readable);
        memset(entries, 0, sizeof(entries));
        for (unsigned i = 0; i < PAIRS; i++) {
            slot += 1 + (uint32_t)(any_number(&random) % (PAIR_SLOTS / PAIRS - 1));
            uint32_t word = (uint32_t)(any_number(&random) % 2);
            uint32_t number = slot * PAIR_WORDS + word - (any_number(&random) % 4 == 0);
            entries[i].slot = slot;
            memcpy(entries[i].bytes + (size_t)word * 4, &number, sizeof(number));
        }
        assert_false(hash_relation_find(&question, &relation));
    }
}

#define FEW       9u
#define TRIALS    400u
#define FEW_SLOTS 4096u

/* Of so many functions two of nine keys meet the right slots by one or the other nearly always. */
static void few_keys_that_lie_anywhere_are_not(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    struct hash_relation relation = {0};
    struct relation_question question = question_about(&view);
    uint64_t random = 88172645463325252u;
    question.count = FEW;
    question.capacity = FEW_SLOTS;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        readable_begin(&readable);
        memset(entries, 0, sizeof(entries));
        for (unsigned i = 0; i < FEW; i++) {
            uint64_t key = 0x558f24300000u + any_number(&random) % 0x100000 / 16 * 16;
            /* In every other trial they lie as tables do in a directory. */
            entries[i].slot =
                trial % 2 ? (uint64_t)i * (FEW_SLOTS / 16) : any_number(&random) % FEW_SLOTS;
            memcpy(entries[i].bytes + NAME, &key, sizeof(key));
        }
        assert_false(hash_relation_find(&question, &relation));
    }
}

static void few_keys_in_a_table_are_found_if_some_were_displaced(void **state)
{
    (void)state;
    struct layout_view view = {.reader = &readable.reader};
    struct hash_relation relation = {0};
    struct relation_question question = question_about(&view);
    place_numbers(half_murmur);
    question.count = FEW;
    entries[1].slot = (entries[1].slot + 3) % CAPACITY;
    entries[4].slot = (entries[4].slot + 1) % CAPACITY;
    entries[5].slot = (entries[5].slot + 2) % CAPACITY;
    entries[8].slot = (entries[8].slot + 7) % CAPACITY;
    assert_true(hash_relation_find(&question, &relation));
    assert_int_equal(relation.key, RELATION_NUMBER);
    assert_int_equal(relation.displaced, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_functions_give_the_published_values),
        cmocka_unit_test(names_in_the_entries_and_elsewhere_are_found),
        cmocka_unit_test(names_by_another_function_are_not),
        cmocka_unit_test(a_name_that_is_gone_belongs_nowhere),
        cmocka_unit_test(numbers_are_found_by_known_functions_only),
        cmocka_unit_test(two_elements_of_a_vector_are_not),
        cmocka_unit_test(few_keys_that_lie_anywhere_are_not),
        cmocka_unit_test(few_keys_in_a_table_are_found_if_some_were_displaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
