/*
 * Memory of a process that never was: a flat image, the blocks in it, and tables of every layout
 * built by hand from the layouts' sources. What a layout reader sees of it is bounded by the image.
 */
#ifndef TABLE_IMAGES_H
#define TABLE_IMAGES_H

#include "layouts/layout.h"

#define IMAGE_BASE   0x500000000000ull
#define IMAGE_BLOCKS 4

struct image {
    unsigned char *bytes;
    size_t size;
    struct block blocks[IMAGE_BLOCKS];
    unsigned block_count;
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

#define TABLE_IMAGE_BYTES 32768u
extern const struct table_image table_images[];
extern const unsigned table_image_count;

#endif
