/* Folly's F14: eight chunks of 14 items of 16 bytes with room for a 15th, or of 12 indexes with 80
 * values of 24 bytes behind them. */
#include "../table_images.h"

#define CHUNKS 8
#define FULL   20

static void build_value(struct image *image)
{
    for (unsigned i = 0; i < FULL; i++)
        image->bytes[MAIN + i % CHUNKS * 256 + i / CHUNKS] = (unsigned char)(0x81 + i * 3);
    image->bytes[MAIN + 14] = 12;
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, FULL << 8 | 3);
    put64(image, OBJECT + 16, at(MAIN + 16));
    add_block(image, MAIN, CHUNKS * 256);
}

static void build_vector(struct image *image)
{
    for (unsigned i = 0; i < FULL; i++) {
        size_t chunk = MAIN + i % CHUNKS * 64;
        image->bytes[chunk + i / CHUNKS] = (unsigned char)(0x81 + i * 3);
        put32(image, chunk + 16 + i / CHUNKS * 4, i);
    }
    image->bytes[MAIN + 12] = 80;
    put64(image, OBJECT, at(MAIN + CHUNKS * 64));
    put64(image, OBJECT + 8, at(MAIN));
    put64(image, OBJECT + 16, FULL << 8 | 3);
    add_block(image, MAIN, CHUNKS * 64 + 80 * 24);
}

TABLE_IMAGES(folly_f14, {"folly::F14ValueMap", build_value, CHUNKS * 12, FULL, 0},
             {"folly::F14VectorMap", build_vector, 80, FULL, 0})
