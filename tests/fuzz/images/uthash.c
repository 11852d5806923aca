/* uthash. */
#include "../table_images.h"

/* UT_hash_table with 64 buckets; elements of 80 bytes whose handle stands at offset 8. */
static void build_uthash(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, 64);
    put32(image, OBJECT + 12, 6);
    put32(image, OBJECT + 16, 5);
    put64(image, OBJECT + 32, 8);
    put32(image, OBJECT + 56, 0xa0111fe1u);
    for (unsigned i = 0; i < 5; i++) {
        put64(image, MAIN + i * 7 * 16, at(NODES + i * 80 + 8));
        put32(image, MAIN + i * 7 * 16 + 8, 1);
        put64(image, NODES + i * 80 + 8, at(OBJECT));
    }
    add_block(image, MAIN, 64 * 16);
}

TABLE_IMAGES(uthash, {"uthash", build_uthash, 64, 5, 0})
