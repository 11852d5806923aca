/* Hollow tables that went between two looks: see seen_hollow.h. */
#include "seen_hollow.h"

#include <string.h>

#include "tables.h"

/* As for a table that is freed while the library looks on (preload/growth/growth.c): at least half
 * a megabyte, less than a quarter full. The report judges it by its family's own limits. */
#define LEAST_FREED_BYTES    (512u << 10)
#define HOLLOW_SHARE         4u
#define LEAST_CONFIDENCE_PPM 500000u

bool table_was_hollow(const struct dump_table *table)
{
    const uint32_t wanted = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    return !(table->flags & (DUMP_TABLE_FREED | DUMP_TABLE_REHASHING)) &&
           (table->known & wanted) == wanted && table->bytes >= LEAST_FREED_BYTES &&
           table->confidence_ppm >= LEAST_CONFIDENCE_PPM &&
           table->live < table->capacity / HOLLOW_SHARE;
}

bool table_stayed_hollow(const struct dump_table *table, const struct reading_log *log)
{
    return reading_series_stayed_low(reading_log_of(log, table->number), table->capacity,
                                     table->capacity / HOLLOW_SHARE, table->read_ms);
}

bool table_holds_something(const struct dump_table *table)
{
    return (table->known & DUMP_KNOWN_LIVE) && table->live > 0;
}

bool registered_numbers(const struct outside_snapshot *outside, struct number_set *numbers)
{
    const struct pool *tables = &outside->remote.registry.tables;
    for (uint32_t i = 1; i < outside->registered; i++) {
        const struct table_record *record = pool_has(tables, i) ? pool_at(tables, i) : NULL;
        if (record && !(record->flags & TABLE_UNUSED) && record->merged_into == 0 &&
            !number_set_add(numbers, record->number))
            return false;
    }
    number_set_sort(numbers);
    return true;
}

static const struct dump_table *tables_of(const struct outside_snapshot *outside, uint32_t *count)
{
    const struct dump_contents *contents = &outside->snapshot.contents;
    *count = dump_count(contents, DUMP_SECTION_TABLES);
    return (const void *)contents->sections[DUMP_SECTION_TABLES].memory;
}

bool hollow_table_went(const struct outside_snapshot *earlier, const struct outside_snapshot *later)
{
    struct number_set registered, held;
    uint32_t earlier_count, later_count;
    const struct dump_table *tables = tables_of(earlier, &earlier_count);
    const struct dump_table *later_tables = tables_of(later, &later_count);
    memset(&registered, 0, sizeof(registered));
    memset(&held, 0, sizeof(held));
    bool has_memory = registered_numbers(earlier, &registered);
    for (uint32_t i = 0; i < later_count && has_memory; i++)
        if (table_holds_something(&later_tables[i]))
            has_memory = number_set_add(&held, later_tables[i].number);
    number_set_sort(&held);
    bool went = false;
    for (uint32_t i = 0; i < earlier_count && has_memory && !went; i++)
        went = table_was_hollow(&tables[i]) && table_holds_something(&tables[i]) &&
               number_set_has(&registered, tables[i].number) &&
               !number_set_has(&held, tables[i].number);
    number_set_free(&registered);
    number_set_free(&held);
    return went;
}
