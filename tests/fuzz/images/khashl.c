/* klib's khashl. */
#include "../table_images.h"

/* 1024 buckets of 12 bytes; 70 of them used. */
static void build_khashl(struct image *image)
{
    size_t used = 512, buckets = MAIN;
    memset(image->bytes + used, 0xff, 8);
    image->bytes[used + 100] = 0x3f;
    put32(image, OBJECT + 8, 10);
    put32(image, OBJECT + 12, 70);
    put64(image, OBJECT + 16, at(used));
    put64(image, OBJECT + 24, at(buckets));
    add_block(image, buckets, 1024 * 12);
    add_block(image, used, 1024 / 8);
}

TABLE_IMAGES(khashl, {"khashl", build_khashl, 1024, 70, 0})
