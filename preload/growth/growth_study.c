/*
 * What a growth tells of its table: see growth_study.h. Runs inside the tracker; the contents of
 * arrays are read through process_vm_readv, for another thread may free them meanwhile.
 */
#include "growth_study.h"

#include "bucket_vectors.h"
#include "chains.h"
#include "growth_heads.h"
#include "growth_modulo.h"
#include "index_look.h"
#include "occupancy.h"
#include "slot_addresses.h"
#include "slot_front.h"
#include "slot_profile.h"
#include "slot_zeros.h"
#include "small_studies.h"
#include "stack_extent.h"
#include "tables.h"
#include "thread.h"

/* What is this large is studied at each growth. */
#define LEAST_RELEARNT_BYTES (1u << 20)

/* Of the old array's words those in the new one. Of a cuckoo table's half others are in the other
 * half. */
#define WHOLE_PPM 970000u

#define CERTAIN_PPM 990000u

/* Fewer slots in use may be as many as so many numbers fill by chance. */
#define LEAST_NUMBERED_HEADS 256u

/* The newest entries may be behind others in the old array's chains. */
#define OTHER_NUMBERS 16u

/* Whether the old array still says, in itself alone and beyond doubt, what the table held when it
 * grew: the new one need not be asked, which the table's object does not name yet. One whose
 * entries were moved out one by one is empty by now. */
static bool tells_all(const struct layout *layout, const struct table_reading *old)
{
    return old->array_count == 1 && old->known & DUMP_KNOWN_LIVE &&
           old->confidence_ppm >= CERTAIN_PPM &&
           (double)old->live >= 0.5 * layout->load_limit * (double)old->capacity;
}

/* Where the entries of this table keep their next pointer, as a growth before has taught. */
static void recall_chains(struct registry *registry, uint32_t table, struct slot_profile *profile)
{
    struct table_record record;
    if (tables_get(registry, tables_resolve(registry, table), &record) &&
        record.profile.is_chained && record.profile.slot_bytes == profile->slot_bytes) {
        profile->is_chained = 1;
        profile->chain_offset = record.profile.chain_offset;
        profile->link_tag = record.profile.link_tag;
        profile->is_inline = record.profile.is_inline;
        profile->tree_offset = record.profile.tree_offset;
        profile->list_offset = record.profile.list_offset;
        profile->last_offset = record.profile.last_offset;
        profile->is_indexed = 0;
    }
}

/* Vectors in place of chains, whose lengths were found at an earlier growth. This one may be looked
 * at when entries are gone, and some of the vectors are empty: no length is found by itself then.
 */
static void recall_vectors(struct registry *registry, const struct scratch *scratch,
                           const struct growth_link *link, struct slot_profile *profile)
{
    struct table_record record;
    struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    struct slot_profile recalled = *profile;
    uint64_t live, occupied;
    if (!tables_get(registry, tables_resolve(registry, link->old->table), &record) ||
        record.profile.length_kind == SLOT_LENGTH_NONE ||
        record.profile.slot_bytes != profile->slot_bytes ||
        record.profile.column != profile->column ||
        record.profile.column_bytes != profile->column_bytes)
        return;
    recalled.length_kind = record.profile.length_kind;
    recalled.length_offset = record.profile.length_offset;
    recalled.length_entry = record.profile.length_entry;
    if (bucket_vectors_count(&scratch->view, &block, &recalled, &live, &occupied))
        *profile = recalled;
}

/* Whether the old array's numbers lead as far as the new one's, and so it was in use until then.
 * One that had become a smaller one's predecessor, and was kept, lacks all that came in since. */
static bool lead_as_far(struct scratch *scratch, const struct array_record *old,
                        const struct slot_profile *profile, const struct table_reading *reading)
{
    struct block before = {.address = old->address, .bytes = old->bytes};
    struct table_reading held = {0};
    return occupancy_read(&scratch->view, &before, profile, 0, &held) && held.numbers != 0 &&
           held.numbers > held.capacity &&
           held.numbers + held.numbers / OTHER_NUMBERS >= reading->numbers;
}

