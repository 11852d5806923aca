/*
 * Looking for what replaced an array: see growth_successor.h. Runs inside the tracker, under no
 * lock.
 */
#include "growth_successor.h"

#include "early_growth.h"
#include "growth_compare.h"
#include "growth_expected.h"
#include "growth_full.h"
#include "growth_index.h"
#include "growth_link.h"
#include "growth_modulo.h"
#include "growth_recognised.h"
#include "growth_scale.h"
#include "growth_together.h"
#include "growth_vectors.h"
#include "slot_profile.h"
#include "slot_sequence.h"
#include "tables.h"

/* Of a smaller array a few words say that it was scattered. */
#define LEAST_SCATTERED_BYTES 8192u

/* More copies of each of a table's arrays, for once that one was scattered, are too many. */
#define COPIES_OF_EACH 2u

/* Successors looked at for one free: the last ones that this thread allocated. */
#define MOST_COMPARISONS 2

static uint32_t count_arrays(const struct table_record *record)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++)
        count += record->arrays[i].index != 0;
    return count;
}

bool growth_is_doubted(struct registry *registry, const struct array_record *old,
                       const struct comparison *comparison)
{
    struct table_record record;
    uint32_t table = tables_resolve(registry, old->table);
    if (!tables_get(registry, table, &record) || tables_is_doubtful(registry, table))
        return true;
    if (record.scattered == 0 || record.vouched != 0 || record.layout != 0 ||
        record.scale.growths >= SCALE_GROWTHS_PROVE)
        return false;
    bool is_copied = comparison->signature == SIGNATURE_COPIED;
    uint32_t arrays = count_arrays(&record);
    if (arrays > 1) /* of which one may be scattered and the others copied each time */
        return is_copied && comparison->is_unmoved &&
               record.copied >= COPIES_OF_EACH * arrays * record.scattered;
    bool is_weak = record.scattered == 1 &&
                   (record.scattered_bytes < LEAST_SCATTERED_BYTES || old->flags & ARRAY_CONTINUES);
    /* Behind a realloc much of what was there stays, in slots that are empty since: once is no
     * sign.
     */
    uint32_t copied = record.copied + (old->flags & ARRAY_REALLOCED ? 0 : 1);
    return (is_weak && (is_copied || comparison->is_in_order)) ||
           (is_copied && comparison->is_unmoved && copied >= record.scattered);
}

/* Of two arrays of a size all can stand where it stood. */
static const struct comparison unmoved = {
    .signature = SIGNATURE_COPIED, .found_ppm = 1000000, .is_in_order = true, .is_unmoved = true};

bool growth_is_laid_out_anew(struct registry *registry, struct scratch *scratch,
                             const struct array_record *array)
{
    struct array_record next;
    struct comparison comparison;
    uint32_t unit = 8;
    if (!growth_replacement(registry, array, &next) ||
        next.bytes >= array->bytes + array->bytes / 4)
        return false;
    /* A few words tell that: each of CPython's pools of 1 MiB was compared with the next, a quarter
     * of what hashtrack did there. */
    if (next.bytes == array->bytes)
        return growth_is_copied(registry, scratch->view.reader, array) &&
               growth_is_doubted(registry, array, &unmoved);
    return growth_compare(scratch, array, &next, &comparison, &unit) >= SIGNATURE_COPIED &&
           comparison.signature != SIGNATURE_SCATTERED && comparison.is_in_order &&
           growth_is_decided(&comparison) && growth_is_doubted(registry, array, &comparison);
}

#define LIST_WORDS 128u /* at its beginning; three of four are in use */

/* Whether the array that goes is a list of keys that the other one was filled from: all that it
 * holds lies at its beginning, beside more room than a table grows with. One of 2,200 entries that
 * was made for 131,072 had grown "step by step" by the list of its keys, and was called hollow. An
 * object in front of heads that were emptied as they moved is no list. */
