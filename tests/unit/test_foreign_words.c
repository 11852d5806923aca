/* Words near a table's pointer that may be of a table beside it: foreign_words.h. */
#include "unit.h"

#include "foreign_words.h"

#define LIMIT 3072u

/* Two tables side by side, each with a room that is used up as the table comes to its limit. */
struct table {
    uint64_t slots;
    uint32_t capacity, count, room, unused;
};

static struct table tables[2];

static bool is_anothers(uint64_t address, void *context)
{
    return address == *(const uint64_t *)context;
}

static int64_t distance_to(const uint32_t *word)
{
    return (int64_t)((uintptr_t)word - (uintptr_t)&tables[1].slots);
}

static bool is_of_neighbour(const uint32_t *word, bool is_room)
{
    const struct foreign_view view = {.bytes = (const unsigned char *)tables,
                                      .start = (uint64_t)(uintptr_t)tables,
                                      .end = (uint64_t)(uintptr_t)(tables + 2),
                                      .place = (uint64_t)(uintptr_t)&tables[1].slots};
    struct foreign_pointers pointers;
    foreign_pointers_find(&view, is_anothers, &tables[0].slots, &pointers);
    assert_int_equal(pointers.number, 1);
    return is_room ? foreign_word_is_room(&view, &pointers, distance_to(word))
                   : foreign_word_is_nearer(&pointers, distance_to(word));
}

/* The first one has grown just now: its room is what both have entries. */
static void make(void)
{
    tables[0] = (struct table){0x10000, 8192, LIMIT, LIMIT, 0};
    tables[1] = (struct table){0x20000, 4096, LIMIT, 0, 0};
}

static void the_room_of_a_table_that_has_just_grown_is_told(void **state)
{
    (void)state;
    make();
    assert_true(is_of_neighbour(&tables[0].room, true));
}

static void counts_are_no_room(void **state)
{
    (void)state;
    make();
    assert_false(is_of_neighbour(&tables[1].count, true));
    assert_false(is_of_neighbour(&tables[0].count, true));
    assert_true(is_of_neighbour(&tables[0].capacity, false));
    assert_false(is_of_neighbour(&tables[1].count, false));
}

static void nothing_is_foreign_without_a_neighbour(void **state)
{
    (void)state;
    struct foreign_pointers none = {0};
    make();
    const struct foreign_view view = {.bytes = (const unsigned char *)tables,
                                      .start = (uint64_t)(uintptr_t)tables,
                                      .end = (uint64_t)(uintptr_t)(tables + 2),
                                      .place = (uint64_t)(uintptr_t)&tables[1].slots};
    assert_false(foreign_word_is_room(&view, &none, distance_to(&tables[0].room)));
    assert_false(foreign_word_is_nearer(&none, distance_to(&tables[0].room)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_room_of_a_table_that_has_just_grown_is_told),
        cmocka_unit_test(counts_are_no_room),
        cmocka_unit_test(nothing_is_foreign_without_a_neighbour),
    };
    return RUN(tests);
}
