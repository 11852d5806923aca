/* gawk's array: 127 buckets, six entries, one of them behind another. */
#include "../table_images.h"

#define BUCKETS   127
#define FUNCTIONS 512
#define CODE      768

static void build_array(struct image *image)
{
    put64(image, OBJECT, at(FUNCTIONS));
    put64(image, FUNCTIONS, at(CODE));
    put64(image, FUNCTIONS + 8, at(CODE));
    put64(image, OBJECT + 8, at(MAIN));
    put64(image, OBJECT + 56, BUCKETS);
    put32(image, OBJECT + 64, 6);
    for (unsigned i = 0; i < 5; i++) {
        size_t entry = NODES + i * 48;
        put64(image, entry + 24, 1000 * BUCKETS * i + 20 * i);
        put64(image, MAIN + 20 * i * 8, at(entry));
    }
    put64(image, NODES, at(NODES + 5 * 48));
    add_block(image, MAIN, BUCKETS * 8);
}

TABLE_IMAGES(gawk_array, {"gawk array", build_array, BUCKETS, 6, 0})