/* Whether the slots are numbers of entries, and those of the old array were: half as many, or fewer
 * if it is certain that none came between. */
static bool are_heads(struct scratch *scratch, const struct array_record *old,
                      const struct array_record *array, const struct slot_profile *profile,
                      const struct table_reading *reading)
{
    struct block before = {.address = old->address, .bytes = old->bytes};
    struct block after = {.address = array->address, .bytes = array->bytes};
    return profile->slot_bytes == profile->column_bytes && profile->header_bytes == 0 &&
           profile->is_distinct &&
           index_are_numbers(scratch->view.reader, &before, profile->slot_bytes, true) &&
           index_are_numbers(scratch->view.reader, &after, profile->slot_bytes, false) &&
           (array->bytes <= 2 * old->bytes + 64 || lead_as_far(scratch, old, profile, reading));
}

/* Whether the entries, which are numbered without a gap right after a growth, are as many as hang
 * in so many chains by chance: the slots are the heads. */
static bool are_numbered_chains(const struct slot_profile *profile,
                                const struct table_reading *reading)
{
    const struct header_facts slots = {
        .capacity = reading->capacity, .live = reading->live, .numbers = reading->numbers};
    struct header_facts numbered, chained;
    return profile->is_distinct && profile->header_bytes <= SLOT_FRONT_MOST &&
           header_facts_of_numbers(&slots, &numbered) &&
           header_facts_of_chains(&slots, profile, &chained) &&
           numbered.live + chained.slack >= chained.live &&
           numbered.live <= chained.live + chained.slack;
}

/* It takes some 5 KiB of stack, more than signal handlers have on theirs. */
static bool may_study(struct registry *registry, const struct array_record *new_array)
{
    return new_array->bytes >= GROWTH_LEAST_STUDIED_BYTES ||
           ((thread_state.stack == STACK_OWN ||
             stack_extent_end((uintptr_t)__builtin_frame_address(0)) != 0) &&
            small_studies_allow(registry, new_array));
}

/* The layout that reads the table, in either array, or NULL. CPython frees the old keys before it
 * counts the new ones: the new array then reads as empty. */
static const struct layout *recognise_either(struct scratch *scratch,
                                             const struct growth_link *link,
                                             struct table_reading *reading)
{
    const struct layout *layout =
        link->by_realloc ? NULL : growth_recognise(scratch, link->old, reading);
    if (layout && tells_all(layout, reading))
        return layout;
    layout = growth_recognise(scratch, link->array, reading);
    return layout && reading->live > 0 ? layout : growth_recognise(scratch, link->old, reading);
}

/* Slots that were numbers of entries and are again: by two places to which nearly all went, those
 * where they were and those an old array further on, nothing is learnt anew. */
static bool recall_numbers(struct registry *registry, const struct scratch *scratch,
                           const struct growth_link *link, struct slot_profile *profile)
{
    struct table_record record;
    struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    if (!tables_get(registry, tables_resolve(registry, link->old->table), &record))
        return false;
    const struct slot_profile *known = &record.profile;
    bool are_numbers = known->slot_bytes != 0 && known->slot_bytes == known->column_bytes &&
                       known->header_bytes == 0 && known->is_distinct && !known->is_chained &&
                       index_are_numbers(scratch->view.reader, &block, known->slot_bytes, false);
    if (are_numbers) {
        *profile = *known;
        profile->is_carried = 0;
    }
    return are_numbers;
}

/* Whether the table is known, and has nothing but the array that grew. */
static bool has_one_array(struct registry *registry, const struct growth_link *link)
{
    struct table_record record;
    return tables_get(registry, tables_resolve(registry, link->old->table), &record) &&
           record.growths > 0 && !growth_has_another_array(registry, &record, link);
}

/* Where keys lie in long pieces, a part of the array may be all in use, or all empty, and shows no
 * slots. Those of addresses need no more than to be told. */
static bool are_placed(struct scratch *scratch, const struct growth_link *link,
                       struct slot_profile *profile)
{
    struct modulo_growth growth;
    if (link->by_realloc || !growth_modulo_find_heads(scratch, link->old, link->array, &growth))
        return false;
    *profile = (struct slot_profile){
        .slot_bytes = sizeof(uint64_t), .column_bytes = sizeof(uint64_t), .is_distinct = 1};
    return true;
}

