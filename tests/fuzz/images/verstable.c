/* Verstable, with its object and without. */
#include "../table_images.h"

/* 128 buckets of 14 bytes; 20 chains, every other one of two keys. */
static void build_verstable(struct image *image)
{
    size_t metadata = MAIN + 128 * 14;
    for (unsigned i = 0; i < 20; i++) {
        bool is_pair = i % 2 == 0;
        uint32_t fragment = i % 16 << 12, next = is_pair ? 1 : 0x7ff;
        put32(image, metadata + i * 12,
              fragment | 0x800 | next | (is_pair ? (fragment | 0x7ff) << 16 : 0));
    }
    image->bytes[metadata + 256] = 1;
    put64(image, OBJECT, 30);
    put64(image, OBJECT + 8, 127);
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, OBJECT + 24, at(metadata));
    add_block(image, MAIN, 128 * 16 + 8);
}

static void build_bare_verstable(struct image *image)
{
    build_verstable(image);
    memset(image->bytes + OBJECT, 0, 32);
}

TABLE_IMAGES(verstable, {"Verstable", build_verstable, 128, 30, 0},
             {"Verstable", build_bare_verstable, 128, 30, 0})
