/*
 * Who owns each table: the section OWNERS of a dump.
 *
 * From the table's object, or from whoever holds its array's address, upwards: a place in static
 * data, in thread-local data or on a stack ends the search; of a place in a heap block it is asked
 * who points at that block. Each step is one pass over memory for all tables together. What the
 * places are called is the analyzer's question, and so is which of several to believe.
 *
 * What is found is a copy of an address, and copies lie about everywhere: so those in freed blocks,
 * below a stack's end and in memory of no known kind (the tracker's own is of none) do not count.
 * The search goes up step by step, for the nearest variable is the table's own, and ends at the
 * first step that reaches one.
 */
#include "snapshot.h"

#include "heap_blocks.h"
#include "memory_pass.h"
#include "modules.h"
#include "regions.h"
#include "sort.h"

#define LEAST_BYTES     65536u /* of a table that a pass over memory is made for */
#define MOST_STEPS      6u /* array <- dict <- dicts <- kvstore <- databases <- server: Redis 8 */
#define MOST_OF_A_KIND  8u /* holders of one block that are kept: variables, stacks, heap */
#define MOST_OF_A_TABLE 64u
#define MOST_LINKS      100000u
#define PATIENCE_MS     4000u /* of processor time: no further pass is begun after that */
#define NEIGHBOURHOOD   256u  /* the pointers to all arrays of a table stand that near */

/* A place on the way up, a struct dump_owner in the making. */
struct link {
    uint64_t place;
    uint64_t block;     /* heap: address of the block */
    uint32_t holds;     /* position of the link that it leads to, or DUMP_NONE */
    uint32_t table;     /* in the dump */
    uint32_t site;      /* heap, tracked: in the registry */
    uint32_t number;    /* in the dump, once it is there */
    uint32_t previous;  /* link of the same table, or DUMP_NONE */
    bool is_on_the_way; /* from a variable down to the table */
    struct dump_owner owner;
};

/* How far the search for a table's owner has come. */
struct progress {
    uint32_t last_link; /* DUMP_NONE at first */
    uint32_t links;
    bool has_variable;
    const struct layout *layout; /* NULL: unknown */
};

enum holder_kind { HELD_IN_VARIABLE, HELD_ON_STACK, HELD_IN_HEAP, HOLDER_KINDS };

/* An address that is looked for: of a heap block, or of the table's object in it. */
struct target {
    uint64_t address;
    uint32_t link;
    uint32_t count[HOLDER_KINDS]; /* holders found */
};

struct search {
    struct snapshot *snapshot;
    const struct regions *regions;
    struct heap_blocks blocks;
    struct buffer links;    /* struct link */
    struct buffer progress; /* struct progress, for each table of the dump */
    struct buffer targets;  /* struct target, sorted by address */
    struct buffer holders;  /* struct link: what a pass found, to be judged after it */
    uint32_t target_count;
    uint64_t bytes_left_out;
};

static struct link *link_at(const struct search *search, uint32_t position)
{
    return (struct link *)(void *)search->links.memory + position;
}

static uint32_t link_count(const struct search *search)
{
    return (uint32_t)(search->links.used / sizeof(struct link));
}

static struct progress *progress_of(const struct search *search, uint32_t table)
{
    return (struct progress *)(void *)search->progress.memory + table;
}

static const struct dump_table *tables_of(const struct search *search)
{
    return (const struct dump_table *)(const void *)search->snapshot->contents
        .sections[DUMP_SECTION_TABLES]
        .memory;
}

/* --- what a place is --- */

/* The frame around a place on the running thread's stack; frames are sorted, innermost first. */
static bool describe_frame(const struct snapshot *snapshot, uint64_t place,
                           struct dump_owner *owner)
{
    const struct buffer modules = snapshot_loaded_modules(snapshot);
    const struct stack_frame *frames = snapshot->frames;
    for (uint32_t i = 0; i + 1 < snapshot->frame_count; i++) {
        if (place < frames[i].stack_pointer || place >= frames[i + 1].stack_pointer)
            continue;
        if (frames[i].is_ours)
            return false;
        owner->kind = DUMP_OWNER_FRAME;
        owner->module = modules_find(&modules, frames[i].address - 1);
        owner->offset = frames[i].address;
        if (owner->module != DUMP_NONE)
            owner->offset -=
                ((const struct dump_module *)(const void *)modules.memory)[owner->module].bias;
        owner->frame_offset = (int64_t)(place - frames[i + 1].stack_pointer);
        return true;
    }
    return true;
}

