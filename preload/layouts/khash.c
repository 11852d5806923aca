/*
 * khash (klib, htslib): three arrays (two flag bits a bucket, keys, values) behind a 40-byte
 * object. The wider one of keys and values is the main array, for small arrays are not asked about;
 * the flags alone would be too weak a sign, so they count only together with the object or with
 * arrays of the right sizes beside them.
 */
#include "layout.h"
#include "object.h"
#include "words.h"

#define CAPACITY_MIN      64
#define CELL_BYTES_MAX    4096 /* of a key, or of a value */
#define TRACKED_FLAGS_MIN 256  /* smaller flag arrays cannot be met as tracked blocks */

/* kh_NAME_t */
struct table {
    uint32_t bucket_count, size, occupied, upper_bound;
    uint64_t flags, keys, values;
};
#define KEYS_OFFSET   24
#define VALUES_OFFSET 32

struct flag_counts {
    uint64_t live, deleted, empty;
    uint64_t filled; /* words of one byte four times, by which slots of several states alternate */
};

static bool is_one_state(uint32_t word)
{
    return word == 0 || word == 0x55555555u || word == 0xaaaaaaaau;
}

/* Bit 1 of a pair: empty; bit 0: deleted. Both together never occur. */
static bool count_flags(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct flag_counts *counts = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += 4) {
        uint32_t word = word_u32(piece, at);
        uint32_t empty = word >> 1 & 0x55555555u, deleted = word & 0x55555555u;
        if (word == 0) { /* as nearly all words of other memory that is taken for flags */
            counts->live += 16;
            continue;
        }
        if ((empty & deleted) != 0)
            return false;
        counts->filled += word == (word & 0xffu) * 0x01010101u && !is_one_state(word);
        unsigned are_empty = (unsigned)__builtin_popcount(empty);
        unsigned are_deleted = (unsigned)__builtin_popcount(deleted);
        counts->empty += are_empty;
        counts->deleted += are_deleted;
        counts->live += 16 - are_empty - are_deleted;
    }
    /* No table is 9/10 full over 200,000 slots: this is other memory, most likely zeros. */
    return bytes < 65536 || counts->empty * 10 > counts->live + counts->deleted;
}

/* __ac_HASH_UPPER = 0.77 */
static uint64_t upper_bound(uint64_t capacity)
{
    return (uint64_t)((double)capacity * 0.77 + 0.5);
}

static bool read_flags(const struct layout_view *view, uint64_t flags, uint64_t capacity,
                       struct flag_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    return layout_scan(view, flags, capacity / 4, 4, count_flags, counts) &&
           counts->live + counts->deleted <= upper_bound(capacity);
}

static bool holds_cells(const struct block *column, uint64_t capacity)
{
    return column->bytes >= capacity && column->bytes % capacity == 0 &&
           column->bytes / capacity <= CELL_BYTES_MAX;
}

struct search {
    const struct block *column; /* the block asked about: keys or values */
    struct table table;
    struct flag_counts counts;
};

static bool object_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    if (!layout_read(view, address, table, sizeof(*table)))
        return false;
    uint64_t capacity = table->bucket_count;
    return (table->keys == search->column->address || table->values == search->column->address) &&
           is_power_of_two(capacity) && capacity >= CAPACITY_MIN &&
           holds_cells(search->column, capacity) && table->upper_bound == upper_bound(capacity) &&
           table->size <= table->occupied && table->occupied <= table->upper_bound &&
           layout_is_pointer(table->flags, 4) &&
           read_flags(view, table->flags, capacity, &search->counts) &&
           search->counts.live == table->size &&
           search->counts.live + search->counts.deleted == table->occupied;
}

static void add_array(struct table_reading *out, const struct block *array, enum dump_role role)
{
    out->arrays[out->array_count++] = (struct layout_array){array->address, array->bytes, role};
}

static void add_column(struct table_reading *out, const struct block *column, enum dump_role role)
{
    add_array(out, column, role);
    out->slot_bytes += column->bytes / out->capacity;
    if (role == DUMP_ROLE_VALUES) {
        out->value_bytes = column->bytes / out->capacity;
        out->known |= DUMP_KNOWN_VALUE_BYTES;
    }
}

/* `other` is NULL for a set, and where that column is too small to be tracked. */
static void fill(struct table_reading *out, const struct flag_counts *counts, uint64_t flags,
                 const struct block *column, enum dump_role role, const struct block *other)
{
    out->capacity = counts->live + counts->deleted + counts->empty;
    out->live = counts->live;
    out->tombstones = counts->deleted;
    out->known |=
        DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES | DUMP_KNOWN_SLOT_BYTES;
    add_column(out, column, role);
    if (other != NULL)
        add_column(out, other, role == DUMP_ROLE_KEYS ? DUMP_ROLE_VALUES : DUMP_ROLE_KEYS);
    struct block flags_block = {flags, out->capacity / 4};
    add_array(out, &flags_block, DUMP_ROLE_METADATA);
}

static bool recognise_by_object(struct layout_view *view, const struct block *column,
                                struct table_reading *out)
{
    struct search search = {.column = column};
    uint64_t header = layout_object(view, column->address, KEYS_OFFSET, object_fits, &search);
    if (header == 0)
        header = layout_object(view, column->address, VALUES_OFFSET, object_fits, &search);
    if (header == 0)
        return false;
    bool is_keys = search.table.keys == column->address;
    uint64_t other_address = is_keys ? search.table.values : search.table.keys;
    struct block other;
    bool has_other = other_address != 0 && view->blocks->find(view->blocks, other_address, &other);
    if (has_other && !holds_cells(&other, search.table.bucket_count))
        return false;
    if (has_other && (is_keys ? other.bytes > column->bytes : other.bytes >= column->bytes))
        return false; /* the other one stands for the table */
    fill(out, &search.counts, search.table.flags, column,
         is_keys ? DUMP_ROLE_KEYS : DUMP_ROLE_VALUES, has_other ? &other : NULL);
    out->header = header;
    out->known |= DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    return true;
}

