/*
 * What studies a table without a layout (signature, slot profile, states, chains, occupancy)
 * against memory that is anything, and profiles that are anything. Compiled with -fsanitize=fuzzer
 * this is a libFuzzer target; otherwise main() runs a fixed set. Nothing may be read outside of the
 * image, nothing may loop for ever, and what is said must hold together.
 *
 * An input is a profile and then memory: two arrays, the second twice as large, and the rest for
 * pointers to lead to.
 */
#include "table_images.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "occupancy.h"
#include "require.h"
#include "signature.h"
#include "slot_profile.h"
#include "slot_states.h"

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static unsigned char window[PROFILE_WINDOW_BYTES];
static struct signature_work work;

static void check_profile(const struct slot_profile *profile, const struct block *block,
                          uint32_t unit)
{
    uint64_t capacity = slot_profile_capacity(profile, block->bytes);
    /* Where words of eight bytes were compared slots may show to be of half words. */
    require(profile->column_bytes == unit || (unit == 8 && profile->column_bytes == 4),
            "a column of another width");
    require(profile->slot_bytes >= profile->column_bytes, "a slot smaller than a word");
    require(profile->column + profile->column_bytes <= profile->slot_bytes,
            "a column outside of the slot");
    require(!profile->has_marker || profile->marker_offset < profile->slot_bytes,
            "a marker outside of the slot");
    require(capacity > 0, "slots, but none of them");
    require(profile->header_bytes + capacity * profile->slot_bytes <= block->bytes,
            "more slots than the array has bytes for");
}

static void check_reading(const struct table_reading *reading, const struct slot_profile *profile)
{
    require(reading->capacity > 0, "no capacity");
    /* A slot that is the head of a chain stands for any number of entries. */
    require(profile->is_chained || profile->is_indexed || reading->live <= reading->capacity,
            "more entries than slots");
    require(reading->tombstones <= reading->capacity, "more tombstones than slots");
    require(reading->known & DUMP_KNOWN_LIVE && reading->known & DUMP_KNOWN_CAPACITY,
            "read, but nothing is known");
    require(reading->confidence_ppm <= 1000000, "more than certain");
}

static void read_all(struct layout_view *view, const struct block *block, const struct block *more,
                     const struct slot_profile *profile)
{
    struct slot_profile learnt = *profile;
    struct table_reading reading = {0};
    if (slot_profile_is_sound(profile)) { /* what was learnt goes on being learnt about */
        chains_learn(view, block, &learnt);
        slot_states_learn(view, block, more->address, &learnt);
    }
    if (occupancy_read(view, block, &learnt, more->address, &reading)) {
        check_reading(&reading, &learnt);
        occupancy_read_more(view, block, more, &learnt, &reading);
    }
    memset(&reading, 0, sizeof(reading));
    if (occupancy_read(view, block, profile, 0, &reading))
        check_reading(&reading, profile);
}

