/* Bits and counters: bitmaps, Bloom filters, sketches, histograms, with counters of 1 to 64 bytes.
 */
#include <string.h>

#include "decoy.h"
#include "sizes.h"

static uint64_t mixed(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    return x ^ (x >> 29);
}

/* --- a bitmap by number, doubled when a number is beyond its end --- */

static void bitmap(void)
{
    for (size_t final = 64 << 10; final <= (size_t)16 << 20; final *= 16) {
        for (unsigned density = 1; density <= 64; density *= 8) {
            size_t bytes = 1024;
            uint64_t *bits = must(calloc(1, bytes));
            for (uint64_t number = 0; number < final * 8;
                 number += 1 + decoy_random() % (2 * density)) {
                while (number / 8 >= bytes) {
                    bits = must(realloc(bits, bytes * 2));
                    memset((char *)bits + bytes, 0, bytes);
                    bytes *= 2;
                }
                bits[number / 64] |= 1ull << number % 64;
            }
            decoy_look("bitmap", bits);
            for (size_t word = 0; word < bytes / 8; word++)
                bits[word] = word % 70 == 3 ? bits[word] : 0;
            decoy_look("bitmap, mostly cleared", bits);
            free(bits);
        }
    }
}

/* --- a Bloom filter, rebuilt at twice the size from the keys when it is too full --- */

static void bloom_filter(void)
{
    for (size_t final = 64 << 10; final <= (size_t)4 << 20; final *= 8) {
        size_t bytes = 1024;
        uint64_t keys = 0;
        uint64_t *bits = must(calloc(1, bytes));
        for (;;) {
            for (; keys < bytes; keys++) { /* 8 bits for each key */
                for (unsigned k = 1; k <= 4; k++) {
                    uint64_t bit = mixed(keys * 8 + k) % (bytes * 8);
                    bits[bit / 64] |= 1ull << bit % 64;
                }
            }
            if (bytes >= final)
                break;
            free(bits);
            bytes *= 2;
            bits = must(calloc(1, bytes));
            keys = 0;
        }
        decoy_look("Bloom filter", bits);
        memset(bits, 0, bytes);
        for (unsigned i = 0; i < 100; i++)
            bits[decoy_random() % (bytes / 8)] |= 1ull << i % 64;
        decoy_look("Bloom filter, reset", bits);
        free(bits);
    }
}

/* --- a counting filter: folded out when it doubles, each half a copy of the old one --- */

static void build_counting_filter(struct sizes sizes)
{
    size_t bytes = sizes.element, counters = 256;
    char *filter = must(calloc(counters, bytes));
    while (counters * bytes < sizes.total) {
        for (size_t i = 0; i < counters / 3; i++) {
            char *counter = filter + mixed(decoy_random()) % counters * bytes;
            counter[0]++;
            if (bytes >= 16)
                memcpy(counter + 8, &i, 8);
        }
        char *next = must(malloc(counters * 2 * bytes));
        memcpy(next, filter, counters * bytes);
        memcpy(next + counters * bytes, filter, counters * bytes);
        free(filter);
        filter = next;
        counters *= 2;
    }
    look_at_size("counting filter", sizes, filter);
    for (size_t i = 0; i < counters; i++) {
        if (i % 50 != 0)
            memset(filter + i * bytes, 0, bytes);
    }
    look_at_size("counting filter, decayed", sizes, filter);
    free(filter);
}

static void counting_filter(void)
{
    for_sizes(build_counting_filter);
}

/* --- a histogram whose bins double in number or in width --- */

static void build_histogram(struct sizes sizes)
{
    size_t bytes = sizes.element, bins = 64;
    char *histogram = must(calloc(bins, bytes));
    for (;;) {
        for (size_t i = 0; i < bins; i++) { /* most values lie around a quarter of the range */
            size_t bin = (decoy_random() % bins + decoy_random() % bins) / 4;
            histogram[bin * bytes]++;
            if (bytes >= 8)
                write_element(histogram + bin * bytes, bytes, bin);
        }
        if (bins * bytes >= sizes.total)
            break;
        char *finer = must(calloc(bins * 2, bytes));
        for (size_t i = 0; i < bins; i++) /* each bin is split */
            memcpy(finer + i * 2 * bytes, histogram + i * bytes, bytes);
        free(histogram);
        histogram = finer;
        bins *= 2;
    }
    look_at_size("histogram", sizes, histogram);
    memset(histogram, 0, bins * bytes);
    histogram[bins / 2 * bytes] = 1;
    look_at_size("histogram, reset", sizes, histogram);
    free(histogram);
}

static void histogram(void)
{
    for_sizes(build_histogram);
}

/* --- a count-min sketch: four rows, counted anew at each size --- */

static void sketch(void)
{
    for (size_t width = 1024; width <= (size_t)1 << 18; width *= 16) {
        uint32_t *counts = NULL;
        size_t columns = 256;
        for (;; columns *= 2) {
            uint32_t *next = must(calloc(4 * columns, sizeof *next));
            for (uint64_t item = 0; item < columns; item++) {
                for (uint64_t row = 0; row < 4; row++)
                    next[row * columns + mixed(item * 4 + row) % columns]++;
            }
            free(counts);
            counts = next;
            if (columns >= width)
                break;
        }
        decoy_look("count-min sketch", counts);
        for (size_t i = 0; i < 4 * columns; i++) /* old items count less */
            counts[i] = counts[i] > 2 ? counts[i] - 2 : 0;
        decoy_look("count-min sketch, aged", counts);
        free(counts);
    }
}

/* --- the registers of a cardinality estimator --- */

static void registers(void)
{
    size_t count = 1024;
    unsigned char *ranks = must(calloc(count, 1));
    for (uint64_t items = 0; count < (size_t)4 << 20; count *= 2) {
        for (; items < count / 2; items++) {
            uint64_t hash = mixed(items);
            unsigned char rank = (unsigned char)(1 + __builtin_ctzll(hash | 1ull << 40));
            unsigned char *reg = &ranks[hash >> 40 & (count - 1)];
            *reg = rank > *reg ? rank : *reg;
        }
        unsigned char *next = must(calloc(count * 2, 1));
        for (size_t i = 0; i < count; i++)
            next[i * 2 + ranks[i] % 2] = ranks[i];
        free(ranks);
        ranks = next;
    }
    decoy_look("registers of a cardinality estimator", ranks);
    memset(ranks + count / 64, 0, count - count / 64);
    decoy_look("registers of a cardinality estimator, reset", ranks);
    free(ranks);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"bitmaps", bitmap},
        {"bloom-filters", bloom_filter},
        {"sized-counting-filter", counting_filter},
        {"sized-histogram", histogram},
        {"sketch", sketch},
        {"registers", registers},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
