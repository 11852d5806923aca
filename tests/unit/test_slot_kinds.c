/* Words that are slots, and words that are parts of buckets: slot_kinds.h. */
#include "unit.h"

#include <string.h>

#include "readable.h"
#include "slot_kinds.h"

#define WORDS 4096u

static uint64_t words[WORDS], seed;
static const struct slot_profile of_words = {.slot_bytes = 8, .column_bytes = 8};

static bool differ(void)
{
    return slot_kinds_differ((const unsigned char *)words, sizeof(words), &of_words);
}

static uint64_t random_address(void)
{
    return 0x7f0000000000u + random_word(&seed) % (1u << 30) / 16 * 16;
}

/* A lock and a sequence, four hashes, four pointers and a link, of which the last are mostly none.
 */
static void buckets_of_hashes_and_pointers(void **state)
{
    (void)state;
    seed = 3;
    memset(words, 0, sizeof(words));
    for (uint32_t i = 0; i + 8 <= WORDS; i += 8) {
        uint32_t entries = (uint32_t)(random_word(&seed) % 5);
        words[i] = (uint64_t)entries << 33;
        for (uint32_t nth = 0; nth < entries; nth++) {
            words[i + 1 + nth / 2] |= (random_word(&seed) >> 32) << (nth % 2 * 32);
            words[i + 3 + nth] = random_address();
        }
    }
    assert_true(differ());
}

/* Four keys and values, and nine bytes that say which are there; the rest is as it was allocated.
 */
static void buckets_in_memory_that_nobody_cleared(void **state)
{
    (void)state;
    const struct slot_profile filled = {
        .slot_bytes = 8, .column_bytes = 8, .empty_value = 0x5454545454545454u};
    seed = 5;
    memset(words, 0x54, sizeof(words));
    for (uint32_t i = 0; i + 9 <= WORDS; i += 9) {
        uint32_t entries = (uint32_t)(random_word(&seed) % 5);
        for (uint32_t nth = 0; nth < 2 * entries; nth++)
            words[i + nth] = random_word(&seed);
        words[i + 8] = 0x54545454u;
    }
    assert_true(slot_kinds_differ((const unsigned char *)words, sizeof(words), &filled));
}

/* A link and an object's address in turn. The links that end chains, mostly -1, were taken for
 * empty slots of a word each: mark and all. */
static void links_beside_addresses(void **state)
{
    (void)state;
    const struct slot_profile marked = {
        .slot_bytes = 8, .column_bytes = 8, .empty_value = UINT32_MAX, .mark = SLOT_MARK_LOW};
    seed = 11;
    for (uint32_t i = 0; i < WORDS; i += 2) {
        words[i] = random_word(&seed) % 5 < 2 ? random_word(&seed) % 100000 : UINT32_MAX;
        words[i + 1] = random_address();
    }
    assert_true(slot_kinds_differ((const unsigned char *)words, sizeof(words), &marked));
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = random_word(&seed) % 5 < 2 ? UINT32_MAX : random_address();
    assert_false(slot_kinds_differ((const unsigned char *)words, sizeof(words), &marked));
}

/* Sets of numbers, of objects, and of objects whose hash is their address: every fourth slot. */
static void slots_of_one_kind(void **state)
{
    (void)state;
    for (unsigned share = 20; share <= 95; share += 25) {
        seed = share;
        for (uint32_t i = 0; i < WORDS; i++)
            words[i] = random_word(&seed) % 100 < share ? random_word(&seed) : 0;
        assert_false(differ());
        for (uint32_t i = 0; i < WORDS; i++)
            words[i] = random_word(&seed) % 100 < share ? random_address() : 0;
        assert_false(differ());
    }
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = i % 4 == 0 ? random_address() : 0;
    assert_false(differ());

    /* Arrays of a few kilobytes, of which a place is seen a few times. */
    for (uint32_t first = 0; first + 512 <= WORDS; first += 512) {
        for (uint32_t i = first; i < first + 512; i++)
            words[i] = random_word(&seed) % 100 < 88 ? random_word(&seed) : 0;
        assert_false(slot_kinds_differ((const unsigned char *)&words[first], 4096, &of_words));
    }
}

/* Small numbers and addresses, each wherever its hash leads. */
static void slots_of_two_kinds(void **state)
{
    (void)state;
    seed = 9;
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = random_word(&seed) % 3 == 0   ? random_address()
                   : random_word(&seed) % 3 == 0 ? random_word(&seed) % 1000 * 2 + 1
                                                 : 0;
    assert_false(differ());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_of_hashes_and_pointers),
        cmocka_unit_test(buckets_in_memory_that_nobody_cleared),
        cmocka_unit_test(links_beside_addresses),
        cmocka_unit_test(slots_of_one_kind),
        cmocka_unit_test(slots_of_two_kinds),
    };
    return RUN(tests);
}
