/* zsh's hash table: 151 buckets, six nodes, one of them behind another; and one without nodes. */
#include "../table_images.h"

#define BUCKETS 151
#define CODE    512
#define NAME    768

static void build_empty(struct image *image)
{
    put32(image, OBJECT, BUCKETS);
    put64(image, OBJECT + 8, at(MAIN));
    for (unsigned i = 0; i < 8; i++)
        put64(image, OBJECT + 24 + i * 8, at(CODE));
    add_block(image, MAIN, BUCKETS * 8);
}

static void build_table(struct image *image)
{
    build_empty(image);
    put32(image, OBJECT + 4, 6);
    for (unsigned i = 0; i < 5; i++) {
        put64(image, NODES + i * 96 + 8, at(NAME));
        put64(image, MAIN + (7 + 20 * i) * 8, at(NODES + i * 96));
    }
    put64(image, NODES, at(NODES + 5 * 96));
}

TABLE_IMAGES(zsh_hash, {"zsh hash table", build_table, BUCKETS, 6, 0},
             {"zsh hash table", build_empty, BUCKETS, 0, 0})
