/*
 * The pass over writable memory: see pointer_scan.h.
 */
#include "pointer_scan.h"

#include "maps.h"
#include "residency.h"

/* Memory beyond this is not looked at: an exit must not take longer than a few seconds. */
#define MOST_BYTES (4ull << 30)
/* A power of two well above the number of arrays keeps the filter sparse: most words end there. */
#define FILTER_BITS (1u << 20)

struct pass {
    struct pointer_scan *scan;
    const struct live_arrays *arrays;
    uint64_t lowest, highest;
    unsigned char *filter;
};

static uint32_t filter_bit(uint64_t address)
{
    return (uint32_t)((address >> 4) * 0x9E3779B97F4A7C15ull >> 44) & (FILTER_BITS - 1);
}

/* Whether the tracker keeps its own records at the address. Its mappings merge with the program's
 * in /proc/PID/maps, so this is asked about each word found, not about a mapping. */
static bool is_excluded(const struct pointer_scan *scan, uint64_t where)
{
    const struct address_range *ranges = (const struct address_range *)scan->excluded.memory;
    size_t count = scan->excluded.used / sizeof(*ranges);
    for (size_t i = 0; i < count; i++)
        if (where >= ranges[i].start && where < ranges[i].end)
            return true;
    return false;
}

void pointer_scan_exclude(struct pointer_scan *scan, uint64_t start, uint64_t bytes)
{
    struct address_range range = {.start = start, .end = start + bytes};
    buffer_append(&scan->excluded, &range, sizeof(range));
}

static void note(struct pass *pass, uint64_t word, uint64_t where)
{
    const struct live_array *array = live_arrays_at(pass->arrays, word);
    if (!array || is_excluded(pass->scan, where))
        return;
    uint64_t *found = (uint64_t *)pass->scan->found.memory +
                      (size_t)(array - pass->arrays->arrays) * POINTERS_PER_ARRAY;
    for (unsigned i = 0; i < POINTERS_PER_ARRAY; i++)
        if (found[i] == 0) {
            found[i] = where;
            return;
        }
}

static void scan_range(struct pass *pass, uint64_t start, uint64_t end)
{
    struct pointer_scan *scan = pass->scan;
    while (start < end) {
        size_t bytes = end - start < LAYOUT_SCRATCH_BYTES ? end - start : LAYOUT_SCRATCH_BYTES;
        if (!scan->reader->read(scan->reader, start, scan->scratch, bytes)) {
            /* Perhaps one page of it is unreadable: go on behind the first. */
            start = (start & ~(uint64_t)4095) + 4096;
            continue;
        }
        const uint64_t *words = (const uint64_t *)(const void *)scan->scratch;
        for (size_t i = 0; i < bytes / 8; i++) {
            uint64_t word = words[i];
            if (word < pass->lowest || word > pass->highest)
                continue;
            uint32_t bit = filter_bit(word);
            if (pass->filter[bit / 8] >> (bit % 8) & 1)
                note(pass, word, start + i * 8);
        }
        start += bytes;
    }
}

#define STEP (2ull << 20)

/* Only what is resident: untouched memory holds no pointer, and there may be terabytes of it. */
static void scan_resident(struct pass *pass, const struct residency *residency, uint64_t start,
                          uint64_t end, uint64_t *total)
{
    for (uint64_t next; start < end && *total < MOST_BYTES; start = next) {
        next = (start & ~(STEP - 1)) + STEP;
        if (next > end)
            next = end;
        uint64_t resident = 0;
        if (residency_of(residency, start, next - start, &resident) && resident == 0)
            continue;
        scan_range(pass, start, next);
        *total += next - start;
    }
}

static void make_pass(struct pointer_scan *scan, const struct live_arrays *arrays)
{
    struct pass pass = {.scan = scan, .arrays = arrays};
    struct buffer text = {0};
    struct mapping mapping;
    size_t offset = 0;
    uint64_t total = 0;
    struct residency residency;

    scan->done = true;
    if (arrays->count == 0)
        return;
    size_t bytes = (size_t)arrays->count * POINTERS_PER_ARRAY * sizeof(uint64_t);
    pass.filter = system_map(FILTER_BITS / 8);
    if (pass.filter && buffer_reserve(&scan->found, bytes) && maps_read(scan->reader->pid, &text)) {
        memset(scan->found.memory, 0, bytes);
        scan->found.used = bytes;
        for (uint32_t i = 0; i < arrays->count; i++) {
            uint32_t bit = filter_bit(arrays->arrays[i].record.address);
            pass.filter[bit / 8] |= (unsigned char)(1u << (bit % 8));
        }
        residency_open(&residency, scan->reader->pid);
        pass.lowest = arrays->arrays[0].record.address;
        pass.highest = arrays->arrays[arrays->count - 1].record.address;
        while (maps_next(&text, &offset, &mapping) && total < MOST_BYTES) {
            if (!mapping.readable || !mapping.writable || mapping.shared)
                continue;
            scan_resident(&pass, &residency, mapping.start, mapping.end, &total);
        }
        residency_close(&residency);
    }
    buffer_free(&text);
    system_unmap(pass.filter, FILTER_BITS / 8);
}

uint64_t pointer_scan_find(struct pointer_scan *scan, const struct live_arrays *arrays,
                           uint64_t address, unsigned nth)
{
    const struct live_array *array = live_arrays_at(arrays, address);
    if (!array || nth >= POINTERS_PER_ARRAY)
        return 0;
    if (!scan->done)
        make_pass(scan, arrays);
    if (scan->found.used == 0)
        return 0;
    const uint64_t *found = (const uint64_t *)scan->found.memory;
    return found[(size_t)(array - arrays->arrays) * POINTERS_PER_ARRAY + nth];
}

void pointer_scan_free(struct pointer_scan *scan)
{
    buffer_free(&scan->found);
    buffer_free(&scan->excluded);
}
