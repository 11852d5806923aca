/*
 * Putting a snapshot together: see snapshot.h.
 */
#include "snapshot.h"

#include "default_suppressions.h"
#include "file.h"
#include "maps.h"
#include "own_hashes.h"
#include "own_heaps.h"
#include "snapshot_table.h"
#include "static_rules.h"
#include "tagged_groups.h"

static void add_counters(struct snapshot *snapshot)
{
    static const char *const texts[COUNTER_COUNT] = {
#define COUNTER(name, text) text,
        COUNTERS(COUNTER)
#undef COUNTER
    };
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        struct dump_counter counter = {.value = snapshot->registry->counters.values[i]};
        if (counter.value == 0)
            continue;
        counter.name = dump_add_string(&snapshot->contents, texts[i]);
        dump_add(&snapshot->contents, DUMP_SECTION_COUNTERS, &counter);
    }
}

/* Where they are so much of the memory, a report without tables is no news. */
#define SMALL_WORTH_TELLING 1048576u /* the least that a finding saves */
#define SMALL_SHARE         10u

/* Blocks too small to be looked at are tracked, but may hold thousands of small tables. */
static void tell_of_small_blocks(struct snapshot *snapshot)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < snapshot->arrays.count; i++) {
        const struct live_array *array = &snapshot->arrays.arrays[i];
        if (array->table == DUMP_NONE && array->record.bytes < SNAPSHOT_LEAST_BYTES)
            bytes += array->record.bytes;
    }
    if (bytes < SMALL_WORTH_TELLING || bytes < snapshot->registry->tracked_bytes / SMALL_SHARE)
        return;
    struct dump_counter counter = {.value = bytes};
    counter.name = dump_add_string(
        &snapshot->contents, "bytes in blocks below 2 KiB, which are too small to be looked at "
                             "for tables");
    dump_add(&snapshot->contents, DUMP_SECTION_COUNTERS, &counter);
}

static void add_warning(struct snapshot *snapshot, const char *text)
{
    struct dump_warning warning = {.text = dump_add_string(&snapshot->contents, text)};
    dump_add(&snapshot->contents, DUMP_SECTION_WARNINGS, &warning);
}

/* A heap may be of two modules, or its module mapped twice: said once. */
static void warn_of_own_heaps(struct snapshot *snapshot)
{
    const struct buffer *modules = &snapshot->contents.sections[DUMP_SECTION_MODULES];
    const char *said = NULL;
    for (uint32_t i = 0; i < snapshot->loaded_modules; i++) {
        /* Looked up anew each time: a string that is added may move them all. */
        const struct dump_module *module =
            (const struct dump_module *)(const void *)modules->memory + i;
        const char *strings = snapshot->contents.sections[DUMP_SECTION_STRINGS].memory;
        const char *sentence = own_heap_of_module(strings + module->path);
        if (sentence && sentence != said)
            add_warning(snapshot, sentence);
        said = sentence ? sentence : said;
    }
}

static void add_warnings(struct snapshot *snapshot)
{
    const struct settings *settings = &snapshot->registry->settings;
    /* Of a program with nothing tracked it was not asked for. */
    if (snapshot->maps.used == 0 && snapshot->arrays.count > 0)
        add_warning(snapshot, "/proc is not mounted, or not to be read there: addresses stand for "
                              "functions, and no owner is known");
    warn_of_own_heaps(snapshot);
    for (uint32_t i = 0; i < settings->warning_count && i < SETTINGS_MAX_WARNINGS; i++)
        add_warning(snapshot, settings->warnings[i]);
}

static void add_suppressions(struct snapshot *snapshot)
{
    const struct registry *registry = snapshot->registry;
    const char *text = atomic_load_explicit(&registry->suppressions, memory_order_acquire);
    if (!text)
        return;
    struct dump_suppressions record = {
        .text = dump_add_string(&snapshot->contents, text),
        .flags = registry->suppressions_cut ? DUMP_SUPPRESSIONS_CUT : 0,
    };
    dump_add(&snapshot->contents, DUMP_SECTION_SUPPRESSIONS, &record);
}