static void compare_and_learn(struct layout_view *view, const struct block *old,
                              const struct block *grown)
{
    for (uint32_t unit = 4; unit <= 8; unit += 4)
        for (int paired = 0; paired <= 1; paired++) {
            struct comparison comparison;
            struct slot_profile profile;
            if (!signature_sample(view->reader, old->address, old->bytes, unit, paired,
                                  &work.sample, work.piece))
                continue;
            require(work.sample.count <= SAMPLE_MAX_WORDS, "more words than a sample holds");
            for (int how = SIGNATURE_SEARCH_SPOTS; how >= SIGNATURE_SEARCH_ALL; how--) {
                signature_compare(view->reader, grown->address, grown->bytes,
                                  (enum signature_search)how, &work, &comparison);
                require(comparison.moved_ppm <= 1000000 && comparison.found_ppm <= 1000000,
                        "a share of more than all");
            }
            if (slot_profile_learn(view->reader, grown->address, grown->bytes, unit, &comparison,
                                   window, &profile)) {
                check_profile(&profile, grown, unit);
                read_all(view, grown, old, &profile);
            }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slot_profile profile;
    if (size < sizeof(profile) + 64 || size > 1u << 20)
        return 0;
    memcpy(&profile, data, sizeof(profile));
    size -= sizeof(profile);
    unsigned char *bytes = malloc(size); /* of the very size, for the sanitizers */
    if (!bytes)
        return 0;
    memcpy(bytes, data + sizeof(profile), size);
    struct image image;
    image_init(&image, bytes, size);
    struct layout_view view = {.reader = &image.reader, .glibc_heap = true, .scratch = scratch};
    struct block old = {IMAGE_BASE, size / 4}, grown = {IMAGE_BASE + size / 4, size / 2};
    struct block beyond = {IMAGE_BASE + size / 2, size};
    compare_and_learn(&view, &old, &grown);
    compare_and_learn(&view, &grown, &beyond);
    read_all(&view, &grown, &old, &profile);
    read_all(&view, &old, &grown, &profile);
    read_all(&view, &beyond, &old, &profile);
    free(bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define INPUTS      3000u
#define MOST_MEMORY 65536u

#define RANDOM_SEED 0x2545f4914f6cdd1du
#include "fixed_random.h"

/* Words as tables have them: mostly empty, a few marks, keys, pointers into the image. */
static uint64_t table_word(uint64_t size)
{
    switch (next_random() % 8) {
    case 0:
        return IMAGE_BASE + (next_random() % size & ~15ull);
    case 1:
        return IMAGE_BASE + (next_random() % size & ~7ull);
    case 2:
        return UINT64_MAX;
    case 3:
        return next_random() % 16;
    case 4:
        return next_random();
    default:
        return 0;
    }
}

/* A number that is nearly a sensible one. */
static uint32_t awkward(void)
{
    static const uint32_t numbers[] = {
        0, 1, 3, 4, 7, 8, 12, 16, 24, 64, 511, 1024, 65536, 0x7fffffff, 0xfffffff8, UINT32_MAX};
    return numbers[next_random() % (sizeof(numbers) / sizeof(numbers[0]))];
}

static void make_profile(struct slot_profile *profile)
{
    *profile = (struct slot_profile){
        .slot_bytes = awkward(),
        .header_bytes = next_random() % 2 ? 0 : awkward(),
        .column = next_random() % 2 ? 0 : awkward(),
        .column_bytes = next_random() % 4 ? 8 : awkward(),
        .empty_value = next_random() % 2 ? 0 : next_random(),
        .is_distinct = next_random() % 2,
        .marker_offset = next_random() % 2 ? 0 : awkward(),
        .marker_value = (uint16_t)awkward(),
        .has_marker = next_random() % 2,
        .has_states = next_random() % 2,
        .states_sequence = next_random() % 2,
        .empty_state = next_random() % 2 ? 0 : awkward(),
        .live_states = {next_random(), next_random(), next_random(), next_random()},
        .chain_offset = next_random() % 2 ? 0 : awkward(),
        .is_chained = next_random() % 2,
    };
}

/* The second array gets the words of the first: at their places, elsewhere, or not at all. */
static void fill(unsigned char *memory, size_t size)
{
    uint64_t period = 1 + next_random() % 8, kind = next_random() % 4;
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint64_t word = at / 8 / period % 2 ? 0 : table_word(size);
        memcpy(memory + at, &word, 8);
    }
    for (size_t at = 0; kind < 3 && at + 8 <= size / 4; at += 8) {
        size_t to = kind == 0 ? at : next_random() % (size / 2) & ~(size_t)7;
        if (kind == 1 || to + 8 <= size / 2)
            memcpy(memory + size / 4 + to, memory + at, to + 8 <= size / 2 ? 8 : 0);
    }
}

int main(void)
{
    static unsigned char input[sizeof(struct slot_profile) + MOST_MEMORY];
    struct slot_profile profile;
    for (unsigned i = 0; i < INPUTS; i++) {
        size_t size = 64 + next_random() % (i % 8 ? MOST_MEMORY / 8 : MOST_MEMORY - 64);
        make_profile(&profile);
        memcpy(input, &profile, sizeof(profile));
        fill(input + sizeof(profile), size);
        LLVMFuzzerTestOneInput(input, sizeof(profile) + size);
    }
    printf("%u images of two arrays\n", INPUTS);
    return 0;
}

#endif
