/*
 * Whether the slots that an object counts as in use are a hash table's: see counted_slots.h. No
 * state, no allocation.
 */
#include "counted_search.h"
#include "own_meetings.h"
#include "primes.h"

#define MOST_HOLDERS 4u
#define MOST_COUNTED (64u << 20) /* bytes of slots that are gone through in all shapes */
#define BEFORE       64u         /* an entry's address, where that is of a link inside it */
#define LEAST_ROOM   64u
#define MOST_ENTRY   RELATION_WINDOW
#define MOST_ROUNDS  32u /* in which an entry is looked for that met another */
#define OWN_GROUPS   2u  /* sizes of groups for which the program's own code is asked */
#define LEAST_SPREAD 16u /* entries lie in more than so many-th of the slots */
#define NONE_MET     5u  /* so many should have, had a hash put them there */
#define COUNTED_PPM  900000u

/* How slots lead to entries. */
struct access {
    uint32_t array, offset; /* of the word in the slot */
    bool by_pointer, by_number;
    struct block entries; /* by number: their array, */
    uint32_t entry_bytes, first_number;
    uint32_t number_mask;       /* the bits above may be of the hash */
    uint32_t first, entry, end; /* of the window: what was read, and where the entry begins */
    uint32_t shift;             /* in slots: before the slot, so that words in it are aligned */
    uint32_t group;             /* so many slots have one home, */
    uint64_t homes;             /* of which there are so many */
    bool no_own;                /* keys are not hashed by the program's own code */
};

/* --- entries --- */

static uint64_t place_of(const struct counted_search *search, const struct access *access,
                         uint32_t nth)
{
    const struct counted_array *array = &search->shape.arrays[access->array];
    return array->address + search->slots[nth] * array->slot_bytes + access->offset;
}

static bool read_in_slots(struct counted_search *search, struct access *access)
{
    const struct counted_array *array = &search->shape.arrays[access->array];
    access->offset = 0;
    access->first = access->entry = access->shift;
    access->end = access->shift + array->slot_bytes;
    for (uint32_t i = 0; i < search->count; i++)
        if (!layout_read(search->view, place_of(search, access, i),
                         search->entries[i].bytes + access->shift, array->slot_bytes))
            return false;
    return true;
}

/* Reads what lies around the addresses; less where not all of it can be read. */
static bool read_by_pointers(struct counted_search *search, struct access *access)
{
    access->first = 0;
    access->entry = BEFORE;
    access->end = RELATION_WINDOW;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t address;
        if (!layout_read_u64(search->view, place_of(search, access, i), &address) ||
            !layout_is_pointer(address, 8))
            return false;
        while (!layout_read(search->view, address - BEFORE + access->first,
                            search->entries[i].bytes + access->first,
                            access->end - access->first)) {
            if (access->first == 0)
                access->first = BEFORE;
            else if (access->end > BEFORE + 16)
                access->end -= 16;
            else
                return false;
        }
        search->entries[i].address = address;
        for (uint32_t before = 0; before < i; before++)
            if (search->entries[before].address == address)
                return false;
    }
    return true;
}

static bool read_by_numbers(struct counted_search *search, struct access *access)
{
    const uint64_t room = access->entries.bytes / access->entry_bytes;
    access->first = access->entry = 0;
    access->end = access->entry_bytes;
    for (uint32_t i = 0; i < search->count; i++) {
        uint32_t number;
        if (!layout_read_u32(search->view, place_of(search, access, i), &number))
            return false;
        uint64_t entry = (uint64_t)(number & access->number_mask) - access->first_number;
        if (entry >= room)
            return false;
        search->entries[i].address = access->entries.address + entry * access->entry_bytes;
        if (!layout_read(search->view, search->entries[i].address, search->entries[i].bytes,
                         access->end))
            return false;
        for (uint32_t before = 0; before < i; before++)
            if (search->entries[before].address == search->entries[i].address)
                return false;
    }
    return true;
}

static bool read_entries(struct counted_search *search, struct access *access)
{
    return access->by_pointer  ? read_by_pointers(search, access)
           : access->by_number ? read_by_numbers(search, access)
                               : read_in_slots(search, access);
}

/* --- the proof --- */

static struct relation_question question_of(struct counted_search *search,
                                            const struct access *access)
{
    for (uint32_t i = 0; i < search->count; i++)
        search->entries[i].slot = search->slots[i] / access->group;
    return (struct relation_question){.entries = search->entries,
                                      .count = search->count,
                                      .first = access->first,
                                      .end = access->end,
                                      .capacity = access->homes,
                                      .is_sparse = true,
                                      .is_counted = true,
                                      .no_own = access->no_own,
                                      .view = search->view,
                                      .room = search->room,
                                      .entry = access->entry,
                                      .text_end = access->end};
}

