/*
 * The rules for tables that nobody saw growing, against memory that is anything. Compiled with
 * -fsanitize=fuzzer this is a libFuzzer target (an input is an image of memory, the first quarter
 * of which is the array); otherwise main() runs a fixed set: a table of each shape, which must be
 * read right, copies of them with words changed, and noise. Nothing may be read outside of the
 * image, nothing may loop for ever, and what is said must hold together.
 */
#include "table_images.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index_region.h"
#include "linked_slots.h"
#include "require.h"
#include "static_rules.h"
#include "tagged_groups.h"
#include "vector_counts.h"

#define ARRAY_BYTES STATIC_LEAST_BYTES
#define ENTRIES     (ARRAY_BYTES + 4096) /* where they begin */
#define IMAGE_BYTES (5u * ARRAY_BYTES)
#define LIVE        1500u

static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct static_pieces pieces;
static struct tagged_work tagged;

static bool is_object(uint64_t place, void *context)
{
    (void)place;
    (void)context;
    return true;
}

static bool read_vectors(const struct layout_view *view, const struct block *block,
                         struct table_reading *out)
{
    struct layout_view own = *view;
    if (!vector_counts_read(&own, block, out))
        return false;
    require(out->capacity > 0 && out->capacity <= block->bytes / 16, "more vectors than fit in");
    require(out->known & DUMP_KNOWN_LIVE && out->known & DUMP_KNOWN_CAPACITY,
            "vectors of which nothing is known");
    return true;
}

/* The same array for what else is read from a snapshot alone. */
static void read_otherwise(const struct layout_view *view, const struct block *block)
{
    struct table_reading table;
    struct tagged_array array;
    struct tagged_groups groups;
    read_vectors(view, block, &table);
    if (linked_slots_read(view, block, &table))
        require(table.capacity > 0 && table.live <= table.capacity, "more entries than records");
    if (index_region_read(view, block, is_object, NULL, &table))
        require(table.capacity > 0 && table.live > 0, "an index of nothing");
    if (tagged_array_read(view, block, at(ENTRIES), &array) &&
        tagged_groups_learn(view, &tagged, &array, 1, true, &groups) &&
        tagged_groups_read(view, &tagged, &array, &groups, &table))
        require(table.capacity > 0 && table.live > 0, "groups of nothing");
}

