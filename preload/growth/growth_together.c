/*
 * Parts of one table: see growth_together.h. Runs inside the tracker, under no lock.
 */
#include "growth_together.h"

#include "growth_twins.h"
#include "slot_twins.h"
#include "tables.h"
#include "thread.h"

/* Arrays of all threads between two that were allocated together. */
#define MOST_BETWEEN 3
#define FREED_KEPT   (sizeof(((struct freed_list *)0)->last) / sizeof(struct freed_array))

static uint32_t clock_of(const struct registry *registry)
{
    return (uint32_t)atomic_load_explicit(&registry->next_sequence, memory_order_relaxed);
}

static struct freed_list *freed_list(struct registry *registry)
{
    return &registry->freed[thread_state.number % REGISTRY_FREED_LISTS];
}

void growth_together_freed(struct registry *registry, const struct array_record *array)
{
    struct freed_list *list = freed_list(registry);
    uint32_t bytes = array->bytes < UINT32_MAX ? (uint32_t)array->bytes : UINT32_MAX;
    if (atomic_load_explicit(&list->thread, memory_order_relaxed) != thread_state.number) {
        atomic_store_explicit(&list->thread, thread_state.number, memory_order_relaxed);
        atomic_store_explicit(&list->count, 0, memory_order_relaxed);
    }
    uint32_t count = atomic_load_explicit(&list->count, memory_order_relaxed);
    struct freed_array *freed = &list->last[count % FREED_KEPT];
    atomic_store_explicit(&freed->clock, clock_of(registry), memory_order_relaxed);
    atomic_store_explicit(&freed->bytes, bytes, memory_order_relaxed);
    atomic_store_explicit(&list->count, count + 1, memory_order_relaxed);
}

/* Whether this thread freed an array of about so many bytes after it had allocated the first and
 * before the second. */
static bool was_freed_between(struct registry *registry, uint32_t first, uint32_t second,
                              double bytes)
{
    struct freed_list *list = freed_list(registry);
    if (atomic_load_explicit(&list->thread, memory_order_relaxed) != thread_state.number)
        return false;
    uint32_t count = atomic_load_explicit(&list->count, memory_order_relaxed);
    for (uint32_t i = 0; i < FREED_KEPT && i < count; i++) {
        struct freed_array *freed = &list->last[i];
        uint32_t clock = atomic_load_explicit(&freed->clock, memory_order_relaxed);
        double apart = (double)atomic_load_explicit(&freed->bytes, memory_order_relaxed) - bytes;
        if ((int32_t)(clock - first) >= 0 && (int32_t)(clock - second) < 0 &&
            apart <= 64 + bytes / 64 && -apart <= 64 + bytes / 64)
            return true;
    }
    return false;
}

bool growth_together_is_later(struct registry *registry, const struct array_record *first,
                              const struct array_record *second, uint64_t bytes)
{
    return was_freed_between(registry, (uint32_t)first->sequence, (uint32_t)second->sequence,
                             (double)bytes);
}

/* Whether the earlier of the two arrays had already taken the place of one in the proportion of
 * this growth when the other was allocated: then it was the growth of another table. One that was
 * too small to be tracked may have gone unseen; a part of this table is one at the next growth,
 * too. */
static bool is_of_growth_before(struct registry *registry, const struct growth_link *link,
                                const struct array_record *array)
{
    bool is_first = (int32_t)((uint32_t)array->sequence - (uint32_t)link->array->sequence) < 0;
    const struct array_record *first = is_first ? array : link->array;
    const struct array_record *second = is_first ? link->array : array;
    double share = (double)link->old->bytes / (double)link->array->bytes;
    double bytes = (double)first->bytes * share;
    return bytes < (double)registry->settings.threshold ||
           was_freed_between(registry, (uint32_t)first->sequence, (uint32_t)second->sequence,
                             bytes);
}

/* Whether the array came about when that did which the table outgrew last: its other part. What a
 * program frees at some other time has the same words if it lists the table's keys. */
static bool came_with_outgrown(struct registry *registry, uint32_t table,
                               const struct array_record *old)
{
    struct table_record record;
    if (!tables_get(registry, table, &record) || record.outgrown == 0)
        return true;
    uint64_t distance = old->sequence < record.outgrown ? record.outgrown - old->sequence
                                                        : old->sequence - record.outgrown;
    return distance <= MOST_BETWEEN;
}

bool growth_together_is_taken(struct registry *registry, const struct array_record *old,
                              const struct array_record *array)
{
    uint32_t other = tables_resolve(registry, array->table);
    if (other == tables_resolve(registry, old->table))
        return false;
    if (other != 0 && growth_twins_known(registry, other, old->table))
        return true;
    if (array->flags & ARRAY_WAS_COPY && !(array->flags & ARRAY_CONTINUES))
        return true; /* of another array that is gone */
    if (!(array->flags & ARRAY_SUCCESSOR))
        return false;
    /* Where a cuckoo table's halves leave their entries, which of the new ones replaces which is
     * not to be told. They are freed in the growth itself. */
    bool is_growing =
        array->bytes > old->bytes && clock_of(registry) - (uint32_t)array->sequence <= MOST_BETWEEN;
    return !is_growing || !came_with_outgrown(registry, other, old);
}

/* Whether the table has an array from the same call already: it reallocs each of its own by one
 * call, and the next array from there is the next table's. */
static bool has_array_of_place(struct registry *registry, uint32_t table,
                               const struct array_record *new_array)
{
    struct table_record record;
    if (!tables_get(registry, tables_resolve(registry, table), &record))
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array) &&
            array.sequence != new_array->sequence && array.site == new_array->site)
            return true;
    }
    return false;
}

