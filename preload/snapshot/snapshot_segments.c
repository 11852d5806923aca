/*
 * The tables of a snapshot whose arrays lie in segments: a directory of pointers leads to blocks
 * that hold the heads or slots one behind the other. Linear hashing grows so, a bucket at a time
 * and without ever making an array larger (PostgreSQL's dynahash, Erlang's ETS, with segments of
 * one size; oneTBB's concurrent_hash_map, with segments each as large as all before it).
 *
 * No array is replaced there, so no growth is seen, and each segment by itself looks like a table
 * of as many slots as it has: of 131,072 heads 65,536 were said, in the last of six segments. So
 * such segments are looked at as the one array that they are, in the ways of static_rules.h, with
 * the same proof.
 */
#include "snapshot_table.h"

#include "segmented_view.h"
#include "sort.h"
#include "static_rules.h"
#include "tables.h"

/* Smaller blocks are not tracked as a rule. */
#define LEAST_SEGMENT 1024u
/* Fewer may be the columns of one table, or pictures at several scales. */
#define LEAST_DOUBLING 3u
#define LEAST_EQUAL    8u
#define MOST_SEGMENTS  65536u
/* Of doubling ones the first may be in the table's object: so much of all may be missing, and
 * counts as full as the others. */
#define MISSING_PART 16u
/* Places that lead to a segment which are asked whether they are a directory's. */
#define MOST_HOLDERS 8u
/* Which of the blocks may be segments, by how many there are of their size. */
#define SIZE_KINDS      4096u
#define TRIED_OF_A_SIZE 4u
/* A look takes as long as one at any other array. */
#define MOST_IN_VAIN 8u

struct directory {
    uint64_t first, last; /* where its words are */
    uint64_t bytes;       /* of all segments, and of what is missing before the first, */
    uint64_t missing;     /* which lies elsewhere */
    bool is_doubling;
    struct buffer segments; /* struct segment */
    struct buffer order;    /* uint64_t: their addresses */
};

struct size_kinds {
    uint16_t seen[SIZE_KINDS];
    uint8_t tried[SIZE_KINDS];
};

struct search {
    struct snapshot *snapshot;
    struct size_kinds *kinds;
    struct directory directory;
    uint64_t in_vain_at[MOST_IN_VAIN]; /* the first words of directories of no table */
    uint32_t in_vain;
    uint64_t least; /* bytes that are worth a look */
};

/* --- which blocks may be segments --- */

static uint32_t kind_of(uint64_t bytes)
{
    return (uint32_t)(bytes * 0x9E3779B97F4A7C15ull >> 52);
}
_Static_assert(SIZE_KINDS == 1u << 12, "twelve bits name the kind");

/* Of no table, or of one that was only read before: what was seen growing is a table by itself. */
static bool is_nobodys(const struct snapshot *snapshot, const struct live_array *array)
{
    struct table_record record;
    uint32_t table = tables_resolve(snapshot->registry, array->record.table);
    return array->table == DUMP_NONE && array->record.bytes >= LEAST_SEGMENT &&
           (table == 0 || (tables_get(snapshot->registry, table, &record) && record.growths == 0));
}

static void count_sizes(struct search *search)
{
    const struct live_arrays *arrays = &search->snapshot->arrays;
    for (uint32_t i = 0; i < arrays->count; i++) {
        uint16_t *seen = &search->kinds->seen[kind_of(arrays->arrays[i].record.bytes)];
        *seen += *seen < UINT16_MAX;
    }
}

/* Whether the block may be the last of doubling segments, or one of equal ones. Nearly all blocks
 * are refused here. */
static bool may_be_segment(const struct search *search, uint64_t bytes)
{
    const uint16_t *seen = search->kinds->seen;
    uint64_t equal = seen[kind_of(bytes)];
    if (equal == 0 || bytes < LEAST_SEGMENT)
        return false;
    if (equal >= LEAST_EQUAL && equal * bytes >= search->least)
        return true;
    return 2 * bytes >= search->least && bytes % 4 == 0 && seen[kind_of(bytes / 2)] > 0 &&
           seen[kind_of(bytes / 4)] > 0;
}

