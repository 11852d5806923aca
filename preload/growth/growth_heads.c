/*
 * Heads of chains by what a growth makes of them: see growth_heads.h. Runs inside the tracker,
 * under no lock.
 *
 * Where keys in sequence hang in chains that are all as long (two in every second bucket), a link
 * looks like a pointer from an entry to a part of it, and the slots like those of single entries.
 * Taken for these, a full table has half of its entries. But a growth leaves single entries as many
 * as they were, and parts chains.
 */
#include "growth_heads.h"

#include "occupancy.h"
#include "tables.h"

/* Larger arrays are not counted again: what was found when it was smaller holds. */
#define MOST_COUNTED_BYTES (256u * 1024)
/* Of fewer slots an eighth more is what other entries that come in make, too. */
#define LEAST_IN_USE 64u
/* The entry that made it grow is in the new array only; so are those of a table that another thread
 * goes on filling. */
#define MORE_OF 8u

bool growth_has_another_array(struct registry *registry, const struct table_record *record,
                              const struct growth_link *link)
{
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record->arrays[i].index != 0 &&
            registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &array) &&
            array.sequence != link->old->sequence && array.sequence != link->array->sequence)
            return true;
    }
    return false;
}

bool growth_heads_were_parted(struct registry *registry, struct scratch *scratch,
                              const struct growth_link *link, const struct slot_profile *profile,
                              const struct table_reading *reading)
{
    struct table_record record;
    struct table_reading before = {0};
    struct block old = {.address = link->old->address, .bytes = link->old->bytes};
    bool has_record = tables_get(registry, tables_resolve(registry, link->old->table), &record);
    if (profile->slot_bytes != sizeof(uint64_t) || profile->column_bytes != sizeof(uint64_t) ||
        !profile->is_distinct || profile->mark != SLOT_MARK_NONE ||
        /* A byte for each slot in front of them tells which is in use, whatever the slots hold. */
        profile->header_bytes >= reading->capacity || link->array->bytes <= link->old->bytes ||
        /* The two arrays of a cuckoo table have entries of either before. */
        (has_record && growth_has_another_array(registry, &record, link)))
        return false;
    if (old.bytes > MOST_COUNTED_BYTES)
        return has_record && record.profile.is_indexed && record.profile.slot_bytes == 8;
    /* An array of which little is left was emptied as its entries moved. */
    return occupancy_read(&scratch->view, &old, profile, 0, &before) &&
           before.live >= LEAST_IN_USE && before.live >= before.capacity / 4 &&
           reading->live > before.live + before.live / MORE_OF &&
           (double)reading->live <= (double)before.live * (double)link->array->bytes /
                                        (double)old.bytes * (1 + 1.0 / MORE_OF);
}
