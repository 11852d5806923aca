/* The arithmetic of the fixes: see saving.h. */
#include "saving.h"

#include <math.h>

/* What is assumed of a table whose growths were not seen: it grows at 0.5 (the lowest limit in use,
 * tsl::robin_map and dense_hash_map) to twice the size. */
#define UNKNOWN_LOAD_AT_GROWTH 0.5
#define SMALLEST_CAPACITY      8u

uint64_t malloc_chunk_bytes(uint64_t request)
{
    uint64_t chunk = (request + 8 + 15) & ~15ULL;
    return chunk < 32 ? 32 : chunk;
}

/* More entries than slots have no room in them: slots were taken for the heads of chains. Those
 * that are numbers beside their entries may be heads; nearly all such tables grow at one entry a
 * slot, and the measurement errs. */
#define MOST_OPEN_LOAD_PPM    1000000u
#define MOST_COMPACT_LOAD_PPM 1250000u

static bool is_load_possible(const struct dump_table *table)
{
    uint32_t most = table->kind == DUMP_KIND_OPEN      ? MOST_OPEN_LOAD_PPM
                    : table->kind == DUMP_KIND_COMPACT ? MOST_COMPACT_LOAD_PPM
                                                       : UINT32_MAX;
    return table->growth_load_ppm <= most;
}

/* The last growth of the slots. Of several arrays the entries grow by steps of their own: an index
 * that grew by 4, and whose entries doubled after that, was called hollow at 11 % where 9 % is the
 * limit. Of the slots the load was measured. */
static const struct dump_growth *last_growth_of_slots(const struct dump_table *table,
                                                      const struct dump_growth *growths)
{
    for (uint32_t i = table->growth_count; i > 0 && table->array_count != 1; i--)
        if (growths[i - 1].occupied_ppm != 0)
            return &growths[i - 1];
    return table->growth_count ? &growths[table->growth_count - 1] : NULL;
}

struct load_limits load_limits_of(const struct dump_table *table, const struct layout *layout,
                                  const struct dump_growth *growths)
{
    struct load_limits limits = {.at_growth = UNKNOWN_LOAD_AT_GROWTH, .after_growth = 0.25};
    if (layout) {
        limits.at_growth = layout->load_limit;
        limits.after_growth = layout->load_after_growth;
    } else if (table->growth_load_ppm && is_load_possible(table)) {
        /* Right after growing by a factor f the load is 1/f of what it was. Tables double; some
         * grow by 4 (Tcl, Redis while it forks) or 8 (libxml2). A reservation is no such step. */
        double shrunk_to = 0.5;
        const struct dump_growth *last = last_growth_of_slots(table, growths);
        if (last && last->to_bytes)
            shrunk_to = (double)last->from_bytes / (double)last->to_bytes;
        limits.measured = true;
        limits.at_growth = table->growth_load_ppm / 1e6;
        limits.after_growth = limits.at_growth * fmin(0.5, fmax(0.125, shrunk_to));
    }
    limits.hollow_below = limits.after_growth / 2;
    return limits;
}

static uint64_t scaled(uint64_t number, uint64_t by, uint64_t of)
{
    return (uint64_t)((unsigned __int128)number * by / of);
}

/* What a layout's bytes_for() may look at. */
static struct table_reading reading_of(const struct dump_table *table)
{
    return (struct table_reading){
        .header = table->header,
        .capacity = table->capacity,
        .live = table->live,
        .live_error = table->live_error,
        .tombstones = table->tombstones,
        .slot_bytes = table->slot_bytes,
        .value_bytes = table->value_bytes,
        .entry_blocks = table->entry_blocks,
        .entry_bytes = table->entry_bytes,
        .known = table->known,
        .flags = table->flags,
        .confidence_ppm = table->confidence_ppm,
        .array_count = 1,
        .arrays[0] = {table->address, table->bytes, DUMP_ROLE_SLOTS},
    };
}

static uint64_t freed_entry_bytes(const struct dump_table *table, const struct layout *layout,
                                  uint64_t rebuilt_capacity)
{
    if (!layout || !layout->entry_bytes_for || !(table->known & DUMP_KNOWN_ENTRIES) ||
        rebuilt_capacity >= table->capacity)
        return 0;
    struct table_reading now = reading_of(table);
    uint64_t left = layout->entry_bytes_for(rebuilt_capacity, &now);
    return table->entry_bytes > left ? table->entry_bytes - left : 0;
}

