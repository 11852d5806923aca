/* tsl::robin_map and tsl::hopscotch_map. */
#include "../table_images.h"

static void put_float(struct image *image, size_t offset, float value)
{
    memcpy(image->bytes + offset, &value, sizeof(value));
}

static void put_vector(struct image *image, size_t offset, size_t bytes)
{
    put64(image, offset, at(MAIN));
    put64(image, offset + 8, at(MAIN + bytes));
    put64(image, offset + 16, at(MAIN + bytes));
}

/* 64 buckets of 24 bytes, 3 entries, one of them a bucket from home. */
static void build_robin_map(struct image *image)
{
    put_vector(image, OBJECT, 64 * 24);
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, 64);
    put64(image, OBJECT + 40, 3);
    put64(image, OBJECT + 48, 32);
    put_float(image, OBJECT + 60, 0.5f);
    for (size_t bucket = 0; bucket < 64; bucket++)
        put32(image, MAIN + bucket * 24, 0xffff); /* empty */
    put32(image, MAIN + 5 * 24, 0);
    put32(image, MAIN + 6 * 24, 1);
    put32(image, MAIN + 40 * 24, 0);
    image->bytes[MAIN + 63 * 24 + 2] = 1; /* the last */
    add_block(image, MAIN, 64 * 24);
}

/* 64 buckets and a neighbourhood of 62, of 16 bytes, 3 entries. */
static void build_hopscotch_map(struct image *image)
{
    put_vector(image, OBJECT, 125 * 16);
    put64(image, OBJECT + 48, at(MAIN)); /* behind the list of those that found no place */
    put64(image, OBJECT + 56, 3);
    put64(image, OBJECT + 64, 6);
    put64(image, OBJECT + 72, 57);
    put_float(image, OBJECT + 80, 0.9f);
    put64(image, MAIN + 5 * 16, 1 | 1 << 2 | 1 << 3); /* its own entry and the next bucket's */
    put64(image, MAIN + 6 * 16, 1);
    put64(image, MAIN + 60 * 16, 1 | 1 << 2);
    add_block(image, MAIN, 125 * 16);
}

TABLE_IMAGES(tsl, {"tsl::robin_map", build_robin_map, 64, 3, 0},
             {"tsl::hopscotch_map", build_hopscotch_map, 64, 3, 0})
