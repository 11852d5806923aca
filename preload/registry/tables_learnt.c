/*
 * What is learnt of a table's slots and of its object, kept with it: see tables.h.
 */
#include "table_record.h"
#include "tables.h"

void tables_set_profile(struct registry *registry, uint32_t table,
                        const struct slot_profile *profile)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    /* Of arrays that grew together the one with keys or pointers tells most about the slots. */
    if (!find_array(record, record->profile.array_sequence) || profile->is_distinct ||
        !record->profile.is_distinct)
        record->profile = *profile;
    lock_release(&registry->tables_lock);
}

void tables_set_header(struct registry *registry, uint32_t table,
                       const struct header_profile *header)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    /* Of the array whose slots are known: the pointer to another array of the table lies elsewhere.
     */
    if (header->array_sequence == record->profile.array_sequence)
        record->header = *header;
    lock_release(&registry->tables_lock);
}

void tables_set_scale(struct registry *registry, uint32_t table, const struct scale_profile *scale)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    /* Of arrays that grew together the first whose object is known. */
    bool is_other = record->scale.growths > 0 &&
                    record->scale.array_sequence != scale->array_sequence &&
                    find_array(record, record->scale.array_sequence);
    if (!is_other)
        record->scale = *scale;
    lock_release(&registry->tables_lock);
}

void tables_count_growth(struct registry *registry, uint32_t table, uint64_t live)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    if (!(record->flags & TABLE_COUNTED) || live > record->peak_estimated)
        record->peak_estimated = live;
    record->flags |= TABLE_COUNTED;
    if (pool_has(&registry->growths, record->last_growth))
        ((struct growth_record *)pool_at(&registry->growths, record->last_growth))->live = live;
    lock_release(&registry->tables_lock);
}

void tables_set_buckets(struct registry *registry, uint32_t table,
                        const struct bucket_shape *buckets)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    record->buckets = *buckets;
    lock_release(&registry->tables_lock);
}

void tables_set_regions(struct registry *registry, uint32_t table,
                        const struct flag_regions *regions)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    record->regions = *regions;
    lock_release(&registry->tables_lock);
}

void tables_set_doubtful(struct registry *registry, uint32_t table, bool is_doubtful)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    record->flags = is_doubtful ? record->flags | TABLE_DOUBTFUL : record->flags & ~TABLE_DOUBTFUL;
    lock_release(&registry->tables_lock);
}

void tables_set_layout(struct registry *registry, uint32_t table, uint32_t layout)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    record->layout = layout;
    lock_release(&registry->tables_lock);
}

void tables_vouch(struct registry *registry, uint32_t table, uint32_t layout)
{
    struct table_record *record = lock_table(registry, table);
    if (!record)
        return;
    record->vouches = record->vouched == layout ? record->vouches + 1 : 1;
    record->vouched = layout;
    lock_release(&registry->tables_lock);
}

/* Both records, locked; false when either is none, or both are the same. */
static bool lock_both(struct registry *registry, uint32_t a, uint32_t b,
                      struct table_record *records[2])
{
    if (!take_lock(registry))
        return false;
    const uint32_t tables[] = {tables_resolve(registry, a), tables_resolve(registry, b)};
    for (unsigned i = 0; i < 2; i++) {
        records[i] = pool_has(&registry->tables, tables[i]) ? table_at(registry, tables[i]) : NULL;
        if (!records[i] || records[i]->flags & TABLE_UNUSED || tables[0] == tables[1]) {
            lock_release(&registry->tables_lock);
            return false;
        }
    }
    return true;
}

void tables_set_apart(struct registry *registry, uint32_t a, uint32_t b)
{
    struct table_record *records[2];
    if (!lock_both(registry, a, b, records))
        return;
    add_apart(records[0], records[1]->number);
    add_apart(records[1], records[0]->number);
    lock_release(&registry->tables_lock);
}

bool tables_are_apart(struct registry *registry, uint32_t a, uint32_t b)
{
    struct table_record *records[2];
    if (!lock_both(registry, a, b, records))
        return false;
    bool are_apart =
        has_apart(records[0], records[1]->number) || has_apart(records[1], records[0]->number);
    lock_release(&registry->tables_lock);
    return are_apart;
}