/* Entries that are not in the slot that they would have alone. */
static uint32_t count_displaced(const struct counted_search *search, const struct access *access,
                                const struct hash_relation *relation)
{
    uint32_t displaced = 0;
    for (uint32_t i = 0; i < search->count; i++) {
        uint64_t home =
            hash_relation_home(search->view, relation, access->homes, search->entries[i].bytes);
        displaced += home != search->entries[i].slot || search->slots[i] % access->group != 0;
    }
    return displaced;
}

/* Whether what names the group names the slot in it as well: then entries that share a group have
 * not met, and all of a permutation share one. */
static bool names_slots(const struct counted_search *search, const struct access *access,
                        const struct hash_relation *relation)
{
    struct hash_relation finer = *relation;
    const uint64_t slots = access->homes * access->group;
    const uint8_t bits = (uint8_t)__builtin_ctz(access->group);
    uint32_t own = 0;
    if (access->group == 1 || !is_power_of_two(slots))
        return false;
    if (relation->reduction == REDUCE_MASK && relation->shift < bits)
        return false;
    if (relation->reduction == REDUCE_MASK)
        finer.shift = (uint8_t)(finer.shift - bits);
    for (uint32_t i = 0; i < search->count; i++)
        own += hash_relation_home(search->view, &finer, slots, search->entries[i].bytes) ==
               search->slots[i];
    return own * 2 > search->count;
}

/* In each round other entries are asked, and all must be placed as the first were. */
static bool is_proven(struct counted_search *search, const struct counted_live *live,
                      struct access *access, const struct hash_relation *relation)
{
    uint32_t met = count_displaced(search, access, relation), asked = search->count;
    for (uint32_t round = 1;
         round <= MOST_ROUNDS && (met == 0 || round == 1) && (asked < live->live || round == 1);
         round++) {
        struct hash_relation again = *relation;
        if (!counted_columns_sample(search, live, round) || !read_entries(search, access))
            return false;
        const struct relation_question question = question_of(search, access);
        if (!hash_relation_is_agreed(&question, &again))
            return false;
        met += count_displaced(search, access, relation);
        asked += search->count;
    }
    if (met > 0)
        return true;
    /* A cache keeps one entry in each slot, and what numbers slots leads no two to one. */
    if ((unsigned __int128)asked * live->live > (unsigned __int128)2 * NONE_MET * access->homes)
        return false;
    if (relation->key == RELATION_FIELD)
        return relation->is_mixed_key || (relation->reduction == REDUCE_MODULO &&
                                          relation->mix == 0 && is_prime(access->homes));
    return relation->is_mixed_key ||
           (relation->is_own &&
            own_keys_meet(search->view, relation, access->homes, search->entries, search->count));
}

/* Whether the way to the key, or the hash, is in what tells which slots are in use. */
static bool is_by_key(const struct counted_search *search, const struct counted_live *live,
                      const struct access *access, const struct hash_relation *relation)
{
    const struct counted_column *column = &search->columns[live->column];
    uint32_t first = access->offset, end = first + (access->by_pointer ? 8u : 4u);
    if (!access->by_pointer && !access->by_number) {
        first = hash_relation_first(relation);
        end = hash_relation_end(relation);
    }
    return column->is_key_like && column->array == access->array && column->offset < end &&
           column->offset + column->bytes > first;
}

/* A hash leaves few entries all over the slots. */
static bool are_spread(const struct counted_search *search)
{
    return search->slots[search->count - 1] - search->slots[0] >
           search->shape.capacity / LEAST_SPREAD;
}

static bool try_homes(struct counted_search *search, const struct counted_live *live,
                      struct access *access, uint64_t homes)
{
    struct hash_relation relation;
    access->homes = homes;
    if (!counted_columns_sample(search, live, 0) || !are_spread(search) ||
        !read_entries(search, access))
        return false;
    const struct relation_question question = question_of(search, access);
    return hash_relation_find(&question, &relation) && !names_slots(search, access, &relation) &&
           !counted_columns_are_some(search, live, is_by_key(search, live, access, &relation)) &&
           is_proven(search, live, access, &relation);
}

/* Fewer slots than there are to which hashes may lead, where probes run over the end: a power of
 * two of them, or a prime number. 0: none. */
static uint64_t less_slots(uint64_t slots)
{
    for (uint64_t less = slots - 1; less + COUNTED_TAIL >= slots; less--)
        if (is_power_of_two(less) || is_prime(less))
            return less;
    return 0;
}

static bool try_access(struct counted_search *search, const struct counted_live *live,
                       struct access *access)
{
    const uint64_t capacity = search->shape.capacity;
    const uint64_t less = less_slots(capacity);
    if (try_homes(search, live, access, capacity / access->group))
        return true;
    if (access->group != 1 || is_power_of_two(capacity) || is_prime(capacity) || less == 0 ||
        !try_homes(search, live, access, less))
        return false;
    search->shape.capacity = less;
    return true;
}

