/*
 * Linking arrays to the ones they replace: see growth.h.
 *
 * The contents of arrays are read through process_vm_readv, for another thread may free the
 * successor while it is looked at. All limits below bound what one free can cost.
 */
#include "growth.h"

#include <string.h>

#include "chains.h"
#include "occupancy.h"
#include "scratch.h"
#include "slot_profile.h"
#include "tables.h"
#include "thread.h"

/* Successors looked at for one free: the last ones that this thread allocated. */
#define MOST_COMPARISONS 2
/* Arrays at least this large are looked at when they are freed even if they were never seen
 * growing. */
#define LEAST_FREED_BYTES (512u * 1024)
/* Smaller arrays are not worth the fingerprint at a realloc or a step-by-step growth. */
#define LEAST_FINGERPRINT_BYTES 1024u

/* --- fingerprints: samples kept in the registry until the next look --- */

struct fingerprint {
    uint32_t owner; /* low half of the sequence of the array it is for */
    uint32_t count;
    uint64_t source_bytes;
    struct {
        uint32_t offset;
        uint32_t run;
        uint64_t word;
    } words[FINGERPRINT_WORDS];
};

_Static_assert(sizeof(struct fingerprint) <= FINGERPRINT_BYTES, "the pool's records are smaller");

static uint32_t keep_fingerprint(struct registry *registry, const struct sample *sample,
                                 uint32_t owner)
{
    /* The pool is used round and round: what was not looked at for thousands of reallocs is stale.
     */
    uint32_t ticket = atomic_fetch_add(&registry->next_fingerprint, 1);
    uint32_t index = 1 + ticket % (registry->fingerprints.max_records - 1);
    while (!pool_has(&registry->fingerprints, index)) {
        if (!lock_take(&registry->pool_lock))
            return 0;
        uint32_t taken =
            pool_has(&registry->fingerprints, index) ? index : pool_take(&registry->fingerprints);
        lock_release(&registry->pool_lock);
        if (taken == 0)
            return 0;
    }
    struct fingerprint *print = pool_at(&registry->fingerprints, index);
    print->owner = owner;
    print->source_bytes = sample->source_bytes;
    print->count = 0;
    /* Whole runs, evenly chosen, so that neighbours stay together. */
    uint32_t keep_every = (sample->count + FINGERPRINT_WORDS - 1) / FINGERPRINT_WORDS;
    for (uint32_t i = 0; i < sample->count && print->count < FINGERPRINT_WORDS; i++) {
        if (keep_every > 1 && sample->words[i].run % keep_every != 0)
            continue;
        print->words[print->count].offset = sample->words[i].offset;
        print->words[print->count].run = sample->words[i].run;
        print->words[print->count].word = sample->words[i].word;
        print->count++;
    }
    return index;
}

static bool load_fingerprint(const struct registry *registry, uint32_t index, uint32_t owner,
                             struct sample *out)
{
    if (!pool_has(&registry->fingerprints, index))
        return false;
    const struct fingerprint *print = pool_at(&registry->fingerprints, index);
    if (print->owner != owner || print->count > FINGERPRINT_WORDS)
        return false;
    out->unit = 8;
    out->paired = false;
    out->source_bytes = print->source_bytes;
    out->count = print->count;
    for (uint32_t i = 0; i < print->count; i++) {
        out->words[i].offset = print->words[i].offset;
        out->words[i].run = print->words[i].run;
        out->words[i].word = print->words[i].word;
    }
    return true;
}

