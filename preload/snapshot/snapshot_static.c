/*
 * The tables of a snapshot that nobody saw growing and no layout recognises: see static_rules.h.
 */
#include "snapshot_table.h"

#include "hashed_numbers.h"
#include "index_region.h"
#include "modules.h"
#include "own_hashes.h"
#include "site_trials.h"
#include "static_rules.h"
#include "static_states.h"
#include "static_windows.h"
#include "tables.h"
#include "vector_counts.h"
#include "vector_length.h"

/* Of a program with many arrays only the larger ones get a look. */
#define FEW_ARRAYS          1000u
#define LEAST_BYTES_OF_MANY 262144u
/* A look in vain costs 0.1 to 5 ms. So of the arrays of one call stack some are looked at, and the
 * others where some are tables, but for those so large that a gibibyte has few. */
#define ALWAYS_LOOKED_AT (16ull << 20)
#define MOST_IN_VAIN     1000u

uint32_t snapshot_static_history(struct snapshot *snapshot, const struct live_array *array,
                                 const struct table_reading *reading)
{
    uint32_t history = tables_resolve(snapshot->registry, array->record.table);
    if (history == 0)
        history = tables_adopt(snapshot->registry, array->index, &array->record);
    if (history != 0)
        tables_add_reading(snapshot->registry, history, reading->capacity, reading->live);
    return history;
}

void snapshot_add_part(struct snapshot *snapshot, struct dump_table *table, uint32_t number,
                       const struct array_record *whole, const struct block *part)
{
    struct live_array array = {.record = *whole};
    array.record.address = table->address = table->header = part->address;
    array.record.bytes = part->bytes;
    table->known |= DUMP_KNOWN_HEADER;
    snapshot_add_array(snapshot, table, number, &array, DUMP_ROLE_SLOTS);
}

void snapshot_add_static(struct snapshot *snapshot, struct live_array *array,
                         const struct block *part, const struct static_reading *reading)
{
    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    const struct table_reading *table_reading = &reading->table;
    uint32_t history = snapshot_static_history(snapshot, array, table_reading);
    struct table_record record;
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    table.kind = reading->kind;
    table.read = DUMP_READ_ESTIMATED;
    table.address = array->record.address;
    snapshot_fill_reading(&table, table_reading);
    if (tables_get(snapshot->registry, history, &record))
        snapshot_fill_history(snapshot, &record, &table, number);
    else
        snapshot_fill_birth(snapshot, &array->record, &table);
    snapshot_fill_growth(table_reading, &table);
    if (part) {
        snapshot_add_part(snapshot, &table, number, &array->record, part);
        array->table = number;
    }
    for (uint32_t i = 0; i < table_reading->array_count && i < LAYOUT_MAX_ARRAYS; i++) {
        struct live_array *other =
            live_arrays_at(&snapshot->arrays, table_reading->arrays[i].address);
        if (other && other->table == DUMP_NONE)
            snapshot_add_array(snapshot, &table, number, other, table_reading->arrays[i].role);
    }
    snapshot_finish_table(snapshot, &table);
}

/* --- the code that may have hashed its keys --- */

/* A look takes milliseconds: not for arrays that save nothing to speak of. */
#define OWN_LEAST_BYTES (1u << 20)
/* An interpreter's and a collector's pools are smaller, and full. */
#define OWN_LEAST_MAPPED (16u << 20)