/* --- the directory --- */

/* The block that the word at the place leads to the beginning of, if it may be a segment. */
static const struct live_array *segment_at(const struct search *search, uint64_t place)
{
    const struct snapshot *snapshot = search->snapshot;
    uint64_t word;
    if (!layout_read_u64(&snapshot->view, place, &word) || !layout_is_pointer(word, 8))
        return NULL;
    const struct live_array *array = live_arrays_at(&snapshot->arrays, word);
    return array && is_nobodys(snapshot, array) ? array : NULL;
}

static uint64_t bytes_at(const struct search *search, uint64_t place)
{
    const struct live_array *array = segment_at(search, place);
    return array ? array->record.bytes : 0;
}

/* The first word of the directory that the one at `place` is of. `bytes`: of the segment that the
 * one leads to, then the other. */
static uint64_t go_back(const struct search *search, uint64_t place, uint64_t *bytes,
                        bool is_doubling)
{
    for (uint32_t i = 0; i < MOST_SEGMENTS; i++) {
        uint64_t wanted = is_doubling ? *bytes / 2 : *bytes;
        if (bytes_at(search, place - 8) != wanted)
            break;
        *bytes = wanted;
        place -= 8;
    }
    return place;
}

/* The last one. */
static uint64_t go_on(const struct search *search, uint64_t place, uint64_t *bytes,
                      bool is_doubling)
{
    for (uint32_t i = 0; i < MOST_SEGMENTS; i++) {
        uint64_t wanted = is_doubling ? 2 * *bytes : *bytes;
        if (bytes_at(search, place + 8) != wanted)
            break;
        *bytes = wanted;
        place += 8;
    }
    return place;
}

/* Finds out where the directory's words are, one of which is at `place` and leads to so many bytes;
 * whether there may be one. */
static bool find_ends(const struct search *search, uint64_t place, uint64_t bytes,
                      struct directory *out)
{
    uint64_t before = bytes_at(search, place - 8), behind = bytes_at(search, place + 8);
    out->missing = 0;
    out->is_doubling = behind == 2 * bytes || 2 * before == bytes;
    if (!out->is_doubling && before != bytes && behind != bytes)
        return false;
    uint64_t first_bytes = bytes, last_bytes = bytes;
    out->first = go_back(search, place, &first_bytes, out->is_doubling);
    out->last = go_on(search, place, &last_bytes, out->is_doubling);
    uint64_t count = (out->last - out->first) / 8 + 1;
    if (!out->is_doubling)
        return count >= LEAST_EQUAL && count <= MOST_SEGMENTS;
    if (count < LEAST_DOUBLING)
        return false;
    /* The first has as many as all before it, and so has what is before it. */
    if (bytes_at(search, out->first - 8) == first_bytes)
        out->first -= 8;
    else
        out->missing = first_bytes;
    return out->missing * MISSING_PART <= 2 * last_bytes;
}

static inline bool is_lower(uint64_t a, uint64_t b, void *context)
{
    (void)context;
    return a < b;
}

DEFINE_SORT(sort_addresses, uint64_t, is_lower)

/* A directory in which several words lead to one page is that of another kind of table. */
static bool are_different(struct directory *directory)
{
    uint64_t *addresses = (uint64_t *)(void *)directory->order.memory;
    size_t count = directory->order.used / sizeof(*addresses);
    sort_addresses(addresses, count, NULL);
    for (size_t i = 1; i < count; i++)
        if (addresses[i] == addresses[i - 1])
            return false;
    return true;
}

