/*
 * An index in front of its entries: see growth_index.h. Runs inside the tracker, under no lock.
 */
#include "growth_index.h"

#include "growth_together.h"
#include "layouts/words.h"
#include "occupancy.h"
#include "slot_profile.h"
#include "tables.h"
#include "thread.h"

#define LEAST_SLOTS 64u
#define LOOKS       64u /* places of an index that are looked at, some words at each */
#define LOOK_WORDS  4u
#define MOST_MARKS  4u /* numbers that are no entry's, the first or the last ones */
#define LEAST_RATIO 2u /* an index of a power of two slots doubles, or more */
#define MOST_RATIO  4u
/* The number of slots is a power of two, so that their share tells it even if the entries do not
 * grow by quite as much. */
#define PPM 1000000u

struct index_look {
    uint64_t zeros, ones, numbers;
    uint64_t uneven; /* numbers in every second place: none where numbers have eight bytes */
};

/* Whether so many words at the array's beginning are numbers of entries, `most` at most. */
static bool look_at_numbers(const struct memory_reader *reader, uint64_t address, uint64_t slots,
                            uint64_t most, struct index_look *look)
{
    unsigned char memory[LOOKS * LOOK_WORDS * 4];
    uint64_t at[LOOKS];
    *look = (struct index_look){0};
    for (unsigned i = 0; i < LOOKS; i++)
        at[i] = address + slots * i / LOOKS / LOOK_WORDS * LOOK_WORDS * 4;
    if (!read_pieces(reader, at, LOOKS, memory, sizeof(memory) / LOOKS))
        return false;
    for (size_t i = 0; i < sizeof(memory); i += 4) {
        uint32_t word = word_u32(memory, i);
        look->zeros += word == 0;
        look->ones += word >= UINT32_MAX - MOST_MARKS;
        look->numbers += word > 0 && word <= most;
        look->uneven += word > 0 && word <= most && i / 4 % 2 == 1;
    }
    return look->zeros + look->ones + look->numbers == sizeof(memory) / 4;
}

/* How many slots the index has that the array begins with: as many as there are small numbers
 * before anything else, and more than the largest of them. 0: it begins with no index. */
static uint64_t slots_of(const struct memory_reader *reader, const struct array_record *array,
                         struct index_look *look)
{
    struct index_look longer;
    uint64_t slots = 0;
    for (uint64_t tried = LEAST_SLOTS; tried * 4 < array->bytes; tried *= 2) {
        if (!look_at_numbers(reader, array->address, tried, array->bytes / 8, &longer))
            break;
        slots = tried;
        *look = longer;
    }
    /* An index has room, and there is something in it; behind it lie entries as many as numbers. */
    bool is_index = slots > 0 && look->uneven * 8 >= look->numbers &&
                    look->numbers * 16 >= look->zeros + look->ones &&
                    (look->zeros + look->ones) * 16 >= look->numbers;
    return is_index && array->bytes >= slots * 8 &&
                   look_at_numbers(reader, array->address, slots, slots + MOST_MARKS, look)
               ? slots
               : 0;
}

/* Whether the numbers of the one index went to other slots of the other, each to one. */
static bool is_scattered(struct scratch *scratch, const struct array_record *old, uint64_t slots,
                         const struct array_record *array, uint64_t new_slots,
                         struct comparison *comparison)
{
    struct signature_work *work = &scratch->signature;
    if (!signature_sample(scratch->view.reader, old->address, slots * 4, 4, false, &work->sample,
                          work->piece))
        return false;
    signature_compare(scratch->view.reader, array->address, new_slots * 4, SIGNATURE_SEARCH_ALL,
                      work, comparison);
    return comparison->signature == SIGNATURE_SCATTERED;
}

bool growth_index_link(struct registry *registry, struct scratch *scratch,
                       const struct array_record *old, uint32_t index,
                       const struct array_record *array)
{
    struct index_look look;
    struct comparison comparison;
    struct table_reading reading = {0};
    uint64_t slots = slots_of(scratch->view.reader, old, &look);
    if (slots == 0 || array->bytes <= old->bytes)
        return false;
    uint64_t new_slots = slots_of(scratch->view.reader, array, &look);
    if (new_slots < LEAST_RATIO * slots || new_slots > MOST_RATIO * slots ||
        !is_scattered(scratch, old, slots, array, new_slots, &comparison))
        return false;
    struct slot_profile profile = {
        .array_sequence = (uint32_t)array->sequence,
        .slot_bytes = 4,
        .column_bytes = 4,
        .empty_value = look.zeros > look.ones ? 0 : UINT32_MAX,
        .index_ppm = (uint32_t)((double)new_slots * 4 * PPM / (double)array->bytes),
        .is_distinct = 1,
    };
    struct block block = {.address = array->address, .bytes = array->bytes};
    struct growth_evidence evidence = {.moved_ppm = comparison.moved_ppm, .is_estimate = true};
    if (!occupancy_read(&scratch->view, &block, &profile, 0, &reading) ||
        reading.capacity != new_slots)
        return false;
    evidence.live = reading.live;
    evidence.occupied_ppm = (uint32_t)((double)reading.live * PPM / (double)slots);
    uint32_t table = tables_link(registry, old, index, array, &evidence);
    if (table == 0)
        return false;
    tables_set_doubtful(registry, table, false);
    tables_set_profile(registry, table, &profile);
    return true;
}

/* The table may have been built anew in a block of the same size, to get rid of what was erased. */
static bool link_purged(struct registry *registry, struct scratch *scratch,
                        const struct array_record *old, uint64_t slots)
{
    const struct growth_evidence evidence = {0};
    const struct recent_array *recent;
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL; i++) {
        struct array_record array;
        struct index_look look;
        if (registry_get(registry, recent->index, recent->sequence, &array) &&
            array.bytes == old->bytes && array.frame_top == old->frame_top &&
            array.sequence > old->sequence && !growth_together_is_taken(registry, old, &array) &&
            look_at_numbers(scratch->view.reader, array.address, slots, slots + MOST_MARKS, &look))
            return tables_link(registry, old, recent->index, &array, &evidence) != 0;
    }
    return false;
}

bool growth_index_goes_on(struct registry *registry, struct scratch *scratch,
                          const struct array_record *old, uint32_t index,
                          const struct array_record *array)
{
    struct table_record record;
    if (old->table == 0 || !tables_get(registry, tables_resolve(registry, old->table), &record) ||
        record.profile.index_ppm == 0)
        return false;
    return (array && growth_index_link(registry, scratch, old, index, array)) ||
           link_purged(registry, scratch, old, slot_profile_capacity(&record.profile, old->bytes));
}
