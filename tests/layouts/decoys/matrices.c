/* Grids, images, histograms, filters: arrays whose elements are laid anew when they grow. */
#include <string.h>

#include "decoy.h"

#define WORDS ((size_t)1 << 19)

/* One column more than fits: every row moves to a new place, zeros and all. */
static void matrix_with_larger_stride(void)
{
    size_t rows = 256, stride = 8;
    double *cells = must(calloc(rows * stride, sizeof *cells));
    while (rows * stride < WORDS) {
        for (size_t i = 0; i < rows * stride / 4; i++)
            cells[decoy_random() % (rows * stride)] = (double)(decoy_random() >> 12);
        double *wider = must(calloc(rows * stride * 2, sizeof *wider));
        for (size_t row = 0; row < rows; row++)
            memcpy(wider + row * stride * 2, cells + row * stride, stride * sizeof *cells);
        free(cells);
        cells = wider;
        stride *= 2;
    }
    decoy_look("matrix with doubled stride", cells);
    memset(cells, 0, rows * stride * sizeof *cells);
    decoy_look("matrix with doubled stride, zeroed", cells);
    free(cells);
}

static void square_matrix(void)
{
    size_t side = 32;
    uint64_t *cells = must(calloc(side * side, sizeof *cells));
    while (side * side < WORDS) {
        for (size_t i = 0; i < side * side / 3; i++)
            cells[decoy_random() % (side * side)] = decoy_random();
        size_t larger = side * 3 / 2;
        uint64_t *next = must(calloc(larger * larger, sizeof *next));
        for (size_t row = 0; row < side; row++)
            memcpy(next + row * larger, cells + row * side, side * sizeof *cells);
        free(cells);
        cells = next;
        side = larger;
    }
    decoy_look("square matrix", cells);
    for (size_t i = 0; i < side * side; i++)
        cells[i] = i % (side + 1) == 0;
    decoy_look("square matrix, identity", cells);
    free(cells);
}

/* Each pixel lands on a place of its own, twice as far out; black stays black. */
static void scaled_image(void)
{
    size_t width = 32, height = 32;
    uint64_t *pixels = must(calloc(width * height, sizeof *pixels)); /* 16 bits a channel */
    for (size_t i = 0; i < width * height; i++)
        pixels[i] = decoy_random() % 3 == 0 ? 0 : decoy_random();
    while (width * height < WORDS) {
        uint64_t *scaled = must(calloc(width * height * 4, sizeof *scaled));
        for (size_t y = 0; y < height; y++) {
            for (size_t x = 0; x < width; x++) /* the pixels between are drawn later */
                scaled[2 * y * 2 * width + 2 * x] = pixels[y * width + x];
        }
        free(pixels);
        pixels = scaled;
        width *= 2;
        height *= 2;
        for (size_t i = 0; i < width * height; i++)
            pixels[i] = pixels[i] == 0 && decoy_random() % 2 == 0 ? decoy_random() : pixels[i];
    }
    decoy_look("scaled image", pixels);
    memset(pixels, 0, width * height * sizeof *pixels);
    decoy_look("scaled image, all black", pixels);
    free(pixels);
}

static void sparse_rows(void)
{
    size_t nonzero = 0, limit = 1024, rows = 0;
    uint32_t *columns = must(malloc(limit * sizeof *columns));
    double *values = must(malloc(limit * sizeof *values));
    uint64_t *starts = must(calloc(WORDS / 4, sizeof *starts));
    while (nonzero < WORDS) {
        starts[rows++] = nonzero;
        for (size_t column = decoy_random() % 100; column < 1000; column += decoy_random() % 200) {
            if (nonzero == limit) {
                limit *= 2;
                columns = must(realloc(columns, limit * sizeof *columns));
                values = must(realloc(values, limit * sizeof *values));
            }
            columns[nonzero] = (uint32_t)column;
            values[nonzero++] = (double)(decoy_random() >> 12);
        }
    }
    decoy_look("sparse rows: columns", columns);
    decoy_look("sparse rows: values", values);
    decoy_look("sparse rows: starts", starts);
    free(columns);
    free(values);
    free(starts);
}