/* --- reading a table at its growth or its end --- */

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
    for (uint32_t i = 1; i <= THREAD_RECENT && i <= thread_state.recent_count; i++) {
        const struct recent_array *recent =
            &thread_state.recent[(thread_state.recent_count - i) % THREAD_RECENT];
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

static const struct block_index growth_blocks = {
    .find = find_block, .neighbours = recent_blocks, .pointer_to = no_pointer};

static const struct layout *recognise(struct scratch *scratch, const struct array_record *array,
                                      struct table_reading *out)
{
    struct block block = {.address = array->address, .bytes = array->bytes};
    memset(out, 0, sizeof(*out));
    scratch->view.blocks = &growth_blocks;
    return layout_recognise(&scratch->view, &block, out);
}

/* --- a link --- */

/* What the growth tells: how many entries there are, and how an unknown table's slots look. */
static void study_growth(struct scratch *scratch, const struct array_record *old,
                         const struct array_record *new_array, const struct comparison *comparison,
                         uint32_t unit, bool by_realloc, struct growth_evidence *evidence,
                         struct slot_profile *profile)
{
    struct table_reading reading = {0};
    struct block block = {.address = new_array->address, .bytes = new_array->bytes};

    evidence->moved_ppm = comparison->moved_ppm;
    memset(profile, 0, sizeof(*profile));
    bool is_certain = recognise(scratch, new_array, &reading) || recognise(scratch, old, &reading);
    bool is_read = is_certain;
    if (!is_read && slot_profile_learn(scratch->view.reader, block.address, block.bytes, unit,
                                       comparison, scratch->layout_scratch, profile)) {
        profile->array_sequence = (uint32_t)new_array->sequence;
        chains_learn(&scratch->view, &block, profile);
        is_read = occupancy_read(&scratch->view, &block, profile, &reading);
    }
    if (!is_read || !(reading.known & DUMP_KNOWN_LIVE) || reading.capacity == 0)
        return;
    /* Behind a realloc lies what was there before, which may look like entries: no proof of a peak. */
    if (is_certain || !by_realloc)
        evidence->live = reading.live > 2 * reading.live_error
                             ? reading.live - 2 * reading.live_error
                             : 0;
    /* The load that made it grow: the same entries in an array as much smaller as the old one was. */
    uint64_t bytes = reading.array_count > 0 && reading.arrays[0].address == old->address
                         ? old->bytes
                         : new_array->bytes;
    double old_capacity = (double)reading.capacity * (double)old->bytes / (double)bytes;
    double load = (double)reading.live / old_capacity;
    evidence->occupied_ppm = load < 1000 ? (uint32_t)(load * 1e6) : 0;
}

/* Whether two arrays were allocated by the same call of the same function: equal stacks but for the
 * innermost return address. */
static bool same_caller(const struct registry *registry, uint32_t a, uint32_t b)
{
    if (a == b)
        return a != 0;
    if (!pool_has(&registry->sites, a) || !pool_has(&registry->sites, b))
        return false;
    const struct site_record *first = pool_at(&registry->sites, a);
    const struct site_record *second = pool_at(&registry->sites, b);
    if (first->frame_count != second->frame_count || first->frame_count < 2)
        return false;
    return memcmp((const uint64_t *)pool_at(&registry->frames, first->first_frame) + 1,
                  (const uint64_t *)pool_at(&registry->frames, second->first_frame) + 1,
                  (first->frame_count - 1) * sizeof(uint64_t)) == 0;
}

/* Arrays that grow together are one table: a second array was replaced in this thread while the
 * first was being replaced, that is, its successor was allocated before the first old array went;
 * or both were realloc'ed right after each other by the same call. */
static uint32_t join_with_last(struct registry *registry, uint32_t table,
                           const struct array_record *new_array, bool by_realloc)
{
    struct last_link *last = &thread_state.last_link;
    uint32_t sequence = (uint32_t)new_array->sequence;
    bool overlaps = last->table != 0 && last->table != table &&
                    (by_realloc ? last->by_realloc && sequence - last->sequence <= 3
                                : (int32_t)(sequence - last->clock) <= 0);
    if (overlaps && same_caller(registry, last->site, new_array->site))
        table = tables_merge(registry, last->table, table);
    *last = (struct last_link){
        .table = table,
        .sequence = sequence,
        .clock = (uint32_t)atomic_load_explicit(&registry->next_sequence, memory_order_relaxed),
        .site = new_array->site,
        .by_realloc = by_realloc,
    };
    return table;
}

static void link_arrays(struct registry *registry, struct scratch *scratch,
                        const struct array_record *old, uint32_t new_index,
                        const struct array_record *new_array, const struct comparison *comparison,
                        uint32_t unit, bool by_realloc)
{
    struct growth_evidence evidence = {0};
    struct slot_profile profile;
    study_growth(scratch, old, new_array, comparison, unit, by_realloc, &evidence, &profile);
    uint32_t table = tables_link(registry, old, new_index, new_array, &evidence);
    if (table == 0)
        return;
    table = join_with_last(registry, table, new_array, by_realloc);
    if (profile.slot_bytes != 0)
        tables_set_profile(registry, table, &profile);
}

/* --- births --- */

static uint32_t caller_place(uint32_t frame_top, uint64_t bytes)
{
    uint64_t key = (bytes ^ (uint64_t)frame_top << 32) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(key >> 40) % REGISTRY_CALLERS;
}

static void set_successor(struct array_record *array, void *context)
{
    const struct table_array *successor = context;
    array->successor = successor->index;
    array->successor_sequence = successor->sequence;
}

static void set_fingerprint(struct array_record *array, void *context)
{
    array->fingerprint = *(const uint32_t *)context;
}

/* A table that moves its entries step by step has emptied the old array when it frees it, so its
 * contents are remembered now. Which array that is: the last one of half (or a quarter of) the size
 * that the same function allocated. */
static void expect_succession(struct registry *registry, uint32_t index,
                              const struct array_record *array)
{
    for (unsigned shift = 1; shift <= 2; shift++) {
        struct table_array hint =
            registry->by_caller[caller_place(array->frame_top, array->bytes >> shift)];
        struct array_record old;
        if (array->bytes & ((1u << shift) - 1) ||
            !registry_get(registry, hint.index, hint.sequence, &old) ||
            old.bytes != array->bytes >> shift || old.frame_top != array->frame_top ||
            old.flags & ARRAY_COPIED)
            continue;
        struct scratch *scratch = scratch_take();
        if (!scratch) {
            counter_add(&registry->counters, COUNTER_SCRATCH_BUSY);
            return;
        }
        struct sample *sample = &scratch->signature.sample;
        uint32_t print = 0;
        if (signature_sample(scratch->view.reader, old.address, old.bytes, 8, false, sample,
                             scratch->signature.piece) &&
            sample->count >= FINGERPRINT_WORDS / 4)
            print = keep_fingerprint(registry, sample, (uint32_t)array->sequence);
        scratch_return(scratch);
        if (print != 0) {
            struct table_array successor = {.index = index, .sequence = (uint32_t)array->sequence};
            registry_update(registry, index, successor.sequence, set_fingerprint, &print);
            registry_update(registry, hint.index, hint.sequence, set_successor, &successor);
            return;
        }
    }
}

void growth_born(struct registry *registry, uint32_t index, const struct array_record *array)
{
    struct table_array self = {.index = index, .sequence = (uint32_t)array->sequence};
    thread_state.recent[thread_state.recent_count++ % THREAD_RECENT] =
        (struct recent_array){.index = self.index, .sequence = self.sequence};
    if (array->bytes >= 2 * LEAST_FINGERPRINT_BYTES)
        expect_succession(registry, index, array);
    registry->by_caller[caller_place(array->frame_top, array->bytes)] = self;
}

/* --- deaths --- */

/* Whether `array` may have replaced `old`: allocated later, of a size that growing or shrinking
 * gives, and by a relative. Only then are the contents compared. */
static bool is_plausible(const struct array_record *old, const struct array_record *array)
{
    if (array->sequence <= old->sequence || array->flags & ARRAY_COPIED)
        return false;
    double ratio = (double)array->bytes / (double)old->bytes;
    if (ratio < 1.0 / 64 || ratio > 20)
        return false;
    if (array->frame_top == old->frame_top || array->site == old->site)
        return true;
    /* Another function allocated the first array than the one that grows it: by size then. */
    return (ratio > 1.9 && ratio < 2.3) || (ratio > 3.8 && ratio < 4.3) ||
           (ratio > 1.4 && ratio < 1.6) || old->table != 0;
}

/* Compares with words of 8 bytes, then of 4; each alone, then with its neighbour. The first that says
 * something decides, but for arrays of 4-byte keys: half of the pairs of keys that make an 8-byte word
 * may move together, and then the single keys are found much more often. */
static enum signature compare(struct scratch *scratch, const struct array_record *old,
                              const struct array_record *array, struct comparison *comparison,
                              uint32_t *unit)
{
    static const struct {
        uint32_t unit;
        bool paired;
    } ways[] = {{8, false}, {8, true}, {4, false}, {4, true}};
    struct signature_work *work = &scratch->signature;
    struct comparison found = {.signature = SIGNATURE_UNREADABLE};

    for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
        if (!signature_sample(scratch->view.reader, old->address, old->bytes, ways[way].unit,
                              ways[way].paired, &work->sample, work->piece)) {
            counter_add(&hashtrack_registry.counters, COUNTER_READS_FAILED);
            return SIGNATURE_UNREADABLE;
        }
        signature_compare(scratch->view.reader, array->address, array->bytes, work, comparison);
        bool says_something = comparison->signature >= SIGNATURE_COPIED;
        bool is_better = found.signature == SIGNATURE_UNREADABLE ||
                         comparison->found_ppm > found.found_ppm + 150000;
        if (says_something && is_better) {
            found = *comparison;
            *unit = ways[way].unit;
        }
        if (found.signature >= SIGNATURE_COPIED && (found.found_ppm > 900000 || way >= 2))
            break;
        if (found.signature != SIGNATURE_UNREADABLE && way == 0)
            way++; /* pairs of 8-byte words would say no more */
    }
    *comparison = found;
    return found.signature;
}

