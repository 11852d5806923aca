/*
 * The table in which LuaJIT keeps each string once. Its object in the state of the interpreter
 * points at the buckets and names their number; every string carries its hash, which leads to its
 * bucket. Known so that it is not taken for a table of the program: collecting garbage shrinks it,
 * and what is in it when the interpreter ends says nothing.
 */
#include "buckets.h"
#include "luajit.h"
#include "object.h"

#define CAPACITY_MIN 256u /* LJ_MIN_STRTAB, lj_def.h */
#define CAPACITY_MAX (1u << 30)
#define STRINGS_MIN  8u

/* struct StrInternState, lj_obj.h; until 2020 the first three fields lay in global_State as they do
 * here. */
struct string_table {
    uint64_t buckets;
    uint32_t mask, live;
};

struct search {
    uint64_t buckets, capacity;
    bool by_sid; /* a hash where sid is, as until 2020 */
    struct string_table table;
};

static bool string_table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    return layout_read(view, address, &search->table, sizeof(search->table)) &&
           search->table.buckets == search->buckets && search->table.mask == search->capacity - 1;
}

static bool bucket_of(const struct layout_view *view, uint64_t entry, void *context,
                      uint64_t *bucket)
{
    const struct search *search = context;
    struct luajit_string string;
    if (!layout_read(view, entry, &string, sizeof(string)) || string.type != LUAJIT_STRING)
        return false;
    *bucket = (search->by_sid ? string.sid : string.hash) & (search->capacity - 1);
    return true;
}

static bool are_hashed(const struct layout_view *view, struct search *search,
                       const struct buckets *buckets)
{
    for (search->by_sid = false;; search->by_sid = true) {
        if (buckets_are_hashed(view, search->buckets, &buckets->sample, bucket_of, search))
            return true;
        if (search->by_sid)
            return false;
    }
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    uint64_t offset;
    uint64_t capacity = luajit_entries_in(block->bytes, 8, &offset);
    struct search search = {.buckets = block->address + offset, .capacity = capacity};
    struct buckets buckets = {.offset = offset};
    if (capacity < CAPACITY_MIN || capacity > CAPACITY_MAX || !buckets_begin(view, &buckets))
        return false;
    uint64_t address = layout_object(view, search.buckets, 0, string_table_fits, &search);
    if (!buckets_count(view, search.buckets, capacity * 8, &buckets) ||
        !are_hashed(view, &search, &buckets))
        return false;
    /* While it grows nobody has looked for the object. Chains are short then. */
    if (address == 0 && buckets.sample.count < STRINGS_MIN)
        return false;
    if (address != 0 && buckets.occupied > search.table.live)
        return false;
    const struct block array = {search.buckets, capacity * 8};
    buckets_reading(&array, address, address != 0 ? search.table.live : buckets.occupied, out);
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    if (address == 0) {
        out->known &= ~(uint32_t)DUMP_KNOWN_HEADER;
        out->confidence_ppm = 900000;
    }
    return true;
}

static unsigned handles(uint64_t block_bytes, uint64_t offsets[LAYOUT_MAX_HANDLES])
{
    return luajit_handles(block_bytes, 8, offsets);
}

/* atomic() in lj_gc.c halves it, once a cycle, while less than a quarter is in use. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live);
    return capacity < CAPACITY_MIN ? CAPACITY_MIN : capacity;
}

const struct layout layout_luajit_string_table = {
    .name = "LuaJIT string table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .shrinks_by_itself = true,
    .values_are_boxed = true,
    .on_erase = "shrinks when garbage is collected",
    .shrink_call = "collectgarbage()",
    .source =
        "LuaJIT 2.1 (GC64), lj_obj.h: StrInternState, GCstr; lj_str.c: lj_str_resize; lj_gc.c",
    .handles = handles,
};
