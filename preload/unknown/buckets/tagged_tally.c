/*
 * What the groups of an array hold, and whether a hash put it there: see tagged_groups.h. No state;
 * every loop is bounded by the array or by a constant.
 */
#include "layouts/words.h"
#include "slot_profile.h"
#include "tagged_parts.h"

/* Entries that prove a table, and the values that their tags must have. */
#define LEAST_LIVE      64u
#define LEAST_VALUES    20u
#define LEAST_SAMPLED   32u
#define MOST_COMMON     4u    /* no place is that of a larger part of them */
#define HASH_VALUES     110.0 /* seven bits of a hash, some of which are marks */
#define LEAST_OF_PLACES 32u   /* tags of a group */

#define MOST_FURTHER 65536u /* groups elsewhere that are followed */
#define MOST_CHAIN   16u

/* --- what the tags hold --- */

void tagged_tally(const unsigned char *piece, size_t bytes, const struct tagged_groups *groups,
                  uint32_t tags, struct tagged_work *work)
{
    for (size_t first = 0; first + groups->group_bytes <= bytes; first += groups->group_bytes)
        for (uint32_t tag = 0; tag < tags; tag++)
            work->tally[tag][piece[first + groups->tags_at + tag]]++;
}

struct pass {
    const struct tagged_groups *groups;
    struct tagged_work *work;
    uint32_t tags;
};

static size_t whole_groups(const struct tagged_groups *groups, uint64_t bytes)
{
    uint64_t most = bytes < LAYOUT_SCRATCH_BYTES ? bytes : LAYOUT_SCRATCH_BYTES;
    return most / groups->group_bytes * groups->group_bytes;
}

/* Calls visit for all groups of the array, many at a time. */
static bool
for_groups(const struct layout_view *view, const struct block *block, const struct pass *pass,
           bool (*visit)(const struct layout_view *view, const unsigned char *piece, size_t bytes,
                         const struct block *block, const struct pass *pass))
{
    uint64_t left = tagged_groups_in(block, pass->groups) * pass->groups->group_bytes;
    uint64_t at = block->address + pass->groups->start;
    while (left > 0) {
        size_t bytes = whole_groups(pass->groups, left);
        if (!layout_read(view, at, pass->work->piece, bytes) ||
            !visit(view, pass->work->piece, bytes, block, pass))
            return false;
        at += bytes;
        left -= bytes;
    }
    return true;
}

static bool tally_piece(const struct layout_view *view, const unsigned char *piece, size_t bytes,
                        const struct block *block, const struct pass *pass)
{
    (void)view;
    for (size_t at = tagged_further_at(pass->groups); at < bytes; at += pass->groups->group_bytes) {
        uint64_t word = word_u64(piece, at);
        bool is_pointer = layout_is_pointer(word, 8);
        pass->work->elsewhere += is_pointer && !block_has(block, word);
        pass->work->nowhere += word != 0 && !is_pointer;
    }
    tagged_tally(piece, bytes, pass->groups, pass->tags, pass->work);
    return true;
}

/* False where it leads to what is no group. */
static bool add_further(const struct layout_view *view, uint64_t at, const struct block *block,
                        const struct pass *pass, uint32_t *followed)
{
    const struct tagged_groups *groups = pass->groups;
    unsigned char tags[TAGGED_MOST_TAGS];
    for (uint32_t nth = 0; nth < MOST_CHAIN && *followed < MOST_FURTHER; nth++, (*followed)++) {
        uint64_t next;
        if (at == 0 || block_has(block, at))
            return true;
        if (!layout_is_pointer(at, 8) ||
            !layout_read(view, at + groups->tags_at, tags, groups->tags) ||
            !layout_read_u64(view, at + tagged_further_at(groups), &next))
            return false;
        for (uint32_t tag = 0; tag < groups->tags; tag++)
            pass->work->total[tags[tag]]++;
        at = next;
    }
    return true;
}

static bool tally_further(const struct layout_view *view, const unsigned char *piece, size_t bytes,
                          const struct block *block, const struct pass *pass)
{
    const struct tagged_groups *groups = pass->groups;
    uint32_t followed = 0;
    for (size_t first = 0; first < bytes; first += groups->group_bytes)
        if (!add_further(view, word_u64(piece, first + tagged_further_at(groups)), block, pass,
                         &followed))
            return false;
    return true;
}

bool tagged_tally_arrays(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count,
                         const struct tagged_groups *groups, uint32_t tags)
{
    struct pass pass = {.groups = groups, .work = work, .tags = tags};
    memset(work->tally, 0, tags * sizeof(work->tally[0]));
    work->elsewhere = work->nowhere = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!for_groups(view, &arrays[i].block, &pass, tally_piece))
            return false;
    /* Nearly all entries lie in their own group. */
    work->leads_elsewhere =
        work->elsewhere > 0 && work->nowhere == 0 &&
        work->elsewhere * 2 <= tagged_groups_in(&arrays[0].block, groups) * count;
    return true;
}