static bool grew_with_last(struct registry *registry, const struct growth_link *link)
{
    const struct last_link *last = &thread_state.last_link;
    uint32_t sequence = (uint32_t)link->array->sequence;
    if (!registry_same_caller(registry, last->site, link->array->site))
        return false;
    if (link->by_realloc) /* right after each other: nothing is freed then */
        return last->by_realloc && sequence - last->sequence <= MOST_BETWEEN &&
               !has_array_of_place(registry, last->table, link->array);
    return (int32_t)(sequence - last->clock) <= 0;
}

bool growth_together_part(struct registry *registry, struct scratch *scratch,
                          const struct growth_link *link, const struct study *study)
{
    uint32_t table = tables_resolve(registry, link->old->table);
    if (table == 0 || link->by_realloc ||
        !growth_twins_are_two(registry, scratch, table, link, study))
        return false;
    tables_drop_array(registry, table, (uint32_t)link->old->sequence);
    tables_drop_array(registry, table, (uint32_t)link->array->sequence);
    return true;
}

/* Growths after which a table has all its parts. */
#define GROWN_UP 3u

/* Whether the table has grown often enough to have all its parts, or has other slots than those
 * that are reallocated: of two such tables none is a part of the other. The entries of each are
 * reallocated beside its index, and those of two grow right after each other at times. */
static bool is_whole(struct registry *registry, uint32_t table, bool by_realloc)
{
    struct table_record record;
    if (!tables_get(registry, tables_resolve(registry, table), &record))
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS && by_realloc; i++) {
        struct array_record array;
        if (record.arrays[i].index != 0 &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array) &&
            !(array.flags & ARRAY_REALLOCED))
            return true;
    }
    return record.growths >= GROWN_UP;
}

uint32_t growth_together_join(struct registry *registry, struct scratch *scratch, uint32_t table,
                              const struct growth_link *link, const struct study *study)
{
    struct last_link *last = &thread_state.last_link;
    /* What such a one holds is looked at some time after its growth, when other tables have grown,
     * too. */
    if (link->by_realloc && link->array->flags & ARRAY_TOOK_PLACE)
        return table;
    if (last->table != 0 && last->table != table && grew_with_last(registry, link) &&
        !(is_whole(registry, last->table, link->by_realloc) &&
          is_whole(registry, table, link->by_realloc)) &&
        !growth_twins_are_apart(registry, scratch, last->table, table) &&
        !growth_twins_are_two(registry, scratch, last->table, link, study))
        table = tables_merge(registry, last->table, table);
    *last = (struct last_link){
        .table = table,
        .sequence = (uint32_t)link->array->sequence,
        .clock = clock_of(registry),
        .site = link->array->site,
        .by_realloc = link->by_realloc,
    };
    return table;
}

/* Whether an array of that many bytes can hold something for each of `capacity` slots. */
static bool holds_slots(uint64_t bytes, uint64_t capacity)
{
    /* A few bytes behind the last slot: a sentinel, the copies of the first control bytes. */
    return capacity >= 64 && bytes >= capacity && bytes % capacity <= 64;
}

/* Whether the array is as large as the one that went and came by the same call as that or as the
 * new one: it is of a table beside this one that has not grown yet. States of half the size of a
 * key are as large as the keys were, too. */
static bool is_of_before(const struct growth_link *link, const struct array_record *array)
{
    return array->bytes == link->old->bytes &&
           (array->site == link->array->site || array->site == link->old->site);
}

/* Or it may be of such a table, for it came with the old array. */
static bool may_be_of_before(const struct growth_link *link, const struct array_record *array)
{
    return array->bytes == link->old->bytes && array->sequence < link->array->sequence &&
           array->sequence - link->old->sequence <= MOST_BETWEEN;
}

/* Whether what stands in it has nothing to do with the slots. */
static bool is_stranger(const struct scratch *scratch, const struct growth_link *link,
                        const struct study *study, const struct array_record *array)
{
    struct block own = {.address = link->array->address, .bytes = link->array->bytes};
    struct block other = {.address = array->address, .bytes = array->bytes};
    return study->profile.slot_bytes != 0 && !study->profile.is_chained &&
           slot_twins_are_strangers(scratch->view.reader, &study->profile, &own, &other);
}

/* What is older than the array that went is the last of another table that grew just before. */
void growth_together_add(struct registry *registry, struct scratch *scratch, uint32_t table,
                         const struct growth_link *link, const struct study *study)
{
    struct grown_beside beside[THREAD_RECENT];
    uint32_t count = 0;
    uint64_t capacity = study->capacity;
    const struct recent_array *recent;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL; i++) {
        struct array_record array;
        int32_t distance = (int32_t)(recent->sequence - (uint32_t)link->array->sequence);
        if (distance == 0 || distance > MOST_BETWEEN || distance < -MOST_BETWEEN ||
            !registry_get(registry, recent->index, recent->sequence, &array) || array.table != 0 ||
            is_of_before(link, &array) || array.sequence < link->old->sequence ||
            !registry_same_caller(registry, array.site, link->array->site) ||
            !(holds_slots(array.bytes, capacity) || array.bytes == link->array->bytes) ||
            is_of_growth_before(registry, link, &array) ||
            is_stranger(scratch, link, study, &array))
            continue;
        beside[count++] = (struct grown_beside){
            .index = recent->index, .array = array, .is_doubtful = may_be_of_before(link, &array)};
    }
    count = growth_twins_leave_own(registry, scratch, table, link, study, beside, count);
    for (uint32_t i = 0; i < count; i++)
        tables_add_array(registry, table, beside[i].index, &beside[i].array);
}
