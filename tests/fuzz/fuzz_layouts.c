/*
 * The layout readers against memory that lies. Compiled with -fsanitize=fuzzer this is a libFuzzer
 * target (an input is an image of memory); otherwise main() runs a fixed set: every table of
 * images/, which must be read right, then thousands of copies of them with some bytes or
 * words changed, and images of plain noise. Nothing read may lead outside of the image, and what a
 * reader says must hold together; the sanitizers see the rest.
 */
#include "table_images.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

static void require(bool holds, const struct layout *layout, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", layout->name, what);
    abort();
}

static void check_reading(const struct layout *layout, const struct block *block,
                          const struct table_reading *reading)
{
    require(reading->capacity > 0, layout, "no capacity");
    require(layout->kind == DUMP_KIND_CHAINED ||
                reading->live + reading->tombstones <= reading->capacity,
            layout, "more entries than slots");
    require(reading->array_count >= 1 && reading->array_count <= LAYOUT_MAX_ARRAYS, layout,
            "a wrong number of arrays");
    require(reading->arrays[0].address == block->address &&
                reading->arrays[0].bytes == block->bytes,
            layout, "the first array is not the block");
    require(reading->confidence_ppm <= 1000000, layout, "more than certain");
    uint64_t capacity = layout->capacity_for(reading->live);
    if (layout->bytes_for != NULL)
        layout->bytes_for(capacity, reading);
}

static struct layout_view view_of(const struct image *image)
{
    return (struct layout_view){
        .reader = &image->reader, .blocks = &image->index, .glibc_heap = true, .scratch = scratch};
}

