/*
 * Linking arrays to the ones they replace: see growth.h.
 *
 * The contents of arrays are read through process_vm_readv, for another thread may free the
 * successor while it is looked at. All limits below bound what one free can cost.
 */
#include "growth.h"

#include <string.h>

#include "fingerprints.h"
#include "growth_candidates.h"
#include "growth_compare.h"
#include "growth_expected.h"
#include "growth_full.h"
#include "growth_last_reading.h"
#include "growth_link.h"
#include "growth_object.h"
#include "growth_rebuilt.h"
#include "growth_recognised.h"
#include "growth_successor.h"
#include "growth_together.h"
#include "hot.h"
#include "layouts/cpython_pools.h"
#include "scratch.h"
#include "stack.h"
#include "tables.h"
#include "thread.h"

/* Smaller arrays are not worth the fingerprint at a realloc. */
#define LEAST_FINGERPRINT_BYTES 1024u
/* Nor are smaller ones worth a look when they go without a successor. */
#define LEAST_LOOKED_AT_BYTES 2048u

/* Of smaller ones a snapshot says nothing for which main's variables had to be known. */
#define LEAST_TOLD_BYTES 65536u

/* What the program hardly used is not read from here on; a smaller one may be a table that was made
 * for more than came. */
#define LEAST_UNTOUCHED_BYTES (4u << 20)

/* Of the words of an array that was reallocated, where nothing else says that it is a table's: less
 * may be what low numbers have in common (decoys: transposed matrices of 2-byte elements). Most
 * growths are looked at when the next one comes, and all is found. */
#define LEAST_REALLOCATED_PPM 300000u

/* --- births --- */

enum look { LOOK_LAST, LOOK_LAST_OF_OWN, LOOK_EARLY };

static bool look_at(struct registry *registry, uint32_t index, const struct array_record *array,
                    enum look look);

/* A table that frees its old array first has filled the new one by the time that this thread does
 * something else, frees the copy that it filled it from, for instance; later its entries may be
 * gone. */
static __attribute__((noinline)) void look_at_filled(struct registry *registry)
{
    struct array_record array;
    uint32_t index;
    if (growth_expected_filled(registry, &index, &array))
        look_at(registry, index, &array, LOOK_EARLY);
}

HOT void growth_born(struct registry *registry, uint32_t index, const struct array_record *array)
{
    struct table_array self = {.index = index, .sequence = (uint32_t)array->sequence};
    if (array->bytes >= LEAST_TOLD_BYTES && stack_of_main == 0)
        stack_note_main();
    thread_remember((struct recent_array){.index = self.index, .sequence = self.sequence});
    if (growth_expected_may_be_filled(registry))
        look_at_filled(registry);
    growth_object_born(registry, array);
    growth_expected_born(registry, index, array);
}

/* --- deaths --- */

static bool may_be_replaced(struct registry *registry, const struct array_record *old,
                            const struct candidates *candidates)
{
    struct array_record doubled;
    uint32_t index;
    if (old->successor != 0 || growth_last_double(registry, old, &index, &doubled))
        return true;
    for (uint32_t i = 0; i < candidates->count; i++)
        if (growth_is_plausible(old, &candidates->list[i].array))
            return true;
    return false;
}

static const struct layout *likely_layout(const struct look_rate *rate)
{
    unsigned number = atomic_load_explicit(&rate->layout, memory_order_relaxed);
    return number != 0 ? all_layouts[number - 1] : NULL;
}

/* What was recognised in this look is likely to be seen here again. */
static void keep_layout(struct look_rate *rate, const struct scratch *scratch)
{
    for (unsigned i = 0; i < SCRATCH_RECOGNISED; i++)
        if (scratch->recognised[i].sequence != 0 && scratch->recognised[i].layout)
            atomic_store_explicit(&rate->layout,
                                  (uint16_t)tables_layout_number(scratch->recognised[i].layout),
                                  memory_order_relaxed);
}

/* Where an array as large has come, an unknown one did not grow. Asked before the candidates are
 * read, of which these are the first: where that spares the look, the others never are. */
static bool is_no_growth(struct registry *registry, const struct array_record *old)
{
    struct array_record array;
    uint32_t index;
    return growth_rebuilt_as_large(registry, old, &index, &array);
}