static void set_copied(struct array_record *array, void *context)
{
    (void)context;
    array->flags |= ARRAY_COPIED;
}

static bool try_successor(struct registry *registry, struct scratch *scratch,
                          const struct array_record *old, uint32_t index,
                          const struct array_record *array)
{
    struct comparison comparison;
    struct table_reading reading;
    uint32_t unit = 8;
    switch (compare(scratch, old, array, &comparison, &unit)) {
    case SIGNATURE_SCATTERED:
        link_arrays(registry, scratch, old, index, array, &comparison, unit, false);
        return true;
    case SIGNATURE_COPIED:
    case SIGNATURE_SHIFTED:
        /* A dict keeps its entries in order of insertion and copies them like a vector. */
        if (recognise(scratch, old, &reading)) {
            link_arrays(registry, scratch, old, index, array, &comparison, unit, false);
            return true;
        }
        registry_update(registry, index, (uint32_t)array->sequence, set_copied, NULL);
        return true;
    default:
        return false;
    }
}

/* The array that was allocated while this one was fingerprinted: are the words of then in it now?
 */
static bool try_expected_successor(struct registry *registry, struct scratch *scratch,
                                   const struct array_record *old)
{
    struct array_record array;
    struct comparison comparison;
    if (old->successor == 0 ||
        !registry_get(registry, old->successor, old->successor_sequence, &array) ||
        !load_fingerprint(registry, array.fingerprint, old->successor_sequence,
                          &scratch->signature.sample))
        return false;
    signature_compare(scratch->view.reader, array.address, array.bytes, &scratch->signature,
                      &comparison);
    if (comparison.signature != SIGNATURE_SCATTERED)
        return false;
    link_arrays(registry, scratch, old, old->successor, &array, &comparison, 8, false);
    return true;
}

