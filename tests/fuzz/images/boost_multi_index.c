/* boost::multi_index_container: one index of 97 buckets and 5 nodes. */
#include "../table_images.h"

#define BUCKET(n) (MAIN + (n)*8ull)
#define NODE(n)   (NODES + (n)*16ull)

static void link_node(struct image *image, size_t node, size_t prior, size_t next)
{
    put64(image, node, at(prior));
    put64(image, node + 8, at(next));
}

/* The index, and an end node that is linked to itself. */
static void build_empty(struct image *image)
{
    float max_load_factor = 1;
    put64(image, OBJECT, 1); /* its place among the sizes */
    put64(image, OBJECT + 16, 98);
    put64(image, OBJECT + 24, at(MAIN));
    memcpy(image->bytes + OBJECT + 32, &max_load_factor, sizeof(max_load_factor));
    put64(image, OBJECT + 40, 97);
    put64(image, BUCKET(97), at(NODE(0)));
    link_node(image, NODE(0), NODE(0), BUCKET(97));
    add_block(image, MAIN, 98 * 8);
}

/* Two nodes in bucket 70; in bucket 5 three with one key, the second of which leads to the first
 * and the last. */
static void build_group(struct image *image)
{
    build_empty(image);
    link_node(image, NODE(0), NODE(5), BUCKET(70));
    put64(image, BUCKET(70), at(NODE(1)));
    link_node(image, NODE(1), NODE(0), NODE(2));
    link_node(image, NODE(2), NODE(1), BUCKET(5));
    put64(image, BUCKET(5), at(NODE(3)));
    link_node(image, NODE(3), NODE(2), NODE(4));
    link_node(image, NODE(4), NODE(5), NODE(3));
    link_node(image, NODE(5), NODE(4), BUCKET(97));
}

TABLE_IMAGES(boost_multi_index, {"boost::multi_index hashed index", build_group, 97, 5, 0},
             {"boost::multi_index hashed index", build_empty, 97, 0, 0})
