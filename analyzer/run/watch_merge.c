/*
 * A dump read, added to and written again: see watch_merge.h. Touches no file but that one.
 */
#include "watch_merge.h"

#include <stdlib.h>
#include <string.h>

#include "dump_reader.h"
#include "seen_hollow.h"

struct merge {
    const struct watch *watch;
    struct dump final;
    struct dump seen; /* a view of a snapshot's contents: owns nothing */
    struct dump_contents contents;
    size_t added;
};

static const void *records(const struct dump_contents *contents, enum dump_section_kind kind)
{
    return contents->sections[kind].memory;
}

static void view_contents(const struct dump_contents *contents, struct dump *view)
{
    memset(view, 0, sizeof(*view));
    memcpy(&view->info, records(contents, DUMP_SECTION_INFO), sizeof(view->info));
    view->strings = records(contents, DUMP_SECTION_STRINGS);
    view->modules = records(contents, DUMP_SECTION_MODULES);
    view->module_count = dump_count(contents, DUMP_SECTION_MODULES);
    view->frames = records(contents, DUMP_SECTION_FRAMES);
    view->sites = records(contents, DUMP_SECTION_SITES);
    view->tables = records(contents, DUMP_SECTION_TABLES);
    view->table_count = dump_count(contents, DUMP_SECTION_TABLES);
    view->arrays = records(contents, DUMP_SECTION_ARRAYS);
    view->growths = records(contents, DUMP_SECTION_GROWTHS);
    view->readings = records(contents, DUMP_SECTION_READINGS);
    view->scripts = records(contents, DUMP_SECTION_SCRIPTS);
    view->script_count = dump_count(contents, DUMP_SECTION_SCRIPTS);
    view->owners = records(contents, DUMP_SECTION_OWNERS);
    view->owner_count = dump_count(contents, DUMP_SECTION_OWNERS);
}

/* --- readings --- */

/* The union of both, in order of time; of two at the same moment the dump's own. */
static void merge_readings(struct merge *merge, const struct dump_reading *own, uint32_t own_count,
                           const struct reading_series *series, struct dump_table *table,
                           uint32_t number)
{
    uint32_t i = 0, j = 0;
    uint32_t more = series ? series->count : 0;
    table->first_reading = dump_count(&merge->contents, DUMP_SECTION_READINGS);
    while (i < own_count || j < more) {
        bool takes_own = j == more || (i < own_count && own[i].at_ms <= series->readings[j].at_ms);
        struct dump_reading reading = takes_own ? own[i] : series->readings[j];
        if (takes_own && j < more && own[i].at_ms == series->readings[j].at_ms)
            j++;
        else if (!takes_own)
            merge->added++;
        i += takes_own;
        j += !takes_own;
        reading.table = number;
        dump_add(&merge->contents, DUMP_SECTION_READINGS, &reading);
    }
    table->reading_count =
        dump_count(&merge->contents, DUMP_SECTION_READINGS) - table->first_reading;
}

static void copy_section(struct merge *merge, enum dump_section_kind kind, const void *section,
                         size_t record_bytes, size_t count)
{
    struct buffer *buffer = &merge->contents.sections[kind];
    if (count && buffer_append(buffer, section, record_bytes * count) == SIZE_MAX)
        merge->contents.short_of_memory = true;
}

