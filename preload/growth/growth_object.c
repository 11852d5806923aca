/*
 * The table's own object at a growth: see growth_object.h. Runs inside the tracker, under no lock.
 */
#include "growth_object.h"

#include "bucket_shape.h"
#include "early_growth.h"
#include "growth_expected.h"
#include "growth_heads.h"
#include "growth_scale.h"
#include "header_search.h"
#include "occupancy.h"
#include "table_scale.h"

#define LEAST_SLOT_BYTES     4u
#define MORE_OF_WORD         8u /* that come in while the slots are counted, another thread's */
#define HEADER_GROWTHS_PROVE 2u /* one word that equals a number may do so by chance */
#define NEIGHBOURS_GROWTHS   4u /* by then a table beside this one is known as one, too */

void growth_object_slots(struct registry *registry, struct scratch *scratch,
                         const struct growth_link *link, struct study *study)
{
    struct early_growth early;
    struct table_record record = {0};
    tables_get(registry, tables_resolve(registry, link->old->table), &record);
    if (study->is_known || study->profile.slot_bytes != 0 || link->by_realloc ||
        link->array->bytes < GROWTH_LEAST_STUDIED_BYTES ||
        !early_growth_find(registry, scratch, link->old, link->array, &record.header, &early))
        return;
    study->profile = early.profile;
    study->header = early.header;
    study->capacity = link->array->bytes / early.profile.slot_bytes;
    study->evidence.occupied_ppm = early.load_ppm;
    study->evidence.live = early.live;
}

/* Of words that scaled, drops those that are fewer than the entries which the slots have at least,
 * of heads one each. The hits of a cache, half as many as its entries at each growth, were said to
 * be these: 112,000 of 2,636. */
static void leave_fewer(struct scale_profile *scale, uint64_t least)
{
    unsigned counts = 0;
    for (unsigned i = 0; i < scale->count_number; i++)
        if (scale->counts[i].word + scale->counts[i].word / MORE_OF_WORD + 2ull >= least)
            scale->counts[counts++] = scale->counts[i];
    scale->count_number = (uint16_t)counts;
    if (counts == 0)
        scale->growths = 0;
}

void growth_object_scale(struct registry *registry, struct scratch *scratch,
                         const struct growth_link *link, struct study *study)
{
    struct table_record record = {0};
    tables_get(registry, tables_resolve(registry, link->old->table), &record);
    if (study->is_known || link->by_realloc || growth_link_is_copy(link) ||
        link->array->bytes < GROWTH_LEAST_STUDIED_BYTES || link->array->bytes <= link->old->bytes)
        return;
    if (record.scale.array_sequence != (uint32_t)link->old->sequence)
        record.scale.growths = 0;
    if (!growth_scale_learn(registry, scratch, link->old, link->array, &record.scale,
                            &study->scale))
        return;
    if (table_scale_rose(&study->scale, &record.scale, (uint32_t)link->array->sequence)) {
        study->evidence.by_steps = true;
        study->evidence.occupied_ppm = 0;
    }
    if (study->profile.slot_bytes != 0 && !study->profile.is_chained && study->live_error == 0)
        table_scale_compare(&study->scale, link->array->bytes, study->capacity, study->live);
    else if (study->profile.is_indexed && study->profile.slot_bytes != 0)
        leave_fewer(&study->scale, study->evidence.live);
}

void growth_object_reallocated(struct registry *registry, uint32_t table,
                               const struct array_record *old, const struct array_record *array)
{
    struct table_record record;
    struct scale_profile scale;
    if (array->bytes < GROWTH_LEAST_STUDIED_BYTES || array->bytes <= old->bytes ||
        !tables_get(registry, table, &record) || record.layout != 0)
        return;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        return;
    }
    if (record.scale.array_sequence != (uint32_t)old->sequence)
        record.scale.growths = 0;
    if (growth_scale_learn(registry, scratch, old, array, &record.scale, &scale))
        tables_set_scale(registry, table, &scale);
    scratch_return(scratch);
}

/* --- what its words are as the next array is born --- */

static bool is_worth_noting(const struct table_record *record, const struct array_record *old)
{
    const struct header_profile *header = &record->header;
    return header->growths > 0 && header->array_sequence == (uint32_t)old->sequence &&
           header->kind != HEADER_IN_ARRAY &&
           (header->growths < NEIGHBOURS_GROWTHS ||
            header->proven + 1u < 1u << header->count_number);
}

