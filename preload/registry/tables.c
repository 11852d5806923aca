/*
 * The tables of the registry: see tables.h. What is learnt of them is kept by tables_learnt.c.
 */
#include "tables.h"

#include "table_record.h"

uint32_t tables_resolve(const struct registry *registry, uint32_t table)
{
    /* Merges point to older tables, so this ends; a spoilt copy must not make it endless. */
    for (int steps = 0; steps < 64 && pool_has(&registry->tables, table); steps++) {
        const struct table_record *record = table_at(registry, table);
        if (record->merged_into == 0)
            return record->flags & TABLE_UNUSED ? 0 : table;
        table = record->merged_into;
    }
    return 0;
}

static unsigned count_arrays(const struct table_record *record)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        count += record->arrays[i].index != 0;
    return count;
}

/* Gives the growths and readings of a table back. */
static void recycle_history(struct registry *registry, struct table_record *record)
{
    while (record->last_growth != 0) {
        struct growth_record *growth = pool_at(&registry->growths, record->last_growth);
        uint32_t index = record->last_growth;
        record->last_growth = growth->previous;
        growth->previous = registry->free_growth;
        registry->free_growth = index;
    }
    while (record->last_reading != 0) {
        struct reading_record *reading = pool_at(&registry->readings, record->last_reading);
        uint32_t index = record->last_reading;
        record->last_reading = reading->previous;
        reading->previous = registry->free_reading;
        registry->free_reading = index;
    }
}

static void recycle_table(struct registry *registry, uint32_t table)
{
    struct table_record *record = table_at(registry, table);
    recycle_history(registry, record);
    *record = (struct table_record){.flags = TABLE_UNUSED, .next_free = registry->free_table};
    registry->free_table = table;
}

/* The table with all that was merged into it. */
static void forget(struct registry *registry, uint32_t table)
{
    struct table_record *record = table_at(registry, table);
    if (record->flags & TABLE_LARGER)
        return;
    while (record->merged != 0) {
        uint32_t merged = record->merged;
        record->merged = table_at(registry, merged)->next_free;
        recycle_table(registry, merged);
    }
    recycle_table(registry, table);
}

/* Of so many tables that were freed the smallest goes; so many records are looked at for them. */
#define FREED_COMPARED  32u
#define FREED_LOOKED_AT 4096u

/* The pool is full: the record of a table that is gone and was listed only because it was hollow.
 */
static uint32_t take_freed(struct registry *registry)
{
    uint32_t found = 0, compared = 0;
    uint32_t count = atomic_load_explicit(&registry->tables.count, memory_order_relaxed);
    for (uint32_t i = 0; i < FREED_LOOKED_AT && i < count && compared < FREED_COMPARED; i++) {
        uint32_t table = registry->next_forgotten++ % count;
        if (table == 0)
            continue;
        const struct table_record *record = table_at(registry, table);
        if (!(record->flags & TABLE_FREED) || record->flags & (TABLE_LARGER | TABLE_UNUSED) ||
            record->merged_into != 0 || count_arrays(record) != 0)
            continue;
        compared++;
        if (found == 0 || record->freed_bytes < table_at(registry, found)->freed_bytes)
            found = table;
    }
    if (found == 0)
        return 0;
    counter_add(&registry->counters, COUNTER_FREED_FORGOTTEN);
    forget(registry, found);
    uint32_t table = registry->free_table;
    registry->free_table = table_at(registry, table)->next_free;
    return table;
}

static uint32_t new_table(struct registry *registry, const struct array_record *first)
{
    uint32_t table = registry->free_table;
    if (table != 0)
        registry->free_table = table_at(registry, table)->next_free;
    else
        table = pool_take(&registry->tables);
    if (table == 0)
        table = take_freed(registry);
    if (table == 0) {
        counter_add(&registry->counters, COUNTER_TABLES_DROPPED);
        return 0;
    }
    *table_at(registry, table) = (struct table_record){
        .number = first->sequence,
        .birth_site = first->site,
        .birth_ms = first->born_ms,
        .peak_bytes = first->bytes,
    };
    return table;
}

