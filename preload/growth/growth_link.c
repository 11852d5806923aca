/*
 * From two arrays to a table: see growth_link.h. Runs inside the tracker; the contents of arrays
 * are read through process_vm_readv, for another thread may free them meanwhile.
 */
#include "growth_link.h"

#include <string.h>

#include "early_growth.h"
#include "growth_buckets.h"
#include "growth_flags.h"
#include "growth_modulo.h"
#include "growth_object.h"
#include "growth_study.h"
#include "growth_tail.h"
#include "growth_together.h"
#include "growth_twins.h"
#include "slot_sequence.h"
#include "slot_states.h"
#include "tables.h"
#include "thread.h"

/* The block index of a growth: single lookups only, for nothing may be sorted or scanned here. */
static bool find_block(const struct block_index *index, uint64_t address, struct block *out)
{
    struct array_record array;
    (void)index;
    if (registry_find(&hashtrack_registry, address, &array) == 0)
        return false;
    *out = (struct block){.address = array.address, .bytes = array.bytes};
    return true;
}

static void recent_blocks(const struct block_index *index, uint64_t address,
                          bool (*visit)(const struct block *neighbour, void *context),
                          void *context)
{
    (void)index;
    const struct recent_array *recent;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL; i++) {
        struct array_record array;
        if (!registry_get(&hashtrack_registry, recent->index, recent->sequence, &array) ||
            array.address == address)
            continue;
        struct block block = {.address = array.address, .bytes = array.bytes};
        if (!visit(&block, context))
            return;
    }
}

static uint64_t no_pointer(const struct block_index *index, uint64_t address, unsigned nth)
{
    (void)index;
    (void)address;
    (void)nth;
    return 0;
}

const struct block_index growth_blocks = {
    .find = find_block, .neighbours = recent_blocks, .pointer_to = no_pointer};

/* What is remembered of the array, of all layouts' answers or of that one's. */
static const struct recognised *recall(const struct scratch *scratch,
                                       const struct array_record *array, const struct layout *asked)
{
    for (unsigned i = 0; i < SCRATCH_RECOGNISED; i++) {
        const struct recognised *known = &scratch->recognised[i];
        if (known->sequence == array->sequence && known->bytes == array->bytes &&
            (known->only == NULL || known->only == asked))
            return known;
    }
    return NULL;
}

static void keep_in_mind(struct scratch *scratch, const struct array_record *array,
                         const struct layout *layout, const struct layout *only,
                         const struct table_reading *reading)
{
    scratch->recognised[scratch->recognised_next++ % SCRATCH_RECOGNISED] =
        (struct recognised){.sequence = array->sequence,
                            .bytes = array->bytes,
                            .layout = layout,
                            .only = only,
                            .reading = *reading};
}

const struct layout *growth_recognise(struct scratch *scratch, const struct array_record *array,
                                      struct table_reading *out)
{
    const struct recognised *known = recall(scratch, array, NULL);
    if (known) {
        *out = known->reading;
        return known->layout;
    }
    struct block block = {.address = array->address, .bytes = array->bytes};
    memset(out, 0, sizeof(*out));
    scratch->view.blocks = &growth_blocks;
    const struct layout *layout = layout_recognise(&scratch->view, &block, out);
    keep_in_mind(scratch, array, layout, NULL, out);
    return layout;
}

bool growth_is_of(struct scratch *scratch, const struct array_record *array,
                  const struct layout *layout, struct table_reading *out)
{
    const struct recognised *known = recall(scratch, array, layout);
    if (known) {
        *out = known->reading;
        return known->layout == layout;
    }
    struct block block = {.address = array->address, .bytes = array->bytes};
    scratch->view.blocks = &growth_blocks;
    bool is_of = layout_asked(&scratch->view, &block, layout, out);
    keep_in_mind(scratch, array, is_of ? layout : NULL, is_of ? NULL : layout, out);
    return is_of;
}

/* Bytes for each slot: behind the slots, or in an array that was allocated with them. */
static bool learn_states(struct registry *registry, struct scratch *scratch, uint32_t table,
                         const struct growth_link *link, uint64_t capacity,
                         struct slot_profile *profile)
{
    struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    uint64_t slots = profile->header_bytes + capacity * profile->slot_bytes;
    struct table_record record;
    if (capacity < 64 || profile->slot_bytes == 0 || profile->is_chained)
        return false;
    if (block.bytes >= slots + capacity &&
        slot_states_learn(&scratch->view, &block, block.address + slots, profile))
        return true;
    if (!tables_get(registry, table, &record))
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (!registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array) ||
            array.bytes < capacity || array.bytes > capacity + 64 ||
            !slot_states_learn(&scratch->view, &block, array.address, profile))
            continue;
        profile->states_sequence = (uint32_t)array.sequence;
        return true;
    }
    return false;
}

/* Whether its own object was right about the table at several growths, and it grew before it was
 * full: a vector and a heap have such an object, too. */
