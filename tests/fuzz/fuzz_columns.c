/*
 * Columns of slots (slot_columns.h), and what may lie in front of slots (slot_front.h), against
 * arrays that are anything and profiles that are anything. Compiled with -fsanitize=fuzzer this is
 * a libFuzzer target; otherwise main() runs a fixed set. Nothing may be read outside of the image,
 * and what is said must hold together.
 *
 * An input is a profile, where the array is, and then memory.
 */
#include "table_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "seed.h"
#include "slot_columns.h"
#include "slot_front.h"
#include "slot_profile.h"

struct array_input {
    struct slot_profile profile;
    uint32_t at, bytes;
    uint32_t occupied;
    uint32_t word_bytes; /* in front of the slots, of each */
};

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned readings, in_front; /* so that a run says whether it met any */

static void read_columns(struct layout_view *view, const struct block *block,
                         const struct slot_profile *profile, uint64_t occupied)
{
    struct slot_columns columns;
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    occupied = capacity > 0 ? occupied % (capacity + 1) : 0;
    if (!slot_columns_read(view, block, profile, occupied, &columns))
        return;
    readings++;
    require(capacity > 0 && profile->distinct_columns != 0, "no columns, but read");
    require(columns.fewest <= columns.most && columns.most <= capacity,
            "more words of their own than slots");
    struct table_reading reading = {.capacity = capacity, .live = occupied}, few;
    if (slot_columns_suppose(&columns, &reading, &few))
        require(few.live == columns.fewest && few.live < occupied &&
                    few.live + few.tombstones == occupied,
                "fewer entries, and no more free slots");
}

static void learn_front(const struct memory_reader *reader, const struct block *block,
                        const struct slot_profile *profile)
{
    struct slot_profile learnt = *profile;
    slot_front_learn(reader, block->address, block->bytes, &learnt);
    bool is_found = learnt.header_bytes != profile->header_bytes;
    in_front += is_found;
    learnt.header_bytes = profile->header_bytes;
    require(memcmp(&learnt, profile, sizeof(learnt)) == 0, "more was changed than where slots lie");
    if (!is_found)
        return;
    slot_front_learn(reader, block->address, block->bytes, &learnt);
    learnt.tail_bytes = 0; /* which is learnt later */
    require(slot_profile_capacity(&learnt, block->bytes) > 0, "no room for slots");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct array_input input;
    if (size < sizeof(input) + 64 || size > 1u << 20)
        return 0;
    memcpy(&input, data, sizeof(input));
    size -= sizeof(input);
    unsigned char *bytes = malloc(size); /* of the very size, for the sanitizers */
    if (!bytes)
        abort();
    memcpy(bytes, data + sizeof(input), size);
    struct image image;
    image_init(&image, bytes, size);
    struct layout_view view = {.reader = &image.reader, .scratch = scratch};
    struct block block = {at(input.at), input.bytes};
    read_columns(&view, &block, &input.profile, input.occupied);
    learn_front(&image.reader, &block, &input.profile);
    free(bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define ARRAYS      4000u
#define MOST_MEMORY 65536u
#define SEEDS       20u

#define RANDOM_SEED 0xbf58476d1ce4e5b9u
#include "fixed_random.h"

/* A number that is nearly a sensible one. */
static uint32_t awkward(void)
{
    static const uint32_t numbers[] = {0,    1,     3,          4,          7,         8,
                                       12,   16,    24,         64,         127,       128,
                                       2048, 65536, 0x7fffffff, 0xfffffff8, UINT32_MAX};
    return numbers[next_random() % (sizeof(numbers) / sizeof(numbers[0]))];
}

/* Slots of a few words, some of which are keys, with or without a word of each in front of all. */
static void make_array(unsigned char *memory, struct array_input *input)
{
    static const uint32_t fronts[] = {0, 1, 2, 4, 8};
    uint32_t word = next_random() % 2 ? 4 : 8, slot = word * (uint32_t)(1 + next_random() % 6);
    uint32_t front = fronts[next_random() % 5], slots = 256u << next_random() % 3;
    uint32_t column = word * (uint32_t)(next_random() % (slot / word));
    uint64_t stale = next_random(), kinds = next_random();
    memset(memory, 0, MOST_MEMORY);
    *input = (struct array_input){.profile = {.slot_bytes = slot,
                                              .column = column,
                                              .column_bytes = word,
                                              .is_distinct = 1,
                                              .distinct_columns = (uint32_t)kinds},
                                  .bytes = slots * (slot + front),
                                  .word_bytes = front};
    if (kinds >> 32 & 1)
        input->profile.header_bytes = slots * front;
    for (uint32_t i = 0; i < slots; i++) {
        unsigned char *at_slot = memory + slots * front + i * slot;
        uint64_t state = next_random() % 3;
        if (state == 0)
            continue;
        for (uint32_t at = 0; at < slot; at += word) {
            uint64_t value = next_random() | 1;
            memcpy(at_slot + at, state == 1 && at != column ? &stale : &value, word);
        }
        memset(memory + i * front, (int)(1 + next_random() % 255), front);
        input->occupied++;
    }
}

static void change(struct array_input *input, size_t size)
{
    uint32_t *const fields[] = {&input->profile.slot_bytes,
                                &input->profile.header_bytes,
                                &input->profile.column,
                                &input->profile.column_bytes,
                                &input->profile.mark,
                                &input->profile.distinct_columns,
                                &input->profile.marker_offset,
                                &input->profile.has_states,
                                &input->profile.is_chained,
                                &input->profile.length_kind,
                                &input->profile.is_indexed,
                                &input->profile.index_ppm,
                                &input->at,
                                &input->bytes,
                                &input->occupied};
    for (uint64_t i = next_random() % 4; i > 0; i--) {
        uint32_t *field = fields[next_random() % (sizeof(fields) / sizeof(fields[0]))];
        *field = next_random() % 4 ? awkward() : (uint32_t)(next_random() % size);
    }
    if (next_random() % 8 == 0)
        input->profile.tail_bytes = next_random() % 2 ? next_random() : awkward();
    if (next_random() % 8 == 0)
        input->profile.empty_value = next_random();
}

/* With a folder: writes inputs for libFuzzer to begin with. */
int main(int argc, char **argv)
{
    static unsigned char input[sizeof(struct array_input) + MOST_MEMORY];
    unsigned char *memory = input + sizeof(struct array_input);
    struct array_input array;
    for (unsigned i = 0; i < ARRAYS; i++) {
        unsigned found = in_front;
        make_array(memory, &array);
        memcpy(input, &array, sizeof(array));
        if (argc == 2 && i < SEEDS && !write_seed(argv[1], i, input, sizeof(input)))
            return 2;
        LLVMFuzzerTestOneInput(input, sizeof(input));
        require(array.word_bytes == 0 || array.word_bytes == array.profile.slot_bytes ||
                    array.profile.header_bytes != 0 || in_front > found ||
                    array.word_bytes * array.bytes / (array.word_bytes + array.profile.slot_bytes) %
                            array.profile.slot_bytes !=
                        0,
                "words in front of slots that were not found");
        change(&array, MOST_MEMORY);
        memcpy(input, &array, sizeof(array));
        LLVMFuzzerTestOneInput(input, sizeof(input) - next_random() % (MOST_MEMORY / 2));
    }
    printf("%u arrays; columns read %u times, slots moved %u times\n", ARRAYS, readings, in_front);
    return 0;
}

#endif