static void put_array(struct table_record *table, uint32_t index, uint32_t sequence)
{
    if (find_array(table, sequence))
        return;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        if (table->arrays[i].index == 0) {
            table->arrays[i] = (struct table_array){.index = index, .sequence = sequence};
            return;
        }
    table->flags |= TABLE_LARGER;
}

static void drop_array(struct table_record *table, uint32_t sequence)
{
    struct table_array *array = find_array(table, sequence);
    if (array)
        *array = (struct table_array){0};
}

static void set_table(struct array_record *array, void *context)
{
    array->table = *(uint32_t *)context;
}

struct succession {
    uint32_t table;
    bool is_expected; /* of this array */
};

/* Where it was to go on with another table, whose array had been freed just before, that has come
 * to nothing: to look for it later would take the array from this table. */
static void set_successor_of_table(struct array_record *array, void *context)
{
    const struct succession *succession = context;
    array->table = succession->table;
    array->flags |= ARRAY_SUCCESSOR;
    if (!succession->is_expected && array->flags & ARRAY_CONTINUES)
        array->flags |= ARRAY_ANOTHERS;
}

static uint32_t new_growth(struct registry *registry)
{
    uint32_t index = registry->free_growth;
    if (index == 0)
        return pool_take(&registry->growths);
    registry->free_growth = ((struct growth_record *)pool_at(&registry->growths, index))->previous;
    return index;
}

static uint32_t new_reading(struct registry *registry)
{
    uint32_t index = registry->free_reading;
    if (index == 0)
        return pool_take(&registry->readings);
    registry->free_reading =
        ((struct reading_record *)pool_at(&registry->readings, index))->previous;
    return index;
}

/* Outlives the table: who looks for one that is hollow no more must know that it grew again. */
static void note_grown_place(struct registry *registry, const struct array_record *array)
{
    if (!pool_has(&registry->sites, array->site))
        return;
    struct site_record *site = pool_at(&registry->sites, array->site);
    if (site->grown_bytes < array->bytes)
        site->grown_bytes = array->bytes;
}

static void record_growth(struct registry *registry, uint32_t table, const struct array_record *old,
                          const struct array_record *new_array,
                          const struct growth_evidence *evidence)
{
    struct table_record *record = table_at(registry, table);
    uint32_t index = new_growth(registry);
    if (index != 0) {
        *(struct growth_record *)pool_at(&registry->growths, index) = (struct growth_record){
            .from_bytes = old->bytes,
            .to_bytes = new_array->bytes,
            .live = evidence->live,
            .is_estimate = evidence->is_estimate,
            .at_ms = new_array->born_ms,
            .site = new_array->site,
            .occupied_ppm = evidence->occupied_ppm,
            .moved_ppm = evidence->moved_ppm,
            .previous = record->last_growth,
        };
        record->last_growth = index;
    }
    record->growths++;
    record->growth_site = new_array->site;
    note_grown_place(registry, new_array);
    record->last_growth_ms = new_array->born_ms;
    /* What was allocated before now belongs to this growth: its arrays do not count one each. */
    record->last_growth_clock = atomic_load(&registry->next_sequence);
    record->outgrown = old->sequence;
}

