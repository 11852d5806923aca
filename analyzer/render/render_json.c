/* The report for programs: docs/json.md. Keys that are not known are left out. */
#include <string.h>

#include "json_list.h"
#include "owner.h"
#include "rendering.h"
#include "table_type.h"

static json_t *frames_of_site(const struct rendering *rendering, uint32_t site, bool *ok)
{
    const struct symbol_frame *frames = NULL;
    size_t count = symbolizer_site(rendering->symbolizer, rendering->findings->dump, site, &frames);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *frame =
            json_frame(frames[i].function, frames[i].file, frames[i].line, frames[i].module, ok);
        if (!frames[i].is_script)
            json_put_address(frame, "offset", frames[i].offset, ok);
        if (frames[i].inlined)
            json_put(frame, "inlined", json_true(), ok);
        if (frames[i].tail_call)
            json_put(frame, "tail_call", json_true(), ok);
        if (json_array_append_new(array, frame) != 0)
            *ok = false;
    }
    return array;
}

static void put_site(const struct rendering *rendering, json_t *object, const char *key,
                     uint32_t site, bool *ok)
{
    if (site == DUMP_NONE || rendering->findings->dump->sites[site].frame_count == 0)
        return;
    json_put(object, key, frames_of_site(rendering, site, ok), ok);
}

static json_t *arrays_of_table(const struct rendering *rendering, const struct dump_table *table,
                               bool *ok)
{
    static const char *const roles[] = {
        [DUMP_ROLE_SLOTS] = "slots",       [DUMP_ROLE_BUCKETS] = "buckets",
        [DUMP_ROLE_KEYS] = "keys",         [DUMP_ROLE_VALUES] = "values",
        [DUMP_ROLE_METADATA] = "metadata", [DUMP_ROLE_OLD] = "old",
        [DUMP_ROLE_ENTRIES] = "entries",
    };
    const struct dump_array *arrays = dump_arrays(rendering->findings->dump, table);
    json_t *list = json_array();
    for (uint32_t i = 0; i < table->array_count; i++) {
        json_t *array = json_object();
        json_put_address(array, "address", arrays[i].address, ok);
        json_put_count(array, "bytes", arrays[i].bytes, ok);
        json_put_text(array, "role", roles[arrays[i].role], ok);
        if (json_array_append_new(list, array) != 0)
            *ok = false;
    }
    return list;
}