static uint32_t find_places(const struct snapshot *snapshot, const struct live_array *array,
                            struct own_code_place places[OWN_PLACES])
{
    const struct registry *registry = snapshot->registry;
    struct buffer modules = snapshot_loaded_modules(snapshot);
    const char *strings = snapshot->contents.sections[DUMP_SECTION_STRINGS].memory;
    if (!pool_has(&registry->sites, array->record.site))
        return 0;
    const struct site_record *site = pool_at(&registry->sites, array->record.site);
    uint32_t count = 0;
    for (uint32_t i = 0; i < site->frame_count && count < OWN_PLACES; i++) {
        if (!pool_has(&registry->frames, site->first_frame + i))
            break;
        uint64_t address = *(const uint64_t *)pool_at(&registry->frames, site->first_frame + i) - 1;
        uint32_t number = modules_find(&modules, address);
        if (number == DUMP_NONE)
            continue;
        const struct dump_module *module = (const struct dump_module *)modules.memory + number;
        if (!modules_is_of_system(strings + module->path))
            places[count++] = (struct own_code_place){address, module->start, module->end};
    }
    return count;
}

/* Whether it is a table's by what its object says: a pool is not of so many pointers, or pairs. */
static bool names_slots(const struct snapshot *snapshot, const struct live_array *array)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct static_named named;
    static_named_read(&snapshot->view, &block, &named);
    return static_named_capacity(&named, &block, 8) != 0 ||
           static_named_capacity(&named, &block, 16) != 0;
}

/* For the table whose array begins at `address` of the view, and which the call stack of `array`
 * made. */
static void read_own_hashes(struct snapshot *snapshot, const struct live_array *array,
                            struct layout_view *view, uint64_t address)
{
    struct own_code_place places[OWN_PLACES];
    if (!snapshot->own_hashes) {
        snapshot->own_hashes = system_map(sizeof(*snapshot->own_hashes));
        if (!snapshot->own_hashes)
            return; /* such tables are not found */
        own_hashes_start(snapshot->own_hashes);
    }
    own_hashes_near(snapshot->own_hashes, places, find_places(snapshot, array, places));
    const struct block_index *blocks = view->blocks;
    for (unsigned nth = 0; nth < OWN_HOLDERS; nth++)
        snapshot->own_hashes->holders[nth] = blocks ? blocks->pointer_to(blocks, address, nth) : 0;
    view->own_hashes = snapshot->own_hashes;
}

void snapshot_prepare_own_hashes(struct snapshot *snapshot, const struct live_array *array)
{
    snapshot->view.own_hashes = NULL;
    if (array->record.bytes < OWN_LEAST_BYTES)
        return;
    snapshot->view.own_of_sparse = array->record.flags & ARRAY_MAPPED &&
                                   array->record.bytes < OWN_LEAST_MAPPED &&
                                   !names_slots(snapshot, array);
    read_own_hashes(snapshot, array, &snapshot->view, array->record.address);
}

/* Buckets that are vectors keep their blocks when they are emptied: what was taken for heads of
 * chains says nothing of the entries. */
static void read_vectors(struct snapshot *snapshot, const struct block *block,
                         struct static_reading *out)
{
    struct table_reading vectors, *table = &out->table;
    if (table->flags & DUMP_TABLE_COUNTED || out->shape.leads != LEADS_BY_POINTER ||
        !vector_counts_read(&snapshot->view, block, &vectors))
        return;
    vectors.array_count = table->array_count;
    memcpy(vectors.arrays, table->arrays, sizeof(vectors.arrays));
    *table = vectors;
}

bool snapshot_read_index_region(struct snapshot *snapshot, const struct live_array *array,
                                struct table_reading *reading)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    return block.bytes >= STATIC_LEAST_BYTES &&
           (index_region_read(&snapshot->view, &block, snapshot_is_object, snapshot, reading) ||
            hashed_numbers_read(&snapshot->view, &block, reading));
}

/* What the object counts. Of slots that lead to their entries a mark leads to none, so that a count
 * which includes the marked ones is of the slots that were ever used. */
static void read_counted(struct snapshot *snapshot, const struct slot_profile *profile,
                         const struct live_array *array, struct static_reading *out)
{
    static const struct header_profile unknown_header;
    struct table_reading counted = out->table;
    snapshot_read_header(snapshot, &unknown_header, profile, array, &counted);
    bool are_erased = out->shape.leads != LEADS_NOWHERE && out->kind == DUMP_KIND_OPEN &&
                      out->table.tombstones > 0 && out->table.known & DUMP_KNOWN_TOMBSTONES;
    if (!are_erased || counted.live <= out->table.live + out->table.live_error)
        out->table = counted;
}