static uint32_t chunks_of(const struct pool *pool)
{
    uint32_t count = atomic_load_explicit(&pool->count, memory_order_acquire);
    uint32_t chunks = count == 0 ? 0 : ((count - 1) >> pool->chunk_shift) + 1;
    return chunks < POOL_MAX_CHUNKS ? chunks : POOL_MAX_CHUNKS;
}

static uint64_t own_bytes(const struct registry *registry)
{
    const struct pool *pools[REGISTRY_POOLS];
    uint64_t bytes = sizeof(*registry);
    registry_pools(registry, pools);
    if (atomic_load_explicit(&registry->suppressions, memory_order_relaxed))
        bytes += DEFAULT_SUPPRESSIONS_BYTES;
    for (size_t i = 0; i < REGISTRY_POOLS; i++)
        for (unsigned chunk = 0; chunk < chunks_of(pools[i]); chunk++)
            if (pools[i]->chunks[chunk])
                bytes += pool_chunk_bytes(pools[i]);
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        bytes += registry->shards[i].slots.capacity * sizeof(struct slot);
    return bytes + registry->site_slots.capacity * sizeof(struct slot);
}

static void add_info(struct snapshot *snapshot)
{
    const struct registry *registry = snapshot->registry;
    bool lossless = registry->counters.values[COUNTER_ARRAYS_DROPPED] == 0 &&
                    registry->counters.values[COUNTER_TABLES_DROPPED] == 0 &&
                    registry->counters.values[COUNTER_FREED_FORGOTTEN] == 0 &&
                    registry->counters.values[COUNTER_LOCKS_TIMED_OUT] == 0 &&
                    registry->counters.values[COUNTER_SANDBOXED] == 0;
    struct dump_info info = {
        .pid = registry->pid,
        .reason = snapshot->reason,
        .flags = registry->flags | (snapshot->complete && lossless ? DUMP_INFO_COMPLETE : 0),
        .ordinal = snapshot->ordinal,
        .start_realtime_ns = registry->start_realtime_ns,
        .at_ms = snapshot->at_ms,
        .threshold_bytes = registry->settings.threshold,
        .tracked_bytes = registry->tracked_bytes,
        .tracked_blocks = registry_blocks(registry),
        .peak_tracked_bytes = registry->peak_tracked_bytes,
        .program = dump_add_string(&snapshot->contents, snapshot->program),
        .label = dump_add_string(&snapshot->contents, snapshot->label),
        .own_bytes = own_bytes(registry),
        .run_id = registry->settings.run_id,
    };
    info.allocator = dump_add_string(&snapshot->contents, registry->allocator);
    info.unwinder = dump_add_string(&snapshot->contents, registry->unwinder);
    dump_add(&snapshot->contents, DUMP_SECTION_INFO, &info);
}

/* As much stack as the tracker's functions take below the one that makes the snapshot. */
#define OWN_STACK_BYTES 16384

static void exclude(struct snapshot *snapshot, const void *memory, size_t bytes)
{
    if (bytes > 0)
        pointer_scan_exclude(&snapshot->pointers, (uint64_t)(uintptr_t)memory, bytes);
}

/* There are addresses of arrays in it, and of a small program it is the most there is. */
static void exclude_own_memory(struct snapshot *snapshot)
{
    /* Below the frame lie our variables, with the very addresses that are looked for, and what
     * earlier calls left: no owner is there. */
    const char *frame = snapshot->left_at ? snapshot->left_at : __builtin_frame_address(0);
    const struct pool *pools[REGISTRY_POOLS];
    registry_pools(snapshot->registry, pools);
    exclude(snapshot, frame - OWN_STACK_BYTES, OWN_STACK_BYTES);
    exclude(snapshot, (const void *)(uintptr_t)snapshot->dead_stack.start,
            (size_t)(snapshot->dead_stack.end - snapshot->dead_stack.start));
    for (size_t i = 0; i < REGISTRY_POOLS; i++)
        for (unsigned chunk = 0; chunk < chunks_of(pools[i]); chunk++)
            if (pools[i]->chunks[chunk])
                exclude(snapshot, pools[i]->chunks[chunk], pool_chunk_bytes(pools[i]));
    exclude(snapshot, snapshot->registry, sizeof(*snapshot->registry));
    exclude(snapshot, snapshot, sizeof(*snapshot));
    exclude(snapshot, snapshot->arrays.buffer.memory, snapshot->arrays.buffer.room);
    if (snapshot->nest.larger)
        exclude(snapshot, snapshot->nest.larger, BUFFER_ALL_LARGER);
    for (size_t i = 0; i < SNAPSHOT_OWN_RANGES; i++)
        exclude(snapshot, snapshot->own[i].memory, snapshot->own[i].bytes);
}

