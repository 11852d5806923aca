/*
 * The tables of a snapshot: see snapshot.h.
 *
 * The sources, in this order: arrays that a layout recognises, whether or not they were seen
 * growing; tables known only from their growths, whose occupancy is estimated, and tables that were
 * freed and had a last reading; arrays of which nothing is known but where their entries are.
 */
#include "snapshot_table.h"

#include "layouts/cpython_pools.h"
#include "site_trials.h"
#include "tables.h"

/* Asking all layouts about an array costs 3 to 30 us, so of a program with thousands of blocks
 * (perl's arenas are of 4,080 bytes) they are asked about the largest, about those that were seen
 * growing as tables do, if not too small, and about others where trials show tables
 * (site_trials.h). */
#define FEW_ARRAYS               1000u
#define LEAST_BYTES_OF_MANY      8192u
#define MANY_ARRAYS              50000u
#define LEAST_BYTES_OF_VERY_MANY 65536u
#define ALWAYS_ASKED_ABOUT       262144u
#define MOST_SMALL_TABLES        4096u

#define MOST_GROWTHS  64u
#define MOST_READINGS 256u

struct candidate {
    uint32_t array; /* position in snapshot->arrays */
    const struct layout *layout;
    struct table_reading reading;
};

/* --- what a table did before: growths and readings, oldest first --- */

/* Once a layout has recognised the table, what was guessed before does not count any more: an
 * object that names the array is not looked for at a growth, and the slots of a known
 * implementation may mislead where those of any other are learnt. Nor once its slots have turned
 * out to be others. */
static bool is_read_otherwise(const struct table_record *record)
{
    return record->layout != 0 || record->flags & TABLE_MISREAD;
}

static void add_growths(struct snapshot *snapshot, const struct table_record *record,
                        struct dump_table *table, uint32_t number)
{
    const struct registry *registry = snapshot->registry;
    uint32_t chain[MOST_GROWTHS];
    uint32_t count = 0;
    for (uint32_t at = record->last_growth;
         pool_has(&registry->growths, at) && count < MOST_GROWTHS;
         at = ((const struct growth_record *)pool_at(&registry->growths, at))->previous)
        chain[count++] = at;
    table->first_growth = dump_count(&snapshot->contents, DUMP_SECTION_GROWTHS);
    while (count-- > 0) {
        const struct growth_record *growth = pool_at(&registry->growths, chain[count]);
        struct dump_growth dump = {
            .table = number,
            .site = snapshot_site(snapshot, growth->site),
            .at_ms = growth->at_ms,
            .from_bytes = growth->from_bytes,
            .to_bytes = growth->to_bytes,
            .occupied_ppm = growth->occupied_ppm,
            .moved_ppm = growth->moved_ppm,
            .live = growth->is_estimate && is_read_otherwise(record) ? 0 : growth->live,
        };
        table->growth_count +=
            dump_add(&snapshot->contents, DUMP_SECTION_GROWTHS, &dump) != DUMP_NONE;
    }
}

static void add_readings(struct snapshot *snapshot, const struct table_record *record,
                         struct dump_table *table, uint32_t number)
{
    const struct registry *registry = snapshot->registry;
    uint32_t chain[MOST_READINGS];
    uint32_t count = 0;
    for (uint32_t at = record->last_reading;
         pool_has(&registry->readings, at) && count < MOST_READINGS;
         at = ((const struct reading_record *)pool_at(&registry->readings, at))->previous)
        chain[count++] = at;
    table->first_reading = dump_count(&snapshot->contents, DUMP_SECTION_READINGS);
    while (count-- > 0) {
        const struct reading_record *reading = pool_at(&registry->readings, chain[count]);
        struct dump_reading dump = {.table = number,
                                    .at_ms = reading->at_ms,
                                    .capacity = reading->capacity,
                                    .live = reading->live};
        table->reading_count +=
            dump_add(&snapshot->contents, DUMP_SECTION_READINGS, &dump) != DUMP_NONE;
    }
}

