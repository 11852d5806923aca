/*
 * Memory of a process that never was: a flat image, the blocks in it, and tables of every layout
 * built by hand from the layouts' sources. What a layout reader sees of it is bounded by the image.
 */
#ifndef TABLE_IMAGES_H
#define TABLE_IMAGES_H

#include "layouts/layout.h"

#include <string.h>

#define IMAGE_BASE    0x500000000000ull
#define IMAGE_BLOCKS  8
#define IMAGE_HOLDERS 8 /* POINTERS_PER_TARGET of the real pointer scan */

/* Where the address that was asked about last stands, the lowest place first or the highest. */
struct holders {
    bool from_the_end;
    uint64_t address;
    uint64_t places[IMAGE_HOLDERS];
    unsigned count;
};

struct image {
    unsigned char *bytes;
    size_t size;
    struct block blocks[IMAGE_BLOCKS];
    unsigned block_count;
    struct holders *holders;
    struct memory_reader reader; /* reads this image and nothing else */
    struct block_index index;    /* knows its blocks; finds pointers by looking at every word */
};

void image_init(struct image *image, unsigned char *bytes, size_t size);

/* A table of the named layout, zeros around it. The first block is the main array. */
struct table_image {
    const char *layout;
    void (*build)(struct image *image);
    uint64_t capacity, live, tombstones;
};

#define TABLE_IMAGE_BYTES 65536u

/* The images of one file of images/, and all of them, ending with NULL. */
struct table_images {
    const struct table_image *first;
    unsigned count;
};
extern const struct table_images *const all_table_images[];

/* Ends a file of images/. */
#define TABLE_IMAGES(name, ...)                                                                    \
    static const struct table_image images[] = {__VA_ARGS__};                                      \
    const struct table_images table_images_##name = {images, sizeof(images) / sizeof(images[0])};

/* --- for building them --- */

/* Where things lie by custom: the object that owns the table, its main array, and entries or other
 * arrays. Every table has 64 or more slots, as small as the readers take them. */
#define OBJECT 64
#define MAIN   1024
#define NODES  8192

static inline uint64_t at(size_t offset)
{
    return IMAGE_BASE + offset;
}

static inline void put64(struct image *image, size_t offset, uint64_t value)
{
    memcpy(image->bytes + offset, &value, 8);
}

static inline void put32(struct image *image, size_t offset, uint32_t value)
{
    memcpy(image->bytes + offset, &value, 4);
}

/* A live tracked block. */
static inline void add_block(struct image *image, size_t offset, uint64_t bytes)
{
    image->blocks[image->block_count++] = (struct block){at(offset), bytes};
}

#endif