static bool counts_its_entries(struct registry *registry, uint32_t table)
{
    struct table_record record;
    if (!tables_get(registry, table, &record) || !pool_has(&registry->growths, record.last_growth))
        return false;
    const struct growth_record *last = pool_at(&registry->growths, record.last_growth);
    return record.header.growths >= EARLY_GROWTHS_PROVE &&
           record.header.capacity_form != HEADER_CAPACITY_UNKNOWN && last->occupied_ppm > 0 &&
           last->occupied_ppm <= EARLY_MOST_LOAD_PPM;
}

/* The array is no table's slots; the table is gone with it, unless it has others. */
static void leave_table(struct registry *registry, uint32_t table, const struct growth_link *link)
{
    const struct array_record *leaving = link->by_realloc ? link->array : link->old;
    if (table != 0 && tables_drop_array(registry, table, (uint32_t)leaving->sequence) == 0)
        tables_forget(registry, table);
}

/* Whether slots several times as large were learnt from this array of the table, or from another
 * that is as large: halves of a cuckoo table, each of which has entries of both old arrays, but
 * shows its slots only when it is compared with that from which most came. Slots that were carried
 * along are not: numbers of two bytes had shown as slots of eight, and become such of four. */
static bool is_better_known(struct registry *registry, uint32_t table,
                            const struct growth_link *link, const struct slot_profile *profile)
{
    struct table_record record;
    struct array_record array;
    if (!tables_get(registry, table, &record) || record.profile.is_carried ||
        record.profile.slot_bytes <= profile->slot_bytes ||
        record.profile.slot_bytes % profile->slot_bytes != 0)
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        if (record.arrays[i].sequence == record.profile.array_sequence &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array))
            return array.bytes == link->array->bytes;
    return false;
}

/* Whether it is a column beside wider slots of the table that are known, as many of them, in an odd
 * number: hashes beside pointers. A logarithm that the object keeps would make slots of eight bytes
 * out of it. (Of an even number it tells which slots are in use.) */
static bool is_beside_wider(struct registry *registry, uint32_t table,
                            const struct growth_link *link, const struct slot_profile *profile)
{
    struct table_record record;
    struct array_record array;
    if (profile->slot_bytes == 0 || link->array->bytes % 8 != 4 || link->by_realloc ||
        !tables_get(registry, table, &record) || record.profile.slot_bytes <= profile->slot_bytes)
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        if (record.arrays[i].sequence == record.profile.array_sequence &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array))
            return array.bytes / record.profile.slot_bytes ==
                       link->array->bytes / profile->slot_bytes &&
                   array.bytes % record.profile.slot_bytes == 0 &&
                   link->array->bytes % profile->slot_bytes == 0;
    return false;
}

/* Whether entries that lie in one piece may be those of this table, whose keys are in sequence, or
 * in steps: its object says so, and so do they; or they alone, by where their keys lead. */
static bool may_lie_in_sequence(struct registry *registry, struct scratch *scratch,
                                uint32_t old_table, const struct growth_link *link)
{
    struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    bool is_counted = counts_its_entries(registry, old_table);
    struct table_record record;
    struct modulo_growth growth;
    if (is_counted && slot_sequence_is_there(scratch->view.reader, &block, scratch->layout_scratch))
        return true;
    return !link->by_realloc && tables_get(registry, old_table, &record) &&
           growth_modulo_find(scratch, link->old, link->array, record.profile.slot_bytes,
                              &growth) &&
           (growth_modulo_is_proof(&growth) ||
            (is_counted && (growth.is_solid || growth.is_no_ring)));
}

/* Keeps with the table what its growth taught. */
static void keep_study(struct registry *registry, struct scratch *scratch, uint32_t table,
                       const struct growth_link *link, struct study *study)
{
    if (study->profile.slot_bytes != 0)
        tables_set_profile(registry, table, &study->profile);
    if (!link->by_realloc)
        growth_together_add(registry, scratch, table, link, study);
    if (learn_states(registry, scratch, table, link, study->capacity, &study->profile))
        tables_set_profile(registry, table, &study->profile);
    if (study->scale.growths > 0)
        tables_set_scale(registry, table, &study->scale);
    growth_object_counts(registry, scratch, table, link, study);
    if (!study->is_known && !link->by_realloc) {
        growth_buckets_learn(registry, scratch, table, link->old, link->array);
        growth_object_note(registry, scratch, table, link->old, link->array);
        growth_flags_learn(registry, scratch, table, link->old, link->array);
    }
}

/* The table of the array that was linked, with the one that it was of before: a part whose growth
 * was followed apart until now. But one that it was only expected to continue has come to nothing,
 * and one that has an object of its own got the array by mistake. */
static uint32_t unite(struct registry *registry, struct scratch *scratch, uint32_t table,
                      const struct growth_link *link, const struct study *study)
{
    const struct array_record *array = link->array;
    uint32_t before = tables_resolve(registry, array->table);
    if (before == 0 || before == table)
        return table;
    bool is_another = array->flags & ARRAY_CONTINUES ||
                      growth_twins_are_apart(registry, scratch, table, before) ||
                      growth_twins_are_two(registry, scratch, before, link, study);
    if (!is_another)
        return tables_merge(registry, table, before);
    if (tables_drop_array(registry, before, (uint32_t)array->sequence) == 0)
        tables_forget(registry, before);
    return table;
}