static void copy_final(struct merge *merge)
{
    copy_section(merge, DUMP_SECTION_INFO, &merge->final.info, sizeof(merge->final.info), 1);
    copy_section(merge, DUMP_SECTION_STRINGS, merge->final.strings, sizeof(*merge->final.strings),
                 merge->final.string_bytes);
    /* Tables and their readings are merged below. */
#define SECTION(kind, array, count)                                                                \
    if (DUMP_SECTION_##kind != DUMP_SECTION_TABLES &&                                              \
        DUMP_SECTION_##kind != DUMP_SECTION_READINGS)                                              \
        copy_section(merge, DUMP_SECTION_##kind, merge->final.array, sizeof(*merge->final.array),  \
                     merge->final.count);
#include "dump_section_list.h"
#undef SECTION
    for (uint32_t i = 0; i < merge->final.table_count; i++) {
        struct dump_table table = merge->final.tables[i];
        merge_readings(merge, dump_readings(&merge->final, &table), table.reading_count,
                       reading_log_of(&merge->watch->log, table.number), &table, i);
        dump_add(&merge->contents, DUMP_SECTION_TABLES, &table);
    }
}

/* --- tables that the final dump does not have any more --- */

/* The module in the new dump that is this one of the last snapshot. */
static uint32_t module_of(struct merge *merge, uint32_t number)
{
    const struct dump_module *known = records(&merge->contents, DUMP_SECTION_MODULES);
    const char *strings = records(&merge->contents, DUMP_SECTION_STRINGS);
    if (number == DUMP_NONE)
        return DUMP_NONE;
    struct dump_module module = merge->seen.modules[number];
    const char *path = dump_string(&merge->seen, module.path);
    for (uint32_t i = 0; i < dump_count(&merge->contents, DUMP_SECTION_MODULES); i++)
        if (known[i].start == module.start && known[i].bias == module.bias &&
            strcmp(strings + known[i].path, path) == 0)
            return i;
    /* Unloaded meanwhile. */
    module.path = dump_add_string(&merge->contents, path);
    module.build_id = dump_add_string(&merge->contents, dump_string(&merge->seen, module.build_id));
    return dump_add(&merge->contents, DUMP_SECTION_MODULES, &module);
}

/* The place in a script, in the new dump: 1 + its index. */
static uint32_t add_script(struct merge *merge, uint32_t number)
{
    struct dump_script script = merge->seen.scripts[number - 1];
    script.file = dump_add_string(&merge->contents, dump_string(&merge->seen, script.file));
    script.function = dump_add_string(&merge->contents, dump_string(&merge->seen, script.function));
    uint32_t index = dump_add(&merge->contents, DUMP_SECTION_SCRIPTS, &script);
    return index == DUMP_NONE ? 0 : index + 1;
}

static uint32_t add_site(struct merge *merge, uint32_t number)
{
    if (number == DUMP_NONE)
        return DUMP_NONE;
    struct dump_site site = merge->seen.sites[number];
    uint32_t from = site.first_frame;
    site.first_frame = dump_count(&merge->contents, DUMP_SECTION_FRAMES);
    for (uint32_t i = 0; i < site.frame_count; i++) {
        struct dump_frame frame = merge->seen.frames[from + i];
        frame.module = module_of(merge, frame.module);
        frame.script = frame.script ? add_script(merge, frame.script) : 0;
        dump_add(&merge->contents, DUMP_SECTION_FRAMES, &frame);
    }
    return dump_add(&merge->contents, DUMP_SECTION_SITES, &site);
}

/* Where the objects of the added tables lay. There is no link above that one: looks from outside
 * follow no pointers. `places`: by table of the last snapshot, its index in the new dump. */
static void add_owners(struct merge *merge, const uint32_t *places)
{
    for (size_t i = 0; i < merge->seen.owner_count; i++) {
        struct dump_owner owner = merge->seen.owners[i];
        if (places[owner.table] == DUMP_NONE || owner.holds != DUMP_NONE)
            continue;
        owner.table = places[owner.table];
        owner.module = module_of(merge, owner.module);
        owner.site = add_site(merge, owner.site);
        dump_add(&merge->contents, DUMP_SECTION_OWNERS, &owner);
    }
}

/* Returns its index in the new dump. */
static uint32_t add_gone(struct merge *merge, const struct dump_table *seen)
{
    uint32_t number = dump_count(&merge->contents, DUMP_SECTION_TABLES);
    struct dump_table table = *seen;
    const struct dump_growth *growths = dump_growths(&merge->seen, seen);
    table.implementation =
        dump_add_string(&merge->contents, dump_string(&merge->seen, seen->implementation));
    table.flags |= DUMP_TABLE_FREED;
    table.first_array = table.array_count = 0;
    table.birth_site = add_site(merge, seen->birth_site);
    table.growth_site = add_site(merge, seen->growth_site);
    table.first_growth = dump_count(&merge->contents, DUMP_SECTION_GROWTHS);
    for (uint32_t i = 0; i < seen->growth_count; i++) {
        struct dump_growth growth = growths[i];
        growth.table = number;
        growth.site =
            growth.site == seen->growth_site ? table.growth_site : add_site(merge, growth.site);
        dump_add(&merge->contents, DUMP_SECTION_GROWTHS, &growth);
    }
    merge_readings(merge, dump_readings(&merge->seen, seen), seen->reading_count,
                   reading_log_of(&merge->watch->log, seen->number), &table, number);
    merge->added++;
    return dump_add(&merge->contents, DUMP_SECTION_TABLES, &table);
}

/* What a snapshot's tables are looked for in. */
struct known_tables {
    /* The process knew these by itself; what only the snapshot recognised has no lasting number. */
    struct number_set registered;
    struct number_set final_tables, final_arrays;
    struct number_set settled; /* by a later snapshot, or added already */
};

static bool collect_final(const struct dump *final, struct known_tables *known)
{
    for (size_t i = 0; i < final->table_count; i++)
        if (!number_set_add(&known->final_tables, final->tables[i].number))
            return false;
    for (size_t i = 0; i < final->array_count; i++)
        if (!number_set_add(&known->final_arrays, final->arrays[i].address))
            return false;
    number_set_sort(&known->final_tables);
    number_set_sort(&known->final_arrays);
    return true;
}

/* The process knew the table and the final dump does not have it any more. */
static bool is_gone(const struct known_tables *known, const struct dump *seen,
                    const struct dump_table *table)
{
    if (!number_set_has(&known->registered, table->number) ||
        number_set_has(&known->final_tables, table->number) ||
        number_set_has(&known->settled, table->number))
        return false;
    for (uint32_t i = 0; i < table->array_count; i++)
        if (number_set_has(&known->final_arrays, seen->arrays[table->first_array + i].address))
            return false;
    return true;
}

/* A program that takes itself apart empties its tables before it frees them, and the last look may
 * fall between the two. What was empty for no longer than the end of a run may take says nothing
 * about how the table was used. */
static bool was_empty_for_long(const struct watch *watch, const struct dump_table *table)
{
    uint64_t since = reading_series_empty_since(reading_log_of(&watch->log, table->number));
    return since != UINT64_MAX && watch_is_before_the_end(watch, since);
}

/* Whether a hollow table that went is to be told of, in the round for those that hold something or
 * in the one for those that were emptied. One look does not tell a hollow table from a full one
 * that is emptied entry by entry before it is freed or rebuilt: of a map of two million strings,
 * erased within 2.5 s at the end, one run in four said that it was hollow. */
static bool is_told(const struct merge *merge, const struct dump_table *table, bool emptied_ones)
{
    return table_was_hollow(table) && table_holds_something(table) != emptied_ones &&
           (emptied_ones ? was_empty_for_long(merge->watch, table)
                         : table_stayed_hollow(table, &merge->watch->log));
}

/* False when there is no memory. */
static bool add_gone_tables(struct merge *merge, const struct outside_snapshot *outside,
                            struct known_tables *known, bool emptied_ones)
{
    view_contents(&outside->snapshot.contents, &merge->seen);
    known->registered.count = 0;
    uint32_t *places = calloc(merge->seen.table_count + 1, sizeof(*places));
    if (!places || !registered_numbers(outside, &known->registered)) {
        free(places);
        return false;
    }
    size_t before = merge->added;
    bool has_memory = true;
    for (size_t i = 0; i < merge->seen.table_count; i++) {
        const struct dump_table *table = &merge->seen.tables[i];
        bool is_added = is_told(merge, table, emptied_ones) && is_gone(known, &merge->seen, table);
        places[i] = is_added ? add_gone(merge, table) : DUMP_NONE;
    }
    if (merge->added > before)
        add_owners(merge, places);
    for (size_t i = 0; i < merge->seen.table_count && has_memory; i++)
        if (places[i] != DUMP_NONE || table_holds_something(&merge->seen.tables[i]))
            has_memory = number_set_add(&known->settled, merge->seen.tables[i].number);
    number_set_sort(&known->settled);
    free(places);
    return has_memory;
}

/* What the last snapshot has; then what was emptied before it; then what was empty all the while.
 */
static void add_all_gone_tables(struct merge *merge)
{
    const struct watch *watch = merge->watch;
    const struct outside_snapshot *before = watch_before_the_end(watch);
    struct known_tables known;
    memset(&known, 0, sizeof(known));
    if (!collect_final(&merge->final, &known) ||
        !add_gone_tables(merge, watch->last, &known, false) ||
        (before && !add_gone_tables(merge, before, &known, false)) ||
        !add_gone_tables(merge, watch->last, &known, true))
        merge->contents.short_of_memory = true;
    number_set_free(&known.registered);
    number_set_free(&known.final_tables);
    number_set_free(&known.final_arrays);
    number_set_free(&known.settled);
}

/* --- the file --- */

static bool write_again(struct merge *merge, const char *path, struct error *error)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (!slash || length >= sizeof(directory))
        return error_set(error, STATUS_BAD_DUMP, "%s: not an absolute path", path);
    memcpy(directory, path, length);
    directory[length] = '\0';
    int status = merge->contents.short_of_memory
                     ? -ENOMEM
                     : dump_rewrite(&merge->contents, directory, slash + 1);
    return status == 0 ||
           error_set(error, STATUS_BAD_DUMP, "%s: what was seen meanwhile could not be added: %s",
                     path, strerror(-status));
}

bool watch_merge(const struct watch *watch, const char *path, struct error *error)
{
    if (!watch->last)
        return true;
    struct merge *merge = calloc(1, sizeof(*merge));
    if (!merge)
        return error_no_memory(error, path);
    merge->watch = watch;
    bool merged = dump_load(path, &merge->final, error);
    if (merged) {
        view_contents(&watch->last->snapshot.contents, &merge->seen);
        if (merge->final.info.pid == merge->seen.info.pid &&
            merge->final.info.start_realtime_ns == merge->seen.info.start_realtime_ns) {
            copy_final(merge);
            add_all_gone_tables(merge);
        }
        if (merge->added > 0 || merge->contents.short_of_memory)
            merged = write_again(merge, path, error);
        dump_free(&merge->contents);
        dump_unload(&merge->final);
    }
    free(merge);
    return merged;
}