uint32_t tables_link(struct registry *registry, const struct array_record *old, uint32_t new_index,
                     const struct array_record *new_array, const struct growth_evidence *evidence)
{
    if (!take_lock(registry))
        return 0;
    uint32_t expected = tables_resolve(registry, new_array->table);
    uint32_t table = tables_resolve(registry, old->table);
    if (table == 0)
        table = expected;
    if (table == 0)
        table = new_table(registry, old);
    if (table != 0) {
        struct table_record *record = table_at(registry, table);
        /* The same size again is a purge of tombstones, a smaller one a shrink: the table goes on,
         * and only a bigger array is a growth. */
        if (new_array->bytes > old->bytes && new_array->sequence > record->last_growth_clock)
            record_growth(registry, table, old, new_array, evidence);
        if (new_array->bytes > record->peak_bytes)
            record->peak_bytes = new_array->bytes;
        uint64_t *peak = evidence->is_estimate ? &record->peak_estimated : &record->peak_live;
        bool is_guess = evidence->is_estimate && record->flags & TABLE_COUNTED;
        if (evidence->live > *peak && !is_guess)
            *peak = evidence->live;
        drop_array(record, (uint32_t)old->sequence);
        put_array(record, new_index, (uint32_t)new_array->sequence);
        /* Slots look as they did, unless this growth teaches better (tables_set_profile). */
        if (record->profile.array_sequence == (uint32_t)old->sequence) {
            record->profile.array_sequence = (uint32_t)new_array->sequence;
            record->profile.is_carried = 1;
        }
        if (record->header.array_sequence == (uint32_t)old->sequence)
            record->header.array_sequence = (uint32_t)new_array->sequence;
        record->flags &= ~TABLE_FREED;
        if (evidence->by_steps)
            record->flags |= TABLE_BY_STEPS;
        record->scattered += evidence->is_scattered;
        record->copied += evidence->is_copied;
        if (evidence->is_scattered && old->bytes > record->scattered_bytes)
            record->scattered_bytes = old->bytes;
    }
    lock_release(&registry->tables_lock);
    struct succession succession = {.table = table, .is_expected = table == expected};
    if (table == 0)
        return 0;
    registry_update(registry, new_index, (uint32_t)new_array->sequence, set_successor_of_table,
                    &succession);
    return table;
}

void tables_add_array(struct registry *registry, uint32_t table, uint32_t index,
                      const struct array_record *array)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    put_array(record, index, (uint32_t)array->sequence);
    lock_release(&registry->tables_lock);
    registry_update(registry, index, (uint32_t)array->sequence, set_table, &table);
}

/* The table `goes`, and what was merged into it before, become parts of the table `stays`. */
static void absorb(struct registry *registry, uint32_t stays, uint32_t goes)
{
    struct table_record *record = table_at(registry, stays);
    struct table_record *gone = table_at(registry, goes);
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        if (gone->arrays[i].index != 0)
            put_array(record, gone->arrays[i].index, gone->arrays[i].sequence);
    for (unsigned i = TABLE_MOST_APART; i-- > 0;)
        add_apart(record, gone->apart[i]);
    record->flags |= gone->flags & TABLE_LARGER;
    if (record->profile.slot_bytes == 0)
        record->profile = gone->profile;
    if (record->header.growths == 0)
        record->header = gone->header;
    if (record->scale.growths < gone->scale.growths)
        record->scale = gone->scale;
    if (record->buckets.growths < gone->buckets.growths)
        record->buckets = gone->buckets;
    if (record->regions.growths < gone->regions.growths)
        record->regions = gone->regions;
    recycle_history(registry, gone);
    gone->next_free = gone->merged;
    gone->merged = 0;
    struct table_record *last = gone;
    for (last->merged_into = stays; last->next_free != 0; last->merged_into = stays)
        last = table_at(registry, last->next_free);
    last->next_free = record->merged;
    record->merged = goes;
}

uint32_t tables_merge(struct registry *registry, uint32_t a, uint32_t b)
{
    if (!take_lock(registry))
        return b;
    a = tables_resolve(registry, a);
    b = tables_resolve(registry, b);
    if (a != 0 && b != 0 && a != b) {
        bool is_older = table_at(registry, a)->number < table_at(registry, b)->number;
        uint32_t stays = is_older ? a : b;
        absorb(registry, stays, is_older ? b : a);
        b = stays;
    }
    lock_release(&registry->tables_lock);
    return b != 0 ? b : a;
}

uint32_t tables_adopt(struct registry *registry, uint32_t index, const struct array_record *array)
{
    if (!take_lock(registry))
        return 0;
    uint32_t table = new_table(registry, array);
    if (table != 0)
        put_array(table_at(registry, table), index, (uint32_t)array->sequence);
    lock_release(&registry->tables_lock);
    if (table != 0)
        registry_update(registry, index, (uint32_t)array->sequence, set_table, &table);
    return table;
}

void tables_forget(struct registry *registry, uint32_t table)
{
    if (!lock_table(registry, table))
        return;
    forget(registry, table);
    lock_release(&registry->tables_lock);
}

