/* std::unordered_map of libc++: as it mostly is, and with an allocator that keeps a pointer. */
#include "../table_images.h"

/* std::__hash_table: 197 buckets, 3 elements in buckets 5, 6 and 9. */
static void build_list(struct image *image, size_t list_head)
{
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, 197);
    put64(image, OBJECT + list_head, at(NODES));
    put64(image, NODES, at(NODES + 32));
    put64(image, NODES + 8, 5 + 197);
    put64(image, NODES + 32, at(NODES + 64));
    put64(image, NODES + 40, 6);
    put64(image, NODES + 72, 9);
    put64(image, MAIN + 5 * 8, at(OBJECT + list_head));
    put64(image, MAIN + 6 * 8, at(NODES));
    put64(image, MAIN + 9 * 8, at(NODES + 32));
    add_block(image, MAIN, 197 * 8);
}

static void put_load_factor(struct image *image, size_t offset)
{
    float max_load_factor = 1;
    memcpy(image->bytes + offset, &max_load_factor, sizeof(max_load_factor));
}

static void build_unordered_map(struct image *image)
{
    build_list(image, 16);
    put64(image, OBJECT + 24, 3);
    put_load_factor(image, OBJECT + 32);
}

static void build_with_allocator(struct image *image)
{
    build_list(image, 24);
    put64(image, OBJECT + 16, at(NODES + 1024));
    put64(image, OBJECT + 32, at(NODES + 1024));
    put64(image, OBJECT + 40, 3);
    put_load_factor(image, OBJECT + 48);
}

TABLE_IMAGES(libcxx_unordered_map, {"std::unordered_map (libc++)", build_unordered_map, 197, 3, 0},
             {"std::unordered_map (libc++)", build_with_allocator, 197, 3, 0})
