/* PHP's array: 64 places, 12 buckets used and 4 of them deleted; the same without its object; and
 * one from which everything was deleted. */
#include "../table_images.h"

#define CAPACITY 64
#define BUCKETS  (MAIN + CAPACITY * 8)

static void put_object(struct image *image, unsigned used, unsigned live)
{
    put32(image, OBJECT, 1);
    put32(image, OBJECT + 4, 0x17);
    put32(image, OBJECT + 12, -2u * CAPACITY);
    put64(image, OBJECT + 16, at(BUCKETS));
    put32(image, OBJECT + 24, used);
    put32(image, OBJECT + 28, live);
    put32(image, OBJECT + 32, CAPACITY);
}

static void put_buckets(struct image *image)
{
    memset(image->bytes + MAIN, 0xff, CAPACITY * 8);
    for (unsigned i = 0; i < 12; i++) {
        size_t bucket = BUCKETS + i * 32;
        unsigned hash = 1280 + i / 2; /* two in each chain: bucket i after bucket i - 1 */
        bool is_deleted = i % 2 == 0 && i < 8;
        image->bytes[bucket + 8] = is_deleted ? 0 : 4;
        put32(image, bucket + 12, i % 2 == 1 && i >= 8 ? i - 1 : UINT32_MAX);
        put64(image, bucket + 16, hash);
        if (!is_deleted)
            put32(image, MAIN + (hash & (2 * CAPACITY - 1)) * 4, i);
    }
    add_block(image, MAIN, CAPACITY * 40);
}

static void build_swept(struct image *image)
{
    put_object(image, 12, 8);
    put_buckets(image);
}

static void build_alone(struct image *image)
{
    put_buckets(image);
}

static void build_empty(struct image *image)
{
    put_object(image, 0, 0);
    memset(image->bytes + MAIN, 0xff, CAPACITY * 8);
    add_block(image, MAIN, CAPACITY * 40);
}

TABLE_IMAGES(php_array, {"PHP array (zend_array)", build_swept, CAPACITY, 8, 4},
             {"PHP array (zend_array)", build_alone, CAPACITY, 8, 4},
             {"PHP array (zend_array)", build_empty, CAPACITY, 0, 0})
