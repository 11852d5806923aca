/*
 * Telling tables that grow in one call apart: see growth_twins.h. Runs inside the tracker, under no
 * lock. Looked for only where more than one array was allocated in a growth.
 */
#include "growth_twins.h"

#include "growth_heads.h"
#include "header_search.h"
#include "layouts/words.h"
#include "slot_twins.h"
#include "tables.h"
#include "thread.h"
#include "twins.h"

#define LEAST_LIVE  64u  /* a smaller number equals some word by chance */
#define MOST_BESIDE 4u   /* neighbours that are told apart from one table */
#define REACH       256u /* bytes before and behind the pointer in which those of neighbours lie */

static bool is_named(const struct header_profile *header)
{
    return header->growths > 0 && header->kind != HEADER_IN_ARRAY &&
           (header->capacity_form == HEADER_CAPACITY_WHOLE ||
            header->capacity_form == HEADER_CAPACITY_MASK);
}

/* The object of the header, with the capacity that it names. */
static bool twin_of(const struct memory_reader *reader, const struct header_profile *header,
                    struct twin *out)
{
    uint32_t word;
    if (!is_named(header) || header->live < LEAST_LIVE ||
        !reader->read(reader, header->place + (uint64_t)(int64_t)header->capacity, &word,
                      sizeof(word)))
        return false;
    *out =
        (struct twin){.place = header->place,
                      .capacity = (uint64_t)word + (header->capacity_form == HEADER_CAPACITY_MASK),
                      .live = header->live,
                      .slack = header->is_rough ? header->live / 8 : 1};
    return true;
}

/* The object that points at the new array. */
static bool find_own(struct registry *registry, struct scratch *scratch,
                     const struct growth_link *link, const struct study *study,
                     const struct header_profile *before, struct twin *out)
{
    struct header_profile found;
    struct block old = {.address = link->old->address, .bytes = link->old->bytes};
    struct header_facts facts = growth_object_facts(link, study);
    return study->profile.slot_bytes != 0 && study->capacity != 0 &&
           header_search(registry, scratch, &facts, &old, link->array->site, before, &found) &&
           twin_of(scratch->view.reader, &found, out);
}

/* What lies around a pointer to an array. */
struct around {
    unsigned char bytes[2 * REACH];
};

static bool read_around(const struct scratch *scratch, const struct twin *own, struct around *out)
{
    const struct memory_reader *reader = scratch->view.reader;
    return reader->read(reader, own->place - REACH, out->bytes, sizeof(out->bytes));
}

static bool array_at(struct registry *registry, const struct around *around, int64_t distance,
                     struct array_record *out)
{
    int64_t at = distance + (int64_t)REACH;
    if (at < 0 || at + 8 > (int64_t)sizeof(around->bytes))
        return false;
    uint64_t word = word_u64(around->bytes, (size_t)at);
    return layout_is_pointer(word, 8) && registry_find(registry, word, out) != 0;
}

/* Where the neighbours' pointers are: those to arrays with as many bytes for each slot as this one
 * has, out of objects of their own. */
static uint32_t find_distances(struct registry *registry, struct scratch *scratch,
                               const struct growth_link *link, const struct twin *own,
                               const struct around *around, int64_t distances[MOST_BESIDE])
{
    uint32_t number = 0;
    for (int64_t at = -(int64_t)REACH; at < (int64_t)REACH && number < MOST_BESIDE; at += 8) {
        struct array_record array;
        if (at == 0 || !array_at(registry, around, at, &array) ||
            array.sequence == link->array->sequence ||
            own->capacity * array.bytes % link->array->bytes != 0)
            continue;
        struct twin other = {.place = own->place + (uint64_t)at,
                             .capacity = own->capacity * array.bytes / link->array->bytes};
        if (twins_are(scratch->view.reader, own, &other))
            distances[number++] = at;
    }
    return number;
}

/* Whether a neighbour's array is the table's. */
static bool is_neighbour(struct registry *registry, struct scratch *scratch, uint32_t table,
                         const struct growth_link *link, const struct twin *own)
{
    struct around around;
    int64_t distances[MOST_BESIDE];
    if (!read_around(scratch, own, &around))
        return false;
    uint32_t number = find_distances(registry, scratch, link, own, &around, distances);
    for (uint32_t i = 0; i < number; i++) {
        struct array_record array;
        if (array_at(registry, &around, distances[i], &array) &&
            tables_resolve(registry, array.table) == table)
            return true;
    }
    return false;
}

