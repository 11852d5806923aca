/* How the text reports name a table and what it holds: see words.h. */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "format.h"
#include "printable.h"

const char *slot_word(const struct dump_table *table)
{
    return table->kind == DUMP_KIND_CHAINED ? "buckets" : "slots";
}

const char *implementation_name(char out[WORDS_BYTES], const struct judged_table *judged)
{
    bool unknown = strcmp(judged->implementation, "unknown") == 0;
    printable(out, WORDS_BYTES, unknown ? "unrecognised hash table" : judged->implementation);
    return out;
}

bool live_is_estimate(const struct dump_table *table)
{
    return table->read == DUMP_READ_ESTIMATED && !(table->flags & DUMP_TABLE_COUNTED);
}

const char *live_words(char out[WORDS_BYTES], const struct dump_table *table)
{
    char live[FORMAT_BYTES], within[FORMAT_BYTES];
    uint64_t error = 2 * table->live_error;
    if (table->flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND)
        snprintf(out, WORDS_BYTES, "at most %s", format_count(live, table->live + error));
    else if (error)
        snprintf(out, WORDS_BYTES, "about %s (within %s)", format_count(live, table->live),
                 format_count(within, error));
    else
        snprintf(out, WORDS_BYTES, "%s%s", live_is_estimate(table) ? "about " : "",
                 format_count(live, table->live));
    return out;
}

const char *reason_clause(enum verdict_reason reason)
{
    static const char *const clauses[] = {
        [REASON_NOT_READ] = "how many entries it holds could not be read",
        [REASON_LOADED] = "its load is above the limit",
        [REASON_NO_WAY] = "nothing makes a table of this kind smaller",
        [REASON_SMALL] = "it is nearly empty, but too little would come back",
        [REASON_SHRINKS_BY_ITSELF] = "it shrinks by itself when it is next used",
        [REASON_MOVING] = "its entries are on their way into a new array",
        [REASON_JUST_GREW] = "it grew a moment ago and has room as any table has then",
        [REASON_PEAK] = "it held more than it does now and kept the room for it",
        [REASON_GREW_STEP_BY_STEP] = "it grew step by step, and a table grows only when it is full",
        [REASON_SIBLING_GREW] = "other tables of this place reached this size by growing",
        [REASON_GROWTH_NOT_SEEN] =
            "it is nearly empty; too small to be watched growing, it may have been fuller",
        [REASON_GROWTH_HIDDEN] =
            "it is nearly empty; tables like it grow without being seen, it may have been fuller",
        [REASON_NEVER_FULLER] = "its capacity came in one jump and was never reached",
        [REASON_DELETED_MARKS] = "deleted slots fill it: entries were there",
        [REASON_CAPACITY_ROSE_ALONE] = "it grew again and again while it held no more entries",
    };
    return clauses[reason];
}
