/* ska::flat_hash_map: 64 buckets, 70 slots of 24 bytes, 3 entries. */
#include "../table_images.h"

static void build_flat_hash_map(struct image *image)
{
    float max_load_factor = 0.5f;
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, 63);
    image->bytes[OBJECT + 16] = 58; /* shifts the hash */
    image->bytes[OBJECT + 17] = 6;
    memcpy(image->bytes + OBJECT + 20, &max_load_factor, sizeof(max_load_factor));
    put64(image, OBJECT + 24, 3);
    for (size_t slot = 0; slot < 69; slot++)
        image->bytes[MAIN + slot * 24] = 0xff;
    image->bytes[MAIN + 5 * 24] = 0;
    image->bytes[MAIN + 63 * 24] = 0;
    image->bytes[MAIN + 64 * 24] = 1;
    add_block(image, MAIN, 70 * 24);
}

TABLE_IMAGES(ska_flat_hash, {"ska::flat_hash_map", build_flat_hash_map, 64, 3, 0})
