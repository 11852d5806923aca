/* ankerl::unordered_dense::map of 4.9, with three entries. */
#include "../table_images.h"

/* 64 buckets; index 1 lies a bucket from home. */
static void build_map(struct image *image)
{
    float max_load_factor = 0.8f;
    put64(image, OBJECT, at(NODES));
    put64(image, OBJECT + 8, at(NODES + 3 * 16));
    put64(image, OBJECT + 16, at(NODES + 4 * 16));
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, at(MAIN + 64 * 8));
    put64(image, OBJECT + 40, at(MAIN + 64 * 8));
    put64(image, OBJECT + 48, 51);
    put32(image, OBJECT + 56, 63);
    memcpy(image->bytes + OBJECT + 60, &max_load_factor, sizeof(max_load_factor));
    put32(image, MAIN + 5 * 8, 0x1a0);
    put32(image, MAIN + 6 * 8, 0x2b0);
    put32(image, MAIN + 6 * 8 + 4, 1);
    put32(image, MAIN + 40 * 8, 0x1c0);
    put32(image, MAIN + 40 * 8 + 4, 2);
    add_block(image, MAIN, 64 * 8);
    add_block(image, NODES, 4 * 16);
}

TABLE_IMAGES(unordered_dense, {"ankerl::unordered_dense", build_map, 64, 3, 0})
