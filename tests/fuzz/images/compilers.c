/* The tables of LLVM and of GCC: DenseMap, SmallDenseMap, StringMap, FoldingSet, hash_table. */
#include "../table_images.h"

#define SLOTS      128
#define SLOT_BYTES 24

/* Pointer keys: 10 live, 5 erased. */
static void fill_dense_map(struct image *image)
{
    for (unsigned i = 0; i < SLOTS; i++)
        put64(image, MAIN + i * SLOT_BYTES,
              i < 10   ? at(NODES) + i * 16
              : i < 15 ? UINT64_MAX - (1ull << 13) + 1
                       : UINT64_MAX << 12);
    add_block(image, MAIN, SLOTS * SLOT_BYTES);
}

static void build_dense_map(struct image *image)
{
    fill_dense_map(image);
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, 10);
    put32(image, OBJECT + 12, 5);
    put32(image, OBJECT + 16, SLOTS);
}

static void build_small_dense_map(struct image *image)
{
    fill_dense_map(image);
    put32(image, OBJECT, 10 << 1);
    put32(image, OBJECT + 4, 5);
    put64(image, OBJECT + 8, at(MAIN));
    put32(image, OBJECT + 16, SLOTS);
}

/* unsigned keys of a DenseSet: 20 live, each where llvm::DenseMapInfo<unsigned> puts it. */
static void build_dense_set(struct image *image)
{
    for (unsigned i = 0; i < 2 * SLOTS; i++)
        put32(image, MAIN + i * 4, UINT32_MAX);
    for (unsigned key = 0; key < 20; key++)
        put32(image, MAIN + key * 37 % (2 * SLOTS) * 4, key);
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, 20);
    put32(image, OBJECT + 16, 2 * SLOTS);
    add_block(image, MAIN, 2 * SLOTS * 4);
}

/* 20 live, 4 erased, each where its hash says. */
static void fill_string_map(struct image *image)
{
    size_t hashes = MAIN + 8 * (SLOTS + 1);
    for (unsigned i = 0; i < 24; i++) {
        put64(image, MAIN + 8 * (i * 5 + 1), i < 20 ? at(NODES) + i * 32 : UINT64_MAX << 3);
        put32(image, hashes + 4 * (i * 5 + 1), 0x51000000 + i * 5 + 1);
    }
    put64(image, MAIN + 8 * SLOTS, 2);
    add_block(image, MAIN, 12 * (SLOTS + 1));
}

static void build_bare_string_map(struct image *image)
{
    fill_string_map(image);
}

static void build_string_map(struct image *image)
{
    fill_string_map(image);
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, SLOTS);
    put32(image, OBJECT + 12, 20);
    put32(image, OBJECT + 16, 4);
    put32(image, OBJECT + 20, 16);
}

/* 25 nodes in 20 chains; five buckets were emptied and point at themselves. */
static void build_folding_set(struct image *image)
{
    for (unsigned i = 0; i < 25; i++) {
        size_t bucket = MAIN + 8 * (i * 4);
        put64(image, bucket, i < 20 ? at(NODES) + i * 32 : at(bucket) | 1);
    }
    put64(image, MAIN + 8 * SLOTS, UINT64_MAX);
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, SLOTS);
    put32(image, OBJECT + 12, 25);
    add_block(image, MAIN, 8 * (SLOTS + 1));
}

TABLE_IMAGES(compilers, {"LLVM DenseMap", build_dense_map, SLOTS, 10, 5},
             {"LLVM DenseMap", build_small_dense_map, SLOTS, 10, 5},
             {"LLVM DenseMap", build_dense_set, 2 * SLOTS, 20, 0},
             {"LLVM StringMap", build_string_map, SLOTS, 20, 4},
             {"LLVM StringMap", build_bare_string_map, SLOTS, 20, 4},
             {"LLVM FoldingSet", build_folding_set, SLOTS, 25, 0})