static bool add_overflow(const struct layout_view *view, struct tagged_work *work,
                         const struct tagged_array *arrays, uint32_t count,
                         const struct tagged_groups *groups)
{
    struct pass pass = {.groups = groups, .work = work};
    for (uint32_t i = 0; i < count; i++)
        if (!for_groups(view, &arrays[i].block, &pass, tally_further))
            return false;
    return true;
}

void tagged_sum_tags(struct tagged_work *work, uint32_t tags)
{
    memset(work->total, 0, sizeof(work->total));
    for (uint32_t tag = 0; tag < tags; tag++)
        for (uint32_t value = 0; value < 256; value++)
            work->total[value] += work->tally[tag][value];
}

static bool is_empty(const struct tagged_groups *groups, unsigned char value)
{
    for (uint32_t i = 0; i < groups->empties; i++)
        if (groups->empty[i] == value)
            return true;
    return false;
}

uint64_t tagged_live(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint64_t live = 0;
    for (uint32_t value = 0; value < 256; value++)
        if (!is_empty(groups, (unsigned char)value))
            live += work->total[value];
    return live;
}

/* The commonest value that is not among the empty ones yet. */
void tagged_add_empty(const struct tagged_work *work, struct tagged_groups *groups)
{
    uint32_t most = 256;
    for (uint32_t value = 0; value < 256; value++)
        if (!is_empty(groups, (unsigned char)value) &&
            (most == 256 || work->total[value] > work->total[most]))
            most = value;
    groups->empty[groups->empties++] = (unsigned char)most;
}

/* Whether the tags are numbers of entries in a block of the group's own. Of parts of hashes not so
 * many would be different in a group. */
static bool are_places(const struct tagged_groups *groups)
{
    return groups->tags >= LEAST_OF_PLACES;
}

/* How many values stand for entries, and how often the commonest of them does. */
static uint64_t values_of(const struct tagged_work *work, const struct tagged_groups *groups,
                          uint64_t *most)
{
    uint64_t values = 0;
    *most = 0;
    for (uint32_t value = 0; value < 256; value++) {
        if (is_empty(groups, (unsigned char)value) || work->total[value] == 0)
            continue;
        values++;
        *most = work->total[value] > *most ? work->total[value] : *most;
    }
    return values;
}

bool tagged_may_be_hashes(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint64_t live = tagged_live(work, groups), most;
    double a_value = (double)live / HASH_VALUES;
    uint64_t values = values_of(work, groups, &most);
    if (are_places(groups))
        return live < LEAST_SAMPLED || most * MOST_COMMON <= live;
    return (double)most <= a_value + TAGGED_SURE_ERRORS * slot_profile_square_root(a_value + 1) &&
           (live < LEAST_SAMPLED ||
            (double)values * 2 >= (live < HASH_VALUES ? (double)live : HASH_VALUES));
}

bool tagged_are_hashes(const struct tagged_work *work, const struct tagged_groups *groups)
{
    uint64_t live = tagged_live(work, groups), most;
    return live >= LEAST_LIVE && tagged_may_be_hashes(work, groups) &&
           (!are_places(groups) || values_of(work, groups, &most) >= LEAST_VALUES);
}

bool tagged_total(const struct layout_view *view, struct tagged_work *work,
                  const struct tagged_array *arrays, uint32_t count,
                  const struct tagged_groups *groups)
{
    tagged_sum_tags(work, groups->tags);
    return !groups->has_overflow || add_overflow(view, work, arrays, count, groups);
}

bool tagged_sum(const struct layout_view *view, struct tagged_work *work,
                const struct tagged_array *arrays, uint32_t count,
                const struct tagged_groups *groups)
{
    return tagged_tally_arrays(view, work, arrays, count, groups, groups->tags) &&
           tagged_total(view, work, arrays, count, groups);
}

/* --- how entries lie in their groups --- */

static bool look_at_order(const struct layout_view *view, const unsigned char *piece, size_t bytes,
                          const struct block *block, const struct pass *pass)
{
    const struct tagged_groups *groups = pass->groups;
    struct tagged_work *work = pass->work;
    const uint32_t further = tagged_further_record(groups);
    const uint32_t record = further > 0 ? groups->group_bytes / groups->tags : 0;
    (void)view;
    (void)block;
    for (size_t first = 0; first < bytes; first += groups->group_bytes) {
        const unsigned char *tags = piece + first + groups->tags_at;
        bool seen[256] = {false}, was_used = false;
        int before = -1;
        uint32_t entries = 0;
        for (uint32_t tag = 0; tag < groups->tags; tag++) {
            if (tag < record)
                work->at_further[tag] += !is_empty(groups, tags[further + tag]);
            bool is_used = !is_empty(groups, tags[tag]);
            if (tag > 0)
                work->changes[tag - 1] += is_used != was_used;
            was_used = is_used;
            if (!is_used)
                continue;
            work->meetings += entries++;
            work->at_place[tag]++;
            work->pairs += before >= 0 && before != tags[tag];
            work->rising += before >= 0 && before < tags[tag];
            before = tags[tag];
            work->twice += seen[tags[tag]];
            seen[tags[tag]] = true;
        }
        work->live_groups += before >= 0;
        work->entries += entries;
    }
    return true;
}