/* The median load just before a growth, over the growths that the dump has of this table. */
static uint32_t growth_load(const struct snapshot *snapshot, const struct dump_table *table)
{
    const struct dump_growth *growths =
        (const struct dump_growth *)snapshot->contents.sections[DUMP_SECTION_GROWTHS].memory;
    uint32_t loads[MOST_GROWTHS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->growth_count; i++) {
        uint32_t load = growths[table->first_growth + i].occupied_ppm;
        if (load == 0)
            continue;
        uint32_t at = count++;
        for (; at > 0 && loads[at - 1] > load; at--)
            loads[at] = loads[at - 1];
        loads[at] = load;
    }
    return count ? loads[count / 2] : 0;
}

/* --- one table into the dump --- */

void snapshot_fill_reading(struct dump_table *table, const struct table_reading *reading)
{
    table->header = reading->header;
    table->capacity = reading->capacity;
    table->live = reading->live;
    table->live_error = reading->live_error;
    table->tombstones = reading->tombstones;
    table->slot_bytes = reading->slot_bytes;
    table->value_bytes = reading->value_bytes;
    table->entry_blocks = reading->entry_blocks;
    table->entry_bytes = reading->entry_bytes;
    table->known = reading->known;
    table->flags |= reading->flags;
    table->confidence_ppm = reading->confidence_ppm;
    if (reading->header != 0)
        table->known |= DUMP_KNOWN_HEADER;
}

void snapshot_add_array(struct snapshot *snapshot, struct dump_table *table, uint32_t number,
                        struct live_array *array, enum dump_role role)
{
    struct dump_array dump = {
        .address = array->record.address,
        .bytes = array->record.bytes,
        .born_ms = array->record.born_ms,
        .table = number,
        .role = role,
        .site = snapshot_site(snapshot, array->record.site),
    };
    if (residency_of(&snapshot->residency, dump.address, dump.bytes, &dump.resident_bytes)) {
        table->resident_bytes += dump.resident_bytes;
        table->known |= DUMP_KNOWN_RESIDENT;
    }
    if (dump_add(&snapshot->contents, DUMP_SECTION_ARRAYS, &dump) == DUMP_NONE)
        return;
    table->bytes += dump.bytes;
    table->array_count++;
    array->table = number;
}

static uint64_t peak_of(const struct table_record *record)
{
    bool is_better = !is_read_otherwise(record) && record->peak_estimated > record->peak_live;
    return is_better ? record->peak_estimated : record->peak_live;
}

void snapshot_fill_history(struct snapshot *snapshot, const struct table_record *record,
                           struct dump_table *table, uint32_t number)
{
    table->number = record->number;
    table->birth_site = snapshot_site(snapshot, record->birth_site);
    table->birth_ms = record->birth_ms;
    table->growths = record->growths;
    if (record->growths > 0) {
        table->growth_site = snapshot_site(snapshot, record->growth_site);
        table->last_growth_ms = record->last_growth_ms;
    }
    if (peak_of(record) > 0) {
        table->peak_live = peak_of(record);
        table->known |= DUMP_KNOWN_PEAK;
    }
    add_growths(snapshot, record, table, number);
    add_readings(snapshot, record, table, number);
    table->growth_load_ppm = growth_load(snapshot, table);
}

void snapshot_fill_growth(const struct table_reading *reading, struct dump_table *table)
{
    if (reading->growth_load_ppm != 0)
        table->growth_load_ppm = reading->growth_load_ppm;
    if (reading->growth_live == 0)
        return;
    table->peak_live = reading->growth_live > reading->live ? reading->growth_live : reading->live;
    table->known |= DUMP_KNOWN_PEAK;
}

void snapshot_fill_birth(struct snapshot *snapshot, const struct array_record *array,
                         struct dump_table *table)
{
    table->number = array->sequence;
    table->birth_site = snapshot_site(snapshot, array->site);
    table->birth_ms = array->born_ms;
}