static bool collect_segments(const struct search *search, struct directory *directory)
{
    directory->segments.used = directory->order.used = 0;
    directory->bytes = directory->missing;
    for (uint64_t place = directory->first; place <= directory->last; place += 8) {
        const struct live_array *array = segment_at(search, place);
        if (!array)
            return false; /* the program goes on while it is looked at from outside */
        struct segment segment = {.start = directory->bytes,
                                  .address = array->record.address,
                                  .bytes = array->record.bytes};
        if (buffer_append(&directory->segments, &segment, sizeof(segment)) == SIZE_MAX ||
            buffer_append(&directory->order, &segment.address, sizeof(segment.address)) == SIZE_MAX)
            return false;
        directory->bytes += segment.bytes;
    }
    return directory->bytes >= search->least && are_different(directory);
}

/* Whether the directory was asked before: each of its segments leads to it. */
static bool was_in_vain(const struct search *search, uint64_t first)
{
    for (uint32_t i = 0; i < search->in_vain; i++)
        if (search->in_vain_at[i] == first)
            return true;
    return false;
}

static bool find_directory(struct search *search, const struct live_array *array)
{
    const struct block_index *blocks = search->snapshot->view.blocks;
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++) {
        uint64_t place = blocks->pointer_to(blocks, array->record.address, nth);
        if (place == 0)
            return false;
        if (place % 8 == 0 && find_ends(search, place, array->record.bytes, &search->directory) &&
            !was_in_vain(search, search->directory.first) &&
            collect_segments(search, &search->directory))
            return true;
    }
    return false;
}

/* --- the table --- */

static const struct segment *segments_of(const struct directory *directory, uint32_t *count)
{
    *count = (uint32_t)(directory->segments.used / sizeof(struct segment));
    return (const struct segment *)(const void *)directory->segments.memory;
}

/* How much of a round of linear hashing may be over and be passed over. */
#define EARLY_PART 8u

/* A round of linear hashing ends with a power of two of buckets. In the middle of one there are
 * more of them, up to the next: that many a hash may name. Early in one, hardly any is named by
 * that, while those that the round began with are as they were. */
static unsigned list_rounds(const struct directory *directory, uint64_t bytes[2])
{
    uint32_t count;
    const struct segment *segments = segments_of(directory, &count);
    uint64_t end = next_power_of_two(count), begin = end / 2;
    bytes[0] = directory->is_doubling ? directory->bytes : end * segments[0].bytes;
    if (directory->is_doubling || end == count || (count - begin) * EARLY_PART > begin)
        return 1;
    bytes[1] = begin * segments[0].bytes;
    return 2;
}

/* Adds so many entries that were not looked at. */
static void add_unseen(struct table_reading *table, uint64_t more)
{
    table->live += more;
    table->live_error += more / 2;
    table->flags &= ~DUMP_TABLE_COUNTED;
}

/* Whether all of the slots were read, and no others; puts right what was read of the whole as it
 * is at the end of a round. */
static bool correct(const struct directory *directory, const struct block *whole,
                    struct static_reading *reading)
{
    struct table_reading *table = &reading->table;
    const struct slot_shape *shape = &reading->shape;
    if (shape->header_bytes != 0 || shape->capacity * shape->slot_bytes != whole->bytes)
        return false;
    table->capacity = directory->bytes / shape->slot_bytes;
    if (directory->missing != 0) /* as full as the others */
        add_unseen(table,
                   table->live * directory->missing / (directory->bytes - directory->missing));
    /* Buckets that were split have half of what others have, and so have the new ones. */
    if (directory->bytes > whole->bytes) {
        uint64_t half = (directory->bytes - whole->bytes) / 2;
        add_unseen(table, table->live * half / (whole->bytes - half));
    }
    table->flags |= DUMP_TABLE_GROWS_UNSEEN;
    return true;
}