static void rebuild(const struct dump_table *table, const struct layout *layout, double at_growth,
                    struct saving *saving)
{
    if (layout && layout->capacity_for) {
        saving->rebuilt_capacity = layout->capacity_for(saving->live_high);
    } else {
        double slots = ceil((double)saving->live_high / at_growth);
        slots = fmax(SMALLEST_CAPACITY, fmin(slots, (double)table->capacity));
        saving->rebuilt_capacity = next_power_of_two((uint64_t)slots);
    }
    if (saving->rebuilt_capacity >= table->capacity) {
        saving->rebuilt_capacity = table->capacity;
        saving->rebuilt_bytes = table->bytes;
    } else if (layout && layout->bytes_for) {
        struct table_reading now = reading_of(table);
        saving->rebuilt_bytes = layout->bytes_for(saving->rebuilt_capacity, &now);
    } else {
        saving->rebuilt_bytes = scaled(table->bytes, saving->rebuilt_capacity, table->capacity);
    }
    if (saving->rebuilt_bytes < table->bytes)
        saving->rebuild = table->bytes - saving->rebuilt_bytes;
    saving->freed_entry_bytes = freed_entry_bytes(table, layout, saving->rebuilt_capacity);
    saving->rebuild += saving->freed_entry_bytes;
}

static uint64_t boxed_bytes(const struct dump_table *table, uint64_t slot_bytes, uint64_t value,
                            uint64_t live)
{
    unsigned __int128 bytes = (unsigned __int128)table->capacity * (slot_bytes - value + 8) +
                              (unsigned __int128)live * malloc_chunk_bytes(value);
    return bytes < INT64_MAX ? (uint64_t)bytes : INT64_MAX;
}

/* Boxing pays iff load < (v - 8) / chunk(v): each slot loses v - 8 bytes, each entry gains a block.
 */
static void box(const struct dump_table *table, const struct layout *layout, struct saving *saving)
{
    if (table->kind != DUMP_KIND_OPEN || (layout && layout->values_are_boxed))
        return;
    uint64_t slot_bytes =
        table->known & DUMP_KNOWN_SLOT_BYTES ? table->slot_bytes : table->bytes / table->capacity;
    uint64_t marks = layout ? layout->marks_bytes : 0;
    uint64_t value = table->known & DUMP_KNOWN_VALUE_BYTES ? table->value_bytes
                     : slot_bytes > marks                  ? slot_bytes - marks
                                                           : 0;
    if (value <= 8 || value > slot_bytes)
        return;
    saving->boxed_value_bytes = value;
    saving->box_pays = saving->load < (double)(value - 8) / (double)malloc_chunk_bytes(value);
    saving->boxed_bytes = boxed_bytes(table, slot_bytes, value, saving->live_high);
    if (saving->box_pays && saving->boxed_bytes < table->bytes)
        saving->box = table->bytes - saving->boxed_bytes;
    if (table->known & DUMP_KNOWN_PEAK)
        saving->box_at_peak = (int64_t)table->bytes -
                              (int64_t)boxed_bytes(table, slot_bytes, value, table->peak_live);
}

struct saving saving_of(const struct dump_table *table, const struct layout *layout,
                        const struct dump_growth *growths)
{
    struct saving saving = {0};
    const uint32_t needed = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    if ((table->known & needed) != needed || table->capacity == 0)
        return saving;
    saving.known = true;
    saving.live_high = table->live + 2 * table->live_error;
    saving.load = (double)saving.live_high / (double)table->capacity;
    rebuild(table, layout, load_limits_of(table, layout, growths).at_growth, &saving);
    box(table, layout, &saving);
    return saving;
}

uint64_t resident_saving(const struct dump_table *table, uint64_t saved, uint64_t after)
{
    uint64_t returned = table->resident_bytes > after ? table->resident_bytes - after : 0;
    return returned < saved ? returned : saved;
}

uint64_t best_saving(const struct saving *saving)
{
    return saving->rebuild > saving->box ? saving->rebuild : saving->box;
}