/* --- ways to the entries --- */

static bool try_pointers(struct counted_search *search, const struct counted_live *live,
                         struct access *access)
{
    const uint32_t slot_bytes = search->shape.arrays[access->array].slot_bytes;
    access->by_pointer = true;
    for (uint32_t at = 0; at + 8 <= slot_bytes; at += slot_bytes % 4 == 0 ? 4 : 1) {
        access->offset = at;
        if (counted_columns_sample(search, live, 0) && read_entries(search, access) &&
            try_access(search, live, access))
            return true;
    }
    access->by_pointer = false;
    return false;
}

static bool try_numbers_of(struct counted_search *search, const struct counted_live *live,
                           struct access *access)
{
    const uint32_t slot_bytes = search->shape.arrays[access->array].slot_bytes;
    for (uint32_t at = 0; at + 4 <= slot_bytes; at += slot_bytes % 4 == 0 ? 4 : 1)
        for (access->first_number = 0; access->first_number <= 1; access->first_number++) {
            access->offset = at;
            if (counted_columns_sample(search, live, 0) && read_entries(search, access) &&
                try_access(search, live, access))
                return true;
        }
    return false;
}

/* Entries of another block, whose room the object says. */
static bool try_numbers(struct counted_search *search, const struct counted_live *live,
                        struct access *access)
{
    const struct counted_shape *shape = &search->shape;
    access->by_number = true;
    for (uint32_t i = 0; i < shape->other_count; i++) {
        uint32_t room;
        access->entries = shape->others[i];
        for (uint32_t nth = 0; counted_object_word(&search->object, nth, &room); nth++) {
            if (room < LEAST_ROOM || access->entries.bytes % room != 0 ||
                access->entries.bytes / room < 4 || access->entries.bytes / room > MOST_ENTRY)
                continue;
            access->entry_bytes = (uint32_t)(access->entries.bytes / room);
            access->number_mask = (uint32_t)next_power_of_two((uint64_t)room + 1) - 1;
            if (try_numbers_of(search, live, access))
                return true;
        }
    }
    access->by_number = false;
    return false;
}

/* Entries in the slots, whose words may be at any address where slots are packed. */
static bool try_in_slots(struct counted_search *search, const struct counted_live *live,
                         struct access *access)
{
    const uint32_t slot_bytes = search->shape.arrays[access->array].slot_bytes;
    const uint32_t step = slot_bytes % 8 == 0 ? 8 : slot_bytes % 4 == 0 ? 4 : 1;
    for (access->shift = 0; access->shift < 8; access->shift += step)
        if (try_access(search, live, access))
            return true;
    access->shift = 0;
    return false;
}

static bool try_arrays(struct counted_search *search, const struct counted_live *live,
                       struct access *access)
{
    for (access->array = 0; access->array < search->shape.array_count; access->array++) {
        if (search->shape.arrays[access->array].slot_bytes < 4)
            continue;
        if (try_pointers(search, live, access) || try_numbers(search, live, access) ||
            try_in_slots(search, live, access))
            return true;
    }
    return false;
}

#define LEAST_STEPS 10u /* entries of which all are in every second slot in one of 500 cases */

/* Whether all are in every second slot, or every third: then the slots are larger. By a fraction
 * of a hash half of them are where it leads even so. */
static bool are_parts(const struct counted_search *search)
{
    uint64_t step = 0;
    for (uint32_t i = 1; i < search->count; i++)
        step = common_divisor(search->slots[i] - search->slots[0], step);
    return search->count >= LEAST_STEPS && step > 1;
}

/* Slots with one home: one, four (of a cuckoo table), a group whose tags are compared at once. */
static bool try_all(struct counted_search *search, const struct counted_live *live,
                    struct access *access)
{
    static const uint8_t groups[] = {1, 4, 16, 8, 32}, tagged[] = {16, 1, 8, 32, 4};
    if (!counted_columns_sample(search, live, 0) || !are_spread(search) || are_parts(search))
        return false;
    const uint8_t *sizes = search->columns[live->column].is_tag ? tagged : groups;
    const unsigned most = access->no_own ? sizeof(groups) : OWN_GROUPS;
    for (unsigned i = 0; i < most; i++) {
        access->group = sizes[i];
        if ((access->group == 1 || !search->shape.are_halves) && try_arrays(search, live, access))
            return true;
    }
    return false;
}

/* --- what it says --- */

static void add_array(struct table_reading *table, const struct block *block, enum dump_role role)
{
    for (uint32_t i = 0; i < table->array_count; i++)
        if (table->arrays[i].address == block->address)
            return;
    if (table->array_count < LAYOUT_MAX_ARRAYS)
        table->arrays[table->array_count++] =
            (struct layout_array){block->address, block->bytes, role};
}

