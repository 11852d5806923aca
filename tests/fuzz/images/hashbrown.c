/* hashbrown, Rust's HashMap. */
#include "../table_images.h"

/* 64 slots of 8 bytes; 20 of them full, 4 deleted. */
static void build_hashbrown(struct image *image)
{
    size_t controls = MAIN + 64 * 8;
    memset(image->bytes + controls, 0xff, 64 + 16);
    for (unsigned i = 0; i < 20; i++)
        image->bytes[controls + i * 3] = (unsigned char)(i * 5 + 1);
    for (unsigned i = 0; i < 4; i++)
        image->bytes[controls + i * 3 + 1] = 0x80;
    memcpy(image->bytes + controls + 64, image->bytes + controls, 16);
    put64(image, OBJECT, at(controls));
    put64(image, OBJECT + 8, 63);
    put64(image, OBJECT + 16, 56 - 24);
    put64(image, OBJECT + 24, 20);
    add_block(image, MAIN, 64 * 8 + 64 + 16);
}

TABLE_IMAGES(hashbrown, {"Rust HashMap (hashbrown)", build_hashbrown, 64, 20, 4})