struct own_table {
    struct registry *registry;
    uint32_t table;
};

static bool is_anothers(uint64_t address, void *context)
{
    const struct own_table *own = context;
    struct array_record array;
    return registry_find(own->registry, address, &array) != 0 && array.table != 0 &&
           tables_resolve(own->registry, array.table) != own->table;
}

void growth_object_born(struct registry *registry, const struct array_record *array)
{
    struct array_record old;
    struct table_record record;
    if (array->bytes < GROWTH_LEAST_STUDIED_BYTES ||
        !growth_expected_predecessor(registry, array, &old) || old.table == 0)
        return;
    uint32_t table = tables_resolve(registry, old.table);
    if (!tables_get(registry, table, &record) || record.layout != 0)
        return;
    bool is_scaling =
        record.scale.growths > 0 && record.scale.array_sequence == (uint32_t)old.sequence;
    bool is_counting = is_worth_noting(&record, &old);
    struct scratch *scratch = is_scaling || is_counting ? scratch_take() : NULL;
    if (!scratch)
        return;
    const struct memory_reader *reader = scratch->view.reader;
    uint32_t sequence = (uint32_t)array->sequence;
    struct own_table own = {.registry = registry, .table = table};
    if (is_scaling && table_scale_note_birth(reader, sequence, is_anothers, &own, &record.scale))
        tables_set_scale(registry, table, &record.scale);
    if (is_counting && header_note_birth(reader, sequence, is_anothers, &own, &record.header))
        tables_set_header(registry, table, &record.header);
    scratch_return(scratch);
}

/* --- which words count --- */

struct hypothesis {
    struct header_facts facts;
    struct slot_profile profile;
};

struct search {
    struct registry *registry;
    struct scratch *scratch;
    const struct growth_link *link;
    const struct header_profile *before;
    struct header_profile found;
};

static struct header_facts facts_of(const struct array_record *array, uint64_t capacity,
                                    uint64_t live, uint64_t live_error)
{
    return (struct header_facts){
        .array = {.address = array->address, .bytes = array->bytes},
        .array_sequence = (uint32_t)array->sequence,
        .capacity = capacity,
        .live = live,
        /* The entry that made it grow may be counted already, or not yet. */
        .slack = live_error > 0 ? 3 * live_error + live / 100 : 1,
    };
}

struct header_facts growth_object_facts(const struct growth_link *link, const struct study *study)
{
    struct header_facts facts =
        facts_of(link->array, study->capacity, study->live, study->live_error);
    facts.numbers = study->numbers;
    return facts;
}

static bool is_confirmed(struct search *search, const struct hypothesis *hypothesis)
{
    const struct array_record *old = search->link->old;
    struct block block = {.address = old->address, .bytes = old->bytes};
    return header_search(search->registry, search->scratch, &hypothesis->facts, &block,
                         search->link->array->site, search->before, &search->found);
}

static bool are_heads_of_chains(struct search *search, struct hypothesis *hypothesis)
{
    struct hypothesis chains = *hypothesis;
    chains.profile.is_indexed = 1;
    if (!(header_facts_of_numbers(&hypothesis->facts, &chains.facts) &&
          is_confirmed(search, &chains)) &&
        !(header_facts_of_chains(&hypothesis->facts, &hypothesis->profile, &chains.facts) &&
          is_confirmed(search, &chains)))
        return false;
    *hypothesis = chains;
    return true;
}

/* Slots that hold pointers may look like heads of chains: the objects they point at hold pointers,
 * too. Then the table counts its occupied slots. Not where a growth parted chains: of keys in
 * sequence as many buckets are in use then as the old array had, which some word beside says. */
static bool are_single(struct search *search, struct hypothesis *hypothesis)
{
    struct hypothesis single = *hypothesis;
    struct table_reading reading = {0};
    if (!hypothesis->profile.is_chained)
        return false;
    single.profile.is_chained = 0;
    if (!occupancy_read(&search->scratch->view, &hypothesis->facts.array, &single.profile, 0,
                        &reading))
        return false;
    if (growth_heads_were_parted(search->registry, search->scratch, search->link, &single.profile,
                                 &reading))
        return false;
    single.facts = facts_of(search->link->array, reading.capacity, reading.live, 0);
    if (!is_confirmed(search, &single) || search->found.capacity_form == HEADER_CAPACITY_UNKNOWN)
        return false;
    *hypothesis = single;
    return true;
}

