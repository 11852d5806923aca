/* What lies in front of an array's slots, a word for each: slot_front.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "slot_front.h"

#define SLOTS      1024u
#define SLOT_BYTES 24u

static unsigned char memory[SLOTS * (SLOT_BYTES + 8) + 64] __attribute__((aligned(8)));
static struct readable readable;
static uint64_t seed;

static struct slot_profile profile(void)
{
    return (struct slot_profile){
        .slot_bytes = SLOT_BYTES, .column = 8, .column_bytes = 8, .is_distinct = 1};
}

static void set_slot(uint32_t word_bytes, uint32_t nth, uint64_t word, uint64_t key)
{
    memcpy(memory + nth * word_bytes, &word, word_bytes);
    memcpy(memory + SLOTS * word_bytes + nth * SLOT_BYTES + 8, &key, sizeof(key));
}

/* Every second slot, by chance, is occupied, and its word in front is not zero. */
static void make(uint32_t word_bytes)
{
    memset(memory, 0, sizeof(memory));
    seed = word_bytes;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (random_word(&seed) % 2)
            set_slot(word_bytes, i, random_word(&seed) | 1, random_word(&seed));
}

/* Where the first slot is said to lie. */
static uint32_t learn(uint64_t bytes, struct slot_profile learnt)
{
    readable_begin(&readable);
    readable_add(&readable, memory, bytes);
    slot_front_learn(&readable.reader, (uint64_t)(uintptr_t)memory, bytes, &learnt);
    assert_int_equal(readable.refused, 0);
    return learnt.header_bytes;
}

static void finds_words_of_every_width(void **state)
{
    (void)state;
    for (uint32_t width = 1; width <= 8; width *= 2) {
        make(width);
        assert_int_equal(learn((uint64_t)SLOTS * (SLOT_BYTES + width), profile()),
                         /* Else the slots that were learnt lie between these. */
                         SLOTS * width % SLOT_BYTES == 0 ? SLOTS * width : 0);
        struct slot_profile shifted = profile();
        shifted.header_bytes = SLOTS * width % SLOT_BYTES;
        assert_int_equal(learn((uint64_t)SLOTS * (SLOT_BYTES + width), shifted), SLOTS * width);
    }
}

static struct slot_profile shifted_profile(void)
{
    struct slot_profile shifted = profile();
    shifted.header_bytes = SLOTS * 4 % SLOT_BYTES;
    return shifted;
}

/* What stands before an empty slot stands before no occupied one. */
static void words_must_tell_empty_slots(void **state)
{
    (void)state;
    const uint64_t bytes = (uint64_t)SLOTS * (SLOT_BYTES + 4);
    uint32_t before = SLOTS * 4 % SLOT_BYTES;
    make(4);
    assert_int_equal(learn(bytes, shifted_profile()), SLOTS * 4);
    for (uint32_t i = 0; i < SLOTS; i++) { /* any word before any slot */
        uint32_t word = (uint32_t)random_word(&seed);
        memcpy(memory + (size_t)i * 4, &word, sizeof(word));
    }
    assert_int_equal(learn(bytes, shifted_profile()), before);
    make(4);
    memset(memory + (size_t)SLOTS * 2, 0, SLOTS); /* of some occupied ones, too */
    assert_int_equal(learn(bytes, shifted_profile()), before);
    memset(memory, 0, (size_t)SLOTS * 4); /* the same before all */
    assert_int_equal(learn(bytes, shifted_profile()), before);
}

static void both_kinds_must_be_met(void **state)
{
    (void)state;
    make(4);
    for (uint32_t i = 0; i < SLOTS; i++)
        set_slot(4, i, random_word(&seed) | 1, random_word(&seed) | 1);
    assert_int_equal(learn((uint64_t)SLOTS * (SLOT_BYTES + 4), shifted_profile()),
                     SLOTS * 4 % SLOT_BYTES);
}

static void the_block_must_be_filled(void **state)
{
    (void)state;
    make(4);
    assert_int_equal(learn((uint64_t)SLOTS * (SLOT_BYTES + 4) + 8, shifted_profile()),
                     SLOTS * 4 % SLOT_BYTES);
}

static void other_profiles_are_left_alone(void **state)
{
    (void)state;
    const uint64_t bytes = (uint64_t)SLOTS * (SLOT_BYTES + 4);
    uint32_t before = SLOTS * 4 % SLOT_BYTES;
    struct slot_profile chained = shifted_profile(), unsound = shifted_profile(),
                        empty = {.header_bytes = before};
    make(4);
    chained.is_chained = 1;
    unsound.column = 1u << 20;
    assert_int_equal(learn(bytes, chained), before);
    assert_int_equal(learn(bytes, unsound), before);
    assert_int_equal(learn(bytes, empty), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_words_of_every_width),
        cmocka_unit_test(words_must_tell_empty_slots),
        cmocka_unit_test(both_kinds_must_be_met),
        cmocka_unit_test(the_block_must_be_filled),
        cmocka_unit_test(other_profiles_are_left_alone),
    };
    return RUN(tests);
}
