/* boost::unordered_map: as it is since Boost 1.80, with groups, and as it was before, one list. */
#include "../table_images.h"

static void put_float(struct image *image, size_t offset, float value)
{
    memcpy(image->bytes + offset, &value, sizeof(value));
}

/* 389 buckets, 3 elements in buckets 5 and 70. */
static void build_groups(struct image *image)
{
    size_t groups = NODES - 512;
    put64(image, OBJECT + 8, 3);
    put_float(image, OBJECT + 16, 1);
    put64(image, OBJECT + 24, 389);
    put64(image, OBJECT + 32, 5); /* its place among the sizes */
    put64(image, OBJECT + 40, 389);
    put64(image, OBJECT + 48, at(MAIN));
    put64(image, OBJECT + 56, at(groups));
    put64(image, MAIN + 5 * 8, at(NODES));
    put64(image, NODES, at(NODES + 32));
    put64(image, MAIN + 70 * 8, at(NODES + 64));
    put64(image, groups, at(MAIN));
    put64(image, groups + 8, 1ull << 5);
    put64(image, groups + 32, at(MAIN + 512));
    put64(image, groups + 40, 1ull << 6);
    put64(image, groups + 6 * 32, at(MAIN + 6 * 512));
    put64(image, groups + 6 * 32 + 8, 1ull << 5); /* the end: 389 = 6 * 64 + 5 */
    add_block(image, MAIN, 390 * 8);
    add_block(image, groups, 7 * 32);
}

/* 257 buckets, 3 elements: two in bucket 5, one in bucket 70. */
static void build_list(struct image *image)
{
    put64(image, OBJECT, 257);
    put64(image, OBJECT + 8, 3);
    put_float(image, OBJECT + 16, 1.5f);
    put64(image, OBJECT + 24, 386); /* 257 * 1.5, rounded up */
    put64(image, OBJECT + 32, at(MAIN));
    put64(image, MAIN + 257 * 8, at(NODES));
    put64(image, MAIN + 70 * 8, at(MAIN + 257 * 8));
    put64(image, NODES, at(NODES + 32));
    put64(image, NODES + 8, 70);
    put64(image, MAIN + 5 * 8, at(NODES));
    put64(image, NODES + 32, at(NODES + 64));
    put64(image, NODES + 40, 5);
    put64(image, NODES + 72, 5);
    add_block(image, MAIN, 258 * 8);
}

static void build_cleared_list(struct image *image)
{
    build_list(image);
    put64(image, OBJECT + 8, 0);
    memset(image->bytes + MAIN, 0, 258 * 8);
}

TABLE_IMAGES(boost_unordered, {"boost::unordered_map", build_groups, 389, 3, 0},
             {"boost::unordered_map (until 1.79)", build_list, 257, 3, 0},
             {"boost::unordered_map (until 1.79)", build_cleared_list, 257, 0, 0})
