/*
 * The entries of an unknown table whose slots hold their numbers: see snapshot_table.h. They lie in
 * one vector or in several, which grow by themselves.
 */
#include "snapshot_table.h"

#include "layouts/words.h"
#include "numbered_chains.h"
#include "tables.h"

#define REACH           128u /* from the pointer to the slots, in one object */
#define MOST_HOLDERS    4u
#define SAMPLED_PIECES  16u
#define SAMPLED_SLOTS   64u /* of each */
#define LEAST_ITEM      4u
#define MOST_ITEM_BYTES 256u

struct entries_search {
    struct snapshot *snapshot;
    const struct slot_profile *profile;
    struct table_reading *reading;
    struct table_arrays *arrays;
    uint64_t highest; /* number that a slot holds */
    bool by_ends;     /* the object keeps vectors of C++: numbers in it are of something else */
    uint64_t linked;  /* entries, to each of which links lead, once; 0 not known */
    uint64_t words[2 * REACH / 8 + 1];
};

/* The highest of the numbers in some of the slots, of `width` bytes each; 0 where they are none. */
static uint64_t highest_number(const struct entries_search *search, const struct live_array *array,
                               uint32_t width, uint64_t empty)
{
    uint64_t highest = 0, slots = array->record.bytes / width;
    unsigned char numbers[SAMPLED_SLOTS * sizeof(uint64_t)];
    for (uint64_t piece = 0; piece < SAMPLED_PIECES; piece++) {
        uint64_t first = (slots - SAMPLED_SLOTS) / (SAMPLED_PIECES - 1) * piece;
        if (!layout_read(&search->snapshot->view, array->record.address + first * width, numbers,
                         (size_t)SAMPLED_SLOTS * width))
            return 0;
        for (size_t i = 0; i < SAMPLED_SLOTS; i++) {
            uint64_t number = word_sized(numbers, i * width, width);
            if (number != empty && number > highest)
                highest = number;
        }
    }
    return highest < slots * 4 ? highest : 0;
}

static bool holds_items(const struct entries_search *search, uint64_t bytes, uint64_t room)
{
    return room >= search->highest && room > 0 && bytes % room == 0 && bytes / room >= LEAST_ITEM &&
           bytes / room <= MOST_ITEM_BYTES;
}

/* Whether the words from there on are a vector of C++ that has the array: where it begins, where
 * what is in it ends, and where the room does. */
static bool is_vector(const struct entries_search *search, size_t at,
                      const struct live_array *array)
{
    const size_t count = sizeof(search->words) / sizeof(search->words[0]);
    uint64_t start = array->record.address, end = start + array->record.bytes;
    return at + 2 < count && search->words[at] == start && search->words[at + 2] == end &&
           search->words[at + 1] >= start && search->words[at + 1] <= end;
}

/* Whether the numbers are of the first entries of chains, in an array of so many such items. */
static bool are_linked(struct entries_search *search, const struct live_array *array, uint64_t item,
                       uint64_t numbers)
{
    const struct live_array *heads = search->arrays->list[0];
    const struct numbered_chains chains = {
        .heads = {.address = heads->record.address, .bytes = heads->record.bytes},
        .width = search->profile->slot_bytes,
        .empty = search->profile->empty_value,
        .entries = {.address = array->record.address, .bytes = array->record.bytes},
        .item_bytes = (uint32_t)item,
        .numbers = numbers};
    if (search->linked == 0 && !(search->reading->flags & DUMP_TABLE_COUNTED) &&
        numbered_chains_are_there(&search->snapshot->view, &chains))
        search->linked = numbers;
    return search->linked != 0;
}

/* Whether room for so many is room for the entries. */
static bool is_room(struct entries_search *search, const struct live_array *array, uint64_t room)
{
    if (!holds_items(search, array->record.bytes, room))
        return false;
    are_linked(search, array, array->record.bytes / room, search->reading->numbers);
    return true;
}

/* The last entries need not be the first ones of their chains. */
#define MOST_BEHIND(numbers) ((numbers) / 8 + 64)

/* Whether about as many items as there are numbers lie between the vector's ends, and are linked.
 */
static bool is_vector_of_linked(struct entries_search *search, const struct live_array *array,
                                uint64_t used)
{
    const uint64_t numbers = search->reading->numbers;
    for (uint64_t item = LEAST_ITEM; item <= MOST_ITEM_BYTES && numbers > 0; item += LEAST_ITEM)
        if (used % item == 0 && used / item >= numbers &&
            used / item <= numbers + MOST_BEHIND(numbers) && array->record.bytes % item == 0 &&
            are_linked(search, array, item, used / item))
            return true;
    return false;
}