bool growth_twins_known(struct registry *registry, uint32_t a, uint32_t b)
{
    struct table_record of_a, of_b;
    if (tables_are_apart(registry, a, b))
        return true;
    if (!tables_get(registry, tables_resolve(registry, a), &of_a) ||
        !tables_get(registry, tables_resolve(registry, b), &of_b) || !is_named(&of_a.header) ||
        !is_named(&of_b.header) || of_a.header.place == of_b.header.place ||
        of_a.header.capacity != of_b.header.capacity)
        return false;
    for (uint16_t i = 0; i < of_a.header.count_number; i++)
        for (uint16_t j = 0; j < of_b.header.count_number; j++)
            if (of_a.header.counts[i] == of_b.header.counts[j])
                return true;
    return false;
}

/* By what stands in the arrays: whether that one is of another table. */
static bool is_twins_array(const struct scratch *scratch, const struct slot_profile *profile,
                           const struct array_record *array, const struct array_record *other)
{
    struct block own = {.address = array->address, .bytes = array->bytes};
    return profile->slot_bytes != 0 && other->bytes == array->bytes &&
           other->sequence != array->sequence &&
           slot_twins_are(scratch->view.reader, profile, &own, other->address);
}

static bool has_twins_array(struct registry *registry, const struct scratch *scratch,
                            const struct table_record *record, const struct slot_profile *profile,
                            const struct array_record *own)
{
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record->arrays[i].index != 0 &&
            registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &array) &&
            is_twins_array(scratch, profile, own, &array))
            return true;
    }
    return false;
}

bool growth_twins_are_apart(struct registry *registry, struct scratch *scratch, uint32_t a,
                            uint32_t b)
{
    struct table_record of_a, of_b;
    if (growth_twins_known(registry, a, b))
        return true;
    if (!tables_get(registry, tables_resolve(registry, a), &of_a) ||
        !tables_get(registry, tables_resolve(registry, b), &of_b))
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (of_a.arrays[i].index == 0 || of_a.arrays[i].sequence != of_a.profile.array_sequence ||
            !registry_get(registry, of_a.arrays[i].index, of_a.arrays[i].sequence, &array) ||
            !has_twins_array(registry, scratch, &of_b, &of_a.profile, &array))
            continue;
        tables_set_apart(registry, a, b);
        return true;
    }
    return false;
}

bool growth_twins_are_two(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct growth_link *link, const struct study *study)
{
    static const struct header_profile none;
    struct table_record record;
    struct twin known, own;
    table = tables_resolve(registry, table);
    if (!tables_get(registry, table, &record) || !growth_has_another_array(registry, &record, link))
        return false;
    if (has_twins_array(registry, scratch, &record, &study->profile, link->array))
        return true;
    if (!find_own(registry, scratch, link, study, &none, &own))
        return false;
    return is_neighbour(registry, scratch, table, link, &own) ||
           (twin_of(scratch->view.reader, &record.header, &known) &&
            record.header.array_sequence != (uint32_t)link->old->sequence &&
            twins_are(scratch->view.reader, &known, &own));
}

/* Whether each neighbour has such an array at the same distance from its pointer. */
static bool is_shared(struct registry *registry, const struct growth_link *link,
                      const struct around *around, int64_t at, const int64_t *distances,
                      uint32_t number, const struct array_record *array)
{
    for (uint32_t i = 0; i < number; i++) {
        struct array_record others, neighbour;
        int64_t other = at + distances[i];
        bool is_within = other >= -(int64_t)REACH && other + 8 <= (int64_t)REACH;
        if (at == distances[i] ||
            (is_within && (!array_at(registry, around, other, &others) ||
                           !array_at(registry, around, distances[i], &neighbour) ||
                           others.bytes * link->array->bytes != array->bytes * neighbour.bytes)))
            return false;
    }
    return true;
}

