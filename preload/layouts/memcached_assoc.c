/*
 * memcached's hash table: an array of pointers to items, chained, that doubles in a thread of its
 * own and never shrinks. Its address stands in a static variable, and elsewhere in the program's
 * static data are the server's statistics: they name the bytes and the power of two of the array
 * and count the items. The items found in it vouch for it, too.
 */
#include "buckets.h"
#include "words.h"

#define POWER_MIN   12 /* -o hashpower, memcached.c */
#define POWER_MAX   32 /* HASHPOWER_MAX */
#define HOLDERS_MAX 8

/* struct stats_state, memcached.h */
struct statistics {
    uint64_t items, item_bytes, connections;
    uint64_t hash_bytes; /* of the array, and while it expands of the old one, too */
    uint32_t words[6];   /* among them hash_power_level, see below */
};
#define CONNECTION_STRUCTURES(is_late) ((is_late) ? 1 : 0)
#define HASH_POWER(is_late)            ((is_late) ? 3 : 2) /* until 1.6.33; since 1.6.34 */

/* The static data of a build of Debian's are 130 KiB. */
#define STATIC_DATA_REACH (256u << 10)
#define PAGE              4096u
/* Of items and connections: what is more is an address. */
#define MOST_COUNTED (1ull << 40)

struct table {
    uint64_t bytes, power;
    uint64_t items;
};

static bool statistics_agree(const struct layout_view *view, uint64_t address, struct table *table)
{
    struct statistics now;
    if (!layout_read(view, address, &now, sizeof(now)))
        return false;
    if (now.hash_bytes != table->bytes && now.hash_bytes != table->bytes + table->bytes / 2)
        return false;
    for (unsigned is_late = 0; is_late < 2; is_late++)
        if (now.words[HASH_POWER(is_late)] == table->power &&
            now.words[CONNECTION_STRUCTURES(is_late)] != 0 && now.connections != 0 &&
            now.connections <= MOST_COUNTED && now.items <= MOST_COUNTED &&
            (now.items == 0) == (now.item_bytes == 0)) {
            table->items = now.items;
            return true;
        }
    return false;
}

/* One page of the static data. The scratch is overwritten. */
static bool find_in_page(const struct layout_view *view, uint64_t page, struct table *table)
{
    if (!layout_read(view, page, view->scratch, PAGE))
        return false;
    for (size_t at = 0; at < PAGE; at += 8) {
        uint64_t word = word_u64(view->scratch, at);
        if ((word == table->bytes || word == table->bytes + table->bytes / 2) &&
            statistics_agree(view, page + at - offsetof(struct statistics, hash_bytes), table))
            return true;
    }
    return false;
}

/* The statistics near the static variable at `holder`. */
static bool find_statistics(const struct layout_view *view, uint64_t holder, struct table *table)
{
    uint64_t middle = holder & ~(uint64_t)(PAGE - 1);
    if (middle < STATIC_DATA_REACH)
        return false;
    for (uint64_t page = middle - STATIC_DATA_REACH; page < middle + STATIC_DATA_REACH;
         page += PAGE)
        if (find_in_page(view, page, table))
            return true;
    return false;
}

/* struct _stritem, memcached.h: h_next@16, nbytes@32, refcount@36, it_flags@38, whose lowest bit is
 * ITEM_LINKED. nbytes counts the "\r\n" behind the value. */
static bool is_item(const struct layout_view *view, uint64_t address)
{
    unsigned char item[40];
    if (!layout_read(view, address, item, sizeof(item)))
        return false;
    uint64_t next = word_u64(item, 16);
    uint32_t bytes = word_u32(item, 32), counts = word_u32(item, 36);
    return (next == 0 || layout_is_pointer(next, 8)) && bytes >= 2 && bytes < 1U << 30 &&
           (counts & 0xffff) != 0 && (counts >> 16 & 1) != 0;
}

/* A few may be on their way in or out. */
static bool holds_items(const struct layout_view *view, const struct entry_sample *sample)
{
    uint32_t items = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        items += is_item(view, sample->addresses[i]);
    return items * 4 >= sample->count * 3;
}

/* old_hashtable stands beside primary_hashtable, wherever the compiler put both. */
#define VARIABLES_REACH 128

static void add_old_array(const struct layout_view *view, const struct block *block,
                          uint64_t holder, struct table_reading *out)
{
    for (uint64_t at = holder - VARIABLES_REACH; at <= holder + VARIABLES_REACH; at += 8) {
        uint64_t address;
        struct block old;
        if (layout_read_u64(view, at, &address) && address != block->address &&
            view->blocks->find(view->blocks, address, &old) && old.bytes == block->bytes / 2) {
            out->arrays[out->array_count++] =
                (struct layout_array){old.address, old.bytes, DUMP_ROLE_OLD};
            out->flags = DUMP_TABLE_REHASHING;
            return;
        }
    }
}

static bool recognise(struct layout_view *view, const struct block *block,
                      struct table_reading *out)
{
    struct buckets buckets = {0};
    if (view->blocks == NULL || !is_power_of_two(block->bytes) || block->bytes < 8U << POWER_MIN ||
        block->bytes > 8ULL << POWER_MAX || !buckets_begin(view, &buckets) ||
        view->blocks->pointer_to(view->blocks, block->address, 0) == 0 ||
        !buckets_count(view, block->address, block->bytes, &buckets) ||
        !holds_items(view, &buckets.sample))
        return false;
    struct table table = {.bytes = block->bytes,
                          .power = (uint64_t)__builtin_ctzll(block->bytes / 8)};
    for (unsigned nth = 0; nth < HOLDERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, nth);
        if (holder == 0)
            return false;
        if (!find_statistics(view, holder, &table) || table.items < buckets.occupied ||
            (buckets.occupied == 0 && table.items != 0))
            continue;
        out->header = holder;
        out->capacity = block->bytes / 8;
        out->live = table.items;
        out->slot_bytes = 8;
        out->known =
            DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
        out->confidence_ppm = 1000000;
        out->array_count = 1;
        out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
        add_old_array(view, block, holder, out);
        return true;
    }
    return false;
}

/* A server starts with 2^16 buckets (HASHPOWER_DEFAULT) and doubles them above three items in two
 * (assoc_start_expand). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = 1U << 16;
    while (live > capacity / 2 * 3 && capacity < 1ULL << POWER_MAX)
        capacity *= 2;
    return capacity;
}

const struct layout layout_memcached_assoc = {
    .name = "memcached hash table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise,
    .load_limit = 1.5,
    .load_after_growth = 0.75,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = "no command does it: restart the server (-o hashpower=N sets what it starts with)",
    .source = "memcached 1.6.18, assoc.c and memcached.h: assoc_expand, struct stats_state, item; "
              "1.5.22 to 1.6.40 compared",
};