/* Buckets of values by magnitude; a wider range makes each bucket cover twice as much. */
static void histogram(void)
{
    size_t buckets = 128;
    uint64_t *counts = must(calloc(buckets, sizeof *counts));
    while (buckets < WORDS) {
        for (size_t i = 0; i < buckets * 2; i++)
            counts[(decoy_random() % buckets + decoy_random() % buckets) / 2]++;
        uint64_t *finer = must(calloc(buckets * 2, sizeof *finer));
        for (size_t i = 0; i < buckets; i++) {
            finer[2 * i] = counts[i] / 2;
            finer[2 * i + 1] = counts[i] - counts[i] / 2;
        }
        free(counts);
        counts = finer;
        buckets *= 2;
    }
    decoy_look("histogram", counts);
    memset(counts, 0, buckets * sizeof *counts);
    decoy_look("histogram, reset", counts);
    free(counts);
}

/* Counters by (group, item), sparse, with the group's block doubled: block g moves to 2g. */
static void relaid_counters(void)
{
    size_t groups = 512, items = 4;
    uint64_t *counters = must(calloc(groups * items, sizeof *counters));
    while (groups * items < WORDS) {
        for (size_t i = 0; i < groups * items; i++)
            counters[decoy_random() % (groups * items)] += decoy_random() >> 20;
        uint64_t *relaid = must(calloc(groups * items * 2, sizeof *relaid));
        for (size_t group = 0; group < groups; group++) {
            for (size_t item = 0; item < items; item++)
                relaid[group * items * 2 + item] = counters[group * items + item];
        }
        free(counters);
        counters = relaid;
        items *= 2;
    }
    decoy_look("relaid counters", counters);
    for (size_t i = 0; i < groups * items; i++)
        counters[i] = decoy_random() % 50 == 0 ? counters[i] : 0;
    decoy_look("relaid counters, mostly reset", counters);
    free(counters);
}

static void bitmap(void)
{
    size_t words = 128;
    uint64_t *bits = must(calloc(words, sizeof *bits));
    while (words < WORDS) {
        for (size_t i = 0; i < words / 2; i++)
            bits[decoy_random() % words] |= 1ull << decoy_random() % 64;
        uint64_t *more = must(calloc(words * 2, sizeof *more));
        memcpy(more, bits, words * sizeof *bits);
        free(bits);
        bits = more;
        words *= 2;
    }
    decoy_look("bitmap", bits);
    memset(bits, 0, words * sizeof *bits);
    decoy_look("bitmap, cleared", bits);
    free(bits);
}

/* A larger Bloom filter is filled from the keys again: it shares no word with the one before. */
static void bloom_filter(void)
{
    uint64_t *filter = NULL;
    size_t words = 64;
    while (words < WORDS) {
        free(filter);
        words *= 2;
        filter = must(calloc(words, sizeof *filter));
        for (uint64_t key = 1; key < words * 4; key++) {
            for (uint64_t probe = 1; probe <= 3; probe++) {
                uint64_t hash = (key * 0x9e3779b97f4a7c15u ^ probe) * 0xbf58476d1ce4e5b9u >> 20;
                filter[hash % words] |= 1ull << (hash >> 38) % 64;
            }
        }
    }
    decoy_look("Bloom filter", filter);
    memset(filter, 0, words * sizeof *filter);
    decoy_look("Bloom filter, reset", filter);
    free(filter);
}

/* A sorted array with gaps, spread out anew at each growth (a packed memory array). */
static void sorted_with_gaps(void)
{
    size_t size = 256, used = 0;
    uint64_t *slots = must(calloc(size, sizeof *slots));
    for (uint64_t key = 1; size < WORDS; key += 1 + decoy_random() % 9) {
        slots[used * 3 / 2 + decoy_random() % 2] = key << 20;
        if (++used * 3 / 2 + 2 > size) {
            uint64_t *spread = must(calloc(size * 2, sizeof *spread));
            for (size_t i = 0, out = 0; i < size; i++) {
                if (slots[i] != 0)
                    spread[out++ * 3 / 2] = slots[i];
            }
            free(slots);
            slots = spread;
            size *= 2;
        }
    }
    decoy_look("sorted array with gaps", slots);
    free(slots);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {{"larger-stride", matrix_with_larger_stride},
                                              {"square-matrix", square_matrix},
                                              {"scaled-image", scaled_image},
                                              {"sparse-rows", sparse_rows},
                                              {"histogram", histogram},
                                              {"relaid-counters", relaid_counters},
                                              {"bitmap", bitmap},
                                              {"bloom-filter", bloom_filter},
                                              {"sorted-with-gaps", sorted_with_gaps},
                                              {NULL, NULL}};
    return decoy_main(argc, argv, cases);
}
