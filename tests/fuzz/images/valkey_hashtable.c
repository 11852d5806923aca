/* Valkey's hashtable, at rest and in the middle of a rehash. */
#include "../table_images.h"

#define TYPE      512
#define CHILD     640
#define ELSEWHERE 768

static void put_bucket(struct image *image, size_t bucket, unsigned presence, bool is_chained)
{
    image->bytes[bucket] = (unsigned char)(presence << 1 | is_chained);
    for (unsigned i = 0; i < 7; i++)
        if (presence >> i & 1)
            put64(image, bucket + 8 + i * 8, at(ELSEWHERE) + i * 3);
    if (is_chained)
        put64(image, bucket + 8 + 6 * 8, at(CHILD));
}

/* 64 buckets, of which two are in use, one of them with a child. */
static void build_at_rest(struct image *image)
{
    put64(image, OBJECT, at(TYPE));
    put64(image, OBJECT + 8, UINT64_MAX);
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, OBJECT + 32, 11);
    image->bytes[OBJECT + 48] = 6;
    image->bytes[OBJECT + 49] = 0xff;
    put64(image, OBJECT + 56, 1);
    put_bucket(image, MAIN + 3 * 64, 0x3f, true);
    put_bucket(image, CHILD, 0x03, false);
    put_bucket(image, MAIN + 9 * 64, 0x51, false);
    add_block(image, MAIN, 64 * 64);
}

/* 16 buckets into 64. */
static void build_rehashing(struct image *image)
{
    build_at_rest(image);
    put64(image, OBJECT + 8, 5);
    put64(image, OBJECT + 16, at(NODES));
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, 4);
    put64(image, OBJECT + 40, 11);
    image->bytes[OBJECT + 48] = 4;
    image->bytes[OBJECT + 49] = 6;
    put64(image, OBJECT + 56, 0);
    put64(image, OBJECT + 64, 1);
    put_bucket(image, NODES + 7 * 64, 0x0f, false);
    add_block(image, NODES, 16 * 64);
}

TABLE_IMAGES(valkey_hashtable, {"Valkey hashtable", build_at_rest, 64 * 7, 11, 0},
             {"Valkey hashtable", build_rehashing, 80 * 7, 15, 0})