/* Whether the array is this table's, by a pointer that the neighbours have as well. */
static bool is_own(struct registry *registry, const struct growth_link *link,
                   const struct around *around, const int64_t *distances, uint32_t number,
                   const struct array_record *array)
{
    for (int64_t at = -(int64_t)REACH; at < (int64_t)REACH; at += 8) {
        struct array_record there;
        if (array_at(registry, around, at, &there) && there.sequence == array->sequence &&
            is_shared(registry, link, around, at, distances, number, array))
            return true;
    }
    return false;
}

static uint32_t leave_certain(struct grown_beside *beside, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!beside[i].is_doubtful)
            beside[kept++] = beside[i];
    return kept;
}

/* Whether another one of the arrays is as large, and goes along with the slots as well as this one:
 * then one of the two is the twin's. */
static bool is_ambiguous(const struct scratch *scratch, const struct growth_link *link,
                         const struct study *study, const struct grown_beside *beside,
                         uint32_t count, uint32_t nth)
{
    struct block own = {.address = link->array->address, .bytes = link->array->bytes};
    unsigned fitting = 0, alike = 0;
    bool is_fitting = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct array_record *array = &beside[i].array;
        struct block other = {.address = array->address, .bytes = array->bytes};
        if (array->bytes != beside[nth].array.bytes)
            continue;
        bool fits = slot_twins_go_along(scratch->view.reader, &study->profile, &own, &other);
        alike++;
        fitting += fits;
        is_fitting = is_fitting || (fits && i == nth);
    }
    return alike > 1 && !(is_fitting && fitting == 1);
}

/* Leaves out the twins' arrays, known by what stands in them, and what may be theirs then. */
static uint32_t leave_twins(const struct scratch *scratch, const struct growth_link *link,
                            const struct study *study, struct grown_beside *beside, uint32_t count)
{
    bool is_out[THREAD_RECENT] = {false};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!is_twins_array(scratch, &study->profile, link->array, &beside[i].array))
            beside[kept++] = beside[i];
    if (kept == count)
        return count;
    for (uint32_t i = 0; i < kept; i++)
        is_out[i] = is_ambiguous(scratch, link, study, beside, kept, i);
    count = kept;
    kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!is_out[i])
            beside[kept++] = beside[i];
    return kept;
}

/* Whether the array that the object was found by was linked already in this growth, and has got its
 * own. One that is to be linked yet is of the growth before, and what replaces it has come. */
static bool is_linked(struct registry *registry, const struct table_record *record,
                      const struct growth_link *link, const struct grown_beside *beside,
                      uint32_t count)
{
    const struct header_profile *header = &record->header;
    if (!is_named(header) || header->array_sequence == (uint32_t)link->array->sequence ||
        header->array_sequence <= (uint32_t)link->old->sequence)
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record->arrays[i].index == 0 || record->arrays[i].sequence != header->array_sequence ||
            !registry_get(registry, record->arrays[i].index, record->arrays[i].sequence, &array))
            continue;
        for (uint32_t nth = 0; nth < count; nth++)
            if (beside[nth].array.sequence > array.sequence &&
                beside[nth].array.bytes * link->old->bytes == array.bytes * link->array->bytes)
                return false;
    }
    return true;
}

uint32_t growth_twins_leave_own(struct registry *registry, struct scratch *scratch, uint32_t table,
                                const struct growth_link *link, const struct study *study,
                                struct grown_beside *beside, uint32_t count)
{
    count = leave_twins(scratch, link, study, beside, count);
    struct table_record record;
    struct around around;
    struct twin own;
    int64_t distances[MOST_BESIDE];
    if (count == 0 ||
        (count == 1 && !beside[0].is_doubtful && beside[0].array.bytes != link->array->bytes))
        return count;
    if (!tables_get(registry, tables_resolve(registry, table), &record))
        return leave_certain(beside, count);
    if (is_linked(registry, &record, link, beside, count))
        return 0;
    if (!find_own(registry, scratch, link, study, &record.header, &own))
        return leave_certain(beside, count);
    if (!read_around(scratch, &own, &around))
        return leave_certain(beside, count);
    uint32_t number = find_distances(registry, scratch, link, &own, &around, distances), kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if ((number == 0 && !beside[i].is_doubtful) ||
            is_own(registry, link, &around, distances, number, &beside[i].array))
            beside[kept++] = beside[i];
    return kept;
}
