/* Records that another process wrote: see remote_records.h. No lock: the copy is ours alone. */
#include "remote_records.h"

#include <stddef.h>
#include <string.h>

#include "layouts/layout.h"
#include "script_places.h"
#include "stack.h"

#define MOST_BYTES ((1ull << 48) - 1) /* of a size or a count in a dump */

static bool is_header_sound(const struct header_profile *header)
{
    return header->count_number <= HEADER_MOST_COUNTS && header->kind <= HEADER_IN_ARRAY &&
           header->capacity_form <= HEADER_CAPACITY_END &&
           (header->growths == 0 || (header->times > 0 && header->parts > 0));
}

static bool is_scale_sound(const struct scale_profile *scale)
{
    bool is_sound =
        scale->capacity_number <= SCALE_MOST_CAPACITIES && scale->count_number <= SCALE_MOST_COUNTS;
    for (uint32_t i = 0; is_sound && i < scale->capacity_number; i++)
        is_sound = scale->capacities[i].form < SCALE_FORMS;
    for (uint32_t i = 0; is_sound && i < scale->count_number; i++)
        is_sound = scale->counts[i].flag_bits < 32;
    return is_sound;
}

static bool are_regions_sound(const struct flag_regions *regions)
{
    bool is_sound = regions->way_number <= FLAG_MOST_WAYS;
    for (uint32_t i = 0; is_sound && i < regions->way_number; i++)
        is_sound = regions->ways[i].form < SCALE_FORMS &&
                   regions->ways[i].base <= FLAG_TO_POINTER && regions->ways[i].unit <= FLAG_BUCKET;
    return is_sound;
}

/* Profiles of slots and shapes of buckets are looked at by whoever reads by them. */
static void check_table(struct table_record *table, uint32_t layouts)
{
    if (table->layout > layouts)
        table->layout = 0;
    if (table->vouched > layouts)
        table->vouched = 0;
    if (!is_header_sound(&table->header))
        table->header = (struct header_profile){0};
    if (!is_scale_sound(&table->scale))
        table->scale = (struct scale_profile){0};
    if (!are_regions_sound(&table->regions))
        table->regions = (struct flag_regions){0};
}

/* The flag is one byte, which may hold more than a bool does. */
static void check_growth(struct growth_record *growth)
{
    unsigned char flag;
    memcpy(&flag, (char *)growth + offsetof(struct growth_record, is_estimate), 1);
    growth->is_estimate = flag != 0;
    growth->from_bytes = growth->from_bytes < MOST_BYTES ? growth->from_bytes : 0;
    growth->to_bytes = growth->to_bytes < MOST_BYTES ? growth->to_bytes : 0;
    growth->live = growth->live < MOST_BYTES ? growth->live : 0;
}

/* All frames of a call stack lie side by side in one chunk. */
static void check_site(const struct registry *copy, struct site_record *site)
{
    const struct pool *frames = &copy->frames;
    uint32_t last = site->first_frame + site->frame_count - 1;
    if (site->frame_count == 0 || site->frame_count > STACK_MAX_FRAMES ||
        !pool_has(frames, site->first_frame) || !pool_has(frames, last) ||
        site->first_frame >> frames->chunk_shift != last >> frames->chunk_shift)
        site->frame_count = 0;
    site->grown_bytes = site->grown_bytes < MOST_BYTES ? site->grown_bytes : 0;
}

/* The nth record that was handed out; NULL where its chunk could not be copied. */
static void *record_at(const struct pool *pool, uint32_t nth)
{
    return pool_has(pool, nth) ? pool_at(pool, nth) : NULL;
}

static uint32_t records_in(const struct pool *pool)
{
    uint32_t most = POOL_MAX_CHUNKS << pool->chunk_shift;
    uint32_t count = atomic_load(&pool->count);
    return count < most ? count : most;
}

void remote_records_check(struct registry *copy)
{
    uint32_t layouts = 0;
    while (all_layouts[layouts])
        layouts++;
    for (uint32_t i = 1; i < records_in(&copy->tables); i++) {
        struct table_record *table = record_at(&copy->tables, i);
        if (table)
            check_table(table, layouts);
    }
    for (uint32_t i = 1; i < records_in(&copy->growths); i++) {
        struct growth_record *growth = record_at(&copy->growths, i);
        if (growth)
            check_growth(growth);
    }
    for (uint32_t i = 1; i < records_in(&copy->sites); i++) {
        struct site_record *site = record_at(&copy->sites, i);
        if (site)
            check_site(copy, site);
    }
    for (uint32_t i = 1; i < records_in(&copy->unloaded); i++) {
        struct unloaded_module *module = record_at(&copy->unloaded, i);
        if (module)
            module->build_id[sizeof(module->build_id) - 1] =
                module->path[sizeof(module->path) - 1] = '\0';
    }
    for (uint32_t i = 1; i < records_in(&copy->scripts); i++) {
        struct script_place *place = record_at(&copy->scripts, i);
        if (place)
            place->function[sizeof(place->function) - 1] = place->file[sizeof(place->file) - 1] =
                '\0';
    }
}
