/*
 * An unknown table of which nothing but its growths was understood, because no slot was empty then:
 * where keys in sequence are spread evenly every bucket is the head of a chain. Slots that are
 * single numbers of entries, or nothing, tell themselves. See snapshot_table.h.
 */
#include "snapshot_table.h"

#include "layouts/words.h"
#include "occupancy.h"

#define LEAST_GROWTHS       2u /* at which the words were scattered: numbers alone prove nothing */
#define MOST_ENTRIES_A_SLOT 8u
#define MOST_MARKS          4u
#define MOST_SHORT          49152u /* more would be any number of 2 bytes */
#define LEAST_NUMBERS       16u
#define MOST_STRANGERS      2u /* the program may be writing */

struct tally {
    uint32_t width;
    uint64_t most; /* number */
    uint64_t zeros, ones, numbers, strangers;
};

static bool count_words(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct tally *tally = context;
    (void)offset;
    const uint64_t ones = UINT64_MAX >> (64 - 8 * tally->width);
    for (size_t at = 0; at + tally->width <= bytes; at += tally->width) {
        uint64_t word = word_sized(piece, at, tally->width);
        tally->zeros += word == 0;
        tally->ones += word >= ones - MOST_MARKS;
        tally->numbers += word > 0 && word <= tally->most;
        tally->strangers += word > tally->most && word < ones - MOST_MARKS;
    }
    return tally->strangers <= MOST_STRANGERS;
}

static bool guess(struct snapshot *snapshot, const struct live_array *array, uint32_t width,
                  struct slot_profile *out)
{
    uint64_t address = array->record.address, bytes = array->record.bytes;
    struct tally tally = {.width = width, .most = bytes / width * MOST_ENTRIES_A_SLOT};
    if (width == 2 && tally.most > MOST_SHORT)
        tally.most = MOST_SHORT;
    if (bytes % width != 0 ||
        !layout_scan(&snapshot->view, address, bytes, width, count_words, &tally) ||
        tally.strangers > MOST_STRANGERS || tally.numbers < LEAST_NUMBERS)
        return false;
    *out = (struct slot_profile){
        .array_sequence = (uint32_t)array->record.sequence,
        .slot_bytes = width,
        .column_bytes = width,
        .empty_value = tally.zeros > tally.ones ? 0 : UINT64_MAX >> (64 - 8 * width),
        .is_distinct = 1,
        .is_indexed = 1,
    };
    return true;
}

bool snapshot_read_numbers(struct snapshot *snapshot, const struct table_record *record,
                           struct live_array *arrays[TABLE_MAX_ARRAYS], uint32_t count,
                           struct slot_profile *profile, struct table_reading *reading)
{
    /* Read as shorter ones, numbers are so, too; read as longer ones, two of them are not. */
    static const uint8_t widths[] = {8, 4, 2};
    if (record->growths < LEAST_GROWTHS || record->profile.slot_bytes != 0 ||
        record->flags & TABLE_DOUBTFUL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        for (size_t width = 0; width < sizeof(widths); width++) {
            struct live_array *array = arrays[i];
            struct block block = {.address = array->record.address, .bytes = array->record.bytes};
            *reading = (struct table_reading){0};
            if (!guess(snapshot, array, widths[width], profile) ||
                !occupancy_read(&snapshot->view, &block, profile, 0, reading) ||
                reading->numbers == 0)
                continue;
            arrays[i] = arrays[0];
            arrays[0] = array;
            snapshot_read_header(snapshot, &record->header, profile, array, reading);
            return true;
        }
    return false;
}