static bool is_of_pools(const struct scratch *scratch, const struct array_record *array)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    return cpython_pools_fill(&scratch->view, &block);
}

HOT void growth_dying(struct registry *registry, const struct array_record *array)
{
    if (growth_expected_may_be_filled(registry))
        look_at_filled(registry);
    growth_together_freed(registry, array);
    struct look_rate *rate = look_rate_of(registry->death_looks, array_look_place(array));
    bool is_small_or_unknown = array->table == 0 || array->bytes < LOOK_SMALL;
    if (is_small_or_unknown && array->table != 0 && growth_rebuilt_follow(registry, array))
        return;
    if (is_small_or_unknown && !look_rate_allows(rate, array->bytes, &registry->small_looks)) {
        growth_drop_unseen(registry, array);
        return;
    }
    if (array->table == 0 && array->bytes < LOOK_SMALL && is_no_growth(registry, array) &&
        look_rate_spare(rate))
        return;
    bool is_touched = array->table != 0 || !growth_is_hardly_touched(array);
    if (!is_touched && array->bytes >= LEAST_UNTOUCHED_BYTES) {
        look_rate_found(rate, false);
        return;
    }
    struct candidates candidates;
    growth_candidates_find(registry, array, &candidates);
    bool may_have_successor = is_touched && may_be_replaced(registry, array, &candidates);
    if (array->bytes < LEAST_LOOKED_AT_BYTES && array->table == 0 && !may_have_successor)
        return;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        tables_abandon_array(registry, array);
        return;
    }
    scratch->view.likely = likely_layout(rate);
    scratch_rely_on(scratch, array, true);
    if (array->flags & ARRAY_MAPPED && array->table == 0 && is_of_pools(scratch, array)) {
        scratch_return(scratch);
        look_rate_found(rate, false);
        return;
    }
    growth_candidates_prefer(registry, scratch->view.reader, array, &candidates);
    enum growth_held held = HELD_NOWHERE;
    bool is_found = (may_have_successor &&
                     growth_find_successor(registry, scratch, array, &candidates, &held)) ||
                    growth_last_reading(registry, scratch, array, held);
    keep_layout(rate, scratch);
    scratch_return(scratch);
    look_rate_found(rate, is_found || array->table != 0);
}

/* --- realloc --- */

uint32_t growth_fingerprint(struct registry *registry, const struct array_record *array,
                            uint64_t new_bytes)
{
    /* The smallest factor by which tables grow is 1.5; strings and logs grow by less. */
    if (array->bytes < LEAST_FINGERPRINT_BYTES || new_bytes < array->bytes + array->bytes / 4)
        return 0;
    struct look_rate *rate = look_rate_of(registry->death_looks, array_look_place(array));
    if (array->table == 0 && !look_rate_allows(rate, array->bytes, &registry->small_looks))
        return 0;
    struct scratch *scratch = scratch_take();
    if (!scratch)
        return 0;
    scratch_rely_on(scratch, array, true);
    uint32_t print = array->table == 0 && growth_is_full(scratch, array)
                         ? 0
                         : fingerprint_of(registry, scratch, array, (uint32_t)array->sequence);
    scratch_return(scratch);
    return print;
}

void growth_reallocated(struct registry *registry, uint32_t index, const struct array_record *old,
                        const struct array_record *array)
{
    fingerprint_pass_on(registry, array->fingerprint, (uint32_t)old->sequence,
                        (uint32_t)array->sequence);
    uint32_t table = tables_resolve(registry, old->table);
    if (table != 0) {
        struct growth_evidence evidence = {0};
        tables_link(registry, old, index, array, &evidence);
        growth_object_reallocated(registry, table, old, array);
    }
    growth_born(registry, index, array);
}

static void clear_fingerprint(struct array_record *array, void *context)
{
    (void)context;
    array->fingerprint = 0;
}

/* Whether its table was seen growing into this array, and a layout knew it then, or knows it now:
 * emptied since, it shows nothing. What was expected of it then, that it continues another table
 * whose array was freed just before, has come to nothing, and says nothing. A growth that the
 * contents alone tell is less certain: the index of a sparse set looked like one. */
