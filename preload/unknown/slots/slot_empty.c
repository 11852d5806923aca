/*
 * Telling empty slots by what most of them hold: see slot_empty.h.
 */
#include "slot_empty.h"

#include <stdbool.h>

/* What the column holds in empty slots: zero where that is common, else its commonest value. */
static uint32_t empty_value(const struct slot_window *window, size_t first, size_t slot,
                            uint32_t slots, uint64_t *value)
{
    uint32_t best = slot_count_value(window, first, slot, 0);
    *value = 0;
    if (best > slots * LEAST_EMPTY)
        return best;
    for (uint32_t probe = 0; probe < 8; probe++) {
        size_t at = first + (size_t)(slots / 8 * probe) * slot;
        if (at + window->unit > window->bytes)
            continue;
        uint64_t candidate = slot_column_at(window, at);
        uint32_t count = slot_count_value(window, first, slot, candidate);
        if (count > best) {
            best = count;
            *value = candidate;
        }
    }
    return best;
}

/* Memory filled with one byte is so in all columns, in whichever of them zeros are common, too. */
static bool take_filling(const struct slot_window *window, size_t phase, size_t slot,
                         uint64_t *values, uint32_t *counts)
{
    const uint64_t each = window->unit == 8 ? 0x0101010101010101u : 0x01010101u;
    const uint32_t columns = (uint32_t)(slot / window->unit);
    uint64_t filling = 0;
    for (uint32_t c = 0; c < columns && filling == 0; c++)
        filling = values[c] == (values[c] & 0xff) * each ? values[c] : 0;
    for (uint32_t c = 0; c < columns && filling != 0; c++) {
        counts[c] = slot_count_value(window, phase + c * window->unit, slot, filling);
        values[c] = filling;
    }
    return filling != 0;
}

static uint32_t count_empty(const struct slot_window *window, size_t phase, size_t slot,
                            const uint64_t *values, uint32_t slots)
{
    uint32_t columns = (uint32_t)(slot / window->unit), empty = 0;
    for (uint32_t i = 0; i < slots; i++) {
        bool is_empty = true;
        for (uint32_t c = 0; c < columns && is_empty; c++)
            is_empty = slot_column_at(window, phase + i * slot + c * window->unit) == values[c];
        empty += is_empty;
    }
    return empty;
}

/* Columns by themselves may all be told wrong: where a distance of -1 says that a slot is empty, a
 * good part of the entries have one of zero, which then is taken for it. Empty slots are the same
 * in all their columns, and no two others are. */
#define PROBES 8u

static bool take_commonest(const struct slot_window *window, size_t phase, size_t slot,
                           uint32_t slots, uint64_t *values, uint32_t *counts)
{
    const unsigned char *first = window->memory + phase, *commonest = NULL;
    uint32_t most = 1;
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        const unsigned char *candidate = first + (size_t)(slots / PROBES * probe) * slot;
        uint32_t count = 0;
        for (uint32_t i = 0; i < slots; i++)
            count += memcmp(first + i * slot, candidate, sizeof(uint32_t)) == 0 &&
                     memcmp(first + i * slot, candidate, slot) == 0;
        if (count <= most)
            continue;
        most = count;
        commonest = candidate;
    }
    for (uint32_t c = 0; c < slot / window->unit && commonest; c++) {
        values[c] = slot_column_at(window, (size_t)(commonest - window->memory) + c * window->unit);
        counts[c] = slot_count_value(window, phase + c * window->unit, slot, values[c]);
    }
    return commonest != NULL;
}

uint32_t slot_empty_find(const struct slot_window *window, size_t phase, size_t slot,
                         uint32_t slots, uint64_t *values, uint32_t *counts)
{
    for (size_t c = 0; c < slot / window->unit; c++)
        counts[c] = empty_value(window, phase + c * window->unit, slot, slots, &values[c]);
    uint32_t empty = count_empty(window, phase, slot, values, slots);
    if (empty == 0 && (take_filling(window, phase, slot, values, counts) ||
                       take_commonest(window, phase, slot, slots, values, counts)))
        empty = count_empty(window, phase, slot, values, slots);
    return empty;
}
