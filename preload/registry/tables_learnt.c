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