bool snapshot_make_pieces(struct snapshot *snapshot)
{
    if (!snapshot->static_pieces)
        snapshot->static_pieces = system_map_present(sizeof(*snapshot->static_pieces));
    if (!snapshot->static_pieces)
        snapshot->complete = false;
    return snapshot->static_pieces != NULL;
}

/* Adds the table that was found in the array, with what its object and its states say. */
static void add_found(struct snapshot *snapshot, struct live_array *array,
                      const struct block *block, struct static_reading *out)
{
    struct slot_profile profile = {.is_chained = 1}; /* live is no count of occupied slots */
    read_counted(snapshot, &profile, array, out);
    static_states_read(&snapshot->view, block, out);
    read_vectors(snapshot, block, out);
    snapshot_add_static(snapshot, array, NULL, out);
}

static bool read_static(struct snapshot *snapshot, struct live_array *array, unsigned effort,
                        const struct static_design *proven, struct static_reading *out)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    out->is_unproven = false;
    if (array->table != DUMP_NONE)
        return false;
    *out = (struct static_reading){.kind = DUMP_KIND_COMPACT};
    if (snapshot_read_index_region(snapshot, array, &out->table)) {
        snapshot_add_static(snapshot, array, NULL, out);
        return true;
    }
    if (!snapshot_make_pieces(snapshot))
        return false;
    snapshot_prepare_own_hashes(snapshot, array);
    uint64_t used = vector_used_bytes(&snapshot->view, &block);
    block.bytes = used != 0 ? used : block.bytes;
    if (static_rules_read(&snapshot->view, snapshot->static_pieces, &block, effort, proven, out)) {
        add_found(snapshot, array, &block, out);
        return true;
    }
    struct block part;
    bool is_unproven = out->is_unproven;
    struct static_design design = out->design;
    if (!is_unproven &&
        static_windows_read(&snapshot->view, snapshot->static_pieces, &block, effort, &part, out)) {
        snapshot_add_static(snapshot, array, &part, out);
        return true;
    }
    out->is_unproven = is_unproven;
    out->design = design;
    return false;
}

bool snapshot_static_table(struct snapshot *snapshot, struct live_array *array)
{
    struct static_reading reading;
    return read_static(snapshot, array, STATIC_ALL_EFFORT, NULL, &reading);
}

bool snapshot_static_whole(struct snapshot *snapshot, struct layout_view *view,
                           const struct block *whole, const struct live_array *last,
                           struct static_reading *out)
{
    if (!snapshot_make_pieces(snapshot))
        return false;
    view->own_of_sparse = false;
    if (whole->bytes >= OWN_LEAST_BYTES)
        read_own_hashes(snapshot, last, view, whole->address);
    return static_rules_read(view, snapshot->static_pieces, whole, STATIC_ALL_EFFORT, NULL, out);
}

bool snapshot_split_table(struct snapshot *snapshot, struct live_array *array)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct static_reading reading = {.kind = DUMP_KIND_COMPACT};
    if (array->table != DUMP_NONE || !snapshot_make_pieces(snapshot) ||
        !static_rules_read_split(&snapshot->view, snapshot->static_pieces, &block, &reading))
        return false;
    add_found(snapshot, array, &block, &reading);
    return true;
}

/* --- tables that others prove --- */

/* Of a table in shards each is nearly empty, and only in some of them two entries have met: those
 * are proof for the others, which the same call made and which are laid out the same. */
#define MOST_PROVEN   4u
#define MOST_UNPROVEN 32u

struct designed {
    uint32_t site, array;
    struct static_design design;
};