/* For the layouts' scans and for the pointer scan, which the layouts ask for meanwhile. */
#define SCRATCH_BYTES ((size_t)2 * LAYOUT_SCRATCH_BYTES)

/* Where gigabytes go through it, the scratch lies on a huge page (reader.c says why). That is two
 * mebibytes of the program's peak, so it has to be of a program to which they are less than a
 * hundredth; and what is read where it lies does not go through it. */
#define HUGE_PAGE_BYTES    ((size_t)2 << 20)
#define HUGE_SCRATCH_BYTES (2 * HUGE_PAGE_BYTES) /* one whole page is in it, wherever it begins */
#define MUCH_COPIED        (256ull << 20)

struct scratch_memory {
    void *mapped;
    size_t mapped_bytes;
    unsigned char *memory; /* SCRATCH_BYTES; NULL when memory was refused */
};

static struct scratch_memory map_scratch(uint64_t copied_bytes)
{
    struct scratch_memory scratch = {.mapped_bytes = HUGE_SCRATCH_BYTES};
    scratch.mapped = copied_bytes >= MUCH_COPIED ? system_map(HUGE_SCRATCH_BYTES) : NULL;
    if (scratch.mapped) {
        uintptr_t start =
            ((uintptr_t)scratch.mapped + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
        system_call(SYS_madvise, start, HUGE_PAGE_BYTES, MADV_HUGEPAGE, 0);
        scratch.memory = (unsigned char *)start;
        return scratch;
    }
    scratch.mapped_bytes = SCRATCH_BYTES;
    scratch.mapped = scratch.memory = system_map(SCRATCH_BYTES);
    return scratch;
}

/* Arrays of malloc's and anonymous mappings, and the heap: in none of them is a file, which another
 * process could cut off. */
static uint64_t steady_until(const struct steady_memory *steady, uint64_t address)
{
    const struct snapshot *snapshot =
        ((const struct snapshot_steady *)(const void *)steady)->snapshot;
    if (address >= snapshot->heap.start && address < snapshot->heap.end)
        return snapshot->heap.end;
    const struct live_array *array = live_arrays_around(&snapshot->arrays, address);
    return array ? array->record.address + array->record.bytes : 0;
}

static void list_readable(struct snapshot_steady *steady)
{
    struct mapping mapping;
    size_t offset = 0;
    steady->is_listed = true;
    while (maps_next(&steady->snapshot->maps, &offset, &mapping)) {
        struct memory_range range = {.start = mapping.start, .end = mapping.end};
        if (mapping.readable && !mapping.shared && mapping_is_anonymous(&mapping))
            buffer_append(&steady->readable, &range, sizeof(range)); /* or asked page by page */
    }
}

static uint64_t mapped_until(const struct steady_memory *memory, uint64_t address)
{
    struct snapshot_steady *steady = (struct snapshot_steady *)(uintptr_t)memory;
    if (!steady->is_listed)
        list_readable(steady);
    const struct memory_range *ranges =
        (const struct memory_range *)(const void *)steady->readable.memory;
    size_t low = 0, high = steady->readable.used / sizeof(*ranges);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address >= ranges[middle].end)
            low = middle + 1;
        else if (address < ranges[middle].start)
            high = middle;
        else
            return ranges[middle].end;
    }
    return 0;
}

