/*
 * A table that is moving its entries step by step when a snapshot is taken: its old array and the
 * new one each hold a part of them, and the object counts each part in the same way. See
 * snapshot_table.h.
 */
#include "snapshot_table.h"

#include "occupancy.h"

#define MOST_HOLDERS 4u /* pointers to an array that are looked at */
/* How far from the pointer to the one array that to the other lies. */
#define REACH 64u
/* Growth factors. */
#define LEAST_RATIO 1.4
#define MOST_RATIO  4.3
/* With a header, or what a block's size was rounded up by, slots seem to be no more times as large.
 */
#define MOST_SLOT_RATIO 1.25

/* Not an array that is older than the one that the table has outgrown: it is another table's. */
static bool may_be_half(const struct snapshot *snapshot, const struct table_record *record,
                        const struct live_array *first, const struct live_array *other)
{
    double ratio = (double)other->record.bytes / (double)first->record.bytes;
    ratio = ratio < 1 ? 1 / ratio : ratio;
    return other != first && other->table == DUMP_NONE && other->record.table == 0 &&
           other->record.sequence >= record->outgrown && ratio > LEAST_RATIO &&
           ratio < MOST_RATIO &&
           (other->record.frame_top == first->record.frame_top ||
            registry_same_caller(snapshot->registry, other->record.site, first->record.site));
}

/* What is in the other array, if the object counts that, too, or if it is full of the same chains.
 * What was moved until now does not lie evenly in it, so that an estimate may be off by far. */
static bool read_half(struct snapshot *snapshot, const struct table_record *record,
                      const struct live_array *other, uint64_t header, struct table_reading *out)
{
    struct block block = {.address = other->record.address, .bytes = other->record.bytes};
    *out = (struct table_reading){0};
    if (!occupancy_read(&snapshot->view, &block, &record->profile, 0, out))
        return false;
    bool are_chains = record->profile.is_chained && out->entry_blocks > 0;
    snapshot_read_header(snapshot, &record->header, &record->profile, other, out);
    bool is_counted =
        out->flags & DUMP_TABLE_COUNTED && distance_between(out->header, header) <= REACH;
    if (!is_counted)
        out->live_error += out->live / 20;
    return is_counted || are_chains;
}

/* Whether one word may have been taken for the count of both: a vector of the entries beside the
 * slots that refer to them holds as many, and where it ends names its capacity, too. Halves of a
 * table hold as many as each other at one moment of a move. */
static bool is_same_count(const struct table_reading *first, const struct table_reading *half)
{
    return half->flags & DUMP_TABLE_COUNTED && distance_between(first->live, half->live) <= 1;
}

/* Whether the slots of both are as large. A list of the numbers that are free, beside slots of hash
 * and number, has a count and a capacity of its own, too, of words half as long. */
static bool are_slots_alike(const struct live_array *first, const struct table_reading *of_first,
                            const struct live_array *other, const struct table_reading *half)
{
    double one = (double)first->record.bytes / (double)of_first->capacity;
    double another = (double)other->record.bytes / (double)half->capacity;
    return another <= one * MOST_SLOT_RATIO && one <= another * MOST_SLOT_RATIO;
}

/* Whether the slots hold numbers of entries: then an array that does not is the entries'. */
static bool holds_numbers(struct snapshot *snapshot, const struct table_record *record,
                          const struct live_array *first)
{
    struct block block = {.address = first->record.address, .bytes = first->record.bytes};
    struct table_reading slots = {0};
    return occupancy_read(&snapshot->view, &block, &record->profile, 0, &slots) &&
           slots.numbers != 0;
}

/* Whether a word of those around a pointer is the array's number of slots, or one less. */
static bool names_slots(const uint32_t *words, size_t count, uint64_t slots)
{
    for (size_t i = 0; i < count; i++)
        if (words[i] == slots || words[i] + 1ull == slots)
            return true;
    return false;
}

/* The larger array among those that the words lead to, with slots of that size and as many as one
 * of the words says. The values beside the keys are larger, too, but have no slots of their own. */
static struct live_array *find_larger(struct snapshot *snapshot, const struct table_record *record,
                                      const struct live_array *first, const uint32_t *words,
                                      size_t count)
{
    const uint64_t slot_bytes = record->profile.slot_bytes;
    for (size_t i = 0; i + 1 < count; i += 2) {
        uint64_t word = words[i] | (uint64_t)words[i + 1] << 32;
        struct live_array *other = live_arrays_at(&snapshot->arrays, word);
        if (other && may_be_half(snapshot, record, first, other) &&
            other->record.sequence > first->record.sequence &&
            other->record.bytes > first->record.bytes &&
            names_slots(words, count, other->record.bytes / slot_bytes))
            return other;
    }
    return NULL;
}

struct live_array *snapshot_moving_to(struct snapshot *snapshot, const struct table_record *record,
                                      const struct live_array *first)
{
    const struct block_index *blocks = snapshot->view.blocks;
    uint32_t words[2 * REACH / sizeof(uint32_t) + 2];
    for (unsigned nth = 0; blocks && record->profile.slot_bytes != 0 && nth < MOST_HOLDERS; nth++) {
        uint64_t holder = blocks->pointer_to(blocks, first->record.address, nth);
        if (holder == 0)
            break;
        if (!layout_read(&snapshot->view, (holder & ~(uint64_t)7) - REACH, words, sizeof(words)))
            continue;
        struct live_array *other =
            find_larger(snapshot, record, first, words, sizeof(words) / sizeof(words[0]));
        if (other)
            return other;
    }
    return NULL;
}

struct live_array *snapshot_add_half(struct snapshot *snapshot, const struct table_record *record,
                                     const struct live_array *first, struct table_reading *reading)
{
    uint64_t words[2 * REACH / 8 + 1];
    uint64_t start = (reading->header & ~(uint64_t)7) - REACH;
    if (!(reading->flags & DUMP_TABLE_COUNTED) || reading->header == first->record.address ||
        !layout_read(&snapshot->view, start, words, sizeof(words)))
        return NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct live_array *other = live_arrays_at(&snapshot->arrays, words[i]);
        struct table_reading half;
        if (!other || !may_be_half(snapshot, record, first, other) ||
            !read_half(snapshot, record, other, reading->header, &half) ||
            is_same_count(reading, &half) || !are_slots_alike(first, reading, other, &half) ||
            (half.numbers == 0 && holds_numbers(snapshot, record, first)))
            continue;
        reading->capacity += half.capacity;
        reading->live += half.live;
        reading->live_error += half.live_error;
        reading->flags &= half.flags | ~(uint32_t)DUMP_TABLE_COUNTED;
        reading->tombstones += half.tombstones;
        reading->entry_blocks += half.entry_blocks;
        reading->known &= half.known | ~(uint32_t)DUMP_KNOWN_TOMBSTONES;
        return other;
    }
    return NULL;
}
