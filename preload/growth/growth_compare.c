/*
 * What became of the words of an array in another one: see growth_compare.h.
 */
#include "growth_compare.h"

#include "counters.h"
#include "growth_link.h"
#include "registry.h"

/* Of the sampled words; when fewer are found, the array has nothing to do with the old one. */
#define LEAST_FOUND_PPM 50000u
/* Of words that a copy left in their places; text has a few of its words anywhere. */
#define COPIED_PPM 800000u

/* Of words of two numbers, when whole ones are compared after halves have said nothing. */
#define WHOLE_KEYS_PPM 700000u

/* An index grows by 4 at most. */
#define MOST_INDEX_RATIO 4.3

bool growth_is_vouched_for(struct scratch *scratch, const struct array_record *old,
                           const struct array_record *array)
{
    struct table_reading reading;
    return growth_recognise(scratch, old, &reading) != NULL ||
           growth_recognise(scratch, array, &reading) != NULL;
}

/* Looks for the sampled words in pages of the array here and there. That is enough when nearly all
 * stand where they stood, when none is to be found and no layout knows the arrays, and when many
 * are found and a layout does; else in all of it. */
static void search(struct scratch *scratch, const struct array_record *old,
                   const struct array_record *array, struct comparison *comparison)
{
    const struct memory_reader *reader = scratch->view.reader;
    signature_compare(reader, array->address, array->bytes, SIGNATURE_SEARCH_SPOTS,
                      &scratch->signature, comparison);
    if (!comparison->is_partial ||
        (comparison->signature == SIGNATURE_COPIED && comparison->found_ppm > COPIED_PPM))
        return;
    bool is_vouched = growth_is_vouched_for(scratch, old, array);
    bool is_enough = comparison->signature >= SIGNATURE_COPIED
                         ? is_vouched
                         : !is_vouched && comparison->found_ppm < LEAST_FOUND_PPM;
    if (!is_enough)
        signature_compare(reader, array->address, array->bytes, SIGNATURE_SEARCH_ALL,
                          &scratch->signature, comparison);
}

/* Keys may be two numbers each, too, as a place on a map is: then halves are found everywhere, and
 * whole ones in one place each. */
static bool is_whole_moved(struct scratch *scratch, const struct array_record *old,
                           const struct array_record *array, struct comparison *comparison)
{
    struct signature_work *work = &scratch->signature;
    if (!signature_sample(scratch->view.reader, old->address, old->bytes, 8, false, &work->sample,
                          work->piece))
        return false;
    search(scratch, old, array, comparison);
    return comparison->signature == SIGNATURE_SCATTERED && comparison->found_ppm > WHOLE_KEYS_PPM;
}

enum signature growth_compare(struct scratch *scratch, const struct array_record *old,
                              const struct array_record *array, struct comparison *comparison,
                              uint32_t *unit)
{
    static const struct {
        uint32_t unit;
        bool paired;
    } ways[] = {{8, false}, {8, true}, {4, false}, {4, true}};
    struct signature_work *work = &scratch->signature;
    struct comparison found = {.signature = SIGNATURE_UNREADABLE};
    bool are_halves = false;

    /* In an odd number of keys of 4 bytes what was the first half of a word is a second one as
     * often as not, and hardly any word of two is found. */
    const bool may_be_odd = old->bytes % 8 == 4 || array->bytes % 8 == 4;
    for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
        if (!signature_sample(scratch->view.reader, old->address, old->bytes, ways[way].unit,
                              ways[way].paired, &work->sample, work->piece)) {
            counter_add(&hashtrack_registry.counters, COUNTER_READS_FAILED);
            return SIGNATURE_UNREADABLE;
        }
        if (way == 0 && signature_is_of_indices(&work->sample)) {
            /* Two numbers each, which part: halves are compared. The entries that they are indices
             * of hold the same numbers, as links, but are much larger. */
            if ((double)array->bytes > MOST_INDEX_RATIO * (double)old->bytes)
                return SIGNATURE_UNRELATED;
            are_halves = true;
            way++;
            continue;
        }
        if (way == 0 && signature_is_of_text(&work->sample))
            return SIGNATURE_UNRELATED;
        search(scratch, old, array, comparison);
        bool says_something = comparison->signature >= SIGNATURE_COPIED;
        bool is_better = found.signature == SIGNATURE_UNREADABLE ||
                         comparison->found_ppm > found.found_ppm + 150000;
        if (says_something && is_better) {
            found = *comparison;
            *unit = ways[way].unit;
        }
        if (found.signature >= SIGNATURE_COPIED &&
            (found.found_ppm > 900000 || way >= 2 || growth_is_vouched_for(scratch, old, array)))
            break;
        /* Many words and none of them there: nor will their halves be. That no pairs are says
         * nothing. */
        if (way != 1 && (way != 0 || !may_be_odd) && comparison->signature == SIGNATURE_UNRELATED &&
            comparison->found_ppm < LEAST_FOUND_PPM)
            break;
        if (found.signature != SIGNATURE_UNREADABLE && way == 0)
            way++; /* pairs of 8-byte words would say no more */
    }
    if (are_halves && found.signature != SIGNATURE_COPIED &&
        found.signature != SIGNATURE_SCATTERED && is_whole_moved(scratch, old, array, comparison)) {
        *unit = 8;
        return comparison->signature;
    }
    *comparison = found;
    return found.signature;
}
