/* QHash of Qt 5, full and emptied, and of Qt 6. */
#include "../table_images.h"

#define BUCKETS 131 /* primeForNumBits(7) */

/* struct QHashData; empty buckets hold its address. */
static void build_empty_qhash5(struct image *image)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        put64(image, MAIN + i * 8, at(OBJECT));
    put64(image, OBJECT + 8, at(MAIN));
    put32(image, OBJECT + 16, 1);
    put32(image, OBJECT + 24, 24);
    put32(image, OBJECT + 28, 7 << 16); /* reserved for nothing, then numBits */
    put32(image, OBJECT + 32, BUCKETS);
    add_block(image, MAIN, BUCKETS * 8);
}

/* Ten chains of two nodes, the first bucket's among them. */
static void build_qhash5(struct image *image)
{
    build_empty_qhash5(image);
    for (unsigned i = 0; i < 10; i++) {
        size_t first = NODES + i * 64, second = first + 32;
        put64(image, MAIN + i * 13 * 8, at(first));
        put64(image, first, at(second));
        put64(image, second, at(OBJECT));
    }
    put32(image, OBJECT + 20, 20);
}

/* Eight spans: the first has 3 entries of 16 bytes in a block of 48, the others none. */
static void build_qhash6(struct image *image)
{
    memset(image->bytes + MAIN, 0xff, 8 + 8 * 144);
    put64(image, MAIN, 8);
    for (unsigned span = 0; span < 8; span++) {
        size_t behind = MAIN + 8 + span * 144 + 128;
        put64(image, behind, span == 0 ? at(NODES) : 0);
        put64(image, behind + 8, span == 0 ? 48 | 3 << 8 : 0);
    }
    for (unsigned i = 0; i < 3; i++)
        image->bytes[MAIN + 8 + i * 40] = (unsigned char)i;
    put64(image, OBJECT + 8, 3);
    put64(image, OBJECT + 16, 8 * 128);
    put64(image, OBJECT + 32, at(MAIN + 8));
    add_block(image, MAIN, 8 + 8 * 144);
    add_block(image, NODES, 48 * 16);
}

TABLE_IMAGES(qhash, {"QHash (Qt 5)", build_empty_qhash5, BUCKETS, 0, 0},
             {"QHash (Qt 5)", build_qhash5, BUCKETS, 20, 0},
             {"QHash (Qt 6)", build_qhash6, 1024, 3, 0})