static bool describe_stack(const struct snapshot *snapshot, const struct region *region,
                           uint64_t place, struct dump_owner *owner)
{
    uint64_t end_of_stack = snapshot->frame_count ? snapshot->frames[0].stack_pointer : 0;
    owner->kind = DUMP_OWNER_STACK;
    if (end_of_stack < region->start || end_of_stack >= region->end)
        return true; /* another thread's */
    return place >= end_of_stack && describe_frame(snapshot, place, owner);
}

/* The heap is walked only for tables whose owner is searched for: for others a small block says
 * nothing. */
static bool describe_heap(struct search *search, struct link *link)
{
    struct heap_block block;
    if (tables_of(search)[link->table].bytes < LEAST_BYTES &&
        !live_arrays_around(&search->snapshot->arrays, link->place))
        return false;
    if (!heap_block_around(&search->blocks, link->place, &block))
        return false;
    link->block = block.address;
    link->owner.kind = DUMP_OWNER_HEAP;
    link->owner.offset = link->place - block.address;
    link->owner.block_bytes = block.bytes;
    if (block.array) {
        link->site = block.array->record.site;
        link->owner.flags |= DUMP_OWNER_EXACT_BLOCK;
    }
    return true;
}

/* False for a place that nothing can be said of, or that is not in use. */
static bool describe(struct search *search, struct link *link)
{
    const struct region *region = regions_find(search->regions, link->place);
    link->owner.module = DUMP_NONE;
    if (!region)
        return false;
    switch (region->kind) {
    case REGION_STATIC:
    case REGION_THREAD_LOCAL:
        link->owner.kind =
            region->kind == REGION_STATIC ? DUMP_OWNER_STATIC : DUMP_OWNER_THREAD_LOCAL;
        link->owner.module = region->module;
        link->owner.offset = link->place - region->base;
        return true;
    case REGION_STACK:
        return describe_stack(search->snapshot, region, link->place, &link->owner);
    case REGION_HEAP:
    case REGION_ANONYMOUS:
        return describe_heap(search, link);
    }
    return false;
}

static bool is_variable(const struct link *link)
{
    return link->owner.kind == DUMP_OWNER_STATIC || link->owner.kind == DUMP_OWNER_THREAD_LOCAL;
}

/* --- the first step --- */

/* What has no room is not named. */
static void add_link(struct search *search, struct link *link)
{
    struct progress *progress = progress_of(search, link->table);
    uint32_t position = link_count(search);
    link->previous = progress->last_link;
    if (progress->links >= MOST_OF_A_TABLE || position >= MOST_LINKS ||
        buffer_append(&search->links, link, sizeof(*link)) == SIZE_MAX)
        return;
    progress->last_link = position;
    progress->links++;
    progress->has_variable = progress->has_variable || is_variable(link);
}

static bool is_near_a_holder(const struct search *search, uint64_t array, uint64_t place)
{
    const struct live_arrays *arrays = &search->snapshot->arrays;
    for (unsigned nth = 0; nth < POINTERS_PER_TARGET; nth++) {
        uint64_t holder = pointer_scan_find(arrays->pointers, arrays, array, nth);
        if (holder != 0 && holder + NEIGHBOURHOOD > place && holder < place + NEIGHBOURHOOD)
            return true;
    }
    return false;
}

/* The table's object is not known. Of the places that hold its first array's address those are the
 * object's that have the addresses of all its other arrays beside them. */
static bool may_be_object(const struct search *search, const struct dump_table *table,
                          uint64_t place)
{
    const struct dump_array *arrays =
        (const struct dump_array *)(const void *)search->snapshot->contents
            .sections[DUMP_SECTION_ARRAYS]
            .memory;
    for (uint32_t i = 1; i < table->array_count; i++) {
        const struct dump_array *array = &arrays[table->first_array + i];
        if (array->role != DUMP_ROLE_OLD && !is_near_a_holder(search, array->address, place))
            return false;
    }
    return true;
}

static void add_first_links(struct search *search, const struct dump_table *table, uint32_t number)
{
    const struct live_arrays *arrays = &search->snapshot->arrays;
    struct link link = {.holds = DUMP_NONE, .table = number};
    if (table->flags & DUMP_TABLE_FREED)
        return;
    /* Of an unknown table the pointer in its object is known, not where the object begins; and the
     * numbers may stand in the array itself. */
    if (table->known & DUMP_KNOWN_HEADER &&
        (table->header != table->address || !live_arrays_at(arrays, table->address))) {
        link.place = table->header;
        link.owner.flags = table->flags & DUMP_TABLE_COUNTED ? 0 : DUMP_OWNER_IS_OBJECT;
        if (describe(search, &link))
            add_link(search, &link);
        return;
    }
    if (table->bytes < LEAST_BYTES || search->snapshot->is_hurried)
        return;
    for (unsigned nth = 0; nth < POINTERS_PER_TARGET; nth++) {
        link = (struct link){.holds = DUMP_NONE, .table = number};
        link.place = pointer_scan_find(arrays->pointers, arrays, table->address, nth);
        if (link.place != 0 && may_be_object(search, table, link.place) && describe(search, &link))
            add_link(search, &link);
    }
}