struct shards {
    struct designed proven[MOST_PROVEN], unproven[MOST_UNPROVEN];
    uint32_t proven_number, unproven_number;
};

static void note(struct shards *shards, uint32_t site, uint32_t array, bool is_table,
                 const struct static_reading *reading)
{
    struct designed designed = {.site = site, .array = array, .design = reading->design};
    if (is_table)
        shards->proven[shards->proven_number++ % MOST_PROVEN] = designed;
    else if (reading->is_unproven && shards->unproven_number < MOST_UNPROVEN)
        shards->unproven[shards->unproven_number++] = designed;
}

static void read_unproven(struct snapshot *snapshot, const struct shards *shards)
{
    struct static_reading reading;
    uint32_t proven = shards->proven_number < MOST_PROVEN ? shards->proven_number : MOST_PROVEN;
    for (uint32_t i = 0; i < shards->unproven_number; i++)
        for (uint32_t nth = 0; nth < proven; nth++) {
            const struct designed *one = &shards->unproven[i], *other = &shards->proven[nth];
            if (one->site == other->site &&
                memcmp(&one->design.same, &other->design.same, sizeof(one->design.same)) == 0 &&
                read_static(snapshot, &snapshot->arrays.arrays[one->array], STATIC_ALL_EFFORT,
                            &other->design, &reading))
                break;
        }
}

#define MAPPERS 1024u

/* Who mapped it, as a number below MAPPERS. An allocator of the program's own maps its pools on
 * behalf of everybody: a hundred call stacks of cc1plus end in its garbage collector's. */
static uint32_t mapper_of(const struct registry *registry, const struct array_record *array)
{
    if (!(array->flags & ARRAY_MAPPED) || !pool_has(&registry->sites, array->site))
        return 0;
    const struct site_record *site = pool_at(&registry->sites, array->site);
    if (site->frame_count == 0 || !pool_has(&registry->frames, site->first_frame))
        return 0;
    const uint64_t *frame = pool_at(&registry->frames, site->first_frame);
    return 1 + (uint32_t)((*frame + array->bytes) * 0x9E3779B97F4A7C15ull >> 32) % (MAPPERS - 1);
}

/* How many bytes the arrays of each call stack have together, which the report names together: by
 * the number of the site. Empty without memory. */
static void sum_sites(const struct snapshot *snapshot, struct buffer *sums)
{
    size_t sites = atomic_load(&snapshot->registry->sites.count);
    if (!buffer_reserve(sums, sites * sizeof(uint64_t)))
        return;
    uint64_t *bytes = (uint64_t *)(void *)sums->memory;
    memset(bytes, 0, sites * sizeof(*bytes));
    sums->used = sites * sizeof(*bytes);
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        const struct array_record *record = &snapshot->arrays.arrays[i].record;
        if (record->site < sites)
            bytes[record->site] += record->bytes;
    }
}

/* What the arrays of the site can save of what the report names, and so how much a look at one of
 * them may cost: per cent, 0 for none. */
static unsigned effort_for(const struct buffer *sums, uint32_t site, uint64_t named)
{
    const uint64_t *bytes = (const uint64_t *)(const void *)sums->memory;
    if (site >= sums->used / sizeof(*bytes) || bytes[site] >= named)
        return STATIC_ALL_EFFORT;
    unsigned effort = (unsigned)(bytes[site] * STATIC_ALL_EFFORT / named);
    return bytes[site] < named / SNAPSHOT_MOST_BEHIND ? 0
           : effort < STATIC_LEAST_EFFORT             ? STATIC_LEAST_EFFORT
                                                      : effort;
}

static uint64_t least_bytes(const struct snapshot *snapshot)
{
    return snapshot->arrays.count <= FEW_ARRAYS ? STATIC_LEAST_BYTES : LEAST_BYTES_OF_MANY;
}

