/* memcached's hash table while it expands: 2^11 buckets into 2^12. */
#include "../table_images.h"

#define VARIABLES  64 /* primary_hashtable, old_hashtable */
#define STATISTICS 256
#define ITEMS      512
#define OLD        4096
#define NEW        20480

static void build_memcached(struct image *image)
{
    for (unsigned i = 0; i < 5; i++) {
        size_t item = ITEMS + i * 64;
        put32(image, item + 32, 7);           /* nbytes */
        put32(image, item + 36, 1 | 3 << 16); /* refcount, it_flags */
        put64(image, NEW + i * 80, at(item));
    }
    put64(image, VARIABLES, at(OLD));
    put64(image, VARIABLES + 8, at(NEW));
    put64(image, STATISTICS, 6);
    put64(image, STATISTICS + 8, 600);
    put64(image, STATISTICS + 16, 2);
    put64(image, STATISTICS + 24, (4096 + 2048) * 8);
    put32(image, STATISTICS + 32, 3);
    put32(image, STATISTICS + 40, 12);
    add_block(image, NEW, 4096 * 8);
    add_block(image, OLD, 2048 * 8);
}

TABLE_IMAGES(memcached_assoc, {"memcached hash table", build_memcached, 4096, 6, 0})
