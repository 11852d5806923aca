/* robin_hood::unordered_flat_map. */
#include "../table_images.h"

/* 64 buckets, 115 slots of 16 bytes and one, 3 entries. */
static void build_flat_map(struct image *image)
{
    size_t infos = MAIN + 115 * 16;
    put64(image, OBJECT, 0xc4ceb9fe1a85ec53u);
    put64(image, OBJECT + 8, at(MAIN));
    put64(image, OBJECT + 16, at(infos));
    put64(image, OBJECT + 24, 3);
    put64(image, OBJECT + 32, 63);
    put64(image, OBJECT + 40, 51);
    image->bytes[infos + 5] = 0x21;
    image->bytes[infos + 6] = 0x45;
    image->bytes[infos + 70] = 0x30;
    image->bytes[infos + 115] = 1;
    add_block(image, MAIN, 115 * 17 + 8);
}

TABLE_IMAGES(robin_hood, {"robin_hood::unordered_map", build_flat_map, 64, 3, 0})
