/*
 * Successors that layouts vouch for: see growth_recognised.h.
 *
 * - counted: both arrays are of the same layout and hold as many entries. The entries are moved out
 *   one by one (a C++ table leaves nothing of a std::string behind), or the arrays only say where
 *   they are (the spans of Qt 6's QHash), so no word of the old one is found again.
 * - unseen: the layout says that its growths cannot be seen otherwise (grows_unseen), and knows one
 *   of the two arrays as it is now. Then the same call must have allocated both.
 */
#include "growth_recognised.h"

#include "growth_expected.h"
#include "growth_last_reading.h"
#include "growth_link.h"
#include "tables.h"
#include "thread.h"

/* Two tables with as many entries as each other are the same one, if there are this many. */
#define LEAST_COUNTED 32u
/* Successors looked at for one free. */
#define MOST_COMPARISONS 2u
/* Growths of smaller arrays prove little, and there are many. */
#define LEAST_BYTES 8192u

bool growth_is_plausible(const struct array_record *old, const struct array_record *array)
{
    if (array->sequence <= old->sequence)
        return false;
    double ratio = (double)array->bytes / (double)old->bytes;
    if (old->table != 0)
        return ratio > 1.0 / 64 && ratio < 20;
    if (ratio < 1.2 || ratio > 20)
        return false;
    /* Another function allocated the first array than the one that grows it: by size then. */
    bool is_likely = array->frame_top == old->frame_top || array->site == old->site ||
                     (ratio > 1.9 && ratio < 2.3) || (ratio > 3.8 && ratio < 4.3) ||
                     (ratio > 1.4 && ratio < 1.6);
    return is_likely && !growth_is_hardly_touched(array); /* else nothing can have come to it */
}

/* Whether the same instruction allocated both: equal return addresses into the allocator's caller
 * and, for that may be operator new, into its caller. */
static bool same_call(const struct registry *registry, uint32_t a, uint32_t b)
{
    return a != 0 && registry_same_inner(registry, a, b);
}

/* Whether the same call allocated another array of the table: of two halves either may hold what
 * one of those before held. */
static bool has_array_of_call(struct registry *registry, uint32_t table, uint32_t site)
{
    struct table_record record;
    if (!tables_get(registry, tables_resolve(registry, table), &record))
        return false;
    for (unsigned i = 0; i < TABLE_MAX_ARRAYS; i++) {
        struct array_record array;
        if (record.arrays[i].index != 0 &&
            registry_get(registry, record.arrays[i].index, record.arrays[i].sequence, &array) &&
            same_call(registry, array.site, site))
            return true;
    }
    return false;
}

bool growth_may_share_numbers(struct registry *registry, const struct array_record *old,
                              const struct array_record *array)
{
    double ratio = (double)array->bytes / (double)old->bytes;
    bool is_multiple = (ratio > 1.99 && ratio < 2.01) || (ratio > 3.98 && ratio < 4.02);
    return (old->table == 0 && is_multiple) || same_call(registry, old->site, array->site) ||
           has_array_of_call(registry, old->table, array->site);
}

/* What layouts say of an array. */
struct recognition {
    const struct layout *layout;
    uint64_t capacity, live;
};

static struct recognition recognise(struct scratch *scratch, const struct array_record *array)
{
    struct table_reading reading;
    const struct layout *layout = growth_recognise(scratch, array, &reading);
    return layout ? (struct recognition){layout, reading.capacity, reading.live}
                  : (struct recognition){0};
}

static bool is_unseen(const struct recognition *recognition)
{
    return recognition->layout && recognition->layout->grows_unseen && recognition->live > 0;
}

/* Whether it is worth asking the layouts about the array: they are many, and mostly the old array
 * is none of theirs. */
static bool may_be_successor(const struct registry *registry, const struct array_record *old,
                             const struct recognition *before, const struct array_record *array)
{
    return before->layout || (array->table == 0 && same_call(registry, old->site, array->site));
}

/* Arrays of one table (keys, values) tell the same of it, capacity included. The entry that made it
 * grow may be in already. */
static bool is_counted(const struct recognition *before, const struct recognition *after)
{
    return before->layout && after->layout == before->layout && before->live >= LEAST_COUNTED &&
           after->capacity > before->capacity &&
           (after->live == before->live || after->live == before->live + 1);
}