/* How many slots still have what an entry left there: so many have been in use. */
static uint64_t used_once(const struct counted_search *search, const struct counted_live *live)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < search->column_count; i++) {
        const struct counted_column *column = &search->columns[i];
        const struct counted_array *array = &search->shape.arrays[column->array];
        if (column->bytes == 4 && !column->has_mark && column->filled > live->live &&
            array->block.address == search->block.address && column->filled > most)
            most = column->filled;
    }
    return most <= search->shape.slots ? most : 0;
}

static void say(const struct counted_search *search, const struct counted_live *live,
                const struct access *access, struct static_reading *out)
{
    const struct counted_shape *shape = &search->shape;
    struct table_reading *table = &out->table;
    *out = (struct static_reading){.kind = DUMP_KIND_OPEN};
    table->capacity = shape->are_halves ? shape->capacity * 2 : shape->capacity;
    table->live = live->live;
    table->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    table->tombstones = counted_columns_deleted(search, live);
    if (table->tombstones > 0)
        table->known |= DUMP_KNOWN_TOMBSTONES; /* they were in use, which is said by that */
    else
        table->growth_live = used_once(search, live);
    table->flags = DUMP_TABLE_COUNTED;
    table->confidence_ppm = COUNTED_PPM;
    add_array(table, &search->block, DUMP_ROLE_SLOTS);
    for (uint32_t i = 0; i < shape->array_count; i++) {
        /* What has as many elements may yet be another table's. */
        bool is_used = i == access->array || i == search->columns[live->column].array ||
                       shape->arrays[i].block.address == search->block.address;
        if (!is_used)
            continue;
        table->slot_bytes += shape->arrays[i].slot_bytes;
        add_array(table, &shape->arrays[i].block, DUMP_ROLE_SLOTS);
    }
    if (access->by_number)
        add_array(table, &access->entries, DUMP_ROLE_ENTRIES);
}

/* --- all shapes --- */

/* Of the numbers that give a shape the first is enough. */
static bool is_new(struct counted_search *search)
{
    const uint64_t key = search->shape.capacity << 1 | search->shape.are_halves;
    for (uint32_t i = 0; i < search->seen_count; i++)
        if (search->seen[i] == key)
            return false;
    if (search->seen_count == COUNTED_SHAPES)
        return false;
    search->seen[search->seen_count++] = key;
    return true;
}

/* Goes on to the next shape of which the object counts the slots in use. */
static bool find_next(struct counted_search *search)
{
    for (; search->holder < MOST_HOLDERS; search->holder++, search->nth = 0) {
        if (search->nth == 0 &&
            !counted_object_read(search->view, &search->block, search->holder, &search->object))
            return false;
        search->seen_count = search->nth == 0 ? 0 : search->seen_count;
        while (counted_object_shape(search->view, &search->block, &search->object, search->nth++,
                                    &search->shape))
            if (search->shape.slots != 0 && is_new(search) && counted_columns_find(search)) {
                if (search->kept_count < COUNTED_KEPT) {
                    search->kept[search->kept_count].holder = search->holder;
                    search->kept[search->kept_count++].nth = search->nth - 1;
                }
                return true;
            }
    }
    return false;
}

bool counted_slots_find(const struct layout_view *view, struct static_pieces *pieces,
                        const struct block *block)
{
    struct counted_search *search = (void *)pieces->memory;
    search->view = view;
    search->block = *block;
    search->holder = search->nth = search->kept_count = 0;
    search->bytes_left = 2 * block->bytes > MOST_COUNTED ? 2 * block->bytes : MOST_COUNTED;
    return view->blocks && find_next(search);
}

static bool read_shape(struct counted_search *search, bool no_own, struct static_reading *out)
{
    for (uint32_t i = 0; i < search->live_count; i++) {
        struct access access = {.no_own = no_own};
        if (try_all(search, &search->lives[i], &access)) {
            say(search, &search->lives[i], &access, out);
            return true;
        }
    }
    return false;
}

/* The program's own code is asked when nothing else leads to the slots of any shape. */
bool counted_slots_read(struct static_pieces *pieces, struct static_reading *out)
{
    struct counted_search *search = (void *)pieces->memory;
    do {
        if (read_shape(search, true, out))
            return true;
    } while (find_next(search));
    for (uint32_t i = 0; i < search->kept_count; i++) {
        search->bytes_left = UINT64_MAX;
        if (counted_object_read(search->view, &search->block, search->kept[i].holder,
                                &search->object) &&
            counted_object_shape(search->view, &search->block, &search->object, search->kept[i].nth,
                                 &search->shape) &&
            counted_columns_find(search) && read_shape(search, false, out))
            return true;
    }
    return false;
}