/* Keys that are multiples of a number leave all other buckets empty: as many heads seem to be parts
 * of one slot. The keys lead to the heads. */
static void heads_by_keys(struct scratch *scratch, const struct growth_link *link,
                          struct slot_profile *profile)
{
    if (profile->slot_bytes > sizeof(uint64_t) && profile->slot_bytes % sizeof(uint64_t) == 0 &&
        profile->column_bytes == sizeof(uint64_t) && profile->mark == SLOT_MARK_NONE)
        are_placed(scratch, link, profile);
}

/* Whether the object counted just the slots that are in use by that column, at an earlier growth.
 */
static bool is_counted_by_column(struct registry *registry, const struct growth_link *link,
                                 const struct slot_profile *profile)
{
    struct table_record record;
    return tables_get(registry, tables_resolve(registry, link->old->table), &record) &&
           record.header.growths > 0 && record.profile.slot_bytes == profile->slot_bytes &&
           record.profile.column == profile->column &&
           record.profile.column_bytes == profile->column_bytes;
}

/* How the slots of an unknown table look, and by that its entries. False where they do not tell. */
static bool learn_slots(struct registry *registry, struct scratch *scratch,
                        const struct growth_link *link, struct study *study,
                        struct table_reading *reading)
{
    const struct memory_reader *reader = scratch->view.reader;
    struct slot_profile *profile = &study->profile;
    struct block block = {.address = link->array->address, .bytes = link->array->bytes};
    study->is_packed =
        slot_profile_has_empty_end(reader, block.address, block.bytes, scratch->layout_scratch);
    if (!slot_profile_learn(reader, block.address, block.bytes, link->unit, link->comparison,
                            scratch->layout_scratch, profile) &&
        !recall_numbers(registry, scratch, link, profile) && !are_placed(scratch, link, profile))
        return false;
    heads_by_keys(scratch, link, profile);
    profile->array_sequence = (uint32_t)link->array->sequence;
    profile->is_whole = link->comparison->found_ppm >= WHOLE_PPM;
    slot_addresses_widen(&scratch->view, &block, profile);
    slot_front_learn(reader, block.address, block.bytes, profile);
    slot_front_of_allocator(reader, block.address, profile);
    slot_front_of_count(reader, block.address, block.bytes, scratch->layout_scratch, profile);
    if (!is_counted_by_column(registry, link, profile))
        slot_zeros_avoid(&scratch->view, &block, profile);
    profile->is_in_use_to_its_end = slot_profile_is_in_use_to_its_end(
        reader, block.address, block.bytes, profile, scratch->layout_scratch);
    study->is_packed =
        study->is_packed || slot_profile_is_packed(reader, block.address, block.bytes, profile,
                                                   scratch->layout_scratch);
    /* Learning takes a millisecond; a large table is worth it at each growth, for the larger it
     * is, the surer is what it teaches. */
    if (block.bytes < LEAST_RELEARNT_BYTES)
        recall_chains(registry, link->old->table, profile);
    if (!profile->is_chained)
        chains_learn(&scratch->view, &block, profile);
    if (!profile->is_chained)
        bucket_vectors_learn(&scratch->view, &block, profile);
    if (!profile->is_chained && profile->length_kind == SLOT_LENGTH_NONE)
        recall_vectors(registry, scratch, link, profile);
    if (profile->length_kind == SLOT_LENGTH_NONE && has_one_array(registry, link))
        bucket_vectors_learn_vecs(&scratch->view, &block, profile);
    return occupancy_read(&scratch->view, &block, profile, 0, reading);
}

/* The slots are heads: there are more entries than these, as many as chance hangs into so many
 * chains, but no more than there are numbers. Keys that are their own hashes are not there by
 * chance, so that no more is proven than one in each. */