/* Of the arrays of two tables that were taken for one those of the other one. */
struct parted {
    struct array_record old, array;
    struct growth_link link;
};

static const struct growth_link *part(const struct growth_link *link, struct parted *parted)
{
    *parted = (struct parted){.old = *link->old, .array = *link->array, .link = *link};
    parted->old.table = parted->array.table = 0;
    parted->link.old = &parted->old;
    parted->link.array = &parted->array;
    return &parted->link;
}

/* Whether the new array is another table's: one of its size has come to this table in this growth,
 * which was told from a table beside it, and what moved says little. States of one byte are found
 * in the states of either. */
static bool is_of_twin(struct registry *registry, const struct growth_link *link,
                       const struct study *study)
{
    struct table_record record;
    uint32_t table = tables_resolve(registry, link->old->table);
    if (study->profile.slot_bytes != 0 || link->by_realloc ||
        tables_resolve(registry, link->array->table) == table ||
        !tables_get(registry, table, &record) || record.apart[0] == 0)
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record.arrays[i].index != 0 &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array) &&
            array.bytes == link->array->bytes && array.sequence > link->old->sequence)
            return true;
    }
    return false;
}

/* Whether the array was put in order in its place: a vector that is sorted, whose new entries came
 * between the old ones. Of the few words of a sample that are found no column shows that, and the
 * gaps in records pass for empty slots; a table that keeps its hashes' order has an array of its
 * own for the larger one. */
static bool is_sorted_in_place(struct scratch *scratch, const struct growth_link *link,
                               const struct study *study)
{
    const struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    return link->by_realloc && !study->is_known &&
           (link->comparison->is_in_order ||
            slot_sequence_is_sorted(scratch->view.reader, &block, scratch->layout_scratch));
}

/* Whether it is a ring of numbers with gaps: what it holds of the round before is moved otherwise
 * than what lies beside it of the last one. */
static bool is_ring(struct scratch *scratch, const struct growth_link *link,
                    const struct study *study)
{
    struct modulo_growth growth;
    return !link->by_realloc && !study->is_known && study->profile.slot_bytes != 0 &&
           growth_modulo_find(scratch, link->old, link->array, study->profile.slot_bytes,
                              &growth) &&
           growth.is_ring;
}

#define COPY_PPM 990000u

bool growth_link_is_copy(const struct growth_link *link)
{
    return !link->by_realloc && link->comparison->signature == SIGNATURE_COPIED &&
           link->comparison->found_ppm >= COPY_PPM;
}

bool growth_link(struct registry *registry, struct scratch *scratch, const struct growth_link *link)
{
    struct parted parted;
    struct study study = {0};
    growth_study(registry, scratch, link, &study);
    uint32_t old_table = tables_resolve(registry, link->old->table);
    if (study.profile.slot_bytes != 0 && is_better_known(registry, old_table, link, &study.profile))
        study = (struct study){.evidence = {.moved_ppm = study.evidence.moved_ppm}};
    growth_tail_find(registry, scratch, link, &study);
    if (link->needs_tail && study.profile.tail_bytes == 0)
        return false;
    if ((old_table == 0 && (study.is_overfull || is_sorted_in_place(scratch, link, &study) ||
                            is_ring(scratch, link, &study))) ||
        is_of_twin(registry, link, &study))
        return false;
    /* After a realloc the array has held whatever was there before: that says nothing against a
     * table which has scattered its entries before. */
    bool is_proven = link->by_realloc && old_table != 0;
    if (study.is_packed && !is_proven && link->placed_slot == 0) {
        if (!may_lie_in_sequence(registry, scratch, old_table, link)) {
            /* A vector that was sorted, a heap: its smaller arrays may have looked scattered. */
            if (!tables_is_doubtful(registry, old_table))
                leave_table(registry, old_table, link);
            return false;
        }
        /* Keys in sequence: what was learnt of the slots is by chance, the object knows. */
        study = (struct study){0};
    }
    if (growth_together_part(registry, scratch, link, &study))
        link = part(link, &parted);
    study.evidence.is_scattered = link->comparison->signature == SIGNATURE_SCATTERED;
    study.evidence.is_copied =
        link->comparison->signature == SIGNATURE_COPIED && link->comparison->is_unmoved;
    bool is_column = is_beside_wider(registry, old_table, link, &study.profile);
    if (!is_column) {
        growth_object_slots(registry, scratch, link, &study);
        growth_object_scale(registry, scratch, link, &study);
    }
    uint32_t table = tables_link(registry, link->old, link->index, link->array, &study.evidence);
    if (table == 0)
        return false;
    tables_set_doubtful(registry, table, false);
    tables_vouch(registry, table, study.layout ? tables_layout_number(study.layout) : 0);
    table = unite(registry, scratch, table, link, &study);
    table = growth_together_join(registry, scratch, table, link, &study);
    if (!is_column)
        keep_study(registry, scratch, table, link, &study);
    return true;
}