void snapshot_finish_table(struct snapshot *snapshot, struct dump_table *table)
{
    if (table->known & DUMP_KNOWN_LIVE && table->live > table->peak_live &&
        table->read == DUMP_READ_EXACT) {
        table->peak_live = table->live;
        table->known |= DUMP_KNOWN_PEAK;
    }
    struct dump_contents *contents = &snapshot->contents;
    if (dump_add(contents, DUMP_SECTION_TABLES, table) != DUMP_NONE)
        return;
    counter_add(&snapshot->registry->counters, COUNTER_TABLES_NOT_READ);
    /* The next table takes its number, and would not name these records. */
    dump_cut(contents, DUMP_SECTION_ARRAYS, table->first_array);
    dump_cut(contents, DUMP_SECTION_GROWTHS, table->first_growth);
    dump_cut(contents, DUMP_SECTION_READINGS, table->first_reading);
}

struct dump_table snapshot_new_table(struct snapshot *snapshot, const char *implementation)
{
    return (struct dump_table){
        .implementation = dump_add_string(&snapshot->contents, implementation),
        .growth_site = DUMP_NONE,
        .birth_site = DUMP_NONE,
        .read_ms = registry_now(snapshot->registry),
        .first_array = dump_count(&snapshot->contents, DUMP_SECTION_ARRAYS),
        .first_growth = dump_count(&snapshot->contents, DUMP_SECTION_GROWTHS),
        .first_reading = dump_count(&snapshot->contents, DUMP_SECTION_READINGS),
    };
}

void snapshot_add_unknown(struct snapshot *snapshot, struct live_array *array,
                          const struct table_reading *reading, enum dump_table_kind kind,
                          enum dump_role role)
{
    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    uint32_t history = tables_adopt(snapshot->registry, array->index, &array->record);
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    struct table_record record;
    table.kind = kind;
    table.read = DUMP_READ_ESTIMATED;
    table.address = array->record.address;
    snapshot_fill_reading(&table, reading);
    if (history != 0)
        tables_add_reading(snapshot->registry, history, reading->capacity, reading->live);
    if (tables_get(snapshot->registry, history, &record))
        snapshot_fill_history(snapshot, &record, &table, number);
    else
        snapshot_fill_birth(snapshot, &array->record, &table);
    snapshot_add_array(snapshot, &table, number, array, role);
    snapshot_finish_table(snapshot, &table);
}

/* --- tables that a layout recognises --- */

/* The registry's table of the candidate: that of any of its arrays. */
static uint32_t history_of(const struct snapshot *snapshot, const struct candidate *candidate)
{
    const struct table_reading *reading = &candidate->reading;
    uint32_t table =
        tables_resolve(snapshot->registry, snapshot->arrays.arrays[candidate->array].record.table);
    for (uint32_t i = 1; i < reading->array_count && i < LAYOUT_MAX_ARRAYS && table == 0; i++) {
        const struct live_array *array =
            live_arrays_at(&snapshot->arrays, reading->arrays[i].address);
        if (array)
            table = tables_resolve(snapshot->registry, array->record.table);
    }
    return table;
}

/* An array of the table may have been followed as a table of its own: the nodes beside an ordered
 * dict. */
static uint32_t unite_histories(struct snapshot *snapshot, const struct candidate *candidate,
                                uint32_t history)
{
    const struct table_reading *reading = &candidate->reading;
    for (uint32_t i = 0; i < reading->array_count && i < LAYOUT_MAX_ARRAYS && history != 0; i++) {
        const struct live_array *array =
            live_arrays_at(&snapshot->arrays, reading->arrays[i].address);
        uint32_t other = array && array->table == DUMP_NONE
                             ? tables_resolve(snapshot->registry, array->record.table)
                             : 0;
        if (other != 0 && other != tables_resolve(snapshot->registry, history))
            history = tables_merge(snapshot->registry, history, other);
    }
    return history;
}

/* Which of a table's arrays was linked last at a growth is a matter of chance: keys, values and
 * flags come from one call each. The main array's stands for them, so that tables of one place have
 * one site. */
static void settle_site(const struct snapshot *snapshot, const struct array_record *main_array,
                        struct table_record *record)
{
    if (record->growths > 0 &&
        registry_same_caller(snapshot->registry, record->growth_site, main_array->site))
        record->growth_site = main_array->site;
    else if (record->growths == 0 &&
             registry_same_caller(snapshot->registry, record->birth_site, main_array->site))
        record->birth_site = main_array->site;
}

