/*
 * Flags of slots (flag_regions.h, flag_tally.h) against memory that is anything, and with what an
 * earlier growth taught being anything. Compiled with -fsanitize=fuzzer this is a libFuzzer target;
 * otherwise main() runs a fixed set: tables whose flags must be found, copies of them with words
 * changed, and noise. Nothing may be read outside of the image, counts must be what counting one by
 * one gives, and what is said must hold together.
 *
 * An input is the places of two arrays, what is known of them, and then memory: an object around
 * offset PLACE, and the rest.
 */
#include "table_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flag_regions.h"
#include "flag_tally.h"
#include "require.h"
#include "seed.h"

#define PLACE        256u  /* of the pointer to the array */
#define ARRAYS       1024u /* where they begin */
#define MOST_COUNTED 4096u /* flags that are counted one by one */

struct growth_input {
    struct flag_regions before;
    uint32_t old_at, old_bytes, array_at, array_bytes, beside_at, beside_bytes;
    uint32_t place, start, slots;
    uint8_t kind, bucket_words, is_before;
};

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned found, readings; /* so that a run says whether it met any flags at all */

/* --- counting one by one --- */

static unsigned flag_at(const unsigned char *bytes, enum flag_unit unit, uint64_t nth)
{
    switch (unit) {
    case FLAG_BIT:
        return bytes[nth / 8] >> nth % 8 & 1;
    case FLAG_PAIR:
        return bytes[nth / 4] >> nth % 4 * 2 & 3;
    case FLAG_HIGH_BIT:
        return bytes[nth] >> 7;
    default:
        return bytes[nth];
    }
}

static void check_tally(const struct layout_view *view, const struct image *image, size_t start,
                        uint64_t slots)
{
    for (int unit = FLAG_BIT; unit <= FLAG_HIGH_BIT; unit++) {
        struct flag_tally tally = {0};
        bool fits = start <= image->size && image->size - start >= flag_bytes(unit, slots);
        require(flag_tally_read(view, at(start), slots, unit, &tally) == (fits || slots == 0),
                "flags where there is no memory, or none where there is");
        if (!fits)
            continue;
        uint64_t seen[256] = {0}, number, all = 0, kinds = 0;
        for (uint64_t i = 0; i < slots; i++)
            seen[flag_at(image->bytes + start, unit, i)]++;
        for (unsigned value = 0; value < 256; value++)
            kinds += seen[value] > 0;
        for (unsigned value = 0; value < (unit == FLAG_BYTE   ? 256
                                          : unit == FLAG_PAIR ? 4
                                                              : 2);
             value++) {
            if (!flag_tally_number(&tally, unit, value, &number)) {
                require(unit == FLAG_BYTE && kinds > FLAG_MOST_STATES,
                        "flags that are not counted");
                return;
            }
            require(number == seen[value], "another number of flags");
            all += number;
        }
        require(all == slots, "not as many flags as slots");
    }
}

static void check_columns(const struct layout_view *view, const struct image *image, size_t start,
                          uint64_t buckets, uint32_t bucket_bytes)
{
    struct flag_columns columns;
    bool fits = start <= image->size && image->size - start >= buckets * bucket_bytes;
    require(flag_columns_read(view, at(start), buckets, bucket_bytes, &columns) ==
                (fits || buckets == 0),
            "buckets where there is no memory, or none where there is");
    if (!fits)
        return;
    for (uint32_t column = 0; column < bucket_bytes; column++) {
        uint32_t ones = 0;
        unsigned char any = 0;
        for (uint64_t i = 0; i < buckets; i++) {
            unsigned char byte = image->bytes[start + i * bucket_bytes + column];
            ones += (uint32_t)__builtin_popcount(byte);
            any |= byte;
        }
        require(columns.ones[column] == ones && columns.any[column] == any,
                "another number of bits");
        uint32_t slots = flag_columns_slots(&columns, bucket_bytes, column);
        require(slots <= 8 * FLAG_MOST_MASK_BYTES, "more slots of a bucket than a mask has bits");
        if (slots > 0)
            require(flag_columns_number(&columns, column, slots) <= buckets * slots,
                    "more bits set than there are");
        flag_columns_differ(&columns, column, slots);
    }
    flag_columns_add_bits(view, at(start), buckets / 2, bucket_bytes, &columns);
}

/* --- finding them --- */

