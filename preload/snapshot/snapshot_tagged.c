/*
 * Tables of groups with a byte for each slot, by what a snapshot shows of them: see
 * tagged_groups.h. Those whose growths taught nothing about their slots, those that nobody saw
 * growing, and many small ones of one call, which are judged together.
 */
#include "snapshot_table.h"

#include "tables.h"
#include "tagged_groups.h"

#define PROVEN_PPM           900000u
#define COOKIE_BYTES         8u
#define FEW_HOLDERS          2u /* that are asked about what may be anything: a garbage collector's page */
#define MOST_HOLDERS         8u
#define LEAST_TOGETHER       8u /* arrays of one call that are judged together */
#define MOST_SITES           128u
#define TOGETHER_LEAST_BYTES 65536u

static struct tagged_work *work_of(struct snapshot *snapshot)
{
    if (!snapshot->tagged)
        snapshot->tagged = system_map_present(sizeof(*snapshot->tagged));
    if (!snapshot->tagged)
        snapshot->complete = false;
    return snapshot->tagged;
}

/* The nth object that points at the array, or behind the cookie of new[] in it. False behind the
 * last. */
static bool find_holder(struct snapshot *snapshot, const struct block *block, unsigned *nth,
                        struct tagged_array *out)
{
    const struct block_index *blocks = snapshot->view.blocks;
    while (blocks && *nth < 2 * MOST_HOLDERS) {
        uint64_t target = block->address + (*nth < MOST_HOLDERS ? 0 : COOKIE_BYTES);
        uint64_t place = blocks->pointer_to(blocks, target, *nth % MOST_HOLDERS);
        ++*nth;
        if (place == 0) {
            *nth = (*nth + MOST_HOLDERS - 1) / MOST_HOLDERS * MOST_HOLDERS;
            continue;
        }
        if (!block_has(block, place) && snapshot_is_object(place, snapshot) &&
            tagged_array_read(&snapshot->view, block, place, out))
            return true;
    }
    return false;
}

bool snapshot_read_tagged(struct snapshot *snapshot, const struct live_array *array, bool has_grown,
                          struct table_reading *reading)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct tagged_array holder;
    struct tagged_groups groups;
    struct table_reading said;
    unsigned nth = 0, looks = 0;
    while ((has_grown || looks++ < FEW_HOLDERS) && find_holder(snapshot, &block, &nth, &holder)) {
        struct tagged_work *work = work_of(snapshot);
        if (!work || !tagged_groups_learn(&snapshot->view, work, &holder, 1, has_grown, &groups) ||
            !tagged_groups_read(&snapshot->view, work, &holder, &groups, &said))
            continue;
        said.confidence_ppm = PROVEN_PPM;
        *reading = said;
        return true;
    }
    return false;
}

/* --- tables that prove themselves --- */

static bool is_free(const struct snapshot *snapshot, const struct live_array *array)
{
    return array->table == DUMP_NONE &&
           tables_resolve(snapshot->registry, array->record.table) == 0;
}

bool snapshot_tagged_table(struct snapshot *snapshot, struct live_array *array)
{
    struct table_reading reading;
    /* What a program maps itself are pools: of a compiler's this would take a hundredth of its
     * time. */
    if (array->record.flags & ARRAY_MAPPED || !is_free(snapshot, array) ||
        !snapshot_read_tagged(snapshot, array, false, &reading))
        return false;
    snapshot_add_unknown(snapshot, array, &reading, DUMP_KIND_OPEN, DUMP_ROLE_SLOTS);
    return true;
}

/* --- small ones of one call --- */

/* Arrays of one call and one size that have an object each. */
struct alike {
    uint32_t site, count;
    uint64_t bytes;
    bool is_learnt;
    struct tagged_array arrays[TAGGED_MOST_ARRAYS];
    struct tagged_groups groups;
};

static struct alike *alike_of(const struct buffer *all, uint32_t site)
{
    struct alike *alike = (struct alike *)(void *)all->memory;
    for (size_t i = 0; i < all->used / sizeof(*alike); i++)
        if (alike[i].site == site)
            return &alike[i];
    return NULL;
}

static struct alike *add_alike(struct buffer *all, const struct array_record *record)
{
    struct alike *alike;
    if (all->used / sizeof(*alike) >= MOST_SITES || !buffer_reserve(all, sizeof(*alike)))
        return NULL;
    alike = (struct alike *)(void *)(all->memory + all->used);
    memset(alike, 0, sizeof(*alike));
    alike->site = record->site;
    alike->bytes = record->bytes;
    all->used += sizeof(*alike);
    return alike;
}