static void add_recognised(struct snapshot *snapshot, const struct candidate *candidate)
{
    struct live_array *main_array = &snapshot->arrays.arrays[candidate->array];
    const struct table_reading *reading = &candidate->reading;
    if (main_array->table != DUMP_NONE)
        return; /* already a part of a table that was recognised with more certainty */
    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    uint32_t history = history_of(snapshot, candidate);
    if (history == 0)
        history = tables_adopt(snapshot->registry, main_array->index, &main_array->record);
    else if (tables_resolve(snapshot->registry, main_array->record.table) == 0)
        /* Known by another of its arrays, which the main one may outlive (stb_ds's index). */
        tables_add_array(snapshot->registry, history, main_array->index, &main_array->record);
    history = unite_histories(snapshot, candidate, history);
    if (history != 0 && reading->known & DUMP_KNOWN_LIVE)
        tables_add_reading(snapshot->registry, history, reading->capacity, reading->live);

    tables_set_layout(snapshot->registry, history, tables_layout_number(candidate->layout));

    struct dump_table table = snapshot_new_table(snapshot, candidate->layout->name);
    struct table_record record;
    table.kind = candidate->layout->kind;
    table.read = DUMP_READ_EXACT;
    table.address = main_array->record.address;
    snapshot_fill_reading(&table, reading);
    if (tables_get(snapshot->registry, history, &record)) {
        settle_site(snapshot, &main_array->record, &record);
        snapshot_fill_history(snapshot, &record, &table, number);
    } else {
        snapshot_fill_birth(snapshot, &main_array->record, &table);
    }
    snapshot_add_array(snapshot, &table, number, main_array, reading->arrays[0].role);
    for (uint32_t i = 1; i < reading->array_count && i < LAYOUT_MAX_ARRAYS; i++) {
        struct live_array *array = live_arrays_at(&snapshot->arrays, reading->arrays[i].address);
        if (array && array->table == DUMP_NONE)
            snapshot_add_array(snapshot, &table, number, array, reading->arrays[i].role);
    }
    snapshot_finish_table(snapshot, &table);
}

bool snapshot_recognise(struct snapshot *snapshot, const struct live_array *array)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct candidate candidate = {.array = (uint32_t)(array - snapshot->arrays.arrays)};
    if (snapshot->arrays.count <= FEW_ARRAYS || block.bytes >= ALWAYS_ASKED_ABOUT)
        return false; /* asked already */
    snapshot_next_array(snapshot);
    candidate.layout = layout_recognise(&snapshot->view, &block, &candidate.reading);
    if (candidate.layout)
        add_recognised(snapshot, &candidate);
    return candidate.layout != NULL;
}

bool snapshot_is_of_pools(const struct snapshot *snapshot, const struct array_record *array)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    return array->flags & ARRAY_MAPPED && cpython_pools_fill(&snapshot->view, &block);
}

#define LEAST_ASKED_FOR_PAGES (1u << 20)

static void find_candidates(struct snapshot *snapshot, struct buffer *candidates)
{
    uint32_t count = snapshot->arrays.count;
    uint64_t least = count <= FEW_ARRAYS    ? SNAPSHOT_LEAST_BYTES
                     : count <= MANY_ARRAYS ? LEAST_BYTES_OF_MANY
                                            : LEAST_BYTES_OF_VERY_MANY;
    uint64_t tried_below = count <= FEW_ARRAYS ? least : ALWAYS_ASKED_ABOUT;
    struct site_trials trials;
    uint32_t small_tables = 0;
    site_trials_start(&trials, atomic_load(&snapshot->registry->sites.count), &snapshot->nest);
    for (uint32_t i = 0; i < count; i++) {
        const struct array_record *record = &snapshot->arrays.arrays[i].record;
        struct block block = {.address = record->address, .bytes = record->bytes};
        struct candidate candidate = {.array = i};
        if (block.bytes < SNAPSHOT_LEAST_BYTES)
            continue;
        bool is_grown =
            record->table != 0 && (block.bytes >= least || small_tables++ < MOST_SMALL_TABLES);
        bool is_tried = block.bytes < tried_below && !is_grown;
        if (is_tried && !site_trials_allow(&trials, record->site))
            continue;
        /* Gigabytes that were mapped and never used take longer to read than all that was. */
        if (block.bytes >= LEAST_ASKED_FOR_PAGES &&
            residency_is_none(&snapshot->residency, block.address, block.bytes))
            continue;
        snapshot_next_array(snapshot);
        if (snapshot_is_of_pools(snapshot, record))
            continue;
        candidate.layout = layout_recognise(&snapshot->view, &block, &candidate.reading);
        if (is_tried)
            site_trials_note(&trials, record->site, candidate.layout != NULL);
        if (candidate.layout &&
            buffer_append(candidates, &candidate, sizeof(candidate)) == SIZE_MAX) {
            counter_add(&snapshot->registry->counters, COUNTER_TABLES_NOT_READ);
            snapshot->complete = false;
        }
    }
    site_trials_free(&trials);
}