/* Asks every layout about every block, as if each came first in the list. */
static void ask_all(const struct image *image, bool with_index)
{
    for (unsigned i = 0; i < image->block_count; i++) {
        const struct block *block = &image->blocks[i];
        struct layout_view view = view_of(image);
        if (!with_index)
            view.blocks = NULL;
        struct table_reading reading;
        const struct layout *first = layout_recognise(&view, block, &reading);
        if (first != NULL)
            check_reading(first, block, &reading);
        if (view.head_bytes == 0)
            continue; /* layout_recognise() asks nobody about a block that cannot be read */
        for (const struct layout *const *layout = all_layouts; *layout != NULL; layout++) {
            memset(&reading, 0, sizeof(reading));
            if ((*layout)->recognise(&view, block, &reading))
                check_reading(*layout, block, &reading);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first word says how long the block is; it begins at MAIN of the hand-made images, so that
 * those serve as a corpus. A second one takes half of the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2048 || size > 1u << 20)
        return 0;
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, size);
    struct image image;
    image_init(&image, bytes, size);
    uint32_t block_bytes;
    memcpy(&block_bytes, data, sizeof(block_bytes));
    image.blocks[0] = (struct block){IMAGE_BASE + 1024, block_bytes};
    image.blocks[1] = (struct block){IMAGE_BASE + size / 2, (size / 4) & ~(size_t)63};
    image.block_count = 2;
    ask_all(&image, true);
    ask_all(&image, false);
    free(bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define MUTANTS_OF_EACH 2000u
#define NOISE_IMAGES    1000u

#define RANDOM_SEED 0x9e3779b97f4a7c15u
#include "fixed_random.h"

static uint64_t random_word(void)
{
    switch (next_random() % 8) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX - next_random() % 4;
    case 2:
        return 1ull << next_random() % 64;
    case 3:
        return (1ull << next_random() % 64) - 1;
    case 4:
        return IMAGE_BASE + next_random() % TABLE_IMAGE_BYTES;
    case 5:
        return IMAGE_BASE + (next_random() % TABLE_IMAGE_BYTES & ~7ull);
    case 6:
        return next_random() % 4096;
    default:
        return next_random();
    }
}

static void mutate(struct image *image)
{
    for (uint64_t times = next_random() % 12 + 1; times > 0; times--) {
        /* Most of what a reader trusts stands in the object and at the start of an array. */
        uint64_t range = next_random() % 2 == 0 ? 2048 : image->size;
        uint64_t word = random_word();
        if (next_random() % 2 == 0)
            memcpy(image->bytes + (next_random() % (range - 8) & ~7ull), &word, 8);
        else
            image->bytes[next_random() % range] = (unsigned char)word;
    }
    if (next_random() % 4 == 0)
        image->blocks[next_random() % image->block_count].bytes = random_word();
    if (next_random() % 8 == 0)
        image->size = next_random() % image->size; /* unmapped in the middle of the read */
}

/* Whose objects only their library or interpreter makes and keeps in one place, so that there are
 * no copies, and boost's containers, whose chains are not counted. */
static const char *const taken_by_a_copy[] = {
    "Bash hash table", "boost::unordered_map", "boost::unordered_map (until 1.79)",
    "LLVM FoldingSet", "CPython OrderedDict",  "gawk array",
    "GCC hash_table",  "Lua string table",     "xmlHashTable",
    "xmlDict",         "xmlHashTable 2.12",    "xmlDict 2.12",
    "Redis dict",      "Ruby Hash (st_table)", "Valkey hashtable",
    "zsh hash table",
};

static bool may_be_taken_by_a_copy(const struct table_image *table)
{
    for (unsigned i = 0; i < sizeof(taken_by_a_copy) / sizeof(taken_by_a_copy[0]); i++)
        if (strcmp(taken_by_a_copy[i], table->layout) == 0)
            return true;
    return false;
}

/* A copy of the object as it was before, such as a function leaves on its stack, when two entries
 * more were there. Whoever asks for the object meets it first. */
static void add_old_copy(struct image *image, const struct table_image *table)
{
    unsigned char *copy = image->bytes + image->size - MAIN;
    memcpy(copy, image->bytes, MAIN);
    for (size_t at = 0; at < MAIN; at += 4) {
        uint32_t word;
        memcpy(&word, copy + at, 4);
        bool is_count = word == table->live || word == table->live + table->tombstones;
        word += is_count ? 2 : 0;
        memcpy(copy + at, &word, 4);
    }
    image->holders->from_the_end = true;
}

static bool read_right(const struct table_image *table, bool with_old_copy)
{
    static unsigned char bytes[TABLE_IMAGE_BYTES];
    struct image image;
    memset(bytes, 0, sizeof(bytes));
    image_init(&image, bytes, sizeof(bytes));
    table->build(&image);
    if (with_old_copy)
        add_old_copy(&image, table);
    struct layout_view view = view_of(&image);
    struct table_reading reading;
    const char *beside = with_old_copy ? ", beside an old copy of its object" : "";
    const struct layout *layout = layout_recognise(&view, &image.blocks[0], &reading);
    if (layout == NULL) {
        fprintf(stderr, "%s: not recognised%s\n", table->layout, beside);
        return false;
    }
    check_reading(layout, &image.blocks[0], &reading);
    if (strcmp(layout->name, table->layout) == 0 && reading.capacity == table->capacity &&
        reading.live == table->live && reading.tombstones == table->tombstones)
        return true;
    fprintf(stderr, "%s: read as %s, %" PRIu64 " live and %" PRIu64 " deleted of %" PRIu64 "%s\n",
            table->layout, layout->name, reading.live, reading.tombstones, reading.capacity,
            beside);
    return false;
}

static void run_mutants(const struct table_image *table)
{
    for (unsigned i = 0; i < MUTANTS_OF_EACH; i++) {
        /* On the heap and of the very size, so that the sanitizer sees a read behind it. */
        unsigned char *bytes = calloc(1, TABLE_IMAGE_BYTES);
        if (bytes == NULL)
            abort();
        struct image image;
        image_init(&image, bytes, TABLE_IMAGE_BYTES);
        table->build(&image);
        mutate(&image);
        ask_all(&image, true);
        ask_all(&image, false);
        free(bytes);
    }
}

static void run_noise(void)
{
    static unsigned char bytes[TABLE_IMAGE_BYTES];
    for (size_t i = 0; i < sizeof(bytes); i += 8) {
        uint64_t word = random_word();
        memcpy(bytes + i, &word, 8);
    }
    uint32_t block_bytes = 16u << next_random() % 10;
    memcpy(bytes, &block_bytes, sizeof(block_bytes));
    LLVMFuzzerTestOneInput(bytes, sizeof(bytes));
}

/* For libFuzzer to begin with: each image, the size of its main array in front. */
static bool write_seed(const char *directory, unsigned number, const struct table_image *table)
{
    static unsigned char bytes[TABLE_IMAGE_BYTES];
    char path[4096];
    struct image image;
    memset(bytes, 0, sizeof(bytes));
    image_init(&image, bytes, sizeof(bytes));
    table->build(&image);
    uint32_t block_bytes = (uint32_t)image.blocks[0].bytes;
    memcpy(bytes, &block_bytes, sizeof(block_bytes));
    snprintf(path, sizeof(path), "%s/image%u", directory, number);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes, sizeof(bytes), 1, file) == 1;
    return file != NULL && fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    bool right = true;
    unsigned tables = 0;
    for (const struct table_images *const *file = all_table_images; *file != NULL; file++)
        for (unsigned i = 0; i < (*file)->count; i++, tables++) {
            if (argc == 2 && !write_seed(argv[1], tables, &(*file)->first[i]))
                return 2;
            if (argc == 2)
                continue;
            right = read_right(&(*file)->first[i], false) && right;
            if (!may_be_taken_by_a_copy(&(*file)->first[i]))
                right = read_right(&(*file)->first[i], true) && right;
            run_mutants(&(*file)->first[i]);
        }
    for (unsigned i = 0; i < NOISE_IMAGES && argc != 2; i++)
        run_noise();
    printf("%u tables, %u mutants, %u images of noise\n", tables, tables * MUTANTS_OF_EACH,
           NOISE_IMAGES);
    return right ? 0 : 1;
}

#endif
