/*
 * The holders of arrays' addresses: see pointer_scan.h.
 */
#include "pointer_scan.h"

#include <string.h>

#include "memory_pass.h"
#include "page.h"
#include "sort.h"

/* Whether the tracker keeps its own records at the address. Its mappings merge with the program's
 * in /proc/PID/maps, so this is asked about each word found, not about a mapping. */
static bool is_excluded(const struct pointer_scan *scan, uint64_t where)
{
    const struct memory_range *ranges = (const struct memory_range *)scan->excluded.memory;
    size_t count = scan->excluded.used / sizeof(*ranges);
    for (size_t i = 0; i < count; i++)
        if (where >= ranges[i].start && where < ranges[i].end)
            return true;
    return false;
}

void pointer_scan_exclude(struct pointer_scan *scan, uint64_t start, uint64_t bytes)
{
    struct memory_range range = {.start = start, .end = start + bytes};
    buffer_append(&scan->excluded, &range, sizeof(range));
}

static inline bool starts_lower(struct memory_range a, struct memory_range b, void *context)
{
    (void)context;
    return a.start < b.start;
}

DEFINE_SORT(sort_ranges, struct memory_range, starts_lower)

/* Where the target of the address is in the table of slots, or would be. In a heap full of pointers
 * every word asks. */
static inline uint32_t *slot_of(const struct pointer_scan *scan, uint64_t address)
{
    const struct pointer_target *targets = (const void *)scan->targets.memory;
    uint32_t *slots = (uint32_t *)(void *)scan->slots.memory;
    size_t mask = scan->slots.used / sizeof(*slots) - 1;
    size_t at = address * 0x9E3779B97F4A7C15ull >> 32 & mask;
    while (slots[at] != 0 && targets[slots[at] - 1].complement != ~address)
        at = (at + 1) & mask;
    return &slots[at];
}

static struct pointer_target *target_at(const struct pointer_scan *scan, uint64_t address)
{
    uint32_t number = *slot_of(scan, address);
    return number ? (struct pointer_target *)(void *)scan->targets.memory + (number - 1) : NULL;
}

/* A stack keeps copies of a pointer by the dozen where calls have returned, one below the other:
 * those of a thread that ended had all the places before the table's object was met (GHashTable, in
 * 1 of 40 runs of four threads). Of the holders in one page the first ones and the last count, of
 * which the last is that of the oldest frame. */
#define HOLDERS_PER_PAGE 3u

/* To look up a word takes as long as to add so many targets. */
#define TARGETS_PER_VAIN 8u

/* Leaves out targets that are done. In a heap full of pointers, as a graph's or an interpreter's,
 * every array is pointed at by hundreds of words, each of which would be looked up. */
static void fill_filter(struct pointer_scan *scan)
{
    const struct pointer_target *targets = (const void *)scan->targets.memory;
    word_filter_clear(&scan->filter);
    for (size_t i = 0; i < scan->targets.used / sizeof(*targets); i++)
        if (!targets[i].is_done)
            word_filter_add(&scan->filter, ~targets[i].complement);
    scan->in_vain = 0;
}

static void note(void *context, uint64_t word, uint64_t where)
{
    struct pointer_scan *scan = context;
    struct pointer_target *target = target_at(scan, word);
    unsigned count = 0, of_page = 0;
    if (!target)
        return;
    /* Addresses come in order, so those of this page are the last ones. */
    uint64_t last = target->holders[POINTERS_PER_TARGET - 1];
    if (last != 0 && last / PAGE_BYTES != where / PAGE_BYTES) {
        target->is_done = true;
        if (++scan->in_vain > scan->targets.used / sizeof(*target) / TARGETS_PER_VAIN)
            fill_filter(scan);
        return;
    }
    if (is_excluded(scan, where))
        return;
    for (; count < POINTERS_PER_TARGET && target->holders[count] != 0; count++)
        of_page += target->holders[count] / PAGE_BYTES == where / PAGE_BYTES;
    if (of_page >= HOLDERS_PER_PAGE)
        target->holders[count - 1] = where;
    else if (count < POINTERS_PER_TARGET)
        target->holders[count] = where;
}

static bool add_target(struct pointer_scan *scan, uint64_t address)
{
    struct pointer_target target = {.complement = ~address};
    return buffer_append(&scan->targets, &target, sizeof(target)) != SIZE_MAX;
}

/* Before an array of objects with destructors lies their number, and the pointer leads behind it.
 */
#define COOKIE_BYTES 8u

static bool add_targets_of_array(struct pointer_scan *scan, const struct array_record *array)
{
    uint64_t address = array->address;
    if (!add_target(scan, address) ||
        (array->bytes % 16 == COOKIE_BYTES && !add_target(scan, address + COOKIE_BYTES)))
        return false;
    for (const struct layout *const *layout = all_layouts; *layout; layout++) {
        if (!(*layout)->handles)
            continue;
        uint64_t offsets[LAYOUT_MAX_HANDLES];
        unsigned count = (*layout)->handles(array->bytes, offsets);
        for (unsigned i = 0; i < count; i++)
            if (offsets[i] != 0 && offsets[i] < array->bytes &&
                !add_target(scan, array->address + offsets[i]))
                return false;
    }
    return true;
}

static bool add_targets(struct pointer_scan *scan, const struct live_arrays *arrays)
{
    for (uint32_t i = 0; i < arrays->count; i++)
        if (!add_targets_of_array(scan, &arrays->arrays[i].record))
            return false;
    return true;
}

/* Half of the slots stay free at least. */
static bool fill_slots(struct pointer_scan *scan)
{
    size_t count = scan->targets.used / sizeof(struct pointer_target);
    size_t bytes = next_power_of_two(2 * count + 1) * sizeof(uint32_t);
    const struct pointer_target *targets = (const void *)scan->targets.memory;
    if (count >= UINT32_MAX || !buffer_reserve(&scan->slots, bytes))
        return false;
    memset(scan->slots.memory, 0, bytes);
    scan->slots.used = bytes;
    for (size_t i = 0; i < count; i++)
        *slot_of(scan, ~targets[i].complement) = (uint32_t)i + 1;
    return true;
}

static void make_pass(struct pointer_scan *scan, const struct live_arrays *arrays)
{
    struct memory_pass memory = {
        .reader = scan->reader,
        .maps = scan->maps,
        .scratch = scan->scratch,
        .filter = &scan->filter,
        .left_out = &scan->excluded,
        .busy = &scan->busy,
        .steady = scan->steady,
        .found = note,
        .context = scan,
    };
    scan->done = true;
    sort_ranges((struct memory_range *)(void *)scan->excluded.memory,
                scan->excluded.used / sizeof(struct memory_range), NULL);
    if (add_targets(scan, arrays) && fill_slots(scan) &&
        word_filter_begin(&scan->filter, scan->targets.used / sizeof(struct pointer_target))) {
        fill_filter(scan);
        scan->succeeded = memory_pass_make(&memory);
        scan->bytes_left_out = memory.bytes_left_out;
    }
    word_filter_free(&scan->filter);
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
    const struct pointer_target *target = target_at(scan, address);
    return target ? target->holders[nth] : 0;
}

void pointer_scan_free(struct pointer_scan *scan)
{
    buffer_free(&scan->targets);
    buffer_free(&scan->slots);
    buffer_free(&scan->excluded);
    buffer_free(&scan->busy.ranges);
}