static bool is_list(struct scratch *scratch, const struct array_record *old)
{
    const struct memory_reader *reader = scratch->view.reader;
    uint64_t *words = (uint64_t *)(void *)scratch->layout_scratch;
    unsigned used = 0;
    if (!slot_profile_is_at_one_end(reader, old->address, old->bytes, scratch->layout_scratch) ||
        !reader->read(reader, old->address, words, LIST_WORDS * sizeof(*words)))
        return false;
    for (unsigned i = 0; i < LIST_WORDS; i++)
        used += words[i] != 0;
    return used * 4 >= LIST_WORDS * 3;
}

bool growth_is_rehash(struct registry *registry, struct scratch *scratch,
                      const struct array_record *old, const struct array_record *array,
                      const struct comparison *comparison)
{
    struct table_reading reading;
    enum signature signature = comparison->signature;
    /* What holds entries of a smaller array and no more has room, and so has what waits to grow. */
    if (signature == SIGNATURE_SCATTERED)
        return growth_is_vouched_for(scratch, old, array) ||
               ((old->table != 0 || (!growth_is_full(scratch, array) && !is_list(scratch, old))) &&
                (comparison->splits || !signature_is_of_numbers(&scratch->signature.sample) ||
                 growth_may_share_numbers(registry, old, array)));
    /* What a table's array held is in this one now: however it lies there, the table goes on;
     * unless the entries are in sorted order, for then it has been none, or it was only guessed. */
    if (old->table != 0 && signature >= SIGNATURE_COPIED && !comparison->is_spread_out &&
        !growth_is_doubted(registry, old, comparison) &&
        !(signature == SIGNATURE_COPIED && growth_is_vector(registry, scratch, old)))
        return true;
    return (signature == SIGNATURE_COPIED || signature == SIGNATURE_SHIFTED) &&
           ((growth_recognise(scratch, old, &reading) != NULL && reading.live > 0) ||
            (growth_recognise(scratch, array, &reading) != NULL && reading.live > 0));
}

/* A table whose layout knows its arrays: here nothing need be compared, or nothing is left to. */
static bool try_recognised_successor(struct registry *registry, struct scratch *scratch,
                                     const struct array_record *old,
                                     bool (*find)(struct registry *, struct scratch *,
                                                  const struct array_record *, uint32_t *,
                                                  struct array_record *))
{
    struct array_record array;
    struct comparison comparison = {.signature = SIGNATURE_SCATTERED};
    struct growth_link link = {.old = old, .array = &array, .comparison = &comparison, .unit = 8};
    if (!find(registry, scratch, old, &link.index, &array))
        return false;
    return growth_link(registry, scratch, &link);
}

/* Full vectors are by far the most of what is copied: they are not looked into. */
static bool has_room(const struct memory_reader *reader, const struct array_record *array)
{
    uint64_t words[8];
    unsigned zero = 0;
    const unsigned looks = 32;
    for (unsigned i = 0; i < looks; i++) {
        uint64_t offset = (array->bytes - sizeof(words)) / looks * i & ~(uint64_t)7;
        if (!reader->read(reader, array->address + offset, words, sizeof(words)))
            return false;
        for (unsigned w = 0; w < sizeof(words) / sizeof(words[0]); w++)
            zero += words[w] == 0;
    }
    return zero > looks * sizeof(words) / sizeof(words[0]) / 50;
}

/* Whether each entry says itself that it lies where a table puts it, of keys in sequence or in
 * steps: by keys that moved as the array grew, as those of an array that is indexed by them do not;
 * a mask moves none of some arrays. With gaps a ring of requests lies so, some of which were
 * answered. */
static bool lies_by_keys(struct scratch *scratch, const struct growth_link *link,
                         const struct table_record *record, const struct early_growth *early)
{
    struct modulo_growth growth;
    return growth_modulo_find(scratch, link->old, link->array, early->profile.slot_bytes,
                              &growth) &&
           ((early->is_together || growth.is_no_ring) &&
            (growth_modulo_moves(&growth) || record->growths > 0));
}

/* Links the array to the one that replaced it before it was full, leaving all in its place, or in
 * long pieces. Such a table is doubtful until it has done so a few times at the same load. */
