/* `--explain N`: every figure and comparison behind a verdict, so that it can be checked by hand.
 */
#include <inttypes.h>
#include <string.h>

#include "rendering.h"
#include "rows.h"
#include "words.h"

#define ROW(label, ...) row(rendering->out, &rendering->terminal, label, __VA_ARGS__)

static const char *role_name(uint32_t role)
{
    static const char *const names[] = {
        [DUMP_ROLE_SLOTS] = "slots",       [DUMP_ROLE_BUCKETS] = "buckets",
        [DUMP_ROLE_KEYS] = "keys",         [DUMP_ROLE_VALUES] = "values",
        [DUMP_ROLE_METADATA] = "metadata", [DUMP_ROLE_OLD] = "old, being emptied",
        [DUMP_ROLE_ENTRIES] = "entries",
    };
    return names[role];
}

static void explain_load(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct load_limits *limits = &judged->judgement.limits;
    const struct dump_table *table = judged->table;
    const char *source = judged->layout     ? "from the implementation"
                         : limits->measured ? "measured at its own growths"
                                            : "assumed: no growth of it was measured";
    ROW("load", "%" PRIu64 " live / %" PRIu64 " %s = %.6g", judged->saving.live_high,
        table->capacity, slot_word(table), judged->saving.load);
    if (table->live_error)
        ROW("", "the live count is %" PRIu64 " plus two standard errors of %" PRIu64, table->live,
            table->live_error);
    ROW("limit",
        "grows at load %.3g, has %.3g right after (%s); hollow below half of that, %.3g: %s",
        limits->at_growth, limits->after_growth, source, limits->hollow_below,
        judged->judgement.below_limit ? "below" : "not below");
}

static void explain_saving(const struct rendering *rendering, const struct judged_table *judged)
{
    const struct saving *saving = &judged->saving;
    const struct dump_table *table = judged->table;
    ROW("rebuild", "%" PRIu64 " B now - %" PRIu64 " B with %" PRIu64 " %s = %" PRIu64 " B",
        table->bytes, saving->rebuilt_bytes, saving->rebuilt_capacity, slot_word(table),
        saving->rebuild - saving->freed_entry_bytes);
    if (saving->freed_entry_bytes)
        ROW("", "and %" PRIu64 " B of %" PRIu64 " B in blocks of entries, which stay until then",
            saving->freed_entry_bytes, table->entry_bytes);
    if (saving->boxed_value_bytes) {
        double worth = (double)(saving->boxed_value_bytes - 8) /
                       (double)malloc_chunk_bytes(saving->boxed_value_bytes);
        ROW("box",
            "pays below load (v - 8) / chunk(v) = (%" PRIu64 " - 8) / %" PRIu64 " = %.3g: %s",
            saving->boxed_value_bytes, malloc_chunk_bytes(saving->boxed_value_bytes), worth,
            saving->box_pays ? "it pays" : "it does not pay");
        ROW("", "%" PRIu64 " B now - %" PRIu64 " B with boxed values = %" PRIu64 " B", table->bytes,
            saving->boxed_bytes, saving->box);
    }
    ROW("minimum",
        "a finding must save %" PRIu64 " B (--min-saving): the best fix saves %" PRIu64 " B",
        rendering->findings->limits.min_saving, best_saving(saving));
    if (judged->group)
        ROW("", "the %zu tables of its site together %" PRIu64 " B", judged->group->tables,
            judged->group->saving);
}

static void explain_history(const struct rendering *rendering, const struct dump_table *table)
{
    const struct dump *dump = rendering->findings->dump;
    const struct dump_growth *growths = dump_growths(dump, table);
    const struct dump_reading *readings = dump_readings(dump, table);
    for (uint32_t i = 0; i < table->growth_count; i++)
        ROW(i ? "" : "growths",
            "%.3f s: %" PRIu64 " B to %" PRIu64
            " B, %.1f %% occupied, %.1f %% of that moved, %" PRIu64 " entries counted",
            (double)growths[i].at_ms / 1e3, growths[i].from_bytes, growths[i].to_bytes,
            growths[i].occupied_ppm / 1e4, growths[i].moved_ppm / 1e4, growths[i].live);
    for (uint32_t i = 0; i < table->reading_count; i++)
        ROW(i ? "" : "readings", "%.3f s: %" PRIu64 " live of %" PRIu64,
            (double)readings[i].at_ms / 1e3, readings[i].live, readings[i].capacity);
}

void render_explanation(const struct rendering *rendering, const struct judged_table *judged,
                        size_t number)
{
    const struct dump_table *table = judged->table;
    const struct dump_array *arrays = dump_arrays(rendering->findings->dump, table);
    render_finding(rendering, judged, number, true);
    explain_load(rendering, judged);
    explain_saving(rendering, judged);
    ROW("reason", "%s", reason_clause(judged->judgement.reason));
    for (uint32_t i = 0; i < table->array_count; i++)
        ROW(i ? "" : "arrays", "0x%" PRIx64 ": %" PRIu64 " B, %s, since %.3f s", arrays[i].address,
            arrays[i].bytes, role_name(arrays[i].role), (double)arrays[i].born_ms / 1e3);
    explain_history(rendering, table);
    ROW("read", "at %.3f s, table number %" PRIu64 " of the process", (double)table->read_ms / 1e3,
        table->number);
    if (judged->layout && judged->layout->source)
        ROW("layout", "%s", judged->layout->source);
    fputc('\n', rendering->out);
}