static bool read_array(struct image *image, bool with_index, struct static_reading *out)
{
    struct layout_view view = {.reader = &image->reader,
                               .blocks = with_index ? &image->index : NULL,
                               .glibc_heap = true,
                               .scratch = scratch};
    struct block block = image->blocks[0];
    read_otherwise(&view, &block);
    if (!static_rules_read(&view, &pieces, &block, STATIC_ALL_EFFORT, NULL, out))
        return false;
    const struct table_reading *table = &out->table;
    require(table->capacity > 0 && table->capacity <= block.bytes / 4, "more slots than bytes");
    require(out->kind != DUMP_KIND_OPEN || table->live + table->tombstones <= table->capacity,
            "more entries than slots");
    require(table->known & DUMP_KNOWN_LIVE && table->known & DUMP_KNOWN_CAPACITY,
            "read, but nothing is known");
    require(table->confidence_ppm <= 1000000, "more than certain");
    require(table->array_count >= 1 && table->array_count <= LAYOUT_MAX_ARRAYS &&
                table->arrays[0].address == block.address,
            "the first array is not the block");
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < IMAGE_BYTES / 2 || size > 1u << 21)
        return 0;
    unsigned char *bytes = malloc(size); /* of the very size, for the sanitizers */
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    struct image image;
    struct static_reading reading;
    image_init(&image, bytes, size);
    uint32_t array_bytes;
    memcpy(&array_bytes, data + size - 4, 4);
    add_block(&image, 0, ARRAY_BYTES + array_bytes % (2 * ARRAY_BYTES));
    add_block(&image, size / 2 & ~(size_t)15, size / 4);
    read_array(&image, true, &reading);
    read_array(&image, false, &reading);
    free(bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define RANDOM_SEED 0x853c49e6748fea9bu
#include "fixed_random.h"

/* --- a table of each shape --- */

static uint64_t get64(const struct image *image, size_t offset)
{
    uint64_t word;
    memcpy(&word, image->bytes + offset, 8);
    return word;
}

static void put_chained(struct image *image, uint64_t buckets, bool by_modulo)
{
    for (unsigned i = 0; i < LIVE; i++) {
        size_t node = ENTRIES + i * 48, bucket;
        uint64_t hash = next_random();
        bucket = 8 * (by_modulo ? hash % buckets : hash & (buckets - 1));
        put64(image, node, i);
        put64(image, node + 8, hash);
        put64(image, node + 16, get64(image, bucket));
        put64(image, bucket, at(node));
    }
}

static void build_chained(struct image *image)
{
    put_chained(image, ARRAY_BYTES / 8, false);
    add_block(image, 0, ARRAY_BYTES);
}

static void build_modulo(struct image *image)
{
    put_chained(image, 8209, true);
    add_block(image, 0, (size_t)8209 * 8);
}

/* Heads of two words, named by the top bits; the links in the middle of the entries. */
static void build_rings(struct image *image)
{
    for (size_t head = 0; head < ARRAY_BYTES; head += 16) {
        put64(image, head, at(head));
        put64(image, head + 8, at(head));
    }
    for (unsigned i = 0; i < LIVE; i++) {
        size_t link = ENTRIES + i * 64 + 24;
        uint64_t hash = next_random();
        size_t head = 16 * (hash >> 52);
        put64(image, link - 16, hash);
        put64(image, link, get64(image, head));
        put64(image, link + 8, at(head));
        put64(image, get64(image, head) - IMAGE_BASE + 8, at(link));
        put64(image, head, at(link));
    }
    add_block(image, 0, ARRAY_BYTES);
}

/* Heads and entries in two arrays. */
static void build_indices(struct image *image)
{
    memset(image->bytes, 0xff, ARRAY_BYTES);
    for (uint32_t i = 0; i < LIVE; i++) {
        size_t entry = ENTRIES + (size_t)i * 16, head;
        uint32_t hash = (uint32_t)next_random(), next;
        head = 4 * (hash % (ARRAY_BYTES / 4));
        memcpy(&next, image->bytes + head, 4);
        put32(image, entry, hash);
        put32(image, entry + 4, next);
        put64(image, entry + 8, next_random());
        put32(image, head, i);
    }
    add_block(image, 0, ARRAY_BYTES);
    add_block(image, ENTRIES, 3 * ARRAY_BYTES);
}

/* Slots of a hash and more; every third entry was deleted again. */
static void build_open(struct image *image)
{
    for (unsigned i = 0; i < LIVE * 3 / 2; i++) {
        uint32_t hash = (uint32_t)next_random() | 2, slot = hash % (ARRAY_BYTES / 16), taken;
        for (;; slot = (slot + 1) % (ARRAY_BYTES / 16)) {
            memcpy(&taken, image->bytes + slot * 16, 4);
            if (taken == 0)
                break;
        }
        put32(image, slot * 16, i % 3 == 0 ? 1 : hash);
        put64(image, slot * 16 + 8, next_random());
    }
    add_block(image, 0, ARRAY_BYTES);
}

/* Slots of pointers to entries with a hash. */
static void build_pointers(struct image *image)
{
    for (unsigned i = 0; i < LIVE; i++) {
        size_t entry = ENTRIES + i * 40, slot;
        uint64_t hash = next_random();
        slot = hash % (ARRAY_BYTES / 8);
        while (get64(image, slot * 8) != 0)
            slot = (slot + 1) % (ARRAY_BYTES / 8);
        put64(image, entry + 24, hash);
        put64(image, slot * 8, at(entry));
    }
    add_block(image, 0, ARRAY_BYTES);
}

static const struct {
    const char *name;
    void (*build)(struct image *image);
    uint64_t capacity, tombstones;
    enum dump_table_kind kind;
} tables[] = {
    {"chains, by the lower bits", build_chained, ARRAY_BYTES / 8, 0, DUMP_KIND_CHAINED},
    {"chains, by the rest of a division", build_modulo, 8209, 0, DUMP_KIND_CHAINED},
    {"rings, by the top bits", build_rings, ARRAY_BYTES / 16, 0, DUMP_KIND_CHAINED},
    {"chains of numbers", build_indices, ARRAY_BYTES / 4, 0, DUMP_KIND_COMPACT},
    {"hashes in the slots", build_open, ARRAY_BYTES / 16, LIVE / 2, DUMP_KIND_OPEN},
    {"pointers in the slots", build_pointers, ARRAY_BYTES / 8, 0, DUMP_KIND_OPEN},
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static bool read_right(unsigned table)
{
    static unsigned char bytes[IMAGE_BYTES];
    struct image image;
    struct static_reading reading;
    memset(bytes, 0, sizeof(bytes));
    image_init(&image, bytes, sizeof(bytes));
    tables[table].build(&image);
    if (!read_array(&image, true, &reading)) {
        fprintf(stderr, "%s: not found\n", tables[table].name);
        return false;
    }
    uint64_t slack = 2 * reading.table.live_error + LIVE / 50;
    if (reading.kind == tables[table].kind && reading.table.capacity == tables[table].capacity &&
        reading.table.live + slack >= LIVE && reading.table.live <= LIVE + slack &&
        reading.table.tombstones == tables[table].tombstones)
        return true;
    fprintf(stderr, "%s: kind %d, %" PRIu64 " live and %" PRIu64 " deleted of %" PRIu64 "\n",
            tables[table].name, (int)reading.kind, reading.table.live, reading.table.tombstones,
            reading.table.capacity);
    return false;
}

#define MUTANTS_OF_EACH 60u
#define NOISE_IMAGES    60u

static uint64_t random_word(void)
{
    switch (next_random() % 8) {
    case 0:
        return UINT64_MAX - next_random() % 4;
    case 1:
        return IMAGE_BASE + (next_random() % IMAGE_BYTES & ~7ull);
    case 2:
        return IMAGE_BASE + next_random() % IMAGE_BYTES;
    case 3:
        return next_random() % 8192;
    case 4:
        return next_random();
    default:
        return 0;
    }
}

static void mutate(struct image *image)
{
    for (uint64_t times = 1u << next_random() % 14; times > 0; times--) {
        uint64_t word = random_word();
        memcpy(image->bytes + (next_random() % (image->size - 8) & ~7ull), &word, 8);
    }
    if (next_random() % 4 == 0)
        image->blocks[next_random() % image->block_count].bytes = random_word();
    if (next_random() % 8 == 0)
        image->size = next_random() % image->size; /* unmapped in the middle */
}

static void run_mutants(unsigned table)
{
    for (unsigned i = 0; i < MUTANTS_OF_EACH; i++) {
        unsigned char *bytes = calloc(1, IMAGE_BYTES);
        struct image image;
        struct static_reading reading;
        require(bytes != NULL, "no memory");
        image_init(&image, bytes, IMAGE_BYTES);
        tables[table].build(&image);
        mutate(&image);
        read_array(&image, true, &reading);
        read_array(&image, false, &reading);
        free(bytes);
    }
}

/* --- buckets that are vectors, whose object counts their entries --- */

#define VECTORS        (ARRAY_BYTES / 16)
#define VECTORS_OBJECT (IMAGE_BYTES - 4096)

static uint64_t build_vectors(struct image *image)
{
    uint64_t live = 0;
    size_t entries = ENTRIES;
    for (size_t i = 0; i < VECTORS; i++) {
        uint32_t number = (uint32_t)next_random() % 5, left = (uint32_t)next_random() % 8;
        uint32_t room = number <= 2 ? number : 4, chunk = 16 + room * 16;
        if (room == 0)
            continue;
        put64(image, entries + 8, (chunk > 32 ? chunk : 32) | 1);
        left = left < number ? left : 0;
        put64(image, i * 16, at(entries + 16));
        put32(image, i * 16 + 8, left);
        put32(image, i * 16 + 12, room);
        entries += chunk > 32 ? chunk : 32;
        live += left;
    }
    put64(image, entries + 8, 64 | 1);
    put64(image, VECTORS_OBJECT, at(0));
    put32(image, VECTORS_OBJECT + 8, VECTORS - 1);
    put32(image, VECTORS_OBJECT + 12, (uint32_t)live);
    add_block(image, 0, ARRAY_BYTES);
    return live;
}

static bool run_vectors(void)
{
    for (unsigned i = 0; i <= MUTANTS_OF_EACH; i++) {
        unsigned char *bytes = calloc(1, IMAGE_BYTES);
        struct image image;
        struct table_reading reading;
        require(bytes != NULL, "no memory");
        image_init(&image, bytes, IMAGE_BYTES);
        uint64_t live = build_vectors(&image);
        if (i > 0)
            mutate(&image);
        struct layout_view view = {.reader = &image.reader,
                                   .blocks = &image.index,
                                   .glibc_heap = true,
                                   .scratch = scratch};
        bool is_read = read_vectors(&view, &image.blocks[0], &reading);
        free(bytes);
        if (i == 0 && (!is_read || reading.live != live || reading.capacity != VECTORS)) {
            fprintf(stderr, "vectors: not read, or another number of entries\n");
            return false;
        }
    }
    return true;
}

static void run_noise(void)
{
    static unsigned char bytes[IMAGE_BYTES];
    uint64_t period = 1 + next_random() % 8, kind = next_random() % 4;
    for (size_t i = 0; i + 8 <= sizeof(bytes); i += 8) {
        uint64_t word = i / 8 / period % 2 ? 0 : random_word();
        if (kind == 3) /* addresses alone */
            word = IMAGE_BASE + (next_random() % IMAGE_BYTES & ~7ull);
        memcpy(bytes + i, &word, 8);
    }
    LLVMFuzzerTestOneInput(bytes, sizeof(bytes) - next_random() % 64);
}

/* For libFuzzer to begin with. */
static bool write_seed(const char *directory, unsigned table)
{
    static unsigned char bytes[IMAGE_BYTES];
    char path[4096];
    struct image image;
    memset(bytes, 0, sizeof(bytes));
    image_init(&image, bytes, sizeof(bytes));
    tables[table].build(&image);
    snprintf(path, sizeof(path), "%s/image%u", directory, table);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes, sizeof(bytes), 1, file) == 1;
    return file != NULL && fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    bool right = true;
    for (unsigned table = 0; argc == 2 && table < TABLES; table++)
        if (!write_seed(argv[1], table))
            return 2;
    if (argc == 2)
        return 0;
    for (unsigned table = 0; table < TABLES; table++) {
        right = read_right(table) && right;
        run_mutants(table);
    }
    right = run_vectors() && right;
    for (unsigned i = 0; i < NOISE_IMAGES; i++)
        run_noise();
    printf("%zu tables, %zu mutants, %u images of noise\n", TABLES, TABLES * MUTANTS_OF_EACH,
           NOISE_IMAGES);
    return right ? 0 : 1;
}

#endif
