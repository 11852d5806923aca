/* Two arrays of one history: see signature_arrays.h. */
#include "signature_arrays.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "sample_tables.h"

struct signature_work work;

void arrays_make(struct arrays *arrays, size_t old_bytes, size_t new_bytes)
{
    arrays->old_bytes = old_bytes;
    arrays->new_bytes = new_bytes;
    arrays->old = calloc(1, old_bytes + 1);
    arrays->new = calloc(1, new_bytes + 1);
    assert_non_null(arrays->old);
    assert_non_null(arrays->new);
    readable_begin(&arrays->readable);
    readable_add(&arrays->readable, arrays->old, old_bytes);
    readable_add(&arrays->readable, arrays->new, new_bytes);
}

void arrays_free(struct arrays *arrays)
{
    assert_int_equal(arrays->readable.refused, 0);
    free(arrays->old);
    free(arrays->new);
}

/* What growth.c believes of a search here and there must be what the whole one says: that the words
 * were copied, that they are not there; of a table's, that they are. */
static void check_spots(struct readable *readable, const void *new_array, size_t new_bytes,
                        const struct comparison *all)
{
    struct comparison spots;
    signature_compare(&readable->reader, (uint64_t)(uintptr_t)new_array, new_bytes,
                      SIGNATURE_SEARCH_SPOTS, &work, &spots);
    if (spots.signature == SIGNATURE_COPIED && spots.found_ppm > 800000)
        assert_int_equal(all->signature, SIGNATURE_COPIED);
    if (spots.signature <= SIGNATURE_UNRELATED && spots.found_ppm < 50000)
        assert_true(all->signature <= SIGNATURE_UNRELATED);
    if (all->signature == SIGNATURE_SCATTERED)
        assert_true(spots.signature >= SIGNATURE_COPIED);
}

struct comparison compare_memory(struct readable *readable, const void *old, size_t old_bytes,
                                 const void *new_array, size_t new_bytes, uint32_t unit,
                                 bool paired)
{
    struct comparison comparison;
    assert_true(signature_sample(&readable->reader, (uint64_t)(uintptr_t)old, old_bytes, unit,
                                 paired, &work.sample, work.piece));
    signature_compare(&readable->reader, (uint64_t)(uintptr_t)new_array, new_bytes,
                      SIGNATURE_SEARCH_ALL, &work, &comparison);
    check_spots(readable, new_array, new_bytes, &comparison);
    return comparison;
}

struct comparison compare(struct arrays *arrays, uint32_t unit, bool paired)
{
    return compare_memory(&arrays->readable, arrays->old, arrays->old_bytes, arrays->new,
                          arrays->new_bytes, unit, paired);
}

void assert_never_scattered(struct arrays *arrays, const char *what)
{
    for (uint32_t unit = 4; unit <= 8; unit += 4)
        for (int paired = 0; paired <= 1; paired++) {
            struct comparison comparison = compare(arrays, unit, paired);
            if (comparison.signature == SIGNATURE_SCATTERED)
                fail_msg("%s: scattered, by %s of %u bytes", what, paired ? "pairs" : "words",
                         unit);
        }
}

void fill_random(unsigned char *memory, size_t bytes, uint64_t seed)
{
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = random_word(&seed);
        memcpy(memory + at, &word, bytes - at < 8 ? bytes - at : 8);
    }
}

int by_value(const void *a, const void *b)
{
    uint64_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return left < right ? -1 : left > right;
}