/* Where hashes are spread evenly, every second bucket empty, two look like one slot. A word must
 * say how many there are; where a vector ends says it of none. */
static bool are_finer(struct search *search, struct hypothesis *hypothesis)
{
    struct hypothesis finer = *hypothesis;
    struct slot_profile *profile = &finer.profile;
    struct block array = finer.facts.array;
    profile->column %= profile->column_bytes;
    profile->has_marker = profile->has_states = 0;
    profile->distinct_columns = 0;
    while (profile->slot_bytes % 2 == 0 && profile->slot_bytes / 2 >= profile->column_bytes &&
           profile->slot_bytes / 2 >= LEAST_SLOT_BYTES) {
        struct table_reading reading = {0};
        profile->slot_bytes /= 2;
        if (!occupancy_read(&search->scratch->view, &array, profile, 0, &reading))
            return false;
        if (reading.tombstones > 0)
            continue; /* nothing was deleted since the entries moved: halves of slots */
        finer.facts =
            facts_of(search->link->array, reading.capacity, reading.live, reading.live_error);
        if (is_confirmed(search, &finer) && search->found.capacity_form != HEADER_CAPACITY_END) {
            *hypothesis = finer;
            return true;
        }
    }
    return false;
}

void growth_object_counts(struct registry *registry, struct scratch *scratch, uint32_t table,
                          const struct growth_link *link, const struct study *study)
{
    struct table_record record;
    struct search search = {.registry = registry, .scratch = scratch, .link = link};
    if (study->header.growths > 0)
        tables_set_header(registry, table, &study->header);
    if (study->header.growths > 0 || study->profile.slot_bytes == 0 || study->capacity == 0 ||
        !tables_get(registry, table, &record))
        return;
    search.before = &record.header;
    struct hypothesis hypothesis = {
        .facts = growth_object_facts(link, study),
        .profile = record.profile,
    };
    if (record.profile.array_sequence != study->profile.array_sequence)
        return; /* of the arrays that grew together another one is read */
    if (are_single(&search, &hypothesis)) {
        tables_set_profile(registry, table, &hypothesis.profile);
        tables_set_header(registry, table, &search.found);
    } else if (is_confirmed(&search, &hypothesis)) {
        tables_set_header(registry, table, &search.found);
    } else if (are_heads_of_chains(&search, &hypothesis)) {
        /* Some part of an estimate is met by chance. */
        if (search.found.times == search.found.parts ||
            search.found.growths >= HEADER_GROWTHS_PROVE)
            tables_set_profile(registry, table, &hypothesis.profile);
        tables_set_header(registry, table, &search.found);
    } else if (are_finer(&search, &hypothesis)) {
        tables_set_profile(registry, table, &hypothesis.profile);
        tables_set_header(registry, table, &search.found);
    } else if ((!link->by_realloc || link->is_fresh) &&
               record.header.growths < EARLY_GROWTHS_PROVE) {
        /* What an earlier growth took for the count was right by chance. */
        struct header_profile none = {.array_sequence = record.profile.array_sequence};
        tables_set_header(registry, table, &none);
    }
}

void growth_object_note(struct registry *registry, struct scratch *scratch, uint32_t table,
                        const struct array_record *old, const struct array_record *array)
{
    struct block block = {.address = array->address, .bytes = array->bytes};
    struct table_record record;
    uint32_t sequence = (uint32_t)array->sequence;
    uint64_t live;
    if (!tables_get(registry, table, &record) || record.layout != 0)
        return;
    const struct header_profile *header = &record.header;
    uint32_t a_bucket = bucket_shape_slots(&record.buckets);
    if (header->array_sequence == sequence && header->growths >= HEADER_GROWTHS_PROVE &&
        !header->is_rough && header->capacity_form != HEADER_CAPACITY_UNKNOWN)
        tables_count_growth(registry, table, header->live);
    else if (record.scale.array_sequence == sequence &&
             table_scale_counted(&record.scale, old->bytes, a_bucket ? a_bucket : 1, &live))
        tables_count_growth(registry, table, live);
    else if (a_bucket > 0 && bucket_shape_count(&scratch->view, &record.buckets, &block, &live))
        tables_count_growth(registry, table, live);
}
