/* google::dense_hash_map<uint64_t, uint64_t>: 64 buckets, 3 entries, 2 deleted. */
#include "../table_images.h"

static void build_dense_hash_map(struct image *image)
{
    float enlarge = 0.5f, shrink = 0.2f;
    put64(image, OBJECT, 32);
    put64(image, OBJECT + 8, 12);
    memcpy(image->bytes + OBJECT + 16, &enlarge, sizeof(enlarge));
    memcpy(image->bytes + OBJECT + 20, &shrink, sizeof(shrink));
    put32(image, OBJECT + 24, 0x010101); /* to consider shrinking; both keys are set */
    put64(image, OBJECT + 32, UINT64_MAX - 1);
    put64(image, OBJECT + 40, 2);
    put64(image, OBJECT + 48, 5);
    put64(image, OBJECT + 56, 64);
    put64(image, OBJECT + 64, UINT64_MAX);
    put64(image, OBJECT + 80, at(MAIN));
    for (size_t bucket = 0; bucket < 64; bucket++)
        put64(image, MAIN + bucket * 16, bucket % 13 == 0 ? bucket + 1000 : UINT64_MAX);
    add_block(image, MAIN, 64 * 16);
}

TABLE_IMAGES(dense_hash, {"google::dense_hash_map", build_dense_hash_map, 64, 3, 2})