/* Whether the array has room for as many items as the object says: by a number in it, or by where
 * the items end and the room does, as vectors of C++ have it. */
static bool is_told(struct entries_search *search, size_t at, const struct live_array *array)
{
    const size_t count = sizeof(search->words) / sizeof(search->words[0]);
    uint64_t bytes = array->record.bytes;
    for (size_t i = 0; i < count && !search->by_ends; i++)
        if (is_room(search, array, (uint32_t)search->words[i]) ||
            is_room(search, array, search->words[i] >> 32))
            return true;
    if (!is_vector(search, at, array))
        return false;
    /* Of a size of which there are about as many as entries. */
    uint64_t used = search->words[at + 1] - array->record.address, live = search->reading->live;
    uint64_t slack = 3 * search->reading->live_error;
    if (is_vector_of_linked(search, array, used))
        return true;
    for (uint64_t item = LEAST_ITEM; item <= MOST_ITEM_BYTES && live > 0; item += LEAST_ITEM)
        if (used % item == 0 && used / item + slack >= live && used / item <= live + slack &&
            bytes % item == 0 && holds_items(search, bytes, bytes / item))
            return true;
    return false;
}

/* What was followed as a table and did not show any slots may be the vector of entries. */
static bool is_another_table(const struct entries_search *search, const struct live_array *array)
{
    const struct registry *registry = search->snapshot->registry;
    struct table_record record;
    return array->record.table != 0 &&
           (!tables_get(search->snapshot->registry, tables_resolve(registry, array->record.table),
                        &record) ||
            record.profile.slot_bytes != 0 || record.header.growths != 0 || record.layout != 0);
}

static void add_entries_of(struct entries_search *search)
{
    const size_t count = sizeof(search->words) / sizeof(search->words[0]);
    struct table_arrays *arrays = search->arrays;
    for (size_t i = 0; i < count && arrays->count < TABLE_MAX_ARRAYS; i++) {
        struct live_array *array = live_arrays_at(&search->snapshot->arrays, search->words[i]);
        uint32_t known = 0;
        while (known < arrays->count && arrays->list[known] != array)
            known++;
        if (array && known > 0 && known < arrays->count && is_told(search, i, array))
            arrays->roles[known] = DUMP_ROLE_ENTRIES; /* it grew as a part of the table */
        if (!array || known < arrays->count || array->table != DUMP_NONE ||
            is_another_table(search, array) || !is_told(search, i, array))
            continue;
        table_arrays_add(arrays, array, DUMP_ROLE_ENTRIES);
    }
}

/* The words around the nth place that points at the slots. */
static bool read_holder(struct entries_search *search, unsigned nth)
{
    const struct layout_view *view = &search->snapshot->view;
    uint64_t slots = search->arrays->list[0]->record.address;
    uint64_t place = view->blocks->pointer_to(view->blocks, slots, nth);
    return place != 0 && layout_read(&search->snapshot->view, (place & ~(uint64_t)7) - REACH,
                                     search->words, sizeof(search->words));
}

/* What the links say goes before an estimate of what hangs behind the heads. */
static void correct(const struct entries_search *search)
{
    struct table_reading *reading = search->reading;
    if (search->linked == 0)
        return;
    reading->live = search->linked;
    reading->live_error = 0;
    reading->tombstones = 0;
    reading->flags &= ~DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    reading->known = (reading->known | DUMP_KNOWN_LIVE) & ~DUMP_KNOWN_TOMBSTONES;
}

void snapshot_add_entries(struct snapshot *snapshot, const struct slot_profile *profile,
                          struct table_reading *reading, struct table_arrays *arrays)
{
    struct entries_search search = {
        .snapshot = snapshot, .profile = profile, .reading = reading, .arrays = arrays};
    const struct live_array *slots = arrays->list[0];
    const uint32_t width = profile->slot_bytes;
    /* Words of eight bytes may be anything: those that were found to be numbers only. */
    if ((width != 4 && (width != 8 || !profile->is_indexed)) || profile->header_bytes != 0 ||
        !snapshot->view.blocks ||
        slots->record.bytes < (uint64_t)width * SAMPLED_PIECES * SAMPLED_SLOTS)
        return;
    search.highest = highest_number(&search, slots, width, profile->empty_value);
    if (search.highest == 0)
        return;
    for (unsigned nth = 0; nth < MOST_HOLDERS && !search.by_ends; nth++)
        search.by_ends = read_holder(&search, nth) && is_vector(&search, REACH / 8, slots);
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++)
        if (read_holder(&search, nth))
            add_entries_of(&search);
    correct(&search);
}
