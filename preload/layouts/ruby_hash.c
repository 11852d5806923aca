/*
 * Ruby's st_table, which is behind every Hash of more than eight entries and most tables of the
 * interpreter: entries in the order of their insertion, and bins that hold numbers of entries. The
 * table object points at both; its powers of two name their sizes, and its counts are those of the
 * entries.
 */
#include "object.h"
#include "words.h"

#define ENTRY_BYTES  24         /* struct st_table_entry: hash, key, record */
#define DELETED_HASH UINT64_MAX /* RESERVED_HASH_VAL */
#define POWER_MIN    6          /* 1.5 KiB of entries: smaller arrays are hardly ever tracked */
#define POWER_MAX    40

/* struct st_table, include/ruby/st.h: the same since Ruby 2.4. Since 3.3 it lies in the Hash. */
struct table {
    uint8_t entry_power, bin_power, bin_size;
    uint32_t rebuilds;
    uint64_t type;
    uint64_t live;
    uint64_t bins;
    uint64_t first, end; /* of the entries in use, deleted ones among them */
    uint64_t entries;
};
#define ENTRIES_OFFSET 48

/* features[] of st.c: twice as many bins as entries, as wide as an entry's number plus two needs.
 */
static unsigned bin_size_for(unsigned entry_power)
{
    return entry_power <= 7 ? 0 : entry_power <= 15 ? 1 : entry_power <= 31 ? 2 : 3;
}

#define POWER_WITHOUT_BINS 4 /* MAX_POWER2_FOR_TABLES_WITHOUT_BINS */

static uint64_t bin_bytes_for(unsigned entry_power)
{
    return entry_power <= POWER_WITHOUT_BINS ? 0 : 2ULL << entry_power << bin_size_for(entry_power);
}

struct search {
    uint64_t entries;
    unsigned entry_power;
    struct table table;
};

static bool table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct table *table = &search->table;
    uint64_t functions[2]; /* struct st_hash_type: compare, hash */
    return layout_is_pointer(address, 8) && layout_read(view, address, table, sizeof(*table)) &&
           table->entries == search->entries && table->entry_power == search->entry_power &&
           table->bin_power == search->entry_power + 1 &&
           table->bin_size == bin_size_for(search->entry_power) &&
           layout_is_pointer(table->bins, 8) && table->first <= table->end &&
           table->end <= 1ULL << search->entry_power && table->live <= table->end - table->first &&
           layout_is_pointer(table->type, 8) &&
           layout_read(view, table->type, functions, sizeof(functions)) &&
           layout_is_pointer(functions[0], 1) && layout_is_pointer(functions[1], 1);
}

static bool count_entries(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    uint64_t *live = context;
    (void)offset;
    for (size_t at = 0; at < bytes; at += ENTRY_BYTES)
        if (word_u64(piece, at) != DELETED_HASH)
            ++*live;
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t capacity = block->bytes / ENTRY_BYTES;
    if (view->blocks == NULL || block->bytes % ENTRY_BYTES != 0 || !is_power_of_two(capacity) ||
        capacity < 1ULL << POWER_MIN || capacity > 1ULL << POWER_MAX)
        return false;
    struct search search = {.entries = block->address,
                            .entry_power = (unsigned)__builtin_ctzll(capacity)};
    uint64_t address = layout_object(view, block->address, ENTRIES_OFFSET, table_fits, &search);
    const struct table *table = &search.table;
    uint64_t live = 0;
    if (address == 0 ||
        !layout_scan(view, block->address + table->first * ENTRY_BYTES,
                     (table->end - table->first) * ENTRY_BYTES, ENTRY_BYTES, count_entries,
                     &live) ||
        live != table->live)
        return false;
    uint64_t bin_bytes = bin_bytes_for(search.entry_power);
    struct block bins;
    bool bins_tracked = view->blocks->find(view->blocks, table->bins, &bins);
    if (bins_tracked && bins.bytes != bin_bytes)
        return false;

    out->header = address;
    out->capacity = capacity;
    out->live = live;
    /* Places before the end that lead nowhere; they come back when the table is rebuilt. */
    out->tombstones = table->end - live;
    out->slot_bytes = ENTRY_BYTES + bin_bytes / capacity;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_ENTRIES};
    if (bins_tracked)
        out->arrays[out->array_count++] =
            (struct layout_array){bins.address, bins.bytes, DUMP_ROLE_BUCKETS};
    return true;
}

/* Hash#rehash makes a table for its number of entries: get_power2(), the smallest power of two
 * above that, at least 4 (MINIMAL_POWER2). */
static uint64_t capacity_for(uint64_t live)
{
    return live < 4 ? 4 : next_power_of_two(live + 1);
}

static uint64_t bytes_for(uint64_t capacity, const struct table_reading *now)
{
    (void)now;
    if (capacity == 0)
        return 0;
    return capacity * ENTRY_BYTES + bin_bytes_for((unsigned)__builtin_ctzll(capacity));
}

const struct layout layout_ruby_hash = {
    .name = "Ruby Hash (st_table)",
    .kind = DUMP_KIND_COMPACT,
    .recognise = recognise,
    /* rebuild_table(): when the entries are used up, to twice the live ones. */
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .bytes_for = bytes_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks before Ruby 3.3 (3.1.7, 3.2.3)",
    .shrink_call = "h.rehash",
    .source = "Ruby 3.1.2, st.c and include/ruby/st.h: st_table, features, rebuild_table; hash.c: "
              "rb_hash_rehash",
};