static bool try_early_growth(struct registry *registry, struct scratch *scratch,
                             const struct growth_link *link)
{
    struct early_growth early;
    struct table_record record = {0};
    struct array_record old = *link->old;
    uint32_t table = tables_resolve(registry, old.table);
    if (link->array->bytes < old.bytes + old.bytes / 4 || !has_room(scratch->view.reader, &old))
        return false;
    tables_get(registry, table, &record);
    struct block block = {.address = old.address, .bytes = old.bytes};
    if (!early_growth_find(registry, scratch, &old, link->array, &record.header, &early))
        return false;
    /* An array in sorted order with gaps has an owner that counts, too, and grows before it is
     * full. */
    bool is_in_sequence =
        !link->comparison->is_spread_out && early.is_together &&
        slot_sequence_is_there(scratch->view.reader, &block, scratch->layout_scratch);
    if (!is_in_sequence && !lies_by_keys(scratch, link, &record, &early))
        return false;
    if (pool_has(&registry->growths, record.last_growth)) {
        const struct growth_record *last = pool_at(&registry->growths, record.last_growth);
        if (last->occupied_ppm != 0 &&
            !early_growth_continues(last->occupied_ppm, early.load_ppm, early.live)) {
            tables_forget(registry, table);
            old.table = 0;
            record.growths = 0;
        }
    }
    struct growth_evidence evidence = {.occupied_ppm = early.load_ppm, .live = early.live};
    table = tables_link(registry, &old, link->index, link->array, &evidence);
    tables_set_profile(registry, table, &early.profile);
    tables_set_header(registry, table, &early.header);
    tables_set_doubtful(registry, table,
                        record.growths + 1 < EARLY_GROWTHS_PROVE ||
                            early.header.growths < EARLY_GROWTHS_PROVE);
    return table != 0;
}

/* Of buckets that are vectors, filled anew, a third of the words and more are pointers that are
 * found nowhere. */
#define MOST_FOUND_OF_VECTORS_PPM 750000u

/* Of the arrays that the thread got last the one that seems to have replaced another. */
struct successor {
    struct array_record array;
    struct comparison comparison; /* of what both hold; below SIGNATURE_COPIED: there is none */
    struct growth_link link;      /* of the two above */
    struct array_record alike;    /* of the same call, and two to four times as large */
    uint32_t alike_index;         /* 0: there is none */
};

static void set_copy(struct array_record *array, void *context)
{
    (void)context;
    if (!(array->flags & (ARRAY_CONTINUES | ARRAY_REALLOCED)))
        array->flags |= ARRAY_WAS_COPY;
}

/* What begins with all that the old array held, where it was, replaces that one and no other
 * (growth_together_is_taken): numbers of entries are met in it, too, where an index of them that
 * goes in the same growth had others. */
static void note_copy(struct registry *registry, const struct growth_link *link)
{
    if (growth_link_is_copy(link) && link->array->bytes > link->old->bytes &&
        !(link->array->flags & ARRAY_WAS_COPY))
        registry_update(registry, link->index, (uint32_t)link->array->sequence, set_copy, NULL);
}

static void compare_candidates(struct registry *registry, struct scratch *scratch,
                               const struct candidates *candidates, struct successor *out)
{
    const struct array_record *old = out->link.old;
    unsigned comparisons = 0;
    for (uint32_t i = 0; i < candidates->count && comparisons < MOST_COMPARISONS &&
                         !growth_is_decided(&out->comparison);
         i++) {
        const struct array_record *array = &candidates->list[i].array;
        struct comparison comparison;
        uint32_t unit = 8;
        if (!growth_is_plausible(old, array) || growth_together_is_taken(registry, old, array))
            continue;
        comparisons++;
        scratch_rely_on(scratch, array, false);
        if (growth_is_of_another_table(scratch, old, array))
            continue;
        if (out->alike_index == 0 && growth_index_may_be(old, array)) {
            out->alike = *array;
            out->alike_index = candidates->list[i].index;
        }
        if (growth_compare(scratch, old, array, &comparison, &unit) < SIGNATURE_COPIED ||
            comparison.found_ppm <= out->comparison.found_ppm)
            continue;
        out->comparison = comparison;
        out->array = *array;
        out->link.index = candidates->list[i].index;
        out->link.unit = unit;
    }
    note_copy(registry, &out->link);
    if (out->comparison.signature >= SIGNATURE_COPIED &&
        growth_leads_elsewhere(registry, scratch, old, &out->array))
        out->comparison.signature = SIGNATURE_UNREADABLE;
}

