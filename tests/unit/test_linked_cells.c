/* Cells and a cellar in one array: linked_cells.h. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linked_cells.h"
#include "readable.h"

#define HEADS  16384u
#define CELLAR (HEADS / 4)
#define CELLS  (HEADS + CELLAR)

struct cell {
    uint64_t key;
    struct cell *next;
    uint64_t value;
};

struct table {
    struct cell *cells, *free, *unused;
    uint32_t live;
};

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

static bool is_free(const struct cell *cell)
{
    return (uintptr_t)cell->next & 1;
}

static void make(struct table *table)
{
    *table = (struct table){.cells = malloc(CELLS * sizeof(struct cell))};
    assert_non_null(table->cells);
    memset(table->cells, 0xA5, CELLS * sizeof(struct cell)); /* as malloc leaves it */
    for (uint32_t i = 0; i < CELLS; i++)
        table->cells[i].next = (struct cell *)1;
    table->unused = table->cells + HEADS;
}

static void insert(struct table *table, uint64_t key)
{
    struct cell *head = &table->cells[key % HEADS], *next = NULL;
    if (!is_free(head)) {
        next = table->free ? table->free : table->unused++;
        if (next == table->free)
            table->free = next->next;
        assert_true(next < table->cells + CELLS);
        *next = *head;
    }
    *head = (struct cell){.key = key, .next = next, .value = key * 3};
    table->live++;
}

static void recycle(struct table *table, struct cell *cell)
{
    cell->next = table->free;
    table->free = cell;
}

/* The first entry of the bucket. */
static void erase_first(struct table *table, uint32_t bucket)
{
    struct cell *head = &table->cells[bucket], *next = head->next;
    table->live--;
    if (!next) {
        head->next = (struct cell *)1;
    } else {
        *head = *next;
        recycle(table, next);
    }
}

static void fill(struct table *table, uint32_t live, uint64_t seed)
{
    make(table);
    while (table->live < live)
        insert(table, random_word(&seed));
}

static bool look(const void *memory, size_t bytes, struct table_reading *reading)
{
    struct readable readable;
    readable_begin(&readable);
    readable_add(&readable, memory, bytes);
    const struct layout_view view = {.reader = &readable.reader, .scratch = scratch};
    const struct block block = {.address = (uint64_t)(uintptr_t)memory, .bytes = bytes};
    return linked_cells_read(&view, &block, reading);
}

static bool look_at_table(const struct table *table, struct table_reading *reading)
{
    return look(table->cells, CELLS * sizeof(struct cell), reading);
}

static void test_entries_are_what_heads_lead_to(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct table table;
        struct table_reading reading;
        fill(&table, HEADS / 2, seed);
        assert_true(look_at_table(&table, &reading));
        assert_int_equal(reading.capacity, CELLS);
        assert_int_equal(reading.live, table.live);
        assert_int_equal(reading.slot_bytes, sizeof(struct cell));
        for (uint32_t i = 0; i < HEADS; i++)
            while (i % 64 != 0 && !is_free(&table.cells[i]))
                erase_first(&table, i);
        assert_in_range(table.live, 64, HEADS / 64);
        assert_true(look_at_table(&table, &reading));
        assert_int_equal(reading.live, table.live);
        free(table.cells);
    }
}

/* Where the links do not keep to that there is nothing to be said. */
static void test_one_word_that_is_no_link(void **state)
{
    (void)state;
    struct table table;
    struct table_reading reading;
    fill(&table, HEADS / 2, 5);
    struct cell *used = table.cells, saved;
    while (is_free(used) || used->next == NULL)
        used++;
    saved = *used;
    used->next = (struct cell *)((char *)saved.next + 8);
    assert_false(look_at_table(&table, &reading));
    used->next = table.cells + CELLS;
    assert_false(look_at_table(&table, &reading));
    used->next = (struct cell *)0x1234567;
    assert_false(look_at_table(&table, &reading));
    used->next = saved.next;
    saved.next->next = saved.next; /* without an end */
    assert_false(look_at_table(&table, &reading));
    saved.next->next = NULL;
    used->next = used; /* a head among the heads */
    assert_false(look_at_table(&table, &reading));
    free(table.cells);
}

/* Objects in an arena, the free ones linked; a tree; a list through marked nodes. */
static void test_other_links_within_arrays(void **state)
{
    (void)state;
    uint64_t random = 6;
    struct table_reading reading;
    struct cell *cells = calloc(CELLS, sizeof(struct cell)), *last = NULL;
    assert_non_null(cells);
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i].key = random_word(&random);
        cells[i].value = random_word(&random);
        bool is_used = random_word(&random) % 2 == 0;
        cells[i].next = is_used ? (struct cell *)1 : last;
        last = is_used ? last : &cells[i];
    }
    assert_false(look(cells, CELLS * sizeof(struct cell), &reading));
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i].next = 2 * i + 1 < CELLS ? &cells[2 * i + 1] : (struct cell *)1;
    assert_false(look(cells, CELLS * sizeof(struct cell), &reading));
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i].next = i % 3 == 0 ? (struct cell *)((uintptr_t)&cells[(i + 1) % CELLS] | 1)
                                   : &cells[(i + 1) % CELLS];
    assert_false(look(cells, CELLS * sizeof(struct cell), &reading));
    free(cells);
}

static void test_too_few_show_nothing(void **state)
{
    (void)state;
    struct table table;
    struct table_reading reading;
    fill(&table, 40, 7);
    assert_false(look_at_table(&table, &reading));
    free(table.cells);
    fill(&table, HEADS / 2, 8);
    assert_false(look(table.cells, 64 * sizeof(struct cell), &reading));
    free(table.cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_what_heads_lead_to),
        cmocka_unit_test(test_one_word_that_is_no_link),
        cmocka_unit_test(test_other_links_within_arrays),
        cmocka_unit_test(test_too_few_show_nothing),
    };
    return RUN(tests);
}