/* Groups that a hash fills: as many have an entry as by chance, or nearly so, not those alone that
 * are in use; and in those that have several no order is kept, as in a node of a tree. No place is
 * taken twice, as a colour in a picture is. */
bool tagged_are_scattered(const struct layout_view *view, struct tagged_work *work,
                          const struct tagged_array *arrays, uint32_t count,
                          const struct tagged_groups *groups)
{
    struct pass pass = {.groups = groups, .work = work};
    work->live_groups = work->pairs = work->rising = work->twice = 0;
    work->entries = work->meetings = 0;
    memset(work->at_place, 0, sizeof(work->at_place));
    memset(work->at_further, 0, sizeof(work->at_further));
    memset(work->changes, 0, sizeof(work->changes));
    for (uint32_t i = 0; i < count; i++)
        if (!for_groups(view, &arrays[i].block, &pass, look_at_order))
            return false;
    uint64_t all = tagged_groups_in(&arrays[0].block, groups) * count;
    double load = (double)tagged_live(work, groups) / (double)(all * groups->tags), without = 1;
    for (uint32_t tag = 0; tag < groups->tags; tag++)
        without *= 1 - load;
    return (double)work->live_groups >= 0.6 * (1 - without) * (double)all &&
           (work->pairs < TAGGED_LEAST_NAMED || work->rising * 4 <= work->pairs * 3) &&
           (!are_places(groups) || work->twice == 0);
}

/* --- entries that bear the number of their slot --- */

#define IDENTITY_LOOKS 32u
#define ENTRY_FIELDS   8u /* of four bytes, of an entry */

static const uint8_t entry_sizes[] = {4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 96};

/* How many entries that were looked at have the number of their slot in a field, for each size that
 * entries may have and each field. */
struct identity {
    uint32_t looks;
    uint8_t same[sizeof(entry_sizes)][ENTRY_FIELDS];
};

static void look_at_entry(const struct layout_view *view, uint64_t entries, uint32_t slot,
                          uint32_t place, uint32_t mask, struct identity *identity)
{
    for (uint32_t size = 0; size < sizeof(entry_sizes); size++) {
        unsigned char entry[ENTRY_FIELDS * 4];
        uint32_t bytes = entry_sizes[size] < sizeof(entry) ? entry_sizes[size] : sizeof(entry);
        if (!layout_read(view, entries + (uint64_t)place * entry_sizes[size], entry, bytes))
            continue;
        for (uint32_t field = 0; field * 4 < bytes; field++)
            identity->same[size][field] += (word_u32(entry, (size_t)field * 4) & mask) == slot;
    }
    identity->looks++;
}

/* `at`: of the pointer to the entries, in a group. */
static bool bear_their_slot(const struct layout_view *view, struct tagged_work *work,
                            const struct tagged_array *array, const struct tagged_groups *groups,
                            uint32_t at)
{
    struct identity identity = {0};
    uint32_t mask = (uint32_t)next_power_of_two(groups->tags) - 1;
    uint64_t all = tagged_groups_in(&array->block, groups), entries;
    for (uint64_t group = 0; group < all && identity.looks < IDENTITY_LOOKS; group++) {
        uint64_t address = array->block.address + groups->start + group * groups->group_bytes;
        const unsigned char *tags = work->piece + groups->tags_at;
        if (!layout_read(view, address, work->piece, groups->group_bytes))
            return false;
        entries = word_u64(work->piece, at);
        for (uint32_t tag = 0; tag < groups->tags && identity.looks < IDENTITY_LOOKS; tag++)
            if (!is_empty(groups, tags[tag]) && layout_is_pointer(entries, 4))
                look_at_entry(view, entries, tag, tags[tag], mask, &identity);
    }
    for (uint32_t size = 0; size < sizeof(entry_sizes); size++)
        for (uint32_t field = 0; field < ENTRY_FIELDS; field++)
            if (identity.looks > 0 && identity.same[size][field] * 4u >= identity.looks * 3)
                return true;
    return false;
}

/* Whether it is an array indexed by ids: a page of a sparse set leads from an id to its entry, and
 * the entry has the id. */
bool tagged_are_indexed(const struct layout_view *view, struct tagged_work *work,
                        const struct tagged_array *array, const struct tagged_groups *groups)
{
    for (uint32_t at = 0; are_places(groups) && at + 8 <= groups->group_bytes; at += 8) {
        bool is_tag = at + 8 > groups->tags_at && at < groups->tags_at + groups->tags;
        if (!is_tag && bear_their_slot(view, work, array, groups, at))
            return true;
    }
    return false;
}