/* However its entries moved, only a hash puts each where its key leads, as the growth proves. */
static bool link_placed(struct registry *registry, struct scratch *scratch,
                        const struct growth_link *link, const struct modulo_growth *growth)
{
    struct comparison comparison = *link->comparison;
    struct growth_link placed = *link;
    placed.unit = growth->slot_bytes % 8 == 0 ? 8 : 4;
    placed.placed_slot = growth->slot_bytes;
    placed.comparison = &comparison;
    comparison.signature = SIGNATURE_SCATTERED;
    comparison.slot_units[0] = 1ull << (growth->slot_bytes / placed.unit - 1);
    return growth_link(registry, scratch, &placed);
}

/* The array that was allocated while this one was fingerprinted: are the words of then in it now?
 */
static bool try_expected_successor(struct registry *registry, struct scratch *scratch,
                                   const struct array_record *old)
{
    struct array_record array;
    struct comparison comparison;
    struct growth_link link = {.old = old, .array = &array, .comparison = &comparison, .unit = 8};
    struct modulo_growth growth;
    if (!growth_expected_successor(registry, scratch, old, &link.index, &array, &comparison))
        return false;
    link.by_steps = true;
    /* Of chains that were turned around no head of then is one. */
    if (comparison.signature < SIGNATURE_COPIED &&
        growth_modulo_find_sampled(scratch, old, &array, &growth) &&
        growth_modulo_is_proof(&growth))
        return link_placed(registry, scratch, &link, &growth);
    if (!growth_is_rehash(registry, scratch, old, &array, &comparison) ||
        growth_leads_elsewhere(registry, scratch, old, &array))
        return false;
    link.unit = scratch->signature.sample.unit;
    return growth_link(registry, scratch, &link);
}

static bool link_by_keys(struct registry *registry, struct scratch *scratch,
                         const struct growth_link *link)
{
    struct modulo_growth growth;
    return link->array->bytes >= link->old->bytes + link->old->bytes / 4 &&
           (link->comparison->signature != SIGNATURE_COPIED ||
            has_room(scratch->view.reader, link->old)) &&
           growth_modulo_proves(scratch, link->old, link->array, &growth) &&
           link_placed(registry, scratch, link, &growth);
}

/* Of chains that were all turned around no head is one any more. */
static bool link_heads_by_keys(struct registry *registry, struct scratch *scratch,
                               const struct successor *found)
{
    struct modulo_growth growth;
    struct comparison comparison = {.moved_ppm = 1000000};
    struct growth_link link = {.old = found->link.old,
                               .index = found->alike_index,
                               .array = &found->alike,
                               .comparison = &comparison};
    return found->alike_index != 0 &&
           growth_modulo_find_heads(scratch, link.old, link.array, &growth) &&
           growth_modulo_is_proof(&growth) && link_placed(registry, scratch, &link, &growth);
}

/* No candidate holds what the old array does. */
static bool link_by_other_signs(struct registry *registry, struct scratch *scratch,
                                const struct successor *found, bool may_repeat)
{
    const struct array_record *old = found->link.old;
    return try_expected_successor(registry, scratch, old) ||
           try_recognised_successor(registry, scratch, old, growth_recognised_successor) ||
           link_heads_by_keys(registry, scratch, found) ||
           (may_repeat &&
            ((found->alike_index != 0 && found->alike.table == 0 &&
              growth_index_link(registry, scratch, old, found->alike_index, &found->alike)) ||
             growth_vectors_link(registry, scratch, old) ||
             growth_scale_link(registry, scratch, old)));
}

