/* khash, with its object and without. */
#include "../table_images.h"

/* 1024 buckets: 256 bytes of flags, 100 live, 50 deleted; 4-byte keys, 8-byte values. */
static void build_khash(struct image *image)
{
    size_t flags = 512, values = NODES;
    memset(image->bytes + flags, 0xaa, 256);
    memset(image->bytes + flags, 0x00, 25);      /* four live buckets a byte */
    memset(image->bytes + flags + 25, 0x55, 12); /* four deleted ones */
    image->bytes[flags + 37] = 0xa5;             /* two more, and two empty ones */
    for (unsigned i = 0; i < 100; i++)
        put32(image, MAIN + 4 * i, 7 * i + 1); /* live buckets differ in their keys */
    put32(image, OBJECT, 1024);
    put32(image, OBJECT + 4, 100);
    put32(image, OBJECT + 8, 150);
    put32(image, OBJECT + 12, 788);
    put64(image, OBJECT + 16, at(flags));
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, at(values));
    add_block(image, values, 1024 * 8); /* the wider column */
    add_block(image, MAIN, 1024 * 4);
    add_block(image, flags, 256);
}

/* The same without the object: only nearness speaks for it. */
static void build_bare_khash(struct image *image)
{
    build_khash(image);
    memset(image->bytes + OBJECT, 0, 40);
    struct block values = image->blocks[0];
    image->blocks[0] =
        image->blocks[1]; /* nothing says that they are not the keys but their size */
    image->blocks[1] = values;
}

TABLE_IMAGES(khash, {"khash", build_khash, 1024, 100, 50},
             {"khash", build_bare_khash, 1024, 100, 50})