static void start_steady(struct snapshot *snapshot)
{
    if (!snapshot->is_only_thread)
        return;
    snapshot->steady = (struct snapshot_steady){
        .memory.until = steady_until, .memory.mapped_until = mapped_until, .snapshot = snapshot};
    snapshot->pointers.steady = &snapshot->steady.memory;
}

/* For a program that is asked to end, or has a clock of its own, a snapshot may be long. Its
 * handlers may change what is mapped: all is copied from here on. */
static void let_signals_through(struct snapshot *snapshot)
{
    if (!signals_are_waiting(&snapshot->words.signals))
        return;
    cached_reader_stop(&snapshot->words);
    snapshot->pointers.steady = NULL;
}

void snapshot_next_array(struct snapshot *snapshot)
{
    let_signals_through(snapshot);
    /* Where memory is read in its place nobody changes it: signals were held all the time. An
     * interpreter's types and names lie in its static data, and each dict leads to the same. */
    if (snapshot->are_words_begun && snapshot->pointers.steady)
        cached_reader_go_on(&snapshot->words);
    else
        cached_reader_start(&snapshot->words, snapshot->reader.pid);
    snapshot->are_words_begun = true;
    snapshot->words.known = snapshot->pointers.steady;
}

/* `count` numbers, all zero. */
static bool make_numbers(struct buffer *numbers, size_t count)
{
    if (!buffer_reserve(numbers, (count + 1) * sizeof(uint32_t)))
        return false;
    memset(numbers->memory, 0, (count + 1) * sizeof(uint32_t));
    numbers->used = count * sizeof(uint32_t);
    return true;
}

/* Those that hold little in a small program. */
static void nest_buffers(struct snapshot *snapshot)
{
    struct buffer *const buffers[] = {&snapshot->site_numbers,
                                      &snapshot->script_numbers,
                                      &snapshot->arrays.buffer,
                                      &snapshot->arrays.order,
                                      &snapshot->pointers.targets,
                                      &snapshot->pointers.slots,
                                      &snapshot->pointers.excluded,
                                      &snapshot->regions.named,
                                      &snapshot->regions.mappings,
                                      &snapshot->pointers.busy.ranges,
                                      &snapshot->maps,
                                      &snapshot->steady.readable,
                                      &snapshot->alike,
                                      &snapshot->alike_numbers};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
        buffers[i]->nest = &snapshot->nest;
    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS; kind++)
        snapshot->contents.sections[kind].nest = &snapshot->nest;
}

bool snapshot_collect(struct snapshot *snapshot)
{
    nest_buffers(snapshot);
    size_t sites = atomic_load(&snapshot->registry->sites.count);
    size_t scripts = atomic_load(&snapshot->registry->scripts.count);
    if (sites > 0 || registry_blocks(snapshot->registry) > 0)
        buffer_nest_map(&snapshot->nest);
    if (!make_numbers(&snapshot->site_numbers, sites) ||
        !make_numbers(&snapshot->script_numbers, scripts))
        return false;
    snapshot->complete = live_arrays_collect(&snapshot->arrays, snapshot->registry);
    /* Many a short program has nothing tracked: then nothing is searched, and no call stack leads
     * into a module. */
    bool is_empty = sites == 0 && snapshot->arrays.count == 0;
    struct scratch_memory scratch = {0};
    if (!is_empty) {
        scratch = map_scratch(snapshot->is_only_thread ? 0 : snapshot->registry->tracked_bytes);
        if (!scratch.memory)
            return false;
    }

    snapshot->arrays.pointers = &snapshot->pointers;
    snapshot->pointers.reader = &snapshot->reader;
    snapshot->pointers.maps = &snapshot->maps;
    if (!is_empty)
        snapshot->pointers.scratch = scratch.memory + LAYOUT_SCRATCH_BYTES;
    if (!snapshot->is_outside)
        exclude_own_memory(snapshot);
    start_steady(snapshot);
    snapshot_next_array(snapshot);
    snapshot->view.reader = &snapshot->words.reader;
    snapshot->view.blocks = &snapshot->arrays.blocks;
    snapshot->view.scratch = scratch.memory;
    snapshot->view.glibc_heap = snapshot->registry->is_glibc_heap;

    snapshot_program(snapshot->reader.pid, snapshot->program, sizeof(snapshot->program));
    dump_add_string(&snapshot->contents, ""); /* offset 0: no string */
    if (!is_empty)
        snapshot_modules(snapshot);
    snapshot->residency.pagemap = -1;
    if (snapshot->arrays.count > 0)
        residency_open(&snapshot->residency, snapshot->reader.pid);
    snapshot_tables(snapshot);
    snapshot_owners(snapshot);
    snapshot_grown_places(snapshot);
    residency_close(&snapshot->residency);
    add_counters(snapshot);
    tell_of_small_blocks(snapshot);
    add_warnings(snapshot);
    add_suppressions(snapshot);
    if (snapshot->contents.short_of_memory)
        snapshot->complete = false;
    add_info(snapshot);
    system_unmap(scratch.mapped, scratch.mapped_bytes);
    return dump_count(&snapshot->contents, DUMP_SECTION_INFO) == 1;
}