/* What the small arrays of a call have together. */
struct site_sum {
    uint64_t bytes;
    uint32_t count;
};

static bool is_small(const struct snapshot *snapshot, const struct live_array *array)
{
    return array->record.bytes >= SNAPSHOT_LEAST_BYTES &&
           array->record.bytes < SNAPSHOT_MOST_ALIKE && is_free(snapshot, array);
}

static bool sum_sites(const struct snapshot *snapshot, struct buffer *sums)
{
    size_t sites = atomic_load(&snapshot->registry->sites.count);
    if (!buffer_reserve(sums, sites * sizeof(struct site_sum)))
        return false;
    struct site_sum *sum = (struct site_sum *)(void *)sums->memory;
    memset(sum, 0, sites * sizeof(*sum));
    sums->used = sites * sizeof(*sum);
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        const struct live_array *array = &snapshot->arrays.arrays[i];
        if (array->record.site >= sites || !is_small(snapshot, array))
            continue;
        sum[array->record.site].bytes += array->record.bytes;
        sum[array->record.site].count++;
    }
    return true;
}

/* Whether the report could name what the arrays of that call save together. */
static bool is_worth_it(const struct buffer *sums, uint32_t site, uint64_t named)
{
    const struct site_sum *sum = (const struct site_sum *)(const void *)sums->memory;
    return site < sums->used / sizeof(*sum) && sum[site].count >= LEAST_TOGETHER &&
           sum[site].bytes >= TOGETHER_LEAST_BYTES && sum[site].bytes >= named;
}

static void note_holder(struct snapshot *snapshot, const struct live_array *array,
                        struct buffer *all)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct alike *alike = alike_of(all, array->record.site);
    unsigned nth = 0;
    if (!alike)
        alike = add_alike(all, &array->record);
    if (!alike || alike->bytes != block.bytes || alike->count >= TAGGED_MOST_ARRAYS)
        return;
    snapshot_next_array(snapshot);
    if (find_holder(snapshot, &block, &nth, &alike->arrays[alike->count]))
        alike->count++;
}

static void learn_alike(struct snapshot *snapshot, struct buffer *all)
{
    struct alike *alike = (struct alike *)(void *)all->memory;
    for (size_t i = 0; i < all->used / sizeof(*alike); i++) {
        struct tagged_work *work = alike[i].count >= LEAST_TOGETHER ? work_of(snapshot) : NULL;
        if (!work)
            continue;
        snapshot_next_array(snapshot);
        alike[i].is_learnt = tagged_groups_learn(&snapshot->view, work, alike[i].arrays,
                                                 alike[i].count, false, &alike[i].groups);
    }
}

static void read_alike(struct snapshot *snapshot, struct live_array *array,
                       const struct alike *alike)
{
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    struct tagged_array holder;
    struct table_reading reading;
    unsigned nth = 0;
    snapshot_next_array(snapshot);
    while (find_holder(snapshot, &block, &nth, &holder)) {
        if (!tagged_groups_read(&snapshot->view, snapshot->tagged, &holder, &alike->groups,
                                &reading))
            continue;
        reading.confidence_ppm = PROVEN_PPM;
        snapshot_add_unknown(snapshot, array, &reading, DUMP_KIND_OPEN, DUMP_ROLE_SLOTS);
        return;
    }
}

void snapshot_tagged_tables(struct snapshot *snapshot)
{
    uint64_t named = atomic_load(&snapshot->registry->tracked_bytes) / SNAPSHOT_SHARE_NAMED;
    struct buffer sums = {.nest = &snapshot->nest}, all = {.nest = &snapshot->nest};
    bool is_summed = sum_sites(snapshot, &sums);
    for (uint32_t i = 0; is_summed && i < snapshot->arrays.count; i++) {
        struct live_array *array = &snapshot->arrays.arrays[i];
        if (is_small(snapshot, array) && is_worth_it(&sums, array->record.site, named))
            note_holder(snapshot, array, &all);
    }
    learn_alike(snapshot, &all);
    for (uint32_t i = 0; all.used > 0 && i < snapshot->arrays.count; i++) {
        struct live_array *array = &snapshot->arrays.arrays[i];
        const struct alike *alike = alike_of(&all, array->record.site);
        if (alike && alike->is_learnt && is_small(snapshot, array))
            read_alike(snapshot, array, alike);
    }
    buffer_free(&sums);
    buffer_free(&all);
}