/* A candidate holds it, but not as behind a rehash of the whole array. */
static bool link_unscattered(struct registry *registry, struct scratch *scratch,
                             struct successor *found)
{
    const struct array_record *old = found->link.old;
    const struct comparison *comparison = &found->comparison;
    /* Lengths stand where others stood; the pointers beside them are new, or lead to blocks that
     * were free by then and are met elsewhere. */
    if ((comparison->signature != SIGNATURE_COPIED ||
         comparison->found_ppm < MOST_FOUND_OF_VECTORS_PPM) &&
        growth_vectors_link(registry, scratch, old))
        return true;
    if (try_early_growth(registry, scratch, &found->link) ||
        link_by_keys(registry, scratch, &found->link))
        return true;
    if (comparison->is_spread_out)
        return false;
    found->link.needs_tail = true;
    if (comparison->ends_early && growth_link(registry, scratch, &found->link))
        return true;
    /* What moved in long pieces may be a part of one block in which keys, values and states lie
     * behind each other: each part by as much as the slots of those before it have grown. */
    return comparison->signature >= SIGNATURE_SHIFTED &&
           (growth_index_link(registry, scratch, old, found->link.index, &found->array) ||
            growth_scale_link(registry, scratch, old));
}

/* What most of it is in has replaced it, whatever comes later. */
static enum growth_held held_in(struct registry *registry, const struct successor *found)
{
    const struct comparison *comparison = &found->comparison;
    if (comparison->signature < SIGNATURE_COPIED)
        return HELD_NOWHERE;
    if (comparison->is_spread_out)
        return HELD_SORTED;
    if (!growth_is_decided(comparison) || comparison->signature == SIGNATURE_SCATTERED ||
        !growth_is_doubted(registry, found->link.old, comparison) ||
        found->array.bytes <= found->link.old->bytes ||
        !registry_same_inner(registry, found->array.site, found->link.old->site))
        return HELD_NOWHERE;
    return comparison->signature == SIGNATURE_COPIED ? HELD_COPIED
           : comparison->is_in_order                 ? HELD_MOVED
                                                     : HELD_NOWHERE;
}

bool growth_find_successor(struct registry *registry, struct scratch *scratch,
                           const struct array_record *old, const struct candidates *candidates,
                           enum growth_held *held)
{
    struct look_rate *rate = look_rate_of(registry->death_looks, array_look_place(old));
    bool is_counted = try_recognised_successor(registry, scratch, old, growth_counted_successor);
    atomic_store_explicit(&rate->counted, is_counted, memory_order_relaxed);
    if (is_counted)
        return true;
    struct successor found = {.comparison = {.signature = SIGNATURE_UNREADABLE}};
    found.link =
        (struct growth_link){.old = old, .array = &found.array, .comparison = &found.comparison};
    compare_candidates(registry, scratch, candidates, &found);
    bool is_held = found.comparison.signature >= SIGNATURE_COPIED;
    *held = held_in(registry, &found);
    if (is_held &&
        growth_index_is_refilled(registry, scratch, old, &found.array, found.comparison.signature))
        return false;
    if (growth_index_goes_on(registry, scratch, old, found.link.index,
                             is_held ? &found.array : NULL))
        return true;
    if (growth_is_rehash(registry, scratch, old, &found.array, &found.comparison) &&
        growth_link(registry, scratch, &found.link))
        return true;
    /* What is believed only after several growths need not be tried where most are passed over. */
    bool may_repeat =
        old->table != 0 || !look_rate_is_low(rate, old->bytes, &registry->small_looks);
    if (!is_held)
        return link_by_other_signs(registry, scratch, &found, may_repeat);
    if (!may_repeat) /* by far the most are vectors */
        return found.comparison.signature != SIGNATURE_COPIED &&
               link_by_keys(registry, scratch, &found.link);
    return link_unscattered(registry, scratch, &found);
}