static void note_chains(const struct table_reading *reading, struct study *study)
{
    study->profile.is_indexed = 1;
    study->evidence.live = reading->live;
    if (reading->live < reading->capacity)
        slot_profile_chained_live(reading->live, reading->capacity, &study->live,
                                  &study->live_error);
    if (reading->numbers >= reading->live && reading->numbers < study->live) {
        study->live = reading->numbers;
        study->live_error = (reading->numbers - reading->live) / 4;
    }
}

/* The load that made it grow: the same entries in an array as much smaller as the old one was. */
static void note_load(struct registry *registry, struct scratch *scratch,
                      const struct growth_link *link, const struct table_reading *reading,
                      struct study *study)
{
    const struct array_record *old = link->old;
    struct slot_profile *profile = &study->profile;
    uint64_t bytes =
        reading->array_count > 0 && !link->by_realloc && reading->arrays[0].address == old->address
            ? old->bytes
            : link->array->bytes;
    double old_capacity = (double)reading->capacity * (double)old->bytes / (double)bytes;
    double load = (double)reading->live / old_capacity;
    /* No more entries than slots: else the old array was the predecessor's predecessor, if it was a
     * table's at all. */
    bool is_open = profile->slot_bytes != 0 && !profile->is_chained &&
                   profile->length_kind == SLOT_LENGTH_NONE;
    /* Where slots were not understood and words are counted, a power of two that they come near is
     * not their number. */
    study->is_overfull = is_open && load > 1 && reading->live > old->bytes / profile->slot_bytes;
    if ((study->is_overfull && are_heads(scratch, old, link->array, profile, reading)) ||
        (is_open && (are_numbered_chains(profile, reading) ||
                     growth_heads_were_parted(registry, scratch, link, profile, reading)))) {
        /* More slots are in use than the old array had: they are heads of chains. */
        study->is_overfull = false;
        note_chains(reading, study);
        load = (double)study->live / old_capacity;
    }
    if (study->is_overfull)
        study->evidence.live = 0; /* nor are there as many: the slots are larger than they look */
    if (!study->is_overfull && load < 1000)
        study->evidence.occupied_ppm = (uint32_t)(load * 1e6);
    if (bytes != link->array->bytes)
        study->capacity = 0;
}

void growth_study(struct registry *registry, struct scratch *scratch,
                  const struct growth_link *link, struct study *study)
{
    struct growth_evidence *evidence = &study->evidence;
    struct table_reading reading = {0};

    evidence->moved_ppm = link->comparison->moved_ppm;
    if (!may_study(registry, link->array))
        return;
    study->layout = recognise_either(scratch, link, &reading);
    bool is_certain = study->is_known = study->layout != NULL;
    bool is_learnt = is_certain || learn_slots(registry, scratch, link, study, &reading);
    if (!is_certain && growth_link_is_copy(link)) {
        study->profile = (struct slot_profile){0}; /* it tells whether it is packed, and no more */
        return;
    }
    if (!is_learnt)
        return;
    if (!(reading.known & DUMP_KNOWN_LIVE) || reading.capacity == 0)
        return;
    if (!is_certain) {
        study->live = reading.live;
        study->live_error = reading.live_error;
        study->numbers = reading.numbers;
    }
    study->capacity = reading.capacity;
    evidence->by_steps = link->by_steps;
    evidence->is_estimate = !is_certain;
    /* Words, of which there are several in an entry: the object may count them in some ratio. */
    if (study->profile.is_of_parts && !study->profile.is_chained)
        return;
    /* Behind a realloc lies what was there before, which may look like entries: no proof of a peak.
     */
    if (is_certain || !link->by_realloc || link->is_fresh)
        evidence->live =
            reading.live > 2 * reading.live_error ? reading.live - 2 * reading.live_error : 0;
    /* Else entries came in since, so the load at the growth is not known either. */
    if ((!link->by_realloc || link->is_fresh) && !link->by_steps)
        note_load(registry, scratch, link, &reading, study);
    /* Entries that came in since have numbers, too: heads are known by them whenever they are
     * looked at, as those of an array that was put in place of the old one before anything was in
     * it. */
    else if (!is_certain && reading.live >= LEAST_NUMBERED_HEADS &&
             are_numbered_chains(&study->profile, &reading))
        note_chains(&reading, study);
}
