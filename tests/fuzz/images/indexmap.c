/* IndexMap: 64 places of 8 bytes, of which 20 are taken, and entries of 24 bytes with room for 56.
 */
#include "../table_images.h"

#define CAPACITY 64
#define FULL     20

static void build_indexmap(struct image *image)
{
    size_t controls = MAIN + CAPACITY * 8;
    memset(image->bytes + controls, 0xff, CAPACITY + 16);
    for (unsigned i = 0; i < FULL; i++) {
        image->bytes[controls + i * 3] = (unsigned char)(i * 5 + 1);
        put64(image, controls - (i * 3 + 1) * 8, FULL - 1 - i);
    }
    memcpy(image->bytes + controls + CAPACITY, image->bytes + controls, 16);
    put64(image, OBJECT, 56);
    put64(image, OBJECT + 8, at(NODES));
    put64(image, OBJECT + 16, FULL);
    put64(image, OBJECT + 24, at(controls));
    put64(image, OBJECT + 32, CAPACITY - 1);
    put64(image, OBJECT + 40, 56 - FULL);
    put64(image, OBJECT + 48, FULL);
    add_block(image, MAIN, CAPACITY * 8 + CAPACITY + 16);
    add_block(image, NODES, 56 * 24);
}

TABLE_IMAGES(indexmap, {"Rust IndexMap", build_indexmap, CAPACITY, FULL, 0})