bool tables_get(struct registry *registry, uint32_t table, struct table_record *out)
{
    const struct table_record *record = lock_table(registry, table);
    if (!record)
        return false;
    *out = *record;
    lock_release(&registry->tables_lock);
    return true;
}

bool tables_is_doubtful(const struct registry *registry, uint32_t table)
{
    uint32_t resolved = tables_resolve(registry, table);
    return resolved != 0 && table_at(registry, resolved)->flags & TABLE_DOUBTFUL;
}

uint32_t tables_layout_number(const struct layout *layout)
{
    for (uint32_t i = 0; layout && all_layouts[i]; i++)
        if (all_layouts[i] == layout)
            return i + 1;
    return 0;
}

void tables_add_reading(struct registry *registry, uint32_t table, uint64_t capacity, uint64_t live)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    uint32_t index = new_reading(registry);
    if (index != 0) {
        *(struct reading_record *)pool_at(&registry->readings, index) =
            (struct reading_record){.capacity = capacity,
                                    .live = live,
                                    .at_ms = registry_now(registry),
                                    .previous = record->last_reading};
        record->last_reading = index;
    }
    if (live > record->peak_live)
        record->peak_live = live;
    lock_release(&registry->tables_lock);
}

unsigned tables_drop_array(struct registry *registry, uint32_t table, uint32_t sequence)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return UINT32_MAX;
    drop_array(record, sequence);
    unsigned left = count_arrays(record);
    lock_release(&registry->tables_lock);
    return left;
}

void tables_abandon_array(struct registry *registry, const struct array_record *array)
{
    uint32_t table = tables_resolve(registry, array->table);
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    drop_array(record, (uint32_t)array->sequence);
    if (count_arrays(record) == 0 && !(record->flags & TABLE_FREED))
        forget(registry, table);
    lock_release(&registry->tables_lock);
}

/* What the array holds, or held last. */
static void keep_reading(struct table_record *record, const struct array_record *array,
                         const struct table_reading *reading, uint32_t layout, enum dump_read read)
{
    record->layout = layout;
    record->freed_read = read;
    record->freed_bytes = array->bytes;
    if (!reading)
        return;
    record->freed_capacity = reading->capacity;
    record->freed_live = reading->live;
    record->freed_live_error = reading->live_error;
    record->freed_tombstones = reading->tombstones;
    record->freed_slot_bytes = reading->slot_bytes;
    record->freed_value_bytes = reading->value_bytes;
    record->freed_known = reading->known;
    record->freed_confidence_ppm = reading->confidence_ppm;
    record->freed_growth_load_ppm = reading->growth_load_ppm;
    for (uint32_t i = 1; i < reading->array_count && i < LAYOUT_MAX_ARRAYS; i++)
        record->freed_bytes += reading->arrays[i].bytes;
}

void tables_set_freed(struct registry *registry, uint32_t table, const struct array_record *array,
                      const struct table_reading *reading, uint32_t layout, enum dump_read read,
                      uint64_t resident_bytes)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    keep_reading(record, array, reading, layout, read);
    record->flags |= TABLE_FREED;
    if (reading && reading->flags & DUMP_TABLE_READ_BEFORE)
        record->flags |= TABLE_READ_BEFORE;
    record->freed_address = array->address;
    record->freed_site = array->site;
    record->freed_ms = registry_now(registry);
    record->freed_sequence = atomic_load(&registry->next_sequence);
    record->freed_resident_bytes = resident_bytes;
    lock_release(&registry->tables_lock);
}

void tables_set_cleared(struct registry *registry, uint32_t table, const struct array_record *array,
                        const struct table_reading *reading, uint32_t layout, enum dump_read read)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    if (!(record->flags & TABLE_FREED)) {
        if (read != DUMP_READ_NONE)
            keep_reading(record, array, reading, layout, read);
        record->freed_read = read;
        record->cleared_sequence = (uint32_t)array->sequence;
        record->cleared_ms = registry_now(registry);
    }
    lock_release(&registry->tables_lock);
}
