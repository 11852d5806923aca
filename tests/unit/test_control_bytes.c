/* Whether memory begins as control bytes do: control_bytes.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "layouts/control_bytes.h"

#define MOST 520u

static bool begins(const unsigned char *controls, size_t count, unsigned char empty,
                   unsigned char deleted)
{
    struct control_bytes marks = {.empty_mark = empty, .deleted_mark = deleted};
    return control_bytes_begin(controls, count, &marks);
}

/* A sixteenth empty, a few deleted, tags: however many, and wherever they begin. */
static void fill(unsigned char *controls, unsigned char empty, unsigned char deleted)
{
    for (unsigned i = 0; i < MOST; i++)
        controls[i] = i % 16 == 3   ? empty
                      : i % 50 == 7 ? deleted
                                    : (unsigned char)(i * 37 % 0x70 + 1);
}

static void takes_tags_and_marks(void **state)
{
    unsigned char controls[MOST];
    (void)state;
    fill(controls, 0x80, 0xfe);
    for (size_t start = 0; start < 20; start++)
        for (size_t count = 0; start + count <= MOST; count++)
            assert_true(begins(controls + start, count, 0x80, 0xfe));
    fill(controls, 0, 0x90); /* a mark may be as low as a tag */
    assert_true(begins(controls, MOST, 0, 0x90));
}

/* In each of its places, those behind the last sixteen too. */
static void takes_no_other_byte(void **state)
{
    unsigned char controls[MOST];
    (void)state;
    for (size_t count = 1; count <= MOST; count += 7)
        for (size_t at = 0; at < count; at++) {
            fill(controls, 0x80, 0xfe);
            controls[at] = 0x81;
            assert_false(begins(controls, count, 0x80, 0xfe));
        }
}

/* From 256 bytes on one of 64 must be empty. */
static void asks_for_empty_ones(void **state)
{
    unsigned char controls[MOST];
    (void)state;
    for (unsigned i = 0; i < MOST; i++)
        controls[i] = 5;
    assert_true(begins(controls, 255, 0x80, 0xfe));
    assert_false(begins(controls, 256, 0x80, 0xfe));
    for (unsigned i = 0; i < 8; i++)
        controls[i * 60] = 0x80;
    assert_true(begins(controls, 512, 0x80, 0xfe));
    controls[420] = 5;
    assert_false(begins(controls, 512, 0x80, 0xfe));
}

static bool are_diverse(const unsigned char *controls, size_t count)
{
    struct control_bytes counts = {.empty_mark = 0xff, .deleted_mark = 0x80};
    for (size_t i = 0; i < count; i++)
        counts.by_byte[controls[i]]++;
    return control_bytes_are_diverse(&counts);
}

/* Of four tags two may be the same, of eight four. */
static void takes_few_tags(void **state)
{
    unsigned char controls[64];
    (void)state;
    memset(controls, 0xff, sizeof(controls));
    static const unsigned char tags[] = {0x12, 0x5b, 0x12, 0x07, 0x12, 0x71, 0x12, 0x33};
    for (unsigned i = 0; i < 4; i++)
        controls[i * 15] = tags[i];
    assert_true(are_diverse(controls, sizeof(controls)));
    for (unsigned i = 0; i < sizeof(tags); i++)
        controls[i * 7] = tags[i];
    assert_true(are_diverse(controls, sizeof(controls)));
}

/* One to nine of them, among others that are -1. */
static void takes_no_small_numbers(void **state)
{
    (void)state;
    for (uint32_t used = 1; used < 10; used++) {
        uint32_t numbers[16];
        memset(numbers, 0xff, sizeof(numbers));
        for (uint32_t i = 0; i < used; i++)
            numbers[i * 5 % 16] = 2 + i * 13;
        assert_false(are_diverse((const unsigned char *)numbers, sizeof(numbers)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_tags_and_marks),   cmocka_unit_test(takes_no_other_byte),
        cmocka_unit_test(asks_for_empty_ones),    cmocka_unit_test(takes_few_tags),
        cmocka_unit_test(takes_no_small_numbers),
    };
    return RUN(tests);
}
