/* Ruby's st_table: 64 places for entries, of which 20 were used and 12 deleted again. */
#include "../table_images.h"

#define TYPE    512
#define CODE    768
#define ENTRIES 64

static void build_object(struct image *image, unsigned live, unsigned first, unsigned end)
{
    image->bytes[OBJECT] = 6; /* powers of two: entries, bins, bytes of a bin */
    image->bytes[OBJECT + 1] = 7;
    image->bytes[OBJECT + 2] = 0;
    put64(image, OBJECT + 8, at(TYPE));
    put64(image, TYPE, at(CODE));
    put64(image, TYPE + 8, at(CODE));
    put64(image, OBJECT + 16, live);
    put64(image, OBJECT + 24, at(NODES));
    put64(image, OBJECT + 32, first);
    put64(image, OBJECT + 40, end);
    put64(image, OBJECT + 48, at(MAIN));
    add_block(image, MAIN, ENTRIES * 24);
    add_block(image, NODES, ENTRIES * 2);
}

static void build_swept(struct image *image)
{
    build_object(image, 8, 2, 20);
    for (unsigned i = 0; i < 20; i++) {
        put64(image, MAIN + i * 24, i >= 4 && i % 2 == 0 ? 7919 * i : UINT64_MAX);
        if (i >= 4 && i % 2 == 0)
            image->bytes[NODES + i * 3] = (unsigned char)(i + 2);
    }
}

static void build_cleared(struct image *image)
{
    build_object(image, 0, 0, 0);
}

TABLE_IMAGES(ruby_hash, {"Ruby Hash (st_table)", build_swept, ENTRIES, 8, 12},
             {"Ruby Hash (st_table)", build_cleared, ENTRIES, 0, 0})
