/* GLib's GHashTable. */
#include "../table_images.h"

/* 64 hashes, 12 at home (hash * 11 % 61, 61 being the prime below 64), 2 deleted; keys and values.
 */
static void build_glib_hash(struct image *image)
{
    size_t keys = NODES, values = NODES + 64 * 8;
    for (uint32_t hash = 100, live = 0; live < 12; hash++) {
        size_t slot = hash * 11 % 61;
        uint32_t present;
        memcpy(&present, image->bytes + MAIN + slot * 4, 4);
        if (present != 0)
            continue;
        put32(image, MAIN + slot * 4, hash);
        put64(image, keys + slot * 8, at(OBJECT));
        live++;
    }
    put32(image, MAIN + 61 * 4, 1);
    put32(image, MAIN + 62 * 4, 1);
    put64(image, OBJECT, 64);
    put32(image, OBJECT + 16, 12);
    put32(image, OBJECT + 20, 14);
    put64(image, OBJECT + 32, at(keys));
    put64(image, OBJECT + 40, at(MAIN));
    put64(image, OBJECT + 48, at(values));
    add_block(image, MAIN, 64 * 4);
    add_block(image, keys, 64 * 8);
    add_block(image, values, 64 * 8);
}

TABLE_IMAGES(glib_hash, {"GHashTable", build_glib_hash, 64, 12, 2})