static void check_regions(const struct flag_regions *regions, const struct flag_regions *before)
{
    require(regions->way_number >= 1 && regions->way_number <= FLAG_MOST_WAYS,
            "found, but in no way");
    require(before ? regions->growths == before->growths + 1 || before->growths == UINT8_MAX
                   : regions->growths == 1,
            "another number of growths");
    require(regions->load_ppm <= 1000000, "more entries than slots at the growth");
    for (unsigned i = 0; i < regions->way_number; i++) {
        const struct flag_way *way = &regions->ways[i];
        require(way->unit <= FLAG_BUCKET && way->base <= FLAG_TO_POINTER, "flags of no kind");
        require(way->count != way->capacity || before, "a number that counts itself");
    }
}

static bool check_reading(const struct layout_view *view, const struct block *array,
                          const struct flag_regions *regions, struct table_reading *out)
{
    struct table_reading before = {.capacity = 512, .live = 300, .slot_bytes = 8}, reading = before;
    if (!flag_regions_read(view, array, regions->array_sequence, regions, &reading)) {
        require(memcmp(&reading, &before, sizeof(reading)) == 0, "refused, but changed");
        return false;
    }
    readings++;
    require(reading.capacity > 0 && reading.live <= reading.capacity, "more entries than slots");
    require(reading.known & DUMP_KNOWN_LIVE && reading.known & DUMP_KNOWN_CAPACITY,
            "read, but nothing is known");
    require(reading.confidence_ppm <= 1000000, "more than certain");
    *out = reading;
    return true;
}

static struct flag_growth growth_of(const struct growth_input *input)
{
    return (struct flag_growth){.old = {at(input->old_at), input->old_bytes},
                                .array = {at(input->array_at), input->array_bytes},
                                .array_sequence = input->before.array_sequence};
}

/* The flags are found, found again, and read; or what is there refuses one of these. */
static bool find_and_read(struct image *image, const struct growth_input *input,
                          struct flag_regions *again, struct table_reading *reading)
{
    struct layout_view view = {
        .reader = &image->reader, .blocks = &image->index, .scratch = scratch};
    struct flag_growth growth = growth_of(input);
    struct header_place place = {.address = at(input->place),
                                 .kind = (enum header_kind)(input->kind % 3),
                                 .object = at(input->place & ~63u)};
    struct flag_regions regions;
    layout_read_u64(&view, place.address, &place.word);
    if (place.kind == HEADER_IN_ARRAY)
        place.address = growth.array.address;
    flag_regions_read_fronts(&image->reader, &growth);
    flag_regions_are_likely(&image->reader, &place, &growth);
    if (input->is_before % 4 == 0) {
        if (flag_regions_match(&view, &place, &growth, &input->before, &regions))
            check_regions(&regions, &input->before);
        return check_reading(&view, &growth.array, &input->before, reading);
    }
    if (!flag_regions_match(&view, &place, &growth, NULL, &regions))
        return false;
    found++;
    check_regions(&regions, NULL);
    if (!flag_regions_match(&view, &place, &growth, &regions, again))
        return false;
    check_regions(again, &regions);
    return check_reading(&view, &growth.array, again, reading);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct growth_input input;
    if (size < sizeof(input) + 2 * ARRAYS || size > 1u << 20)
        return 0;
    memcpy(&input, data, sizeof(input));
    size -= sizeof(input);
    unsigned char *bytes = malloc(size); /* of the very size, for the sanitizers */
    if (!bytes)
        abort();
    memcpy(bytes, data + sizeof(input), size);
    struct image image;
    struct flag_regions again;
    struct table_reading reading;
    image_init(&image, bytes, size);
    image.blocks[image.block_count++] = (struct block){at(input.beside_at), input.beside_bytes};
    find_and_read(&image, &input, &again, &reading);

