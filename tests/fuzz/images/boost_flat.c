/* boost::unordered_flat_map 1.81: 119 elements of 16 bytes and eight groups; 20 are full. */
#include "../table_images.h"

#define GROUPS   8
#define CAPACITY (GROUPS * 15 - 1)

static void build_boost_flat(struct image *image)
{
    size_t groups = MAIN + CAPACITY * 16;
    for (unsigned i = 0; i < 20; i++)
        image->bytes[groups + i % GROUPS * 16 + i / GROUPS] = (unsigned char)(i * 7 + 2);
    image->bytes[groups + GROUPS * 16 - 2] = 1;
    put64(image, OBJECT, 20);
    put64(image, OBJECT + 8, 64 - 3);
    put64(image, OBJECT + 16, GROUPS - 1);
    put64(image, OBJECT + 24, at(groups));
    put64(image, OBJECT + 32, at(MAIN));
    put64(image, OBJECT + 40, CAPACITY * 7 / 8);
    add_block(image, MAIN, CAPACITY * 16 + (GROUPS + 1) * 16);
}

TABLE_IMAGES(boost_flat, {"boost::unordered_flat_map", build_boost_flat, CAPACITY, 20, 0})
