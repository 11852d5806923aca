/* Is this table hollow? See verdict.h; the thresholds are explained in docs/design.md. */
#include "verdict.h"

/* A step that multiplies the array by more than this is a reservation, not a growth: tables grow by
 * 2, some by 3 (SQLite), 4 (Tcl), 6 or 8 (libxml2). */
#define LARGEST_GROWTH_STEP 8u
/* Younger than this share of the run, a growth explains a low load. */
#define JUST_GREW_SHARE 100u
/* A table of fewer bytes may have grown unseen: the tracker looks at an array below 2 KiB only
 * where a successor is at hand (preload/growth/growth.c, LEAST_LOOKED_AT_BYTES), at a place where
 * many small ones come and go not at each (preload/growth/look_rate.h); and tables grow by two. */
#define LEAST_SEEN_GROWING 4096u
/* Loads this close to the load right after a growth count as right after it. */
#define NEAR_AFTER_GROWTH 1.1
/* Capacity that rose this much while the entries did not double rose for another reason. */
#define CAPACITY_ROSE 4u

uint64_t default_min_saving(const struct dump *dump)
{
    uint64_t share = dump->info.tracked_bytes / 100;
    return share > 1 << 20 ? share : 1 << 20;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Open slots do not hold more entries than there are: slots were taken for the heads of chains, of
 * which the entries are estimated from those in use. */
static bool is_impossible(const struct dump_table *table, uint64_t live, uint64_t capacity)
{
    return table->kind == DUMP_KIND_OPEN && live > capacity;
}

static uint64_t proven_peak(const struct dump *dump, const struct dump_table *table)
{
    uint64_t peak = 0, most = table->capacity;
    /* What was read was read: an index with several entries a slot looks open once it is emptied.
     */
    for (uint32_t i = 0; i < table->reading_count; i++) {
        const struct dump_reading *reading = &dump->readings[table->first_reading + i];
        peak = larger(peak, reading->live);
        most = larger(most, larger(reading->live, reading->capacity));
    }
    if (table->known & DUMP_KNOWN_PEAK && !is_impossible(table, table->peak_live, most))
        peak = larger(peak, table->peak_live);
    for (uint32_t i = 0; i < table->growth_count; i++) {
        const struct dump_growth *growth = &dump->growths[table->first_growth + i];
        if (growth->to_bytes > table->bytes || !is_impossible(table, growth->live, table->capacity))
            peak = larger(peak, growth->live);
    }
    return peak;
}

bool grew_step_by_step(const struct dump *dump, const struct dump_table *table)
{
    if (table->growths == 0)
        return false;
    if (table->growth_count == 0)
        return true; /* growths were seen, their records were not kept */
    const struct dump_growth *last = &dump->growths[table->first_growth + table->growth_count - 1];
    return last->to_bytes / LARGEST_GROWTH_STEP <= last->from_bytes;
}

/* The number of entries barely moved while the array was replaced by a much bigger one, again and
 * again: deleted slots were what filled it. */
static bool capacity_rose_alone(const struct dump *dump, const struct dump_table *table)
{
    const struct dump_growth *first = NULL, *last = NULL;
    for (uint32_t i = 0; i < table->growth_count; i++) {
        const struct dump_growth *growth = &dump->growths[table->first_growth + i];
        if (growth->live == 0)
            continue;
        if (!first)
            first = growth;
        last = growth;
    }
    if (first && last->to_bytes / CAPACITY_ROSE >= first->to_bytes && last->live / 2 < first->live)
        return true;

    if (table->reading_count < 2)
        return false;
    const struct dump_reading *readings = &dump->readings[table->first_reading];
    uint64_t least = readings[0].live, most = readings[0].live;
    for (uint32_t i = 1; i < table->reading_count; i++) {
        least = readings[i].live < least ? readings[i].live : least;
        most = larger(most, readings[i].live);
    }
    return readings[table->reading_count - 1].capacity / CAPACITY_ROSE >= readings[0].capacity &&
           readings[0].capacity > 0 && most / 2 < least;
}

/* Slots in use, deleted ones included, make up at least half of what makes the table grow. */
static bool tombstones_fill_it(const struct dump_table *table, const struct load_limits *limits)
{
    return table->known & DUMP_KNOWN_TOMBSTONES && table->tombstones > table->live &&
           (double)(table->live + table->tombstones) >=
               limits->at_growth / 2 * (double)table->capacity;
}

static bool just_grew(const struct dump *dump, const struct dump_table *table)
{
    return table->growths > 0 && table->last_growth_ms <= dump->info.at_ms &&
           dump->info.at_ms - table->last_growth_ms <= dump->info.at_ms / JUST_GREW_SHARE;
}

static enum verdict conclude(struct judgement *judgement, enum verdict verdict,
                             enum verdict_reason reason)
{
    judgement->verdict = verdict;
    judgement->reason = reason;
    return verdict;
}

/* A table below its limit, worth fixing: why is it so empty? Every implementation we know sizes a
 * new array by the entries alone and leaves the deleted slots behind (khash: kh_resize() doubles
 * only above n/2 entries; hashbrown: reserve_rehash(); CPython: three times the used ones). There a
 * size reached step by step speaks of entries, and so do the marks of deleted slots. */
static void explain_emptiness(const struct dump *dump, const struct dump_table *table,
                              const struct layout *layout, bool sibling_grew,
                              struct judgement *judgement)
{
    double limit = judgement->limits.hollow_below * (double)table->capacity;
    if ((double)judgement->proven_peak >= limit && judgement->proven_peak > table->live)
        conclude(judgement, VERDICT_HOLLOW, REASON_PEAK);
    else if (capacity_rose_alone(dump, table))
        conclude(judgement, VERDICT_TOMBSTONES, REASON_CAPACITY_ROSE_ALONE);
    else if (grew_step_by_step(dump, table))
        conclude(judgement, VERDICT_HOLLOW, REASON_GREW_STEP_BY_STEP);
    else if (sibling_grew)
        conclude(judgement, VERDICT_HOLLOW, REASON_SIBLING_GREW);
    else if (tombstones_fill_it(table, &judgement->limits))
        conclude(judgement, layout ? VERDICT_HOLLOW : VERDICT_TOMBSTONES, REASON_DELETED_MARKS);
    else
        conclude(judgement, VERDICT_OVER_RESERVED,
                 table->bytes < LEAST_SEEN_GROWING        ? REASON_GROWTH_NOT_SEEN
                 : table->flags & DUMP_TABLE_GROWS_UNSEEN ? REASON_GROWTH_HIDDEN
                                                          : REASON_NEVER_FULLER);
}

/* A table may become hollow long before it shrinks: Redis does nothing from a quarter down to a
 * tenth. */
static bool will_shrink_by_itself(const struct layout *layout, const struct saving *saving)
{
    return layout && layout->shrinks_by_itself &&
           (layout->shrinks_below == 0 || saving->load < layout->shrinks_below);
}

struct judgement judge_table(const struct dump *dump, const struct dump_table *table,
                             const struct layout *layout, const struct saving *saving,
                             const struct finding_limits *limits, bool sibling_grew)
{
    struct judgement judgement = {
        .limits = load_limits_of(table, layout, dump_growths(dump, table)),
        .proven_peak = proven_peak(dump, table),
    };
    if (limits->min_fill > 0)
        judgement.limits.hollow_below = limits->min_fill;
    judgement.below_limit = saving->known && saving->load < judgement.limits.hollow_below;
    judgement.refills = refills_of(dump, table, judgement.limits.hollow_below);

    if (!saving->known)
        conclude(&judgement, VERDICT_OK, REASON_NOT_READ);
    else if (table->flags & DUMP_TABLE_REHASHING && !(table->flags & DUMP_TABLE_FREED))
        conclude(&judgement, VERDICT_GROWING, REASON_MOVING);
    else if (!judgement.below_limit && just_grew(dump, table) &&
             saving->load <= NEAR_AFTER_GROWTH * judgement.limits.after_growth)
        conclude(&judgement, VERDICT_GROWING, REASON_JUST_GREW);
    else if (!judgement.below_limit)
        conclude(&judgement, VERDICT_OK,
                 judgement.limits.hollow_below > 0 ? REASON_LOADED : REASON_NO_WAY);
    else if (will_shrink_by_itself(layout, saving) &&
             !(layout->shrink_call && tombstones_fill_it(table, &judgement.limits)))
        /* Only deleted slots that fill the table show that its own shrinking was passed by:
         * g_hash_table_iter_remove() never resizes (GLib 2.74, ghash.c). */
        conclude(&judgement, VERDICT_OK, REASON_SHRINKS_BY_ITSELF);
    else if (best_saving(saving) < limits->min_saving)
        conclude(&judgement, VERDICT_OK, REASON_SMALL);
    else
        explain_emptiness(dump, table, layout, sibling_grew, &judgement);
    return judgement;
}

bool verdict_is_finding(enum verdict verdict)
{
    return verdict == VERDICT_HOLLOW || verdict == VERDICT_OVER_RESERVED ||
           verdict == VERDICT_TOMBSTONES;
}

const char *verdict_word(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok",
        [VERDICT_GROWING] = "growing",
        [VERDICT_HOLLOW] = "hollow",
        [VERDICT_OVER_RESERVED] = "over-reserved",
        [VERDICT_TOMBSTONES] = "tombstones",
    };
    return words[verdict];
}
