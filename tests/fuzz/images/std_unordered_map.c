/* std::unordered_map of libstdc++, in use and cleared. */
#include "../table_images.h"

/* std::_Hashtable: 127 buckets, 3 elements in buckets 5, 6 and 9. */
static void build_unordered_map(struct image *image)
{
    float max_load_factor = 1;
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, 127);
    put64(image, OBJECT + 16, at(NODES));
    put64(image, OBJECT + 24, 3);
    memcpy(image->bytes + OBJECT + 32, &max_load_factor, 4);
    put64(image, OBJECT + 40, 127);
    put64(image, NODES, at(NODES + 32));
    put64(image, NODES + 32, at(NODES + 64));
    put64(image, MAIN + 5 * 8, at(OBJECT + 16));
    put64(image, MAIN + 6 * 8, at(NODES));
    put64(image, MAIN + 9 * 8, at(NODES + 32));
    add_block(image, MAIN, 127 * 8);
}

static void build_cleared_unordered_map(struct image *image)
{
    build_unordered_map(image);
    memset(image->bytes + MAIN, 0, 127 * 8);
    put64(image, OBJECT + 16, 0);
    put64(image, OBJECT + 24, 0);
}

TABLE_IMAGES(std_unordered_map, {"std::unordered_map", build_unordered_map, 127, 3, 0},
             {"std::unordered_map", build_cleared_unordered_map, 127, 0, 0})
