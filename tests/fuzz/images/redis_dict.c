/* Redis' dict in the middle of a rehash, and the one of Redis 6 at rest. */
#include "../table_images.h"

#define TYPE      512
#define ELSEWHERE 768

/* struct dict in the middle of a rehash: 256 buckets into 512. */
static void build_redis_dict(struct image *image)
{
    size_t old = NODES;
    put64(image, OBJECT, at(TYPE));
    put64(image, TYPE, at(ELSEWHERE));
    put64(image, OBJECT + 8, at(old));
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, OBJECT + 24, 3);
    put64(image, OBJECT + 32, 4);
    put64(image, OBJECT + 40, 100);
    image->bytes[OBJECT + 50] = 8;
    image->bytes[OBJECT + 51] = 9;
    put64(image, old + 200 * 8, at(ELSEWHERE));
    put64(image, MAIN + 10 * 8, at(ELSEWHERE));
    add_block(image, MAIN, 512 * 8);
    add_block(image, old, 256 * 8);
}

/* dictht of Redis 6: 256 buckets, three entries in two of them. */
static void build_redis_6_dict(struct image *image)
{
    put64(image, OBJECT, at(TYPE));
    put64(image, TYPE, at(ELSEWHERE));
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, OBJECT + 24, 256);
    put64(image, OBJECT + 32, 255);
    put64(image, OBJECT + 40, 3);
    put64(image, OBJECT + 80, UINT64_MAX);
    put64(image, MAIN + 10 * 8, at(ELSEWHERE));
    put64(image, MAIN + 20 * 8, at(ELSEWHERE));
    add_block(image, MAIN, 256 * 8);
}

TABLE_IMAGES(redis_dict, {"Redis dict", build_redis_dict, 768, 7, 0},
             {"Redis dict", build_redis_6_dict, 256, 3, 0})