static bool find_successor(struct registry *registry, struct scratch *scratch,
                           const struct array_record *old)
{
    unsigned comparisons = 0;
    for (uint32_t i = 1;
         i <= THREAD_RECENT && i <= thread_state.recent_count && comparisons < MOST_COMPARISONS;
         i++) {
        const struct recent_array *recent =
            &thread_state.recent[(thread_state.recent_count - i) % THREAD_RECENT];
        struct array_record array;
        if (!registry_get(registry, recent->index, recent->sequence, &array) ||
            !is_plausible(old, &array))
            continue;
        comparisons++;
        if (try_successor(registry, scratch, old, recent->index, &array))
            return true;
    }
    return try_expected_successor(registry, scratch, old);
}

static bool has_candidates(struct registry *registry, const struct array_record *old)
{
    if (old->successor != 0)
        return true;
    for (uint32_t i = 1; i <= THREAD_RECENT && i <= thread_state.recent_count; i++) {
        const struct recent_array *recent =
            &thread_state.recent[(thread_state.recent_count - i) % THREAD_RECENT];
        struct array_record array;
        if (recent->sequence > (uint32_t)old->sequence &&
            registry_get(registry, recent->index, recent->sequence, &array) &&
            is_plausible(old, &array))
            return true;
    }
    return false;
}

