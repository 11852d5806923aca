/*
 * Counting the slots of a robin-hood array: see distance_scan.h.
 */
#include "distance_scan.h"

#include "empty_stretch.h"

#define LIVE_MIN 16

static int32_t distance_at(const struct distances *distances, const unsigned char *slot)
{
    const unsigned char *field = slot + distances->offset;
    return distances->bytes == 1 ? (int8_t)field[0] : (int16_t)(field[0] | field[1] << 8);
}

struct scan {
    struct distances *distances;
    uint64_t bytes;
    uint64_t empty_limit; /* where to give up on slots that show nothing */
};

static bool visit(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    struct distances *distances = scan->distances;
    if (distances->live == 0 && offset >= scan->empty_limit)
        return false;
    for (size_t at = 0; at + distances->slot_bytes <= bytes; at += distances->slot_bytes) {
        int32_t distance = distance_at(distances, piece + at);
        bool is_last = offset + at + distances->slot_bytes == scan->bytes;
        if (distance < -1 || distance > distances->most || distance > distances->previous + 1 ||
            (distances->flag_offset != 0 && piece[at + distances->flag_offset] != is_last))
            return false;
        distances->live += distance >= 0;
        distances->previous = distance;
    }
    return true;
}

static bool scan_slots(const struct layout_view *view, uint64_t address, uint64_t bytes,
                       uint64_t empty_limit, struct distances *distances)
{
    struct scan scan = {.distances = distances, .bytes = bytes, .empty_limit = empty_limit};
    /* The first entries may come from before the last slot: they wrapped around. */
    distances->previous = distances->most;
    distances->live = 0;
    return layout_scan(view, address, bytes, distances->slot_bytes, visit, &scan);
}

bool distances_read(const struct layout_view *view, uint64_t address, uint64_t bytes,
                    struct distances *distances)
{
    return scan_slots(view, address, bytes, EMPTY_STRETCH_BYTES, distances) &&
           distances->live >= LIVE_MIN;
}

bool distances_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                     struct distances *distances)
{
    return scan_slots(view, address, bytes, UINT64_MAX, distances);
}