const struct regions *snapshot_regions(struct snapshot *snapshot)
{
    struct buffer modules = snapshot_loaded_modules(snapshot);
    if (!snapshot->regions_asked)
        snapshot->regions_known =
            regions_collect(&snapshot->regions, &snapshot->reader, &snapshot->maps, &modules,
                            &snapshot->contents.sections[DUMP_SECTION_STRINGS], snapshot->program,
                            snapshot->thread_pointer, snapshot->is_only_thread);
    snapshot->regions_asked = true;
    return snapshot->regions_known ? &snapshot->regions : NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    regions_free(&snapshot->regions);
    dump_free(&snapshot->contents);
    live_arrays_free(&snapshot->arrays);
    pointer_scan_free(&snapshot->pointers);
    buffer_free(&snapshot->maps);
    buffer_free(&snapshot->steady.readable);
    system_unmap(snapshot->static_pieces, sizeof(*snapshot->static_pieces));
    system_unmap(snapshot->own_hashes, sizeof(*snapshot->own_hashes));
    system_unmap(snapshot->tagged, sizeof(*snapshot->tagged));
    buffer_free(&snapshot->site_numbers);
    buffer_free(&snapshot->script_numbers);
    buffer_nest_free(&snapshot->nest);
}

void snapshot_program(int pid, char *path, size_t room)
{
    char link[64];
    proc_path(link, pid, "exe");
    long length = system_call(SYS_readlinkat, AT_FDCWD, link, path, room - 1);
    path[length > 0 ? length : 0] = '\0';
}

static char *append(char *at, const char *end, const char *text, bool clean)
{
    for (; *text != '\0' && at < end; text++) {
        char c = *text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '+' || c == '.' || c == '_';
        *at++ = (char)(clean && !plain ? '_' : c);
    }
    return at;
}

static char *append_number(char *at, const char *end, uint32_t number)
{
    char digits[11];
    size_t count = sizeof(digits) - 1;
    digits[count] = '\0';
    do {
        digits[--count] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return append(at, end, digits + count, false);
}

void snapshot_file_name(const struct snapshot *snapshot, const char *program, char *name)
{
    /* The pieces are cut so that the suffix always fits. */
    const char *end = name + SNAPSHOT_NAME_BYTES - sizeof(DUMP_SUFFIX);
    const char *slash = strrchr(program, '/');
    char *at = append(name, end, "hashtrack.", false);
    const char *base = slash ? slash + 1 : program;
    at = append(at, name + 100, *base != '\0' ? base : "unknown", true);
    at = append(at, end, ".", false);
    at = append_number(at, end, snapshot->registry->pid);
    if (snapshot->ordinal != 0) {
        at = append(at, end, ".", false);
        at = append_number(at, end, snapshot->ordinal);
        at = append(at, end, "-", false);
        at = append(at, end - 20, snapshot->label, true);
    }
    memcpy(at, DUMP_SUFFIX, sizeof(DUMP_SUFFIX));
}