/* --- the further steps --- */

static void add_target(struct search *search, uint64_t address, uint32_t link)
{
    struct target target = {.address = address, .link = link};
    buffer_append(&search->targets, &target, sizeof(target));
}

static inline bool lower_address(struct target a, struct target b, void *context)
{
    (void)context;
    return a.address < b.address;
}

DEFINE_SORT(sort_targets, struct target, lower_address)

/* The blocks of the last step's links, for tables that no variable was found for yet. */
static void choose_targets(struct search *search, uint32_t first, unsigned step)
{
    search->targets.used = 0;
    for (uint32_t i = first; i < link_count(search); i++) {
        const struct link *link = link_at(search, i);
        const struct progress *progress = progress_of(search, link->table);
        if (link->owner.kind != DUMP_OWNER_HEAP || progress->has_variable ||
            tables_of(search)[link->table].bytes < LEAST_BYTES ||
            (step > 1 && progress->layout && progress->layout->is_script_object))
            continue;
        add_target(search, link->block, i);
        if (link->owner.flags & DUMP_OWNER_IS_OBJECT && link->place != link->block)
            add_target(search, link->place, i);
    }
    search->target_count = (uint32_t)(search->targets.used / sizeof(struct target));
    sort_targets((struct target *)(void *)search->targets.memory, search->target_count, NULL);
}

/* Of the blocks that point at the table's object the one that its user knows. */
static bool is_entrance(const struct search *search, const struct link *held, uint64_t where,
                        enum holder_kind kind)
{
    const struct layout *layout = progress_of(search, held->table)->layout;
    return kind != HELD_IN_HEAP || held->holds != DUMP_NONE || !layout || !layout->is_entrance ||
           layout->is_entrance(&search->snapshot->view, where);
}

static void note_holder(void *context, uint64_t word, uint64_t where)
{
    struct search *search = context;
    struct target *targets = (struct target *)(void *)search->targets.memory;
    uint32_t low = 0, high = search->target_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (targets[middle].address < word)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == search->target_count || targets[low].address != word)
        return;
    const struct region *region = regions_find(search->regions, where);
    if (!region)
        return;
    enum holder_kind kind = region->kind == REGION_STACK ? HELD_ON_STACK
                            : region->kind == REGION_STATIC || region->kind == REGION_THREAD_LOCAL
                                ? HELD_IN_VARIABLE
                                : HELD_IN_HEAP;
    for (; low < search->target_count && targets[low].address == word; low++) {
        const struct link *held = link_at(search, targets[low].link);
        struct link link = {.place = where, .holds = targets[low].link, .table = held->table};
        link.owner.points_at = word - held->block;
        if (targets[low].count[kind] < MOST_OF_A_KIND && is_entrance(search, held, where, kind) &&
            describe(search, &link)) {
            targets[low].count[kind]++;
            buffer_append(&search->holders, &link, sizeof(link));
        }
    }
}

/* A block that leads to itself, or that the table has been led to before, leads no further up. */
static bool is_new(const struct search *search, const struct link *link)
{
    if (link->owner.kind != DUMP_OWNER_HEAP)
        return true;
    for (uint32_t i = progress_of(search, link->table)->last_link; i != DUMP_NONE;
         i = link_at(search, i)->previous)
        if (link_at(search, i)->block == link->block)
            return false;
    return true;
}

static bool make_pass(struct search *search)
{
    struct word_filter filter;
    struct memory_pass pass = {
        .reader = &search->snapshot->reader,
        .maps = &search->snapshot->maps,
        .scratch = search->snapshot->pointers.scratch,
        .filter = &filter,
        .left_out = &search->snapshot->pointers.excluded,
        .busy = &search->snapshot->pointers.busy,
        .steady = search->snapshot->pointers.steady,
        .found = note_holder,
        .context = search,
    };
    bool is_made = word_filter_begin(&filter, search->target_count);
    if (is_made) {
        const struct target *targets = (const struct target *)(const void *)search->targets.memory;
        for (uint32_t i = 0; i < search->target_count; i++)
            word_filter_add(&filter, targets[i].address);
        search->holders.used = 0;
        is_made = memory_pass_make(&pass);
        if (pass.bytes_left_out > search->bytes_left_out)
            search->bytes_left_out = pass.bytes_left_out;
    }
    word_filter_free(&filter);
    return is_made;
}

