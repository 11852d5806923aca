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

static struct pointer_target *target_at(const struct pointer_scan *scan,
                                        const struct live_arrays *arrays, uint64_t address)
{
    const struct live_array *array = live_arrays_around(arrays, address);
    if (!array)
        return NULL;
    const uint32_t *first = (const uint32_t *)scan->first.memory + (array - arrays->arrays);
    struct pointer_target *targets = (struct pointer_target *)scan->targets.memory;
    for (uint32_t i = first[0]; i < first[1]; i++)
        if (array->record.address + targets[i].offset == address)
            return &targets[i];
    return NULL;
}

static void note(struct pass *pass, uint64_t word, uint64_t where)
{
    struct pointer_target *target = target_at(pass->scan, pass->arrays, word);
    if (!target || is_excluded(pass->scan, where))
        return;
    for (unsigned i = 0; i < POINTERS_PER_TARGET; i++)
        if (target->holders[i] == 0) {
            target->holders[i] = where;
            return;
        }
}

#define PAGE 4096u

static void scan_range(struct pass *pass, uint64_t start, uint64_t end)
{
    struct pointer_scan *scan = pass->scan;
    size_t piece = LAYOUT_SCRATCH_BYTES;
    while (start < end) {
        size_t bytes = end - start < piece ? end - start : piece;
        if (!scan->reader->read(scan->reader, start, scan->scratch, bytes)) {
            /* Some page of it is unreadable: the others are read one by one. */
            if (bytes <= PAGE)
                start += bytes;
            else
                piece = PAGE;
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

static bool add_target(struct pointer_scan *scan, uint64_t offset)
{
    struct pointer_target target = {.offset = offset};
    return buffer_append(&scan->targets, &target, sizeof(target)) != SIZE_MAX;
}

static bool add_targets_of_array(struct pointer_scan *scan, uint64_t bytes)
{
    if (!add_target(scan, 0))
        return false;
    for (const struct layout *const *layout = all_layouts; *layout; layout++) {
        if (!(*layout)->handles)
            continue;
        uint64_t offsets[LAYOUT_MAX_HANDLES];
        unsigned count = (*layout)->handles(bytes, offsets);
        for (unsigned i = 0; i < count; i++)
            if (offsets[i] != 0 && offsets[i] < bytes && !add_target(scan, offsets[i]))
                return false;
    }
    return true;
}

static bool add_targets(struct pointer_scan *scan, const struct live_arrays *arrays)
{
    for (uint32_t i = 0; i <= arrays->count; i++) {
        uint32_t first = (uint32_t)(scan->targets.used / sizeof(struct pointer_target));
        if (buffer_append(&scan->first, &first, sizeof(first)) == SIZE_MAX)
            return false;
        if (i < arrays->count && !add_targets_of_array(scan, arrays->arrays[i].record.bytes))
            return false;
    }
    return true;
}

/* Marks what is looked for, so that nearly all other words are told apart by one bit. */
static void fill_filter(struct pass *pass)
{
    const struct live_array *arrays = pass->arrays->arrays;
    const struct pointer_target *targets =
        (const struct pointer_target *)pass->scan->targets.memory;
    const uint32_t *first = (const uint32_t *)pass->scan->first.memory;
    for (uint32_t i = 0; i < pass->arrays->count; i++)
        for (uint32_t at = first[i]; at < first[i + 1]; at++) {
            uint64_t address = arrays[i].record.address + targets[at].offset;
            uint32_t bit = filter_bit(address);
            pass->filter[bit / 8] |= (unsigned char)(1u << (bit % 8));
            if (address > pass->highest)
                pass->highest = address;
        }
    pass->lowest = arrays[0].record.address;
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
    pass.filter = system_map(FILTER_BITS / 8);
    if (pass.filter && add_targets(scan, arrays) && maps_read(scan->reader->pid, &text)) {
        fill_filter(&pass);
        residency_open(&residency, scan->reader->pid);
        while (maps_next(&text, &offset, &mapping) && total < MOST_BYTES) {
            if (!mapping.readable || !mapping.writable || mapping.shared)
                continue;
            scan_resident(&pass, &residency, mapping.start, mapping.end, &total);
        }
        residency_close(&residency);
        scan->succeeded = true;
    }
    buffer_free(&text);
    system_unmap(pass.filter, FILTER_BITS / 8);
}

uint64_t pointer_scan_find(struct pointer_scan *scan, const struct live_arrays *arrays,
                           uint64_t address, unsigned nth)
{
    if (nth >= POINTERS_PER_TARGET || !live_arrays_around(arrays, address))
        return 0;
    if (!scan->done)
        make_pass(scan, arrays);
    if (!scan->succeeded)
        return 0;
    const struct pointer_target *target = target_at(scan, arrays, address);
    return target ? target->holders[nth] : 0;
}

void pointer_scan_free(struct pointer_scan *scan)
{
    buffer_free(&scan->targets);
    buffer_free(&scan->first);
    buffer_free(&scan->excluded);
}