/* Worth a line in the report although it is gone: at least half a megabyte, mostly empty. A table that
 * its destructor emptied first says nothing about how it was used; uthash frees its array with the last
 * entry still counted. */
static bool was_hollow(const struct table_reading *reading, uint64_t bytes)
{
    return bytes >= LEAST_FREED_BYTES && reading->known & DUMP_KNOWN_LIVE && reading->live > 1 &&
           reading->live < reading->capacity / 4;
}

/* What the table held when it was read before: a destructor empties a map and then frees its array. */
static bool previous_reading(const struct registry *registry, const struct table_record *record,
                             struct table_reading *out)
{
    if (!pool_has(&registry->readings, record->last_reading))
        return false;
    const struct reading_record *last = pool_at(&registry->readings, record->last_reading);
    if (last->at_ms < record->last_growth_ms)
        return false;
    *out = (struct table_reading){.capacity = last->capacity,
                                  .live = last->live,
                                  .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
                                  .confidence_ppm = 900000};
    return true;
}

/* An array of a table dies without a successor: the table goes with its last array. */
static void last_reading(struct registry *registry, struct scratch *scratch,
                         const struct array_record *array)
{
    uint32_t table = tables_resolve(registry, array->table);
    struct table_record record = {0};
    struct table_reading reading;
    struct block block = {.address = array->address, .bytes = array->bytes};

    if (table != 0 && !tables_get(registry, table, &record))
        return;
    const struct layout *layout = recognise(scratch, array, &reading);
    bool is_studied = record.profile.array_sequence == (uint32_t)array->sequence;
    bool is_read = layout || (is_studied && record.profile.slot_bytes != 0 &&
                              occupancy_read(&scratch->view, &block, &record.profile, &reading));
    if (!is_read || reading.live <= 1)
        is_read = previous_reading(registry, &record, &reading);
    bool is_hollow = is_read && was_hollow(&reading, array->bytes);
    if (table != 0 && tables_drop_array(registry, table, (uint32_t)array->sequence) > 0 &&
        !is_hollow)
        return;
    if (is_hollow) {
        if (table == 0)
            table = tables_adopt(registry, 0, array);
        tables_set_freed(registry, table, array, &reading,
                         layout ? tables_layout_number(layout) : record.layout,
                         layout || record.layout ? DUMP_READ_EXACT : DUMP_READ_ESTIMATED, 0);
    } else if (table != 0 && !(record.flags & TABLE_FREED)) {
        tables_forget(registry, table);
    }
}

