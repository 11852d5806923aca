/*
 * The holders of arrays' addresses: see pointer_scan.h.
 */
#include "pointer_scan.h"

#include "memory_pass.h"
#include "page.h"
#include "sort.h"

struct pass {
    struct pointer_scan *scan;
    const struct live_arrays *arrays;
};

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

/* A stack keeps copies of a pointer by the dozen where calls have returned, one below the other:
 * those of a thread that ended had all the places before the table's object was met (GHashTable, in
 * 1 of 40 runs of four threads). Of the holders in one page the first ones and the last count, of
 * which the last is that of the oldest frame. */
#define HOLDERS_PER_PAGE 3u

static void note(void *context, uint64_t word, uint64_t where)
{
    struct pass *pass = context;
    struct pointer_target *target = target_at(pass->scan, pass->arrays, word);
    unsigned count = 0, of_page = 0;
    if (!target || is_excluded(pass->scan, where))
        return;
    for (; count < POINTERS_PER_TARGET && target->holders[count] != 0; count++)
        of_page += target->holders[count] / PAGE_BYTES == where / PAGE_BYTES;
    if (of_page >= HOLDERS_PER_PAGE)
        target->holders[count - 1] = where; /* addresses come in order */
    else if (count < POINTERS_PER_TARGET)
        target->holders[count] = where;
}

static bool add_target(struct pointer_scan *scan, uint64_t offset)
{
    struct pointer_target target = {.offset = offset};
    return buffer_append(&scan->targets, &target, sizeof(target)) != SIZE_MAX;
}

/* Before an array of objects with destructors lies their number, and the pointer leads behind it.
 */
#define COOKIE_BYTES 8u

static bool add_targets_of_array(struct pointer_scan *scan, uint64_t bytes)
{
    if (!add_target(scan, 0) || (bytes % 16 == COOKIE_BYTES && !add_target(scan, COOKIE_BYTES)))
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

static void fill_filter(const struct pointer_scan *scan, const struct live_arrays *arrays,
                        struct word_filter *filter)
{
    const struct pointer_target *targets = (const struct pointer_target *)scan->targets.memory;
    const uint32_t *first = (const uint32_t *)scan->first.memory;
    for (uint32_t i = 0; i < arrays->count; i++)
        for (uint32_t at = first[i]; at < first[i + 1]; at++)
            word_filter_add(filter, arrays->arrays[i].record.address + targets[at].offset);
}

static void make_pass(struct pointer_scan *scan, const struct live_arrays *arrays)
{
    struct word_filter filter = {0};
    struct pass pass = {.scan = scan, .arrays = arrays};
    struct memory_pass memory = {
        .reader = scan->reader,
        .maps = scan->maps,
        .scratch = scan->scratch,
        .filter = &filter,
        .left_out = &scan->excluded,
        .busy = &scan->busy,
        .steady = scan->steady,
        .found = note,
        .context = &pass,
    };
    scan->done = true;
    sort_ranges((struct memory_range *)(void *)scan->excluded.memory,
                scan->excluded.used / sizeof(struct memory_range), NULL);
    if (add_targets(scan, arrays) &&
        word_filter_begin(&filter, scan->targets.used / sizeof(struct pointer_target))) {
        fill_filter(scan, arrays, &filter);
        scan->succeeded = memory_pass_make(&memory);
        scan->bytes_left_out = memory.bytes_left_out;
    }
    word_filter_free(&filter);
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
    buffer_free(&scan->busy.ranges);
}
