/* Buffers of a snapshot: where they begin, and what they hold when they move. */
#include "unit.h"

#include <stdlib.h>

#include "buffer.h"

/* Appends the bytes 0, 1, 2 ... until so many are in it. */
static void fill(struct buffer *buffer, size_t bytes)
{
    while (buffer->used < bytes) {
        unsigned char byte = (unsigned char)(buffer->used * 31 >> 3);
        assert_int_not_equal(buffer_append(buffer, &byte, 1), SIZE_MAX);
    }
}

static void assert_filled(const struct buffer *buffer)
{
    for (size_t i = 0; i < buffer->used; i++)
        assert_int_equal((unsigned char)buffer->memory[i], (unsigned char)(i * 31 >> 3));
}

static bool is_larger_piece(const struct buffer_nest *nest, const struct buffer *buffer)
{
    return buffer->memory >= nest->larger && buffer->memory < nest->larger + BUFFER_ALL_LARGER;
}

static void test_goes_from_piece_to_piece(void **state)
{
    (void)state;
    struct buffer_nest *nest = calloc(1, sizeof(*nest));
    assert_non_null(nest);
    buffer_nest_map(nest);
    struct buffer buffer = {.nest = nest};
    fill(&buffer, BUFFER_FIRST_BYTES);
    assert_ptr_equal(buffer.memory, nest->pieces[0]);
    fill(&buffer, BUFFER_LARGER_BYTES);
    assert_true(is_larger_piece(nest, &buffer));
    assert_false(buffer_is_mapped(&buffer));
    fill(&buffer, BUFFER_LARGER_BYTES + 1);
    assert_true(buffer_is_mapped(&buffer));
    fill(&buffer, (size_t)5 * BUFFER_MAPPED_BYTES);
    assert_filled(&buffer);
    buffer_free(&buffer);
    buffer_nest_free(nest);
    free(nest);
}

/* What site_trials.c and the writer of dumps rely on. */
static void test_pieces_are_zero(void **state)
{
    (void)state;
    struct buffer_nest *nest = calloc(1, sizeof(*nest));
    assert_non_null(nest);
    buffer_nest_map(nest);
    for (unsigned round = 0; round < 2 * BUFFER_NEST_LARGER; round++) {
        struct buffer buffer = {.nest = nest};
        assert_true(buffer_reserve(&buffer, BUFFER_LARGER_BYTES));
        assert_int_equal(is_larger_piece(nest, &buffer), round < BUFFER_NEST_LARGER);
        for (size_t i = 0; i < BUFFER_LARGER_BYTES; i++)
            assert_int_equal(buffer.memory[i], 0);
        memset(buffer.memory, 1, BUFFER_LARGER_BYTES);
        buffer_free(&buffer);
    }
    buffer_nest_free(nest);
    free(nest);
}

static void test_does_without_larger_pieces(void **state)
{
    (void)state;
    struct buffer_nest *nest = calloc(1, sizeof(*nest));
    assert_non_null(nest);
    struct buffer buffer = {.nest = nest};
    fill(&buffer, BUFFER_FIRST_BYTES + 1);
    assert_true(buffer_is_mapped(&buffer));
    assert_filled(&buffer);
    buffer_free(&buffer);
    buffer_nest_free(nest);
    free(nest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_from_piece_to_piece),
        cmocka_unit_test(test_pieces_are_zero),
        cmocka_unit_test(test_does_without_larger_pieces),
    };
    return RUN(tests);
}
