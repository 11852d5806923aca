/*
 * The search for the object whose words scale: see growth_scale.h. Runs inside the tracker, takes
 * no lock. After the first growth the object is where it was, and two reads are enough.
 */
#include "growth_scale.h"

#include "growth_buckets.h"
#include "growth_expected.h"
#include "growth_flags.h"
#include "growth_moved_whole.h"
#include "growth_object.h"
#include "growth_recognised.h"
#include "header_search.h"
#include "slot_profile.h"
#include "slot_sequence.h"
#include "tables.h"
#include "thread.h"

#define MOST_CANDIDATES 4u

struct find {
    struct scale_search search;
    struct scale_profile *out;
    uint64_t refuted; /* a place whose words did not grow with the array; 0: none */
    bool found;
};

static void visit_known(const struct header_place *place, struct find *find)
{
    struct scale_profile profile;
    struct header_place known = *place;
    known.object = find->search.before->object;
    if (known.object != 0)
        known.kind = HEADER_ON_STACK;
    find->found = table_scale_match(&find->search, &known, &profile);
    if (find->found)
        *find->out = profile;
}

/* Of all objects the one that looks most like a table's. */
static bool visit_any(const struct header_place *place, void *context)
{
    struct find *find = context;
    struct scale_profile profile;
    if (place->address == find->refuted ||
        (place->kind == HEADER_ON_STACK &&
         (place->object == 0 || place->object > place->address)) ||
        !table_scale_match(&find->search, place, &profile) ||
        (find->found && profile.score <= find->out->score))
        return false;
    *find->out = profile;
    find->found = true;
    return false;
}

bool growth_scale_learn(const struct registry *registry, struct scratch *scratch,
                        const struct array_record *old, const struct array_record *array,
                        const struct scale_profile *before, struct scale_profile *out)
{
    struct find find = {
        .search = {.reader = scratch->view.reader,
                   .old = {.address = old->address, .bytes = old->bytes},
                   .array = {.address = array->address, .bytes = array->bytes},
                   .before = before,
                   .array_sequence = (uint32_t)array->sequence,
                   .by_realloc = array->flags & ARRAY_REALLOCED},
        .out = out,
    };
    const struct scale_search *search = &find.search;
    struct scale_fronts fronts;
    if (table_scale_read_fronts(search, &fronts))
        find.search.fronts = &fronts;
    struct header_place known = {.address = before->place, .kind = HEADER_IN_OBJECT};
    if (before->growths > 0) {
        if (search->reader->read(search->reader, known.address, &known.word, sizeof(known.word)) &&
            (block_has(&search->old, known.word) || block_has(&search->array, known.word)))
            visit_known(&known, &find);
        if (!find.found && before->growths >= SCALE_GROWTHS_PROVE)
            return false; /* it was right at several: any other object is another one */
        find.refuted = before->place;
    }
    find.search.before = NULL;
    if (!find.found) {
        known.address = 0;
        header_search_places(registry, scratch, &search->array, &search->old, array->site, &known,
                             visit_any, &find);
    }
    if (find.found)
        out->array_sequence = (uint32_t)array->sequence;
    return find.found;
}

/* --- growths of which nothing else is to be seen --- */

bool growth_scale_candidate(struct registry *registry, const struct array_record *old,
                            uint64_t least_bytes, uint32_t *index, struct array_record *out)
{
    const struct recent_array *recent;
    for (uint32_t i = 0; i < MOST_CANDIDATES && (recent = thread_recent(i)) != NULL; i++) {
        *index = recent->index;
        if (registry_get(registry, recent->index, recent->sequence, out) &&
            growth_is_plausible(old, out) && out->frame_top == old->frame_top &&
            out->bytes >= GROWTH_LEAST_STUDIED_BYTES && out->bytes >= least_bytes &&
            (out->table == 0 || out->table == old->table))
            return true;
    }
    return false;
}

/* A tree that was laid out anew has an owner that counts and has room, too. So lie keys in sequence
 * that are their own hashes. */
static bool is_packed(struct scratch *scratch, const struct array_record *array)
{
    const struct memory_reader *reader = scratch->view.reader;
    const struct block block = {.address = array->address, .bytes = array->bytes};
    return slot_profile_is_at_one_end(reader, block.address, block.bytes,
                                      scratch->layout_scratch) &&
           !slot_sequence_is_there(reader, &block, scratch->layout_scratch);
}

/* Nor has a table's owner only counts: the levels of an order book were put into the middle of a
 * larger array each time, at the same load, and its owner counted 3,375 of 524,288. */
static bool is_moved_whole(struct scratch *scratch, const struct array_record *old,
                           const struct array_record *array)
{
    const struct block before = {.address = old->address, .bytes = old->bytes};
    const struct block after = {.address = array->address, .bytes = array->bytes};
    return growth_moved_whole(&scratch->view, &before, &after);
}

bool growth_scale_link(struct registry *registry, struct scratch *scratch,
                       const struct array_record *old)
{
    struct array_record array, before = *old;
    struct table_record record = {0};
    struct scale_profile scale;
    struct growth_evidence evidence = {0};
    uint32_t index, table = tables_resolve(registry, old->table);
    /* What is to be filled is looked at when it is: until then the object, too, may name either. */
    if (!growth_scale_candidate(registry, old, old->bytes + old->bytes / 4, &index, &array) ||
        growth_is_blank(scratch->view.reader, &array))
        return false;
    tables_get(registry, table, &record);
    if (record.layout != 0)
        return false;
    if (record.scale.array_sequence != (uint32_t)old->sequence)
        record.scale.growths = 0;
    if (!growth_scale_learn(registry, scratch, old, &array, &record.scale, &scale) ||
        !table_scale_is_early(&scale, old->bytes))
        return false;
    if (is_packed(scratch, &array) || is_moved_whole(scratch, old, &array)) {
        if (record.scattered == 0)
            tables_forget(registry, table);
        return false;
    }
    if (scale.growths == 1 && tables_is_doubtful(registry, table)) {
        tables_forget(registry, table); /* it was something else, and begins anew */
        before.table = 0;
    }
    bool is_doubtful = before.table == 0 || tables_is_doubtful(registry, table);
    table = tables_link(registry, &before, index, &array, &evidence);
    if (table == 0)
        return false;
    tables_set_scale(registry, table, &scale);
    if (is_doubtful)
        tables_set_doubtful(registry, table, scale.growths < SCALE_GROWTHS_PROVE);
    growth_buckets_learn(registry, scratch, table, old, &array);
    growth_object_note(registry, scratch, table, old, &array);
    growth_flags_learn(registry, scratch, table, old, &array);
    return true;
}