/* The eight entries that prove a table lie where a hash scattered them: on more than one of its
 * fifteen pages and more. And pages that were never touched cost nothing (trap 47), so there is
 * nothing to save. A buffer was made for more than came: grep's, of 96 KiB, took it a quarter of
 * its time. To be noted before the arrays are read, for a page that was read is there. */
void snapshot_note_touched(struct snapshot *snapshot)
{
    const uint64_t least = least_bytes(snapshot);
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        struct live_array *array = &snapshot->arrays.arrays[i];
        const struct array_record *record = &array->record;
        array->is_hardly_touched =
            record->bytes >= least && record->bytes < ALWAYS_LOOKED_AT &&
            residency_is_hardly_any(&snapshot->residency, record->address, record->bytes);
    }
}

/* What belongs to a table seen growing was read, or cannot be. Where growths left it in doubt
 * whether it is a table nobody has looked at its arrays yet. */
static bool was_read(const struct snapshot *snapshot, const struct array_record *array)
{
    uint32_t table = tables_resolve(snapshot->registry, array->table);
    return table != 0 && !tables_is_doubtful(snapshot->registry, table);
}

static bool is_in_question(const struct snapshot *snapshot, const struct live_array *array,
                           uint64_t least)
{
    return array->record.bytes >= least && !array->is_hardly_touched && array->table == DUMP_NONE &&
           !was_read(snapshot, &array->record);
}

void snapshot_static_tables(struct snapshot *snapshot)
{
    uint32_t count = snapshot->arrays.count;
    uint64_t named = atomic_load(&snapshot->registry->tracked_bytes) / SNAPSHOT_SHARE_NAMED;
    struct buffer sums = {.nest = &snapshot->nest};
    uint64_t least = least_bytes(snapshot);
    struct site_trials trials, mappers;
    struct shards shards = {0};
    if (count == 0) /* in many a short program: no memory is asked for */
        return;
    site_trials_start(&trials, atomic_load(&snapshot->registry->sites.count), &snapshot->nest);
    site_trials_start(&mappers, MAPPERS, &snapshot->nest);
    if (named / SNAPSHOT_MOST_BEHIND > least)
        sum_sites(snapshot, &sums);
    for (uint32_t i = 0; i < count; i++) {
        struct live_array *array = &snapshot->arrays.arrays[i];
        const struct array_record *record = &array->record;
        if (!is_in_question(snapshot, array, least))
            continue;
        unsigned effort = effort_for(&sums, record->site, named);
        if (effort == 0)
            continue;
        uint32_t mapper = mapper_of(snapshot->registry, record);
        if (record->bytes < ALWAYS_LOOKED_AT &&
            (trials.in_vain >= MOST_IN_VAIN || !site_trials_allow(&trials, record->site) ||
             (mapper != 0 && !site_trials_allow(&mappers, mapper))))
            continue;
        struct static_reading reading;
        snapshot_next_array(snapshot);
        if (snapshot_is_of_pools(snapshot, record))
            continue;
        bool is_table = snapshot_tagged_table(snapshot, array);
        if (!is_table) {
            is_table = read_static(snapshot, array, effort, NULL, &reading);
            note(&shards, record->site, i, is_table, &reading);
            array->is_unknown = !is_table;
        }
        site_trials_note(&trials, record->site, is_table);
        site_trials_note(&mappers, mapper, is_table);
    }
    read_unproven(snapshot, &shards);
    /* Of what is found by the entries more is known: what is marked, what lies elsewhere. Values
     * that lie apart from their keys are counted as well, and belong to these. */
    for (uint32_t i = 0; i < count; i++)
        if (snapshot->arrays.arrays[i].is_unknown && snapshot->arrays.arrays[i].table == DUMP_NONE)
            snapshot_counted_table(snapshot, &snapshot->arrays.arrays[i]);
    site_trials_free(&trials);
    site_trials_free(&mappers);
    buffer_free(&sums);
}
