/*
 * The table in which Lua keeps each short string once. Its object in the state of the interpreter
 * points at the buckets and names their number; every string carries its hash, which leads to its
 * bucket. Known so that it is not taken for a table of the program: collecting garbage shrinks it.
 */
#include "buckets.h"
#include "lua_nodes.h"
#include "object.h"

#define CAPACITY_MIN 128 /* MINSTRTABSIZE, llimits.h */
#define CAPACITY_MAX (1u << 30)

/* struct stringtable, lstate.h of Lua 5.1 to 5.5. */
struct string_table {
    uint64_t buckets;
    uint32_t live, capacity;
};

static bool string_table_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct hashed_buckets *found = context;
    struct string_table table;
    if (!layout_read(view, address, &table, sizeof(table)) ||
        table.buckets != found->block->address)
        return false;
    found->live = table.live;
    found->capacity = table.capacity;
    return found->capacity == found->block->bytes / 8;
}

static bool bucket_of(const struct layout_view *view, uint64_t entry, void *context,
                      uint64_t *bucket)
{
    const struct hashed_buckets *table = context;
    struct lua_string string;
    if (!layout_read(view, entry, &string, sizeof(string)) ||
        (string.type & LUA_TYPE_MASK) != LUA_TYPE_STRING)
        return false;
    *bucket = string.hash & (table->capacity - 1);
    return true;
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    static const struct hashed_buckets_form form = {
        .fits = string_table_fits, .bucket_of = bucket_of, .are_blocks = true};
    return is_power_of_two(block->bytes) && block->bytes >= 8ULL * CAPACITY_MIN &&
           block->bytes <= 8ULL * CAPACITY_MAX && hashed_buckets_recognise(view, block, &form, out);
}

/* checkSizes() halves it, once a cycle, while less than a quarter is in use. */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live);
    return capacity < CAPACITY_MIN ? CAPACITY_MIN : capacity;
}

const struct layout layout_lua_string_table = {
    .name = "Lua string table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.0,
    .load_after_growth = 0.5,
    .capacity_for = capacity_for,
    .shrinks_by_itself = true,
    .values_are_boxed = true,
    .on_erase = "shrinks when garbage is collected",
    .shrink_call = "collectgarbage()",
    .source = "Lua 5.1-5.5, lstate.h: stringtable; lstring.c: luaS_resize; lgc.c: checkSizes",
};
