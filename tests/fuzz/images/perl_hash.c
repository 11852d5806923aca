/* Perl's hash: of 5.36, of 5.34 after an iteration, and the string table. */
#include "../table_images.h"

#define BODY    128
#define BUCKETS 128
#define KEYS    (NODES + 4096) /* the key of an ordinary hash is a block of its own */

static void build_object(struct image *image, unsigned keys)
{
    put64(image, OBJECT, at(BODY));
    put32(image, OBJECT + 8, 1);
    put32(image, OBJECT + 12, 0x2000000cu); /* SVphv_SHAREKEYS, SVt_PVHV */
    put64(image, OBJECT + 16, at(MAIN));
    put64(image, BODY + 16, keys);
    put64(image, BODY + 24, BUCKETS - 1);
}

/* Entry and key number i, whose hash leads to bucket 9 * i. */
static void put_entry(struct image *image, unsigned i, size_t entry, size_t key)
{
    put64(image, entry + 8, at(key));
    put32(image, key, (i + 1) * BUCKETS * 64 + 9 * i);
    put64(image, MAIN + 9 * i * 8, at(entry));
}

/* Six entries in five buckets. */
static void build_hash(struct image *image)
{
    build_object(image, 6);
    for (unsigned i = 0; i < 5; i++)
        put_entry(image, i, NODES + i * 24, KEYS + i * 32);
    put64(image, NODES, at(NODES + 5 * 24));
    put64(image, NODES + 5 * 24 + 8, at(KEYS + 5 * 32));
    add_block(image, MAIN, BUCKETS * 8);
}

/* struct xpvhv_aux behind the buckets. */
static void build_iterated_hash(struct image *image)
{
    build_hash(image);
    put32(image, MAIN + BUCKETS * 8 + 24, UINT32_MAX);
    image->blocks[0].bytes += 56;
}

static void build_empty_hash(struct image *image)
{
    build_object(image, 0);
    add_block(image, MAIN, BUCKETS * 8);
}

static void build_string_table(struct image *image)
{
    build_object(image, 5);
    for (unsigned i = 0; i < 5; i++)
        put_entry(image, i, NODES + i * 48, NODES + i * 48 + 24);
    add_block(image, MAIN, BUCKETS * 8);
}

TABLE_IMAGES(perl_hash, {"Perl hash", build_hash, BUCKETS, 6, 0},
             {"Perl hash", build_iterated_hash, BUCKETS, 6, 0},
             {"Perl hash", build_empty_hash, BUCKETS, 0, 0},
             {"Perl string table", build_string_table, BUCKETS, 5, 0})