void growth_dying(struct registry *registry, const struct array_record *array)
{
    bool is_of_interest = array->table != 0 || array->bytes >= LEAST_FREED_BYTES;
    if (array->flags & ARRAY_COPIED && array->table == 0)
        is_of_interest = false;
    bool may_have_successor = !(array->flags & ARRAY_COPIED) && has_candidates(registry, array);
    if (!is_of_interest && !may_have_successor)
        return;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        counter_add(&registry->counters, COUNTER_SCRATCH_BUSY);
        return;
    }
    if (!(may_have_successor && find_successor(registry, scratch, array)) && is_of_interest)
        last_reading(registry, scratch, array);
    scratch_return(scratch);
}

/* --- realloc --- */

uint32_t growth_fingerprint(struct registry *registry, const struct array_record *array,
                            uint64_t new_bytes)
{
    /* The smallest factor by which tables grow is 1.5; strings and logs grow by less. */
    if (array->bytes < LEAST_FINGERPRINT_BYTES || new_bytes < array->bytes + array->bytes / 4)
        return 0;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        counter_add(&registry->counters, COUNTER_SCRATCH_BUSY);
        return 0;
    }
    uint32_t print = 0;
    struct sample *sample = &scratch->signature.sample;
    if (signature_sample(scratch->view.reader, array->address, array->bytes, 8, false, sample,
                         scratch->signature.piece) &&
        sample->count >= FINGERPRINT_WORDS / 4)
        print = keep_fingerprint(registry, sample, (uint32_t)array->sequence);
    scratch_return(scratch);
    return print;
}

void growth_reallocated(struct registry *registry, uint32_t index, const struct array_record *old,
                        const struct array_record *array)
{
    uint32_t sequence = (uint32_t)array->sequence;
    if (pool_has(&registry->fingerprints, array->fingerprint)) {
        struct fingerprint *print = pool_at(&registry->fingerprints, array->fingerprint);
        if (print->owner == (uint32_t)old->sequence)
            print->owner =
                sequence; /* the realloc made it a new array with the old one's contents */
    }
    uint32_t table = tables_resolve(registry, old->table);
    if (table != 0) {
        struct growth_evidence evidence = {0};
        tables_link(registry, old, index, array, &evidence);
    }
    growth_born(registry, index, array);
}

static void clear_fingerprint(struct array_record *array, void *context)
{
    array->fingerprint = 0;
    if (context)
        array->flags |= ARRAY_COPIED;
}

void growth_look(struct registry *registry, uint32_t index, const struct array_record *array)
{
    struct comparison comparison;
    uint32_t sequence = (uint32_t)array->sequence;
    if (array->fingerprint == 0 || !(array->flags & ARRAY_REALLOCED))
        return;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        counter_add(&registry->counters, COUNTER_SCRATCH_BUSY);
        return;
    }
    if (load_fingerprint(registry, array->fingerprint, sequence, &scratch->signature.sample)) {
        struct array_record old = *array;
        old.bytes = scratch->signature.sample.source_bytes;
        signature_compare(scratch->view.reader, array->address, array->bytes, &scratch->signature,
                          &comparison);
        bool is_copied =
            comparison.signature == SIGNATURE_COPIED || comparison.signature == SIGNATURE_SHIFTED;
        struct table_reading reading;
        if (comparison.signature == SIGNATURE_SCATTERED ||
            (is_copied && recognise(scratch, array, &reading)))
            link_arrays(registry, scratch, &old, index, array, &comparison, 8, true);
        registry_update(registry, index, sequence, clear_fingerprint, is_copied ? registry : NULL);
    }
    scratch_return(scratch);
}

void growth_look_at_all(struct registry *registry)
{
    uint32_t count = atomic_load(&registry->arrays.count);
    for (uint32_t index = 1; index < count; index++) {
        /* Read without its lock only to choose; registry_get looks again under it. */
        const struct array_record *record = pool_at(&registry->arrays, index);
        struct array_record array;
        if (record->fingerprint != 0 && record->flags & ARRAY_REALLOCED &&
            registry_get(registry, index, (uint32_t)record->sequence, &array))
            growth_look(registry, index, &array);
    }
}