    struct layout_view view = {.reader = &image.reader, .scratch = scratch};
    check_tally(&view, &image, input.start % (size + 16), input.slots % MOST_COUNTED);
    check_columns(&view, &image, input.start % (size + 16), input.slots % MOST_COUNTED / 16,
                  8 * (1 + input.bucket_words % (FLAG_MOST_BUCKET / 8)));
    free(bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define TABLES      400u
#define CHANGED     6u /* copies of each */
#define MOST_MEMORY 131072u
#define SEEDS       20u

#define RANDOM_SEED 0x94d049bb133111ebu
#include "fixed_random.h"

static void set_flag(unsigned char *bytes, enum flag_unit unit, uint64_t nth, unsigned value)
{
    switch (unit) {
    case FLAG_BIT:
        bytes[nth / 8] |= (unsigned char)(value << nth % 8);
        break;
    case FLAG_PAIR:
        bytes[nth / 4] |= (unsigned char)(value << nth % 4 * 2);
        break;
    default:
        bytes[nth] = (unsigned char)value;
    }
}

/* A table as it is right after a growth: its object, and the array with the flags in front of the
 * slots, behind them, or in a block of their own. Every slot holds a stale key. */
static void make_table(unsigned char *memory, struct growth_input *input, uint64_t *slots,
                       uint64_t *live)
{
    static const enum flag_unit units[] = {FLAG_BIT, FLAG_PAIR, FLAG_BYTE};
    enum flag_unit unit = units[next_random() % 3];
    unsigned where = next_random() % 3, value = unit == FLAG_PAIR ? 2 : 1;
    *slots = 1024u << next_random() % 2;
    *live = *slots / 2 * (60 + next_random() % 35) / 100;
    uint32_t slot_bytes = 8u << next_random() % 2, flags = (uint32_t)flag_bytes(unit, *slots);
    uint32_t array = (uint32_t)*slots * slot_bytes, at_slots = ARRAYS + (where == 0 ? flags : 0);
    uint32_t at_flags = where == 0 ? ARRAYS : where == 1 ? ARRAYS + array : ARRAYS + array + 64;
    memset(memory, 0, MOST_MEMORY);
    *input = (struct growth_input){.array_at = ARRAYS,
                                   .array_bytes = array + (where < 2 ? flags : 0),
                                   .old_at = MOST_MEMORY / 2,
                                   .place = PLACE,
                                   .is_before = 1,
                                   .start = at_flags,
                                   .slots = (uint32_t)next_random(),
                                   .bucket_words = (uint8_t)next_random()};
    input->old_bytes = input->array_bytes / 2;
    uint64_t pointer = at(ARRAYS), words = (*slots - next_random() % 2) | *live << 32;
    memcpy(memory + PLACE, &pointer, 8);
    memcpy(memory + PLACE + 8, &words, 8);
    if (where == 2) {
        uint64_t beside = at(at_flags);
        memcpy(memory + PLACE + 16, &beside, 8);
        input->beside_at = at_flags;
        input->beside_bytes = flags;
    }
    for (uint64_t i = 0; i < *slots; i++) {
        uint64_t key = next_random();
        memcpy(memory + at_slots + i * slot_bytes, &key, 8);
    }
    for (uint64_t set = 0; set < *live;) {
        uint64_t nth = next_random() % *slots;
        if (flag_at(memory + at_flags, unit, nth) == 0) {
            set_flag(memory + at_flags, unit, nth, value);
            set++;
        }
    }
}

#define BUCKET_SLOTS 7u
#define BUCKET_BYTES 64u

/* Buckets of seven slots, each with a byte that says which of them are live. */
static void make_buckets(unsigned char *memory, struct growth_input *input, uint64_t *slots,
                         uint64_t *live)
{
    uint64_t buckets = 512, pointer = at(ARRAYS);
    *slots = buckets * BUCKET_SLOTS;
    *live = *slots / 2 * (60 + next_random() % 35) / 100;
    memset(memory, 0, MOST_MEMORY);
    *input = (struct growth_input){.array_at = ARRAYS,
                                   .array_bytes = (uint32_t)buckets * BUCKET_BYTES,
                                   .old_at = MOST_MEMORY / 2,
                                   .old_bytes = (uint32_t)buckets * BUCKET_BYTES / 2,
                                   .place = PLACE,
                                   .is_before = 1,
                                   .start = ARRAYS,
                                   .slots = (uint32_t)next_random(),
                                   .bucket_words = BUCKET_BYTES / 8 - 1};
    uint64_t words = buckets | *live << 32;
    memcpy(memory + PLACE, &pointer, 8);
    memcpy(memory + PLACE + 8, &words, 8);
    for (uint64_t i = 0; i < *slots; i++) {
        uint64_t key = next_random();
        memcpy(memory + ARRAYS + i / BUCKET_SLOTS * BUCKET_BYTES + 8 + i % BUCKET_SLOTS * 8, &key,
               8);
    }
    for (uint64_t set = 0; set < *live;) {
        uint64_t nth = next_random() % *slots;
        unsigned char *byte = memory + ARRAYS + nth / BUCKET_SLOTS * BUCKET_BYTES;
        unsigned char bit = (unsigned char)(1u << nth % BUCKET_SLOTS);
        set += !(*byte & bit);
        *byte |= bit;
    }
}

static unsigned char copy[MOST_MEMORY];

static void check_table(const unsigned char *memory, const struct growth_input *input,
                        uint64_t slots, uint64_t live, struct image *image,
                        struct flag_regions *regions)
{
    struct table_reading reading;
    memcpy(copy, memory, sizeof(copy));
    image_init(image, copy, sizeof(copy));
    image->blocks[image->block_count++] = (struct block){at(input->beside_at), input->beside_bytes};
    require(find_and_read(image, input, regions, &reading), "flags that are not found");
    require(reading.capacity == slots && reading.live == live, "flags that are not counted right");
}

/* The first slot of each bucket is erased. Its bit is set nowhere then; but the others are still
 * counted, and counted as no fewer slots than they are. */
static void check_erased(const struct image *image, const struct growth_input *input,
                         struct flag_regions *regions, uint64_t slots, uint64_t live)
{
    struct layout_view view = {.reader = &image->reader, .scratch = scratch};
    struct block array = growth_of(input).array;
    struct table_reading reading;
    for (uint64_t i = 0; i < slots / BUCKET_SLOTS; i++) {
        unsigned char *byte = image->bytes + ARRAYS + i * BUCKET_BYTES;
        live -= *byte & 1;
        *byte &= 0xfe;
    }
    memcpy(image->bytes + PLACE + 12, &live, 4);
    require(check_reading(&view, &array, regions, &reading), "erased, and not read any more");
    require(reading.capacity == slots && reading.live == live, "erased, and not counted right");
    for (unsigned i = 0; i < regions->way_number; i++)
        regions->ways[i].bucket_slots = 1;
    require(!check_reading(&view, &array, regions, &reading), "seven slots, and read as one");
}

/* A number that is nearly a sensible one. */
static uint32_t awkward(void)
{
    static const uint32_t numbers[] = {0,    1,     7,     8,          16,         255,       256,
                                       1024, 65535, 65536, 0x7fffffff, 0xfffffff8, UINT32_MAX};
    return numbers[next_random() % (sizeof(numbers) / sizeof(numbers[0]))];
}

static void change(unsigned char *memory, struct growth_input *input)
{
    uint32_t *const fields[] = {&input->old_at,      &input->old_bytes, &input->array_at,
                                &input->array_bytes, &input->beside_at, &input->beside_bytes,
                                &input->place,       &input->start};
    uint32_t *field = fields[next_random() % (sizeof(fields) / sizeof(fields[0]))];
    uint64_t word = next_random() % 2 ? next_random() : awkward();
    *field = next_random() % 2 ? awkward() : *field + (uint32_t)(next_random() % 64) - 32;
    input->kind = (uint8_t)next_random();
    input->is_before = (uint8_t)next_random();
    size_t changed = 1 + next_random() % 8;
    memcpy(memory + PLACE - 64 + next_random() % 128, &word, changed);
    /* What another process was just writing. */
    unsigned char *before = (unsigned char *)&input->before;
    for (size_t i = 0; i < sizeof(input->before); i++)
        before[i] = (unsigned char)(next_random() % 2 ? next_random() % 16 : next_random());
    input->before.place = at(input->place);
    input->before.growths = (uint8_t)(next_random() % 8);
    for (unsigned i = 0; i < FLAG_MOST_WAYS && next_random() % 4; i++)
        input->before.ways[i] = (struct flag_way){.capacity = 8,
                                                  .count = 12,
                                                  .form = (uint8_t)(next_random() % 3),
                                                  .base = (uint8_t)(next_random() % 4),
                                                  .unit = (uint8_t)(next_random() % 5),
                                                  .value = (uint8_t)(next_random() % 4),
                                                  .pointer = next_random() % 2 ? 16 : 0,
                                                  .bucket_slots = (uint16_t)(next_random() % 9)};
}

/* With a folder: writes inputs for libFuzzer to begin with. */
int main(int argc, char **argv)
{
    static unsigned char input[sizeof(struct growth_input) + MOST_MEMORY];
    unsigned char *memory = input + sizeof(struct growth_input);
    struct growth_input growth;
    struct image image;
    struct flag_regions regions;
    uint64_t slots, live;
    for (unsigned i = 0; i < TABLES; i++) {
        bool has_buckets = i % 4 == 3;
        (has_buckets ? make_buckets : make_table)(memory, &growth, &slots, &live);
        check_table(memory, &growth, slots, live, &image, &regions);
        if (has_buckets)
            check_erased(&image, &growth, &regions, slots, live);
        memcpy(input, &growth, sizeof(growth));
        if (argc == 2 && i < SEEDS && !write_seed(argv[1], i, input, sizeof(input)))
            return 2;
        for (unsigned n = 0; n < CHANGED; n++) {
            change(memory, &growth);
            memcpy(input, &growth, sizeof(growth));
            LLVMFuzzerTestOneInput(input, sizeof(input));
        }
        for (size_t at = 0; i % 8 == 0 && at < MOST_MEMORY; at += 8) {
            uint64_t word = next_random() >> next_random() % 64;
            memcpy(memory + at, &word, 8);
        }
        LLVMFuzzerTestOneInput(input, sizeof(input) - next_random() % (MOST_MEMORY / 2));
    }
    printf("%u tables; flags found %u times, read %u times\n", TABLES, found, readings);
    return 0;
}

#endif