/* kh_resize() allocates the flags, then the keys, then the values, and frees the old flags: the
 * three stand together in the order of allocation. */
struct neighbour_search {
    const struct layout_view *view;
    const struct block *keys;
    struct block flags;  /* bytes == 0 until found */
    struct block column; /* another array that goes with the flags; bytes == 0 until found */
    struct flag_counts counts;
    unsigned columns;
};

/* Memory that an allocator or a program has filled with one byte, like 0x59, and of which little
 * was used: no hash puts slots of the same states side by side like that. */
static bool is_fill(const struct flag_counts *counts, uint64_t bytes)
{
    return counts->filled * 2 > bytes / 4;
}

static bool find_flags(const struct block *neighbour, void *context)
{
    struct neighbour_search *search = context;
    uint64_t capacity = neighbour->bytes * 4;
    struct flag_counts counts;
    if (neighbour->bytes < TRACKED_FLAGS_MIN || !is_power_of_two(capacity) ||
        !holds_cells(search->keys, capacity))
        return true;
    if (!read_flags(search->view, neighbour->address, capacity, &counts) || counts.live < 4 ||
        is_fill(&counts, neighbour->bytes))
        return true;
    search->flags = *neighbour;
    search->counts = counts;
    return false;
}

static bool find_column(const struct block *neighbour, void *context)
{
    struct neighbour_search *search = context;
    if (neighbour->address != search->keys->address &&
        holds_cells(neighbour, search->flags.bytes * 4)) {
        search->column = *neighbour;
        search->columns++;
    }
    return true;
}

#define MOST_COMPARED 64u

/* Cells of live slots, some in each part of the table: how many, and how many are as the first. */
struct cell_search {
    const struct layout_view *view;
    const struct block *column;
    uint64_t cell_bytes, first;
    unsigned compared, alike;
};

static bool compare_cells(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct cell_search *search = context;
    size_t step = bytes / MOST_COMPARED / 4 * 4 + 4;
    for (size_t at = 0; at + 4 <= bytes && search->compared < MOST_COMPARED; at += step) {
        uint32_t word = word_u32(piece, at), nth = 0;
        while (nth < 16 && (word >> 2 * nth & 3) != 0)
            nth++;
        uint64_t cell = 0, slot = (offset + at) * 4 + nth;
        size_t compared = search->cell_bytes < sizeof(cell) ? search->cell_bytes : sizeof(cell);
        if (nth == 16 ||
            !layout_read(search->view, search->column->address + slot * search->cell_bytes, &cell,
                         compared))
            continue;
        search->first = search->compared == 0 ? cell : search->first;
        search->alike += cell == search->first;
        search->compared++;
    }
    return search->compared < MOST_COMPARED;
}

/* Whether the cells of live slots differ. Where another table's pairs of bits say something else, 1
 * being live and 0 never used, those that would be live were never written. */
static bool do_cells_differ(const struct layout_view *view, const struct block *flags,
                            const struct block *column)
{
    struct cell_search search = {
        .view = view, .column = column, .cell_bytes = column->bytes / (flags->bytes * 4)};
    layout_scan(view, flags->address, flags->bytes, 4, compare_cells, &search);
    return search.compared == 0 || search.alike * 4 <= search.compared * 3;
}

static bool recognise_by_neighbours(struct layout_view *view, const struct block *keys,
                                    struct table_reading *out)
{
    struct neighbour_search search = {.view = view, .keys = keys};
    view->blocks->neighbours(view->blocks, keys->address, find_flags, &search);
    if (search.flags.bytes == 0)
        return false;
    view->blocks->neighbours(view->blocks, keys->address, find_column, &search);
    /* Two columns of one table would both say that they are its keys. Which of them is cannot be
     * known; the smaller one (the one at the lower address among equals) is taken. With more than
     * two, whose flags these are cannot be known either. */
    if (search.columns > 1)
        return false;
    if (search.columns == 1 &&
        (search.column.bytes < keys->bytes ||
         (search.column.bytes == keys->bytes && search.column.address < keys->address)))
        return false;
    if (!do_cells_differ(view, &search.flags, keys) &&
        (search.columns == 0 || !do_cells_differ(view, &search.flags, &search.column)))
        return false;
    fill(out, &search.counts, search.flags.address, keys, DUMP_ROLE_KEYS,
         search.columns == 1 ? &search.column : NULL);
    out->confidence_ppm = 700000;
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    if (view->blocks == NULL || block->bytes < CAPACITY_MIN ||
        (block->bytes & (CAPACITY_MIN - 1)) != 0)
        return false;
    return recognise_by_object(view, block, out) || recognise_by_neighbours(view, block, out);
}

/* kh_resize(name, h, live * 4 / 3 + 1) rounds up to a power of two, at least 4. The request is
 * above live / 0.77 and so never too small. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live * 4 / 3 + 1);
    return capacity < 4 ? 4 : capacity;
}

const struct layout layout_khash = {
    .name = "khash",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise,
    .load_limit = 0.77,
    .load_after_growth = 0.385,
    .capacity_for = capacity_for,
    .on_erase = "never shrinks",
    .shrink_call = "kh_resize(NAME, h, kh_size(h) * 4 / 3 + 1);",
    .source = "klib khash.h 0.2.8 (htslib 1.16, htslib/khash.h): kh_resize, __ac_HASH_UPPER",
};