/* The more certain first: an array belongs to one table only. */
static void add_candidates(struct snapshot *snapshot, const struct buffer *candidates)
{
    static const uint32_t bands[] = {1000001, 900000, 600000, 0};
    const struct candidate *all = (const struct candidate *)(const void *)candidates->memory;
    size_t count = candidates->used / sizeof(*all);
    for (size_t band = 1; band < sizeof(bands) / sizeof(bands[0]); band++)
        for (size_t i = 0; i < count; i++)
            if (all[i].reading.confidence_ppm >= bands[band] &&
                all[i].reading.confidence_ppm < bands[band - 1])
                add_recognised(snapshot, &all[i]);
}

/* --- tables that are gone --- */

static void add_freed(struct snapshot *snapshot, const struct table_record *record)
{
    if (record->freed_read == DUMP_READ_NONE || snapshot_is_replaced(snapshot, record))
        return;
    const struct layout *layout = record->layout != 0 ? all_layouts[record->layout - 1] : NULL;
    struct dump_table table = snapshot_new_table(snapshot, layout ? layout->name : "unknown");
    table.kind = layout ? layout->kind : snapshot_kind_of(&record->profile);
    table.read = record->freed_read;
    table.flags =
        DUMP_TABLE_FREED | (record->flags & TABLE_READ_BEFORE ? DUMP_TABLE_READ_BEFORE : 0);
    table.address = record->freed_address;
    table.bytes = record->freed_bytes;
    table.capacity = record->freed_capacity;
    table.live = record->freed_live;
    table.live_error = record->freed_live_error;
    table.tombstones = record->freed_tombstones;
    table.slot_bytes = record->freed_slot_bytes;
    table.value_bytes = record->freed_value_bytes;
    table.resident_bytes = record->freed_resident_bytes;
    table.known = record->freed_known;
    table.confidence_ppm = record->freed_confidence_ppm;
    snapshot_fill_history(snapshot, record, &table,
                          dump_count(&snapshot->contents, DUMP_SECTION_TABLES));
    if (record->freed_growth_load_ppm != 0)
        table.growth_load_ppm = record->freed_growth_load_ppm;
    table.read_ms = record->freed_ms;
    table.freed_number = record->freed_sequence;
    snapshot_finish_table(snapshot, &table);
}

void snapshot_tables(struct snapshot *snapshot)
{
    struct buffer candidates = {.nest = &snapshot->nest};
    snapshot_note_touched(snapshot);
    find_candidates(snapshot, &candidates);
    add_candidates(snapshot, &candidates);
    buffer_free(&candidates);
    snapshot_segmented_tables(snapshot);

    snapshot_alike_learn(snapshot);
    uint32_t tables = atomic_load(&snapshot->registry->tables.count);
    for (uint32_t index = 1; index < tables; index++) {
        struct table_record record;
        if (!tables_get(snapshot->registry, index, &record) || record.merged_into != 0 ||
            record.flags & TABLE_DOUBTFUL)
            continue;
        if (record.flags & TABLE_FREED)
            add_freed(snapshot, &record);
        else
            snapshot_unknown_table(snapshot, index, &record);
    }
    snapshot_alike_tables(snapshot);
    snapshot_tagged_tables(snapshot);
    snapshot_static_tables(snapshot);
    snapshot_global_tables(snapshot);
    buffer_free(&snapshot->alike);
    buffer_free(&snapshot->alike_numbers);
}
