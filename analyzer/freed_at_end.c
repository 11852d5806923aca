/*
 * Freed at the end of the run, or before? See freed_at_end.h; docs/design.md has the reasons.
 */
#include "freed_at_end.h"

/* The end of a run is its last twentieth: taking a program apart takes time in proportion to what
 * it built. It is at least 300 ms, as long as CPython needs to finalise a program that imported
 * much, but never more than half of a short run. */
#define END_SHARE  20u
#define END_LEAST  300u
#define SHORT_RUNS 2u

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

/* Where a table is rebuilt the new array comes a moment before the old one goes. Rebuilding a
 * nearly empty table is quick, unless the machine has others to serve: then all of the run takes
 * long, and the moment is a share of it. The clock of the dump has milliseconds. */
#define REBUILD_MS    50u
#define REBUILD_SHARE 50u
#define CLOCK_MS      2u

/* Whether `other` is what became of the entries of `table`: as many, in less room, since then. */
static bool took_over(const struct dump_table *table, const struct dump_table *other,
                      uint64_t moment)
{
    uint32_t needed = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    if (other == table || other->flags & DUMP_TABLE_FREED ||
        (table->known & other->known & needed) != needed ||
        other->capacity >= table->capacity / 2 || other->birth_ms < table->birth_ms ||
        other->birth_ms + moment < table->read_ms || other->birth_ms > table->read_ms + CLOCK_MS)
        return false;
    uint64_t difference =
        other->live > table->live ? other->live - table->live : table->live - other->live;
    return difference <= table->live / 10 + table->live_error + other->live_error;
}

/* Rebuilt, or shrunk by a call of its own: the fix that the report itself advises. */
static bool was_rebuilt(const struct dump *dump, const struct dump_table *table)
{
    uint64_t share = dump->info.at_ms / REBUILD_SHARE;
    uint64_t moment = share > REBUILD_MS ? share : REBUILD_MS;
    for (size_t i = 0; i < dump->table_count; i++)
        if (took_over(table, &dump->tables[i], moment))
            return true;
    return false;
}

bool freed_at_end(const struct dump *dump, const struct dump_table *table)
{
    uint64_t end = dump->info.at_ms;
    if (!(table->flags & DUMP_TABLE_FREED) || !is_last_dump(dump) || table->read_ms > end ||
        table->birth_ms > table->read_ms)
        return false;
    uint64_t least = end / SHORT_RUNS < END_LEAST ? end / SHORT_RUNS : END_LEAST;
    uint64_t window = end / END_SHARE > least ? end / END_SHARE : least;
    uint64_t after = end - table->read_ms;
    /* Of short-lived tables that followed each other to the end, only the last counts: it lived
     * longer than the program did without it. */
    return after <= window && after <= table->read_ms - table->birth_ms &&
           !was_rebuilt(dump, table);
}