static void add_table(struct search *search, const struct static_reading *reading)
{
    struct snapshot *snapshot = search->snapshot;
    uint32_t count, number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    const struct segment *segments = segments_of(&search->directory, &count);
    /* The first segment stays as long as the table does. */
    const struct live_array *first = live_arrays_at(&snapshot->arrays, segments[0].address);
    uint32_t history = snapshot_static_history(snapshot, first, &reading->table);
    struct table_record record;
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    table.kind = reading->kind;
    table.read = DUMP_READ_ESTIMATED;
    table.address = first->record.address;
    snapshot_fill_reading(&table, &reading->table);
    if (tables_get(snapshot->registry, history, &record))
        snapshot_fill_history(snapshot, &record, &table, number);
    else
        snapshot_fill_birth(snapshot, &first->record, &table);
    for (uint32_t i = 0; i < count; i++)
        snapshot_add_array(snapshot, &table, number,
                           live_arrays_at(&snapshot->arrays, segments[i].address),
                           reading->table.arrays[0].role);
    for (uint32_t i = 1; i < reading->table.array_count && i < LAYOUT_MAX_ARRAYS; i++) {
        const struct layout_array *part = &reading->table.arrays[i];
        struct live_array *array = live_arrays_at(&snapshot->arrays, part->address);
        if (array && array->table == DUMP_NONE)
            snapshot_add_array(snapshot, &table, number, array, part->role);
    }
    snapshot_finish_table(snapshot, &table);
}

/* The table of the first so many bytes of the segments. */
static bool read_round(struct search *search, uint64_t bytes)
{
    struct snapshot *snapshot = search->snapshot;
    const struct directory *directory = &search->directory;
    struct segmented_view whole = {.bytes = bytes};
    struct static_reading reading;
    whole.segments = segments_of(directory, &whole.count);
    const struct live_array *holder = live_arrays_around(&snapshot->arrays, directory->first);
    if (holder && directory->first - holder->record.address < 8)
        whole.holders.directory = holder->record.address;
    whole.holders.ends[0] = directory->first;
    whole.holders.ends[1] = directory->last;
    struct block block = segmented_view_start(&whole, &snapshot->view);
    const struct live_array *last =
        live_arrays_at(&snapshot->arrays, whole.segments[whole.count - 1].address);
    if (!snapshot_static_whole(snapshot, &whole.view, &block, last, &reading) ||
        !correct(directory, &block, &reading))
        return false;
    add_table(search, &reading);
    return true;
}

static bool read_table(struct search *search)
{
    uint64_t rounds[2];
    unsigned count = list_rounds(&search->directory, rounds);
    return read_round(search, rounds[0]) || (count > 1 && read_round(search, rounds[1]));
}

void snapshot_segmented_tables(struct snapshot *snapshot)
{
    struct search search = {.snapshot = snapshot};
    search.least = atomic_load(&snapshot->registry->tracked_bytes) / SNAPSHOT_SHARE_NAMED /
                   SNAPSHOT_MOST_BEHIND;
    search.least = search.least > STATIC_LEAST_BYTES ? search.least : STATIC_LEAST_BYTES;
    if (snapshot->arrays.count < LEAST_DOUBLING)
        return;
    search.kinds = system_map(sizeof(*search.kinds));
    if (!search.kinds) {
        snapshot->complete = false;
        return;
    }
    count_sizes(&search);
    for (uint32_t i = 0; i < snapshot->arrays.count && search.in_vain < MOST_IN_VAIN; i++) {
        const struct live_array *array = &snapshot->arrays.arrays[i];
        uint8_t *tried = &search.kinds->tried[kind_of(array->record.bytes)];
        if (!may_be_segment(&search, array->record.bytes) || *tried >= TRIED_OF_A_SIZE ||
            !is_nobodys(snapshot, array))
            continue;
        ++*tried;
        snapshot_next_array(snapshot);
        if (find_directory(&search, array) && !read_table(&search))
            search.in_vain_at[search.in_vain++] = search.directory.first;
    }
    buffer_free(&search.directory.segments);
    buffer_free(&search.directory.order);
    system_unmap(search.kinds, sizeof(*search.kinds));
}
