/* What to do about a finding: see advice.h. The numbers come from saving.c. */
#include "advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

/* What an empty table begins with, more or less: most implementations have none or 4 to 16. */
#define FIRST_CAPACITY 8u

/* How often the table doubles again on its way back to the capacity it has now. */
static unsigned doublings(uint64_t from, uint64_t to)
{
    unsigned count = 0;
    if (from == 0)
        from = FIRST_CAPACITY;
    while (from < to) {
        from *= 2;
        count++;
    }
    return count;
}

static void describe_rebuild(const struct dump_table *table, const struct layout *layout,
                             const struct saving *saving, const struct refills *refills,
                             struct advice *advice)
{
    char entries[FORMAT_BYTES], slots[FORMAT_BYTES];
    format_count(entries, saving->live_high);
    format_count(slots, saving->rebuilt_capacity);
    unsigned again = doublings(saving->rebuilt_capacity, table->capacity);
    int used =
        snprintf(advice->cost, sizeof(advice->cost),
                 "rehashes %s %s once; growing back to the old size takes %u rehash%s", entries,
                 saving->live_high == 1 ? "entry" : "entries", again, again == 1 ? "" : "es");
    if (refills->times)
        snprintf(advice->cost + used, sizeof(advice->cost) - (size_t)used,
                 ", and it will: it filled again %u time%s while it was looked at. Leave it as it "
                 "is unless it stays empty for long",
                 refills->times, refills->times == 1 ? "" : "s");
    if (layout && layout->shrink_call)
        snprintf(advice->how, sizeof(advice->how), "%s", layout->shrink_call);
    else if (layout && layout->recreate)
        snprintf(advice->how, sizeof(advice->how), "%s", layout->recreate);
    else
        snprintf(advice->how, sizeof(advice->how),
                 "build a new table for %s %s (%s %s), move them over, free the old one", entries,
                 saving->live_high == 1 ? "entry" : "entries", slots,
                 table->kind == DUMP_KIND_CHAINED ? "buckets" : "slots");
}

static void describe_reservation(const struct dump_table *table, const struct layout *layout,
                                 const struct saving *saving, const struct judgement *judgement,
                                 struct advice *advice)
{
    char wanted[FORMAT_BYTES], reserved[FORMAT_BYTES];
    uint64_t needed =
        judgement->proven_peak > saving->live_high ? judgement->proven_peak : saving->live_high;
    snprintf(advice->cost, sizeof(advice->cost),
             "a few rehashes while it grows, should it ever hold more");
    if (needed == 0)
        snprintf(advice->how, sizeof(advice->how),
                 "reserve nothing instead of %s: no entry was ever seen in it",
                 format_count(reserved, table->capacity));
    else
        snprintf(advice->how, sizeof(advice->how),
                 "reserve for about %s instead of %s: that is the most it was seen to hold",
                 format_count(wanted, needed), format_count(reserved, table->capacity));
    if (judgement->reason != REASON_GROWTH_NOT_SEEN && judgement->reason != REASON_GROWTH_HIDDEN)
        return;
    size_t used = strlen(advice->how);
    const char *fix = layout && layout->shrink_call ? layout->shrink_call
                      : layout && layout->recreate  ? layout->recreate
                                                    : "build a new table, move the entries over";
    snprintf(advice->how + used, sizeof(advice->how) - used, "; or, if it was fuller: %s", fix);
}

static void describe_box(const struct dump_table *table, const struct saving *saving,
                         struct advice *advice)
{
    char value[FORMAT_BYTES], peak[FORMAT_BYTES], at_peak[FORMAT_BYTES];
    const char *what = table->known & DUMP_KNOWN_VALUE_BYTES ? "value" : "entry";
    int used = snprintf(advice->cost, sizeof(advice->cost),
                        "an allocation an entry and a cache miss a hit");
    /* A peak no higher than now says only that nobody saw it fuller. */
    if (table->known & DUMP_KNOWN_PEAK && table->peak_live > table->live)
        snprintf(advice->cost + used, sizeof(advice->cost) - (size_t)used,
                 "; with the %s entries of its peak it %s %s", format_count(peak, table->peak_live),
                 saving->box_at_peak < 0 ? "costs" : "saves",
                 format_bytes(at_peak, saving->box_at_peak < 0 ? (uint64_t)-saving->box_at_peak
                                                               : (uint64_t)saving->box_at_peak));
    format_bytes(value, saving->boxed_value_bytes);
    snprintf(advice->how, sizeof(advice->how),
             "keep a pointer in the slot and the %s of %s in a block of its own", what, value);
}

static void set_saving(const struct dump_table *table, uint64_t saved, uint64_t after,
                       struct advice *advice)
{
    advice->saves_bytes = saved;
    advice->saves_resident_bytes =
        table->known & DUMP_KNOWN_RESIDENT ? resident_saving(table, saved, after) : 0;
}

size_t advise(const struct dump_table *table, const struct layout *layout,
              const struct saving *saving, const struct judgement *judgement,
              struct advice advice[ADVICE_MAX])
{
    size_t count = 0;
    if (!verdict_is_finding(judgement->verdict))
        return 0;
    if (saving->rebuild > 0) {
        struct advice *rebuild = &advice[count++];
        set_saving(table, saving->rebuild - saving->freed_entry_bytes, saving->rebuilt_bytes,
                   rebuild);
        rebuild->saves_bytes += saving->freed_entry_bytes;
        /* They held entries, so their pages were touched. */
        if (table->known & DUMP_KNOWN_RESIDENT)
            rebuild->saves_resident_bytes += saving->freed_entry_bytes;
        if (judgement->verdict == VERDICT_OVER_RESERVED) {
            rebuild->action = ADVICE_RESERVE_LESS;
            describe_reservation(table, layout, saving, judgement, rebuild);
        } else {
            rebuild->action = layout && layout->shrink_call ? ADVICE_SHRINK : ADVICE_RECREATE;
            describe_rebuild(table, layout, saving, &judgement->refills, rebuild);
        }
    }
    /* A table that never held more wants a smaller reservation, not another representation. Boxing
     * is for the peak: where it costs there and saves less now, rebuilding is all there is. */
    bool is_worse = table->known & DUMP_KNOWN_PEAK && table->peak_live > table->live &&
                    saving->box_at_peak <= 0 && saving->box <= saving->rebuild;
    if (saving->box > 0 &&
        (count == 0 || (judgement->verdict != VERDICT_OVER_RESERVED && !is_worse))) {
        struct advice *box = &advice[count++];
        box->action = ADVICE_BOX;
        set_saving(table, saving->box, saving->boxed_bytes, box);
        describe_box(table, saving, box);
    }
    /* Boxing saves while the table is full as well. */
    if (count == 2 && judgement->refills.times) {
        struct advice rebuild = advice[0];
        advice[0] = advice[1];
        advice[1] = rebuild;
    }
    return count;
}

const char *advice_word(enum advice_action action)
{
    static const char *const words[] = {
        [ADVICE_RECREATE] = "recreate",
        [ADVICE_SHRINK] = "shrink",
        [ADVICE_RESERVE_LESS] = "reserve-less",
        [ADVICE_BOX] = "box",
    };
    return words[action];
}