static json_t *advice_of_table(const struct judged_table *judged, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < judged->advice_count; i++) {
        const struct advice *advice = &judged->advice[i];
        json_t *object = json_object();
        json_put_text(object, "action", advice_word(advice->action), ok);
        json_put_count(object, "saves_bytes", advice->saves_bytes, ok);
        if (judged->table->known & DUMP_KNOWN_RESIDENT)
            json_put_count(object, "saves_resident_bytes", advice->saves_resident_bytes, ok);
        json_put_text(object, "cost", advice->cost, ok);
        json_put_text(object, "how", advice->how, ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

/* An estimate: two standard errors on either side, and no lower end where stale entries may have
 * been counted. What the table itself counts is none. */
static void put_interval(json_t *object, const struct dump_table *table, bool *ok)
{
    uint64_t error = 2 * table->live_error;
    if (table->read != DUMP_READ_ESTIMATED)
        return;
    if (table->flags & DUMP_TABLE_COUNTED) {
        json_put(object, "live_counted_by_table", json_true(), ok);
        return;
    }
    if (!(table->flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND))
        json_put_count(object, "live_at_least", table->live > error ? table->live - error : 0, ok);
    json_put_count(object, "live_at_most", table->live + error, ok);
}

/* What the table holds, as far as it was read. */
static void put_contents(json_t *object, const struct judged_table *judged, bool *ok)
{
    static const char *const kinds[] = {
        [DUMP_KIND_UNKNOWN] = NULL,
        [DUMP_KIND_CHAINED] = "chained",
        [DUMP_KIND_OPEN] = "open",
        [DUMP_KIND_COMPACT] = "compact",
    };
    const struct dump_table *table = judged->table;
    json_put_text(object, "implementation", judged->implementation, ok);
    if (kinds[table->kind])
        json_put_text(object, "kind", kinds[table->kind], ok);
    if (table->known & DUMP_KNOWN_CAPACITY)
        json_put_count(object, "capacity", table->capacity, ok);
    if (table->known & DUMP_KNOWN_LIVE) {
        json_put_count(object, "live", table->live, ok);
        json_put_count(object, "live_error", table->live_error, ok);
        put_interval(object, table, ok);
    }
    if (table->known & DUMP_KNOWN_TOMBSTONES)
        json_put_count(object, "tombstones", table->tombstones, ok);
    if (table->known & DUMP_KNOWN_SLOT_BYTES)
        json_put_count(object, "slot_bytes", table->slot_bytes, ok);
    if (table->known & DUMP_KNOWN_VALUE_BYTES)
        json_put_count(object, "value_bytes", table->value_bytes, ok);
    if (table->known & DUMP_KNOWN_ENTRIES) {
        json_put_count(object, "entry_blocks", table->entry_blocks, ok);
        json_put_count(object, "entry_bytes", table->entry_bytes, ok);
    }
    if (judged->judgement.proven_peak)
        json_put_count(object, "peak_live_at_least", judged->judgement.proven_peak, ok);
    if (table->read != DUMP_READ_NONE)
        json_put_text(object, "read", table->read == DUMP_READ_EXACT ? "exact" : "estimated", ok);
    json_put(object, "confidence", json_real(table->confidence_ppm / 1e6), ok);
}

static void put_owner(const struct rendering *rendering, json_t *object,
                      const struct judged_table *judged, bool *ok)
{
    struct owner owner;
    if (!owner_of_table(rendering->symbolizer, rendering->findings, judged, &owner))
        return;
    json_put_text(object, "owner", owner.name, ok);
    if (*owner.others)
        json_put_text(object, "owner_also", owner.others, ok);
    if (!*owner.file)
        return;
    json_t *declared = json_object();
    json_put_text(declared, "file", owner.file, ok);
    json_put(declared, "line", json_integer(owner.line), ok);
    json_put(object, "owner_declared", declared, ok);
}

static void put_type(const struct rendering *rendering, json_t *object,
                     const struct judged_table *judged, bool *ok)
{
    char type[TABLE_TYPE_BYTES];
    if (type_of_table(rendering->symbolizer, rendering->findings, judged, type))
        json_put_text(object, "type", type, ok);
}

/* What the table is a part of. The first of a group has its stacks. */
static void put_group(json_t *object, const struct judged_table *judged,
                      const struct judged_table *first, bool *ok)
{
    if (!judged->group)
        return;
    json_t *group = json_object();
    json_put_text(group, "first", first->id, ok);
    json_put_count(group, "tables", judged->group->tables, ok);
    json_put_count(group, "saves_bytes", judged->group->saving, ok);
    json_put(object, "group", group, ok);
}

/* A small table of a group need not have the stacks that the first has: 20,000 times 19 frames are
 * 240 MB. */
static bool has_same_stack(const struct rendering *rendering, const struct judged_table *judged,
                           const struct judged_table *first, uint32_t site, uint32_t first_site)
{
    return judged != first && site == first_site &&
           best_saving(&judged->saving) < rendering->findings->limits.min_saving;
}

/* `first` is that of its group, or the table itself. */
static json_t *table_object(const struct rendering *rendering, const struct judged_table *judged,
                            const struct judged_table *first, bool *ok)
{
    const struct dump_table *table = judged->table;
    json_t *object = json_object();
    json_put_text(object, "id", judged->id, ok);
    json_put_address(object, "address", table->address, ok);
    json_put_count(object, "bytes", table->bytes, ok);
    if (table->known & DUMP_KNOWN_RESIDENT)
        json_put_count(object, "resident_bytes", table->resident_bytes, ok);
    json_put(object, "arrays", arrays_of_table(rendering, table, ok), ok);
    put_contents(object, judged, ok);
    json_put_text(object, "verdict", verdict_word(judged->judgement.verdict), ok);
    put_group(object, judged, first, ok);
    put_owner(rendering, object, judged, ok);
    put_type(rendering, object, judged, ok);
    if (!has_same_stack(rendering, judged, first, table->birth_site, first->table->birth_site))
        put_site(rendering, object, "birth", table->birth_site, ok);
    if (!has_same_stack(rendering, judged, first, table->growth_site, first->table->growth_site))
        put_site(rendering, object, "growth", table->growth_site, ok);
    json_put_count(object, "growths", table->growths, ok);
    if (judged->judgement.refills.times)
        json_put_count(object, "refills", judged->judgement.refills.times, ok);
    if (table->growths)
        json_put_seconds(object, "last_growth_s", table->last_growth_ms, ok);
    json_put(object, "freed", json_boolean(table->flags & DUMP_TABLE_FREED), ok);
    if (judged->freed_at_end)
        json_put(object, "freed_at_end", json_true(), ok);
    json_put(object, "advice", advice_of_table(judged, ok), ok);
    return object;
}

static void add_tables(const struct rendering *rendering, struct json_list *list, bool *ok)
{
    const struct findings *findings = rendering->findings;
    const struct judged_table *first = NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        if (!first || !judged->group || judged->group != first->group)
            first = judged;
        if (finding_class(judged) == CLASS_QUIET && !rendering->options->all)
            continue;
        json_list_add(list, table_object(rendering, judged, first, ok));
    }
}

bool render_json(const struct rendering *rendering, bool one_line, struct error *error)
{
    const struct findings *findings = rendering->findings;
    const struct dump *dump = findings->dump;
    bool ok = true;
    json_t *report = json_object();
    json_put_text(report, "schema", "hashtrack-report/1", &ok);
    json_put_text(report, "program", dump_string(dump, dump->info.program), &ok);
    json_put(report, "pid", json_integer(dump->info.pid), &ok);

    json_t *snapshot = json_object();
    json_put_text(snapshot, "label", dump_string(dump, dump->info.label), &ok);
    json_put_seconds(snapshot, "at_s", dump->info.at_ms, &ok);
    json_put(snapshot, "complete", json_boolean(dump->info.flags & DUMP_INFO_COMPLETE), &ok);
    json_put(report, "snapshot", snapshot, &ok);

    json_t *totals = json_object();
    json_put_count(totals, "tracked_bytes", dump->info.tracked_bytes, &ok);
    json_put_count(totals, "table_bytes", findings->table_bytes, &ok);
    json_put_count(totals, "hollow_bytes", findings->hollow_bytes, &ok);
    json_put_count(totals, "dropped_records", findings->dropped_records, &ok);
    json_put(report, "totals", totals, &ok);

    struct json_list tables;
    json_list_begin(&tables, report, "tables", one_line, rendering->out);
    add_tables(rendering, &tables, &ok);
    return json_list_end(&tables, NULL, ok, error);
}