static bool is_successor(const struct registry *registry, struct scratch *scratch,
                         const struct array_record *old, const struct recognition *before,
                         const struct array_record *array)
{
    const struct recognition after = recognise(scratch, array);
    return is_counted(before, &after) ||
           (array->table == 0 && same_call(registry, old->site, array->site) &&
            (is_unseen(before) || is_unseen(&after)));
}

/* Whether the layout of this place's arrays knows the old one, with entries enough. */
static bool is_likely(struct scratch *scratch, const struct array_record *old,
                      struct table_reading *reading)
{
    const struct layout *likely = scratch->view.likely;
    return likely && growth_is_of(scratch, old, likely, reading) && reading->live >= LEAST_COUNTED;
}

/* Whether its table's object names it still. The new one is not named yet then, and nobody knows
 * it but a layout that knows what is named next. */
static bool is_named(struct scratch *scratch, const struct array_record *old,
                     const struct table_reading *reading)
{
    uint64_t array;
    return reading->header != 0 && layout_read_u64(&scratch->view, reading->header, &array) &&
           array == old->address;
}

bool growth_counted_successor(struct registry *registry, struct scratch *scratch,
                              const struct array_record *old, uint32_t *index,
                              struct array_record *out)
{
    struct table_reading reading;
    const struct layout *likely = scratch->view.likely;
    if (!is_likely(scratch, old, &reading))
        return false;
    const uint64_t named_by = is_named(scratch, old, &reading) ? reading.header : 0;
    if (named_by != 0 && !likely->knows_next)
        return false;
    const struct recognition before = {likely, reading.capacity, reading.live};
    const struct recent_array *recent;
    unsigned comparisons = 0;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL && comparisons < MOST_COMPARISONS;
         i++) {
        if (!registry_get(registry, recent->index, recent->sequence, out) ||
            !growth_is_plausible(old, out))
            continue;
        comparisons++;
        *index = recent->index;
        scratch_rely_on(scratch, out, false);
        if (!growth_is_of(scratch, out, likely, &reading))
            continue;
        const struct recognition after = {likely, reading.capacity, reading.live};
        if (is_counted(&before, &after) && (named_by == 0 || reading.header == named_by))
            return true;
    }
    return false;
}

bool growth_is_of_another_table(struct scratch *scratch, const struct array_record *old,
                                const struct array_record *array)
{
    struct table_reading before, after;
    const struct layout *likely = scratch->view.likely;
    const uint32_t both = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    return is_likely(scratch, old, &before) && !is_named(scratch, old, &before) &&
           growth_is_of(scratch, array, likely, &after) && (before.known & both) == both &&
           (after.known & both) == both && after.live >= LEAST_COUNTED && before.live_error == 0 &&
           after.live_error == 0 && (after.live > before.live + 1 || after.live < before.live / 2);
}

bool growth_recognised_successor(struct registry *registry, struct scratch *scratch,
                                 const struct array_record *old, uint32_t *index,
                                 struct array_record *out)
{
    if (old->bytes < LEAST_BYTES)
        return false;
    const struct recognition before = recognise(scratch, old);
    const struct recent_array *recent;
    unsigned comparisons = 0;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL && comparisons < MOST_COMPARISONS;
         i++) {
        if (!registry_get(registry, recent->index, recent->sequence, out) ||
            !growth_is_plausible(old, out) || !may_be_successor(registry, old, &before, out))
            continue;
        comparisons++;
        *index = recent->index;
        scratch_rely_on(scratch, out, false);
        if (is_successor(registry, scratch, old, &before, out))
            return true;
    }
    /* Between the two may lie more blocks of entries than a thread remembers. */
    return before.layout && growth_last_double(registry, old, index, out) &&
           is_successor(registry, scratch, old, &before, out);
}

bool growth_leads_elsewhere(const struct registry *registry, struct scratch *scratch,
                            const struct array_record *old, const struct array_record *array)
{
    if (same_call(registry, old->site, array->site))
        return false;
    const struct recognition before = recognise(scratch, old);
    return is_unseen(&before) && before.layout->kind == DUMP_KIND_COMPACT;
}