/* By the processor: a machine that is busy with something else must not cost a name. */
static uint64_t processor_ms(void)
{
    struct timespec time = {0};
    system_call(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &time, 0, 0);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void climb(struct search *search)
{
    uint64_t began = processor_ms();
    uint32_t first = 0; /* of the last step's links */
    for (unsigned step = 1; step < MOST_STEPS && first < link_count(search); step++) {
        choose_targets(search, first, step);
        if (search->target_count == 0 || processor_ms() - began > PATIENCE_MS || !make_pass(search))
            return;
        first = link_count(search);
        struct link *found = (struct link *)(void *)search->holders.memory;
        for (size_t i = 0; i < search->holders.used / sizeof(*found); i++)
            if (is_new(search, &found[i])) {
                if (found[i].owner.kind == DUMP_OWNER_HEAP)
                    link_at(search, found[i].holds)->owner.flags |= DUMP_OWNER_HELD_IN_HEAP;
                add_link(search, &found[i]);
            }
    }
}

/* --- into the dump --- */

static void mark_ways(struct search *search)
{
    for (uint32_t i = 0; i < link_count(search); i++) {
        bool is_end = link_at(search, i)->owner.kind != DUMP_OWNER_HEAP ||
                      link_at(search, i)->holds == DUMP_NONE;
        for (uint32_t at = i; is_end && at != DUMP_NONE; at = link_at(search, at)->holds)
            link_at(search, at)->is_on_the_way = true;
    }
}

static void write_links(struct search *search)
{
    mark_ways(search);
    for (uint32_t i = 0; i < link_count(search); i++) {
        struct link *link = link_at(search, i);
        if (!link->is_on_the_way)
            continue;
        link->owner.table = link->table;
        link->owner.holds =
            link->holds == DUMP_NONE ? DUMP_NONE : link_at(search, link->holds)->number;
        link->owner.site = snapshot_site(search->snapshot, link->site);
        link->number = dump_add(&search->snapshot->contents, DUMP_SECTION_OWNERS, &link->owner);
    }
}

static void say_what_was_left_out(struct snapshot *snapshot, uint64_t bytes)
{
    if (snapshot->pointers.bytes_left_out > bytes)
        bytes = snapshot->pointers.bytes_left_out;
    struct dump_counter counter = {.value = bytes >> 20};
    if (counter.value == 0)
        return;
    counter.name = dump_add_string(&snapshot->contents, "MiB of memory not searched for owners");
    dump_add(&snapshot->contents, DUMP_SECTION_COUNTERS, &counter);
}

static bool begin_progress(struct search *search, uint32_t tables)
{
    const char *strings = search->snapshot->contents.sections[DUMP_SECTION_STRINGS].memory;
    for (uint32_t i = 0; i < tables; i++) {
        struct progress progress = {
            .last_link = DUMP_NONE,
            .layout = layout_by_name(strings + tables_of(search)[i].implementation),
        };
        if (buffer_append(&search->progress, &progress, sizeof(progress)) == SIZE_MAX)
            return false;
    }
    return true;
}

void snapshot_owners(struct snapshot *snapshot)
{
    const struct dump_contents *contents = &snapshot->contents;
    uint32_t tables = dump_count(contents, DUMP_SECTION_TABLES);
    if (tables == 0) {
        say_what_was_left_out(snapshot, 0);
        return;
    }
    struct search *search = system_map(sizeof(*search)); /* too large for a small stack */
    if (!search) {
        snapshot->complete = false;
        return;
    }
    search->snapshot = snapshot;
    search->links.nest = search->progress.nest = &snapshot->nest;
    search->targets.nest = search->holders.nest = &snapshot->nest;
    search->blocks.reader = &snapshot->reader;
    search->blocks.arrays = &snapshot->arrays;
    search->regions = snapshot_regions(snapshot);
    search->blocks.regions = search->regions;
    search->blocks.is_glibc = snapshot->registry->is_glibc_heap;
    search->blocks.scratch = snapshot->view.scratch;
    if (search->regions && begin_progress(search, tables)) {
        for (uint32_t i = 0; i < tables; i++)
            add_first_links(search, &tables_of(search)[i], i);
        if (!snapshot->is_hurried)
            climb(search);
        write_links(search);
    }
    say_what_was_left_out(snapshot, search->bytes_left_out);
    buffer_free(&search->links);
    buffer_free(&search->progress);
    buffer_free(&search->targets);
    buffer_free(&search->holders);
    system_unmap(search, sizeof(*search));
}