static bool has_grown(struct registry *registry, struct scratch *scratch,
                      const struct array_record *array)
{
    struct table_record record;
    struct table_reading reading;
    if (!tables_get(registry, tables_resolve(registry, array->table), &record) ||
        !pool_has(&registry->growths, record.last_growth) ||
        record.last_growth_clock < array->sequence)
        return false;
    const struct growth_record *last = pool_at(&registry->growths, record.last_growth);
    return last->to_bytes == array->bytes &&
           (record.vouched != 0 || growth_recognise(scratch, array, &reading) != NULL);
}

/* Whether its words were scattered since it came. What was a copy by then may be the numbers of a
 * sparse set, which change their places one by one: there a mask must have moved them. */
static bool is_filled_anew(struct registry *registry, struct scratch *scratch,
                           const struct array_record *array, const struct comparison *comparison)
{
    if (!(array->flags & ARRAY_WAS_COPY))
        return growth_is_rehash(registry, scratch, array, array, comparison);
    return comparison->splits && (comparison->signature == SIGNATURE_SCATTERED ||
                                  comparison->signature == SIGNATURE_SHIFTED);
}

/* Whether the array holds what the one before it held. An early look that finds nothing leaves all
 * as it is. */
static bool look_at(struct registry *registry, uint32_t index, const struct array_record *array,
                    enum look look)
{
    bool is_table = false;
    uint32_t sequence = (uint32_t)array->sequence;
    if (array->fingerprint == 0 || !(array->flags & (ARRAY_REALLOCED | ARRAY_CONTINUES)) ||
        array->flags & ARRAY_ANOTHERS)
        return false;
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        return false;
    }
    scratch_rely_on(scratch, array, look == LOOK_LAST_OF_OWN);
    if (fingerprint_load(registry, array->fingerprint, sequence, &scratch->signature.sample)) {
        struct array_record old = *array;
        struct comparison comparison;
        struct growth_link link = {.old = &old,
                                   .index = index,
                                   .array = array,
                                   .comparison = &comparison,
                                   .unit = 8,
                                   .by_realloc = true,
                                   .is_fresh =
                                       look == LOOK_EARLY && array->flags & ARRAY_WAS_BLANK};
        old.bytes = scratch->signature.sample.source_bytes;
        link.unit = scratch->signature.sample.unit;
        signature_compare(scratch->view.reader, array->address, array->bytes, SIGNATURE_SEARCH_ALL,
                          &scratch->signature, &comparison);
        is_table = is_filled_anew(registry, scratch, array, &comparison) &&
                   (comparison.found_ppm >= LEAST_REALLOCATED_PPM ||
                    tables_resolve(registry, array->table) != 0 ||
                    growth_is_vouched_for(scratch, array, array));
        if (is_table)
            is_table = growth_link(registry, scratch, &link);
        else if (array->table != 0 && growth_is_decided(&comparison) && look != LOOK_EARLY &&
                 growth_is_doubted(registry, array, &comparison))
            tables_abandon_array(registry, array);
        else if (array->flags & ARRAY_CONTINUES && look != LOOK_EARLY &&
                 !has_grown(registry, scratch, array))
            tables_abandon_array(registry, array);
        if (is_table || look != LOOK_EARLY) {
            look_rate_found(look_rate_of(registry->death_looks, array_look_place(array)), is_table);
            registry_update(registry, index, sequence, clear_fingerprint, NULL);
            fingerprint_release(registry, array->fingerprint, sequence);
        }
    }
    scratch_return(scratch);
    return is_table;
}

void growth_look(struct registry *registry, uint32_t index, const struct array_record *array,
                 bool is_own)
{
    look_at(registry, index, array, is_own ? LOOK_LAST_OF_OWN : LOOK_LAST);
}

void growth_look_at_all(struct registry *registry)
{
    uint32_t count = atomic_load(&registry->arrays.count);
    for (uint32_t index = 1; index < count; index++) {
        /* Read without its lock only to choose; registry_get looks again under it. */
        const struct array_record *record = pool_at(&registry->arrays, index);
        struct array_record array;
        if (record->fingerprint != 0 && record->flags & (ARRAY_REALLOCED | ARRAY_CONTINUES) &&
            registry_get(registry, index, (uint32_t)record->sequence, &array))
            growth_look(registry, index, &array, false);
    }
}
