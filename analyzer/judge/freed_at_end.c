/*
 * Freed at the end of the run, or before? See freed_at_end.h; docs/design.md has the reasons.
 */
#include "freed_at_end.h"

#include <stdlib.h>

#include "rebuild_moment.h"

#define SHORT_RUNS 2u /* the end is never more than half of a run */

static bool is_last_dump(const struct dump *dump)
{
    switch (dump->info.reason) {
    case DUMP_REASON_MAIN_RETURNED:
    case DUMP_REASON_EXIT:
    case DUMP_REASON_QUICK_EXIT:
    case DUMP_REASON_EXIT_NOW:
    case DUMP_REASON_LIBRARY_UNLOADED:
        return true;
    default:
        return false;
    }
}

/* Of tables that were all born in those milliseconds, a million freed ones could each be held
 * against a million others. The successor is among the last that were born before the free. */
#define MOST_LOOKED_AT 1024u

/* Whether `other`, which came at that time, is what became of the entries of `table`: as many, in
 * less room. */
static bool took_over(const struct dump_table *table, const struct dump_table *other)
{
    uint32_t needed = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    if ((table->known & other->known & needed) != needed ||
        other->capacity >= table->capacity / 2 || other->birth_ms < table->birth_ms)
        return false;
    uint64_t difference =
        other->live > table->live ? other->live - table->live : table->live - other->live;
    return difference <= table->live / 10 + table->live_error + other->live_error;
}

/* Whether `other` was born a moment before `table` was freed. */
static bool came_just_before(const struct successors *successors, const struct dump_table *table,
                             const struct dump_table *other)
{
    return other->birth_ms + successors->moment_ms >= table->read_ms ||
           (table->freed_number != 0 && other->number <= table->freed_number &&
            table->freed_number - other->number < REBUILD_BLOCKS);
}

/* How far back from its end a run's last part reaches, in milliseconds. */
static uint64_t window_of(const struct dump *dump)
{
    uint64_t end = dump->info.at_ms;
    uint64_t least = end / SHORT_RUNS < RUN_END_MS ? end / SHORT_RUNS : RUN_END_MS;
    return at_least_of_run(end, least, RUN_END_SHARE);
}

static int by_birth(const void *left, const void *right)
{
    const struct dump_table *a = *(const struct dump_table *const *)left;
    const struct dump_table *b = *(const struct dump_table *const *)right;
    if (a->birth_ms != b->birth_ms)
        return a->birth_ms < b->birth_ms ? -1 : 1;
    return (a > b) - (a < b);
}

bool successors_find(const struct dump *dump, struct successors *successors)
{
    uint64_t earliest_free = dump->info.at_ms - window_of(dump);
    *successors = (struct successors){.moment_ms = rebuild_moment_ms(dump->info.at_ms),
                                      .wait_ms = rebuild_wait_ms(dump->info.at_ms)};
    if (!is_last_dump(dump))
        return true;
    successors->tables = calloc(dump->table_count + 1, sizeof(struct dump_table *));
    if (!successors->tables)
        return false;
    for (size_t i = 0; i < dump->table_count; i++) {
        const struct dump_table *table = &dump->tables[i];
        if (!(table->flags & DUMP_TABLE_FREED) &&
            table->birth_ms + successors->wait_ms >= earliest_free)
            successors->tables[successors->count++] = table;
    }
    qsort(successors->tables, successors->count, sizeof(struct dump_table *), by_birth);
    return true;
}

void successors_free(struct successors *successors)
{
    free(successors->tables);
    *successors = (struct successors){0};
}

/* How many were born at `ms` or before. */
static size_t born_until(const struct successors *successors, uint64_t ms)
{
    size_t first = 0, end = successors->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (successors->tables[middle]->birth_ms <= ms)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Rebuilt, or shrunk by a call of its own: the fix that the report itself advises. */
static bool was_rebuilt(const struct successors *successors, const struct dump_table *table)
{
    size_t i = born_until(successors, table->read_ms + REBUILD_CLOCK_MS);
    for (unsigned looks = 0; i-- > 0 && looks < MOST_LOOKED_AT; looks++) {
        const struct dump_table *other = successors->tables[i];
        if (other->birth_ms + successors->wait_ms < table->read_ms)
            return false;
        if (came_just_before(successors, table, other) && took_over(table, other))
            return true;
    }
    return false;
}

bool freed_at_end(const struct dump *dump, const struct successors *successors,
                  const struct dump_table *table)
{
    uint64_t end = dump->info.at_ms;
    if (!(table->flags & DUMP_TABLE_FREED) || table->flags & DUMP_TABLE_READ_BEFORE ||
        !is_last_dump(dump) || table->read_ms > end || table->birth_ms > table->read_ms)
        return false;
    uint64_t after = end - table->read_ms;
    /* Of short-lived tables that followed each other to the end, only the last counts: it lived
     * longer than the program did without it. */
    return after <= window_of(dump) && after <= table->read_ms - table->birth_ms &&
           !was_rebuilt(successors, table);
}
